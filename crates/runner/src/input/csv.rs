//! CSV and TSV: each row is a document, and its other cells travel along as strings.

use super::csv_cutter::Rows;
use super::csv_rows::cells;
use super::parsed::{Parsed, Row, Span};
use super::parser::Context;
use super::record::Failure;
use crate::table;
use arrow_schema::DataType;
use serde_json::Value;
use serde_json::value::RawValue;
use textmill_core::column::MEDIA_TYPE;

/// Parses the rows of a block.
pub(super) fn parse(context: &Context<'_>, rows: Rows, out: &mut Parsed) {
    for (number, range) in (rows.block.number + 1..).zip(&rows.rows) {
        let row = rows.block.bytes.get(range.clone()).unwrap_or_default();
        let offset = rows.block.offset + range.start as u64;
        let place = |rule, note| Failure::of_record(context.file, number, offset, rule, note);
        let (words, texts) = (out.words.len(), out.buffers.first().map_or(0, Vec::len));
        match document(context, &rows, number, row, out) {
            Ok((row, values)) => out.push(row, values, |note| place("wrong-type", note)),
            Err((rule, note)) => {
                out.words.truncate(words);
                if let Some(buffer) = out.buffers.first_mut() {
                    buffer.truncate(texts);
                }
                out.fail(place(rule, note));
            }
        }
    }
}

fn document(
    context: &Context<'_>,
    rows: &Rows,
    number: u64,
    row: &[u8],
    out: &mut Parsed,
) -> Result<(Row, Vec<Value>), (&'static str, String)> {
    let (input, names) = (context.input, &rows.header.names);
    let mut values = vec![Value::Null; out.shape.columns.len()];
    let (mut id, mut source, mut media_type, mut text) = (String::new(), String::new(), None, None);
    let mut count = 0;
    let mut broken = None;
    let start = out.words.len();
    cells(row, rows.header.separator, |cell| {
        count += 1;
        let Some(name) = names.get(count - 1) else { return };
        if *name == input.text_field {
            text = Some(out.own(cell));
            return;
        }
        let Ok(cell) = simdutf8::basic::from_utf8(cell) else {
            broken = Some(("invalid-utf8", format!("field `{name}` in row {number} is not UTF-8")));
            return;
        };
        let mut value = None;
        if let Some(at) = out.shape.column(name) {
            let typed = value_of(cell, &out.shape.columns[at].1);
            // A number keeps its digits if they are valid JSON, too.
            let number = typed.is_number().then(|| serde_json::from_str::<&RawValue>(cell.trim()).ok());
            value = Some(number.flatten().map_or_else(|| typed.to_string(), |raw| raw.get().to_owned()));
            values[at] = typed;
        }
        let slot = if *name == input.id_field && id.is_empty() {
            &mut id
        } else if *name == input.source_field && source.is_empty() {
            &mut source
        } else if name == MEDIA_TYPE && media_type.is_none() && input.media_type.is_none() {
            media_type.insert(String::new())
        } else {
            let comma = if out.words.len() > start { "," } else { "" };
            let key = Value::from(name.as_str());
            let value = value.unwrap_or_else(|| Value::from(cell).to_string());
            out.say(&format!("{comma}{key}:{value}"));
            return;
        };
        cell.clone_into(slot);
    });
    if let Some(broken) = broken {
        return Err(broken);
    }
    if count != names.len() {
        let note =
            format!("row {number} has {}, and the header has {}", table::count(count, "cell"), names.len());
        return Err(("bad-csv", note));
    }
    let text =
        text.ok_or_else(|| ("no-text", format!("row {number} has no field `{}`", input.text_field)))?;
    let carried = Span { start, end: out.words.len() };
    if id.is_empty() {
        id = context.file.id_of(number);
    }
    let media_type = match media_type {
        Some(kind) if !kind.is_empty() => Some(out.say(&kind)),
        _ => context.media_type,
    };
    let source = if source.is_empty() { context.source } else { out.say(&source) };
    Ok((Row { id: out.say(&id), source, media_type, carried, text, surrogates: 0 }, values))
}

/// The value of a cell in a column of type `kind`. A cell that is not of this type stays a string, which then
/// fails the type check.
fn value_of(cell: &str, kind: &DataType) -> Value {
    if matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        return cell.into();
    }
    let word = cell.trim();
    let read = match kind {
        _ if word.is_empty() => Some(Value::Null),
        DataType::Boolean => word.to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
        kind if kind.is_unsigned_integer() => word.parse::<u64>().ok().map(Value::from),
        kind if kind.is_integer() => word.parse::<i64>().ok().map(Value::from),
        kind if kind.is_floating() => match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number.into()),
            _ => None,
        },
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) => Some(word.into()),
        _ => serde_json::from_str(word).ok(),
    };
    read.unwrap_or_else(|| cell.into())
}

#[cfg(test)]
mod tests {
    use crate::config::Input;
    use crate::input::tests::{Folder, gzip, resumes};
    use arrow_schema::DataType;

    #[test]
    fn rows_are_documents() {
        let table = b"\xef\xbb\xbf\nid,text,n,\"a \"\"b\"\"\",media_type\r\n1,\"two\nlines, \"\"so\"\"\",1.50,x,\r\n\r\n,y,,\"\",text/html\n\
                      3,short\n4,z,many,,\n5,caf\xe9,-2,,\n6,z,1,\xe9,\n7,\"open,1,,\n8,\"z\"y,2,,";
        let tabs = b"text\tk\n\"a\"\tb,c";
        let folder = Folder::new(&[
            ("a.csv", table),
            ("b.tsv.gz", &gzip(tabs)),
            ("c.csv", b"a,b\n1,2\n"),
            ("d.csv", b""),
        ]);
        let input = Input { columns: vec![("n".into(), DataType::Float64)], ..Input::default() };
        insta::assert_snapshot!(folder.documents(&input).join("\n"));
        resumes(&folder, &input);
    }

    /// An unclosed quote loses only its own row, wherever the file ends; so does a row that is too large.
    #[test]
    fn broken_rows_cost_themselves_alone() {
        let long = "x".repeat(100);
        let far: String = (0..50).map(|n| format!("{n},short\n")).collect();
        let table = format!("id,text\na,\"open\n{far}b,{long}\nc,\"{long}\nd\"\ne,\"{long}\"\nf,fine\n");
        let folder = Folder::new(&[("a.csv", table.as_bytes())]);
        let input = Input { max_document_bytes: 60, ..Input::default() };
        let read = folder.documents(&input);
        let (documents, failed): (Vec<_>, Vec<_>) = read.iter().partition(|line| line.starts_with("id="));
        assert_eq!(documents.len(), 51);
        insta::assert_snapshot!(failed.into_iter().cloned().collect::<Vec<_>>().join("\n"));
    }

    /// For a header that names no text, the note lists its columns, or says that its cells have another
    /// separator.
    #[test]
    fn a_header_without_the_text_says_what_it_has() {
        let folder = Folder::new(&[
            ("a.csv", b"title,body\na,b\n"),
            ("b.csv", b"title;text\na;b\n"),
            ("c.csv", b"title\ttext\na\tb\n"),
            ("d.tsv", b"title,text\na,b\n"),
            ("e.csv", b"title\na\n"),
        ]);
        insta::assert_snapshot!(folder.documents(&Input::default()).join("\n"));
    }
}
