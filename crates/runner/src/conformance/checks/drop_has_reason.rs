//! Whether every document that is dropped has an event that says why.

use crate::conformance::breach::of_clause;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use textmill_plugin::descriptor::Rows;
use textmill_plugin::drive::check::Clause;
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "drop-has-reason",
    doc: "Every dropped document has an event that says why, and no dropped document is returned.",
    advice: "give each document that is not returned a drop event with its rule (`Doc::drop`, \
             `tm_event_drop`), and return all others",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    if subject.operator.rows != Rows::Select {
        return Ok(Verdict::skipped("it drops no documents"));
    }
    Ok(Verdict::of(of_clause(subject, notes, Clause::Reasons)?, ""))
}
