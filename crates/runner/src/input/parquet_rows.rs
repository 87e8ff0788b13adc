//! Parquet: each row is a document, and its other columns travel along as JSON.

use super::columns_json::{plain, value, write};
use super::open::ByteRange;
use super::parquet_cutter::Group;
use super::parsed::{Parsed, Row, Span};
use super::parser::Context;
use super::record::{Failure, Limit};
use arrow_array::{Array, ArrayRef, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use textmill_core::batch::{Strings, bytes};
use textmill_core::column::MEDIA_TYPE;
use textmill_core::value::value_at;

/// Decodes the rows and adds them as documents.
pub(super) fn parse(context: &Context<'_>, group: &Group, out: &mut Parsed) {
    part(context, group, group.start, group.rows, out);
}

/// Adds some rows. If they cannot be decoded, tries each half separately, down to the single broken row.
fn part(context: &Context<'_>, group: &Group, start: usize, rows: usize, out: &mut Parsed) {
    let mut number = group.number + (start - group.start) as u64;
    match decode(context, group, start, rows) {
        Ok(batches) => {
            for batch in batches {
                documents(context, &batch, number, out);
                number += batch.num_rows() as u64;
            }
        }
        Err(note) if rows <= 1 => out.fail(place(context, number, "bad-parquet", note)),
        Err(_) => {
            part(context, group, start, rows / 2, out);
            part(context, group, start + rows / 2, rows - rows / 2, out);
        }
    }
}

fn place(context: &Context<'_>, number: u64, rule: &'static str, note: String) -> Failure {
    Failure::of_record(context.file, number + 1, number, rule, note)
}

fn decode(
    context: &Context<'_>,
    group: &Group,
    start: usize,
    rows: usize,
) -> Result<Vec<RecordBatch>, String> {
    let source = ByteRange::new(context.file);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(source, group.metadata.clone())
        .with_row_groups(vec![group.group])
        .with_offset(start)
        .with_limit(rows)
        .with_batch_size(rows.min(1024))
        .build()
        .map_err(|error| error.to_string())?;
    let batches: Result<Vec<RecordBatch>, _> = reader.collect();
    let batches = batches.map_err(|error| error.to_string())?;
    match batches.iter().map(RecordBatch::num_rows).sum::<usize>() {
        found if found == rows => Ok(batches),
        found => Err(format!("the file gives {found} of {rows} rows")),
    }
}

fn documents(context: &Context<'_>, batch: &RecordBatch, before: u64, out: &mut Parsed) {
    let schema = batch.schema();
    let columns: Vec<(&str, ArrayRef)> =
        schema.fields().iter().zip(batch.columns()).map(|(f, c)| (f.name().as_str(), plain(c))).collect();
    for row in 0..batch.num_rows() {
        let number = before + row as u64;
        let words = out.words.len();
        match document(context, &columns, row, number + 1, out) {
            Ok((row, values)) => {
                out.push(row, values, |note| place(context, number, "wrong-type", note));
            }
            Err((rule, note)) => {
                out.words.truncate(words);
                out.fail(place(context, number, rule, note));
            }
        }
    }
}

fn document(
    context: &Context<'_>,
    columns: &[(&str, ArrayRef)],
    row: usize,
    number: u64,
    out: &mut Parsed,
) -> Result<(Row, Vec<Value>), (&'static str, String)> {
    let input = context.input;
    let mut values = vec![Value::Null; out.shape.columns.len()];
    let (mut id, mut source, mut media_type, mut text) = (String::new(), String::new(), None, None);
    let start = out.words.len();
    for (name, column) in columns {
        if let Some(declared) = out.shape.column(name).and_then(|at| values.get_mut(at)) {
            *declared = value(column, row);
        }
        if *name == input.text_field && text.is_none() {
            let string = Strings::of(column).and_then(|strings| strings.get(row)).map(str::as_bytes);
            text = string.or_else(|| bytes(column, row));
            continue;
        }
        let strings = Strings::of(column);
        let string = || strings.and_then(|strings| strings.get(row));
        if *name == input.id_field && id.is_empty() {
            let is_number = column.data_type().is_integer();
            match value_at(column, row) {
                Value::Null => continue,
                Value::String(string) if strings.is_some() => id = string,
                Value::Number(number) if is_number => id = number.to_string(),
                _ => {}
            }
            if is_number || strings.is_some() {
                continue;
            }
        }
        if *name == input.source_field && source.is_empty() && strings.is_some() {
            string().unwrap_or_default().clone_into(&mut source);
            continue;
        }
        let is_free = media_type.is_none() && input.media_type.is_none();
        if *name == MEDIA_TYPE && is_free && strings.is_some() {
            media_type = string();
            continue;
        }
        if out.words.len() > start {
            out.words.push(',');
        }
        out.words.push_str(&Value::from(*name).to_string());
        out.words.push(':');
        write(column, row, &mut out.words);
    }
    let text = text.ok_or_else(|| ("no-text", format!("row {number} has no `{}`", input.text_field)))?;
    if text.len() > input.max_document_bytes {
        let what = format!("the text of row {number}");
        return Err(Limit::of(input).too_large(&what, text.len() as u64));
    }
    let text = out.own(text);
    let carried = Span { start, end: out.words.len() };
    let media_type = match media_type {
        Some(kind) => Some(out.say(kind)),
        None => context.media_type,
    };
    let source = if source.is_empty() { context.source } else { out.say(&source) };
    let id = if id.is_empty() { out.say(&context.file.id_of(number)) } else { out.say(&id) };
    Ok((Row { id, source, media_type, carried, text, surrogates: 0 }, values))
}

#[cfg(test)]
mod tests {
    use crate::config::Input;
    use crate::input::parquet_columns;
    use crate::input::tests::{Folder, resumes};
    use arrow_array::types::Int32Type;
    use arrow_array::{ArrayRef, BinaryArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
    use arrow_schema::DataType;
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression;
    use parquet::file::properties::WriterProperties;
    use std::sync::Arc;

    fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_dictionary_enabled(false)
            .set_max_row_group_row_count(Some(40))
            .set_data_page_row_count_limit(8)
            .set_write_batch_size(8)
            .build();
        let mut out = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        out
    }

    fn pages(rows: i64) -> Vec<u8> {
        let texts = (0..rows).map(|n| (n != 3).then(|| format!("text {}", n * 7919)));
        let lists = (0..rows).map(|n| Some((0..n as i32 % 3).map(Some)));
        file(vec![
            ("id", Arc::new(Int64Array::from_iter_values(0..rows))),
            ("text", Arc::new(texts.collect::<StringArray>())),
            (
                "score",
                Arc::new((0..rows).map(|n| (n % 2 == 0).then_some(n as f64)).collect::<Float64Array>()),
            ),
            ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))),
        ])
    }

    #[test]
    fn rows_are_documents() {
        let legacy: ArrayRef =
            Arc::new(BinaryArray::from(vec![&b"caf\xe9"[..], b"plain", b"far too long a text"]));
        let kinds: ArrayRef = Arc::new(StringArray::from(vec![Some("text/html"), None, None]));
        let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let folder = Folder::new(&[
            ("a.parquet", &pages(90)),
            ("b.parquet", &file(vec![("text", legacy), ("media_type", kinds)])),
            ("c.parquet", &file(vec![("text", number)])),
            ("d.parquet", b"PAR1 no footer"),
        ]);
        let input = Input {
            columns: vec![("score".into(), DataType::Float64)],
            max_document_bytes: 16,
            ..Input::default()
        };
        let read = folder.documents(&input);
        assert_eq!(read.len(), 95);
        insta::assert_snapshot!([&read[..5], &read[89..]].concat().join("\n"));
        resumes(&folder, &input);
        assert_eq!(
            parquet_columns(&folder.files()[..1], &input),
            [
                ("score".to_owned(), DataType::Float64),
                ("list".to_owned(), textmill_core::column::list(DataType::Int32)),
            ]
            .map(|(n, k)| (n, k))
            .to_vec()
        );
        assert!(parquet_columns(&folder.files(), &input).is_empty());
    }

    /// A broken page loses the rows in it, wherever chunks are cut.
    #[test]
    fn a_broken_page_costs_its_rows() {
        let mut bytes = pages(90);
        let at = bytes.len() / 3;
        bytes[at..at + 40].fill(0xff);
        let folder = Folder::new(&[("a.parquet", &bytes)]);
        let read = folder.documents(&Input::default());
        let failed = read.iter().filter(|line| line.contains("bad-parquet")).count();
        assert!(failed > 0 && failed < 90, "{failed}");
        assert_eq!(read.len(), 90);
    }
}
