//! Whether hostile documents leave the process alive, and whether the host can see and name a panic.

use crate::conformance::breach::failed_by;
use crate::conformance::subject::{Subject, readers};
use crate::conformance::test::{Notes, Run, Test, Verdict};
use arrow_array::RecordBatch;
use textmill_core::batch::string;
use textmill_core::column::ID;
use textmill_plugin::call::{Call, NoHost};
use textmill_plugin::descriptor::Kind;
use textmill_plugin::drive::bind::BoundOperator;
use textmill_plugin::error::{Error, ErrorKind, Result};

pub const TEST: Test = Test {
    id: "panic-contained",
    doc: "No document kills the process or makes the plugin panic; a panic is reported as status \
          PANICKED, the worker can be released, and a new one works.",
    advice: "return an error (`?`, `ok_or`) where it panics, and read slices and texts with `get`",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let mut seen = Vec::new();
    let mut count = 0;
    for (name, case) in [("hostile texts", subject.hostile()), ("the documents", subject.case())] {
        let documents = case.batch()?;
        count += documents.num_rows();
        let bound = subject.bind(&documents)?;
        for operator in readers(&bound) {
            let passed = operator.project(&documents)?;
            // One by one, so that if the process dies, the notes tell which document it was.
            for row in 0..passed.num_rows() {
                let id = string(&documents, ID, row).unwrap_or_default();
                notes.doing(format!("answering the document `{id}`"));
                if let Err(error) = call(operator, passed.slice(row, 1)) {
                    seen.extend(panicked(&error).map(|what| format!("document `{id}`: {what}")));
                }
            }
            notes.doing(format!("answering {name} in one batch"));
            if let Err(error) = call(operator, passed.clone())
                && let Some(what) = panicked(&error)
            {
                let row = error.row.and_then(|row| string(&documents, ID, row as usize));
                let row = row.map_or("names no row".to_owned(), |id| format!("names document `{id}`"));
                seen.push(format!("in one batch: {what}, and {row}"));
            }
        }
        notes.doing(format!("running {name} as a stage"));
        let outcome = bound.run(&NoHost, std::slice::from_ref(&documents))?;
        let failed = outcome
            .verdicts
            .iter()
            .filter_map(|v| Some(format!("document `{}`: {}", v.id, failed_by(v, "panic")?)));
        if seen.is_empty() {
            seen.extend(failed);
        }
    }
    Ok(Verdict::of(seen, format!("{count} documents")))
}

/// One call on a new worker.
fn call(operator: &BoundOperator, rows: RecordBatch) -> Result<()> {
    let call = Call::new(&NoHost);
    let mut worker = operator.stage.new_worker(&call)?;
    match operator.descriptor.kind {
        Kind::Aggregate => worker.update(&call, rows),
        _ => worker.process(&call, rows).map(drop),
    }
}

fn panicked(error: &Error) -> Option<String> {
    (error.kind == ErrorKind::Panicked).then(|| error.message.clone())
}
