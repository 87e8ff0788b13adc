//! Whether strings are read in each of Arrow's three layouts if the descriptor does not prescribe one.

use crate::conformance::documents::column_of;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::host::Layout;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use std::sync::Arc;
use textmill_core::batch::{Strings, to_layout};
use textmill_core::column::type_name;
use textmill_plugin::error::Result;
use textmill_plugin::harness::difference;

pub const TEST: Test = Test {
    id: "string-layouts",
    doc: "A string column is answered the same way as utf8, large_utf8 and utf8_view, unless the \
          descriptor asks for one of them.",
    advice: "read strings through `Row` or `tm_strings_get`, which know all layouts, or declare the \
             `type` of the column",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    let operator = &subject.operator;
    let open: Vec<String> = operator
        .reads
        .iter()
        .filter(|read| read.kind.is_none())
        .filter_map(|read| column_of(read, operator, &subject.options))
        .filter(|name| documents.column_by_name(name).is_some_and(|c| Strings::of(c.as_ref()).is_some()))
        .collect();
    if open.is_empty() {
        return Ok(Verdict::skipped("it reads no string column whose layout is open"));
    }
    notes.doing("running the documents as they are");
    let plain = subject.run(&documents)?;
    let mut seen = Vec::new();
    for kind in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
        let words = type_name(&kind);
        let laid_out = in_layout(&documents, &open, &kind)?;
        // Views of a slice share the buffers of the whole array.
        for layout in [Layout::Plain, Layout::Sliced] {
            notes.doing(format!("running them with `{}` as {words}", open.join("`, `")));
            match subject.run_laid_out(&laid_out, layout) {
                Ok(outcome) => {
                    let found = difference(&plain, &outcome);
                    seen.extend(found.map(|found| format!("as {words}: {found}")));
                }
                Err(error) => seen.push(format!("as {words}: {}", error.message)),
            }
        }
    }
    seen.dedup();
    Ok(Verdict::of(seen, format!("{} columns", open.len())))
}

/// The batch with some of its columns converted to a layout.
fn in_layout(documents: &RecordBatch, names: &[String], kind: &DataType) -> Result<RecordBatch> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in documents.schema().fields().iter().zip(documents.columns()) {
        if names.contains(field.name()) {
            fields.push(Arc::new(Field::new(field.name(), kind.clone(), field.is_nullable())));
            columns.push(to_layout(column, kind)?);
        } else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
