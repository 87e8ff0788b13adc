//! The first documents of an input, as batches.

use crate::config::Pipeline;
use crate::input::{Cursor, Ids, InputBatch, Parser, SourceFile};
use arrow_array::{LargeStringArray, RecordBatch};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use textmill_core::batch::string;
use textmill_core::column::{ID, ORDINAL, SOURCE};
use textmill_core::value::value_at;
use textmill_plugin::error::Result;

/// Reads the first `limit` documents of the input. Failures among them do not count.
///
/// # Errors
/// If values do not form the columns that they were checked against.
pub fn sample(pipeline: &Pipeline, files: &[SourceFile], limit: usize) -> Result<Vec<InputBatch>> {
    let (input, run) = (&pipeline.input, &pipeline.run);
    let read = Arc::new(AtomicU64::new(0));
    let mut cursor = Cursor::new(files, input, run.batch_bytes, input.max_document_bytes, read);
    let (mut parser, mut ids, mut ordinal) = (Parser::new(input), Ids::default(), 0);
    let (mut batches, mut left) = (Vec::new(), limit);
    while left > 0 {
        let Some(chunk) = cursor.next() else { break };
        let mut parsed = parser.parse(chunk);
        parsed.truncate_documents(left);
        ids.settle(&mut parsed);
        let places = parsed.len() as u64;
        for batch in parsed.finish(ordinal, run.batch_documents, run.batch_bytes)? {
            left -= batch.documents.num_rows();
            batches.push(batch);
        }
        ordinal += places;
    }
    Ok(batches)
}

/// Renames the sources of documents, by a map from old to new names.
///
/// # Errors
/// If a batch cannot be rebuilt.
pub fn rename_sources(batches: &mut [InputBatch], names: &BTreeMap<String, String>) -> Result<()> {
    for batch in batches {
        let documents = &batch.documents;
        let Some(place) = documents.schema().index_of(SOURCE).ok() else { continue };
        let sources = (0..documents.num_rows()).map(|row| {
            let source = string(documents, SOURCE, row)?;
            Some(names.get(source).map_or(source, String::as_str))
        });
        let mut columns = documents.columns().to_vec();
        columns[place] = Arc::new(sources.collect::<LargeStringArray>());
        batch.documents = RecordBatch::try_new(documents.schema(), columns)?;
    }
    Ok(())
}

/// The ids of all documents and of the places without one, each with its ordinal, in input order.
pub fn ids(batches: &[InputBatch]) -> Vec<(u64, String)> {
    let mut ids = Vec::new();
    for batch in batches {
        let ordinals = batch.documents.column_by_name(ORDINAL);
        for row in 0..batch.documents.num_rows() {
            let ordinal = ordinals.and_then(|column| value_at(column, row).as_u64()).unwrap_or(u64::MAX);
            ids.push((ordinal, string(&batch.documents, ID, row).unwrap_or_default().to_owned()));
        }
        ids.extend(batch.failures.iter().map(|(ordinal, failure)| (*ordinal, failure.id.clone())));
    }
    ids.sort_by_key(|(ordinal, _)| *ordinal);
    ids
}
