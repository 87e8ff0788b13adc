//! Whether columns without any value are read as null, whatever their buffers contain.

use crate::conformance::breach::broken;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::host::Layout;
use arrow_array::{ArrayRef, RecordBatch, make_array, new_null_array};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use std::sync::Arc;
use textmill_core::column::{ID, ORDINAL};
use textmill_plugin::error::Result;
use textmill_plugin::harness::difference;

pub const TEST: Test = Test {
    id: "all-null",
    doc: "Columns in which every value is null, including the text, are processed without a panic, and \
          the contents of their buffers are not read.",
    advice: "check whether a row is null before reading its value: `Row::str` then returns `None`, and \
             `Row::text` an empty text",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    let empty = with_columns(&documents, |column| Ok(new_null_array(column.data_type(), column.len())))?;
    let hidden = with_columns(&documents, |column| {
        if *column.data_type() == DataType::Null {
            return Ok(Arc::clone(column));
        }
        let nulls = NullBuffer::new_null(column.len());
        Ok(make_array(column.to_data().into_builder().nulls(Some(nulls)).build()?))
    })?;
    notes.doing("running documents without a value");
    let plain = subject.run(&empty)?;
    let mut seen = broken(&plain);
    for layout in [Layout::Plain, Layout::Sliced] {
        notes.doing("running documents whose values are hidden behind nulls");
        let outcome = subject.run_laid_out(&hidden, layout)?;
        seen.extend(
            difference(&plain, &outcome).map(|found| format!("values behind nulls are read: {found}")),
        );
    }
    seen.dedup();
    Ok(Verdict::of(seen, ""))
}

/// The batch with all columns replaced except those of the host.
fn with_columns(
    documents: &RecordBatch,
    replace: impl Fn(&ArrayRef) -> Result<ArrayRef>,
) -> Result<RecordBatch> {
    let schema = documents.schema();
    let columns = schema.fields().iter().zip(documents.columns());
    // These two are never null, because the host provides them.
    let columns: Result<Vec<ArrayRef>> = columns
        .map(|(field, column)| match field.name().as_str() {
            ID | ORDINAL => Ok(Arc::clone(column)),
            _ => replace(column),
        })
        .collect();
    Ok(RecordBatch::try_new(schema, columns?)?)
}
