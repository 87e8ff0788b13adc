//! Whether a batch without rows gives an empty answer.

use crate::conformance::subject::{Subject, operators};
use crate::conformance::test::{Notes, Run, Test, Verdict};
use arrow_array::RecordBatch;
use std::sync::Arc;
use textmill_plugin::call::{Call, NoHost};
use textmill_plugin::descriptor::Kind;
use textmill_plugin::drive::bind::BoundOperator;
use textmill_plugin::drive::check;
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "empty-batch",
    doc: "A batch without rows gives no rows and no events; an aggregate without documents has a state \
          and a report.",
    advice: "do not assume a first row, and do not divide by the number of rows",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let bound = subject.bind(&subject.batch()?)?;
    let mut seen = Vec::new();
    for (place, operator) in operators(&bound) {
        notes.doing(format!("{place}answering a batch without rows"));
        match empty(operator) {
            Ok(found) => seen.extend(found.into_iter().map(|what| format!("{place}{what}"))),
            Err(error) => seen.push(format!("{place}{}", error.message)),
        }
    }
    Ok(Verdict::of(seen, ""))
}

fn empty(operator: &BoundOperator) -> Result<Vec<String>> {
    let call = Call::new(&NoHost);
    let nothing = || RecordBatch::new_empty(Arc::clone(&operator.passed));
    let mut seen = Vec::new();
    let mut worker = operator.stage.new_worker(&call)?;
    match operator.descriptor.kind {
        Kind::Map => {
            let output = worker.process(&call, nothing())?;
            check::columns(operator, &output)?;
            if output.documents.num_rows() > 0 {
                seen.push(format!("it answers {} rows", output.documents.num_rows()));
            }
            if !output.events.is_empty() {
                seen.push(format!("it answers {} events", output.events.len()));
            }
        }
        Kind::Group => {
            let rows = worker.reduce(&call, nothing(), &[])?;
            if rows.num_rows() > 0 {
                seen.push(format!("it answers {} rows to no groups", rows.num_rows()));
            }
        }
        Kind::Aggregate => {
            worker.update(&call, nothing())?;
            let state = worker.take_state(&call)?;
            let report = operator.stage.new_worker(&call)?.finish(&call)?;
            let mut other = operator.stage.new_worker(&call)?;
            other.merge(&call, state)?;
            let merged = other.finish(&call)?;
            if merged != report {
                seen.push(format!("a batch without rows turns the report `{report}` into `{merged}`"));
            }
        }
        Kind::Plan => {}
    }
    Ok(seen)
}
