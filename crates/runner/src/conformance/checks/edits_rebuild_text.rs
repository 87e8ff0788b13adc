//! Whether the received text with the edits of the ledger applied is exactly the returned text.

use crate::conformance::breach::answers;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use textmill_plugin::drive::check::Clause;
use textmill_plugin::error::Result;
use textmill_plugin::event::Action;

pub const TEST: Test = Test {
    id: "edits-rebuild-text",
    doc: "For every document, the received text with the edits of its events is the returned text, \
          byte for byte.",
    advice: "let the SDK make the text (`Doc::remove`, `Doc::replace`), or copy everything between the \
             spans unchanged",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let answers = answers(subject, notes)?;
    let verdicts = answers.outcomes.iter().flat_map(|o| &o.verdicts);
    let edits = verdicts.flat_map(|v| &v.events).filter(|e| e.action == Action::Edit).count();
    let broken = answers.breaches.into_iter().filter(|(clause, _)| *clause == Clause::Edits);
    Ok(Verdict::of(broken.map(|(_, what)| what).collect(), format!("{edits} edits")))
}
