//! Whether ordinary documents are processed at all.

use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use textmill_plugin::error::Result;
use textmill_plugin::event::Action;

pub const TEST: Test = Test {
    id: "documents-pass",
    doc: "None of the usual documents fails: only documents that cannot be processed may fail. \
          Documents that suit the operator can be given with --input.",
    advice: "fix what fails; if the documents do not suit the operator, give others with --input",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    notes.doing("running the documents in one batch");
    let outcome = subject.run(&documents)?;
    let mut seen = Vec::new();
    for verdict in &outcome.verdicts {
        if let Some(event) = verdict.events.iter().find(|e| e.action == Action::Fail) {
            let note = event.note.as_deref().unwrap_or("without a word");
            seen.push(format!("document `{}` fails by `{}`: {note}", verdict.id, event.rule));
        }
    }
    let dropped = outcome.verdicts.iter().filter(|v| v.end().is_some()).count();
    Ok(Verdict::of(seen, format!("{} documents, {dropped} of them dropped", documents.num_rows())))
}
