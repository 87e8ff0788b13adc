//! Whether an operator binds to the documents' columns, and returns the columns that it declares.

use crate::conformance::subject::{Subject, operators};
use crate::conformance::test::{Notes, Run, Test, Verdict};
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use std::sync::Arc;
use textmill_plugin::error::{Error, Result};

pub const TEST: Test = Test {
    id: "bind",
    doc: "The operator binds with the given options on any thread, with and without its optional \
          columns and beside columns that it does not read, and returns the columns that it declares.",
    advice: "the operator must accept and return what `describe` declares that it reads and writes",
    run: Run::Operator(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let batch = subject.batch()?;
    let failed =
        |how: &str, error: &Error| Ok(Verdict::failed(format!("{how}, it does not bind: {}", error.message)));
    notes.doing("binding the operator");
    let bound = match subject.bind(&batch) {
        Ok(bound) => bound,
        Err(error) => return failed("with the options given", &error),
    };
    notes.doing("binding beside a column that it does not read");
    let mut seen = Vec::new();
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("a-column-of-nobody", DataType::Int64, true)));
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    columns.push(Arc::new(Int64Array::from(vec![7; batch.num_rows()])));
    let wider = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    match subject.bind(&wider) {
        Ok(wider) if wider.operator().answered != bound.operator().answered => {
            seen.push("beside a column that it does not read it answers other columns".to_owned());
        }
        Ok(_) => {}
        Err(error) => return failed("beside a column that it does not read", &error),
    }
    let optional: Vec<&str> =
        subject.operator.reads.iter().filter(|r| !r.required).filter_map(|r| r.column.as_deref()).collect();
    if !optional.is_empty() {
        notes.doing("binding without the optional columns");
        let schema = batch.schema();
        let kept: Vec<usize> = (0..batch.num_columns())
            .filter(|&c| !optional.contains(&schema.field(c).name().as_str()))
            .collect();
        if let Err(error) = subject.bind(&batch.project(&kept)?) {
            return failed("without its optional columns", &error);
        }
    }
    notes.doing("binding on another thread");
    let elsewhere = std::thread::scope(|scope| scope.spawn(|| subject.bind(&batch).map(drop)).join());
    match elsewhere {
        Ok(Ok(())) => {}
        Ok(Err(error)) => seen.push(format!("on another thread it does not bind: {}", error.message)),
        Err(_) => seen.push("binding on another thread panicked".into()),
    }
    let columns: usize = operators(&bound).iter().map(|(_, operator)| operator.answered.fields().len()).sum();
    Ok(Verdict::of(seen, format!("answers {columns} columns")))
}
