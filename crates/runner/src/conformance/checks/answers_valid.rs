//! Whether answers pass the host's checks of their shape.

use crate::conformance::breach::of_clause;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use textmill_plugin::drive::check::Clause;
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "answers-valid",
    doc: "Every answer passes the host's checks: columns, types, lengths, UTF-8, and rows that exist \
          and are in ascending order.",
    advice: "return the columns that were bound, all of the same length, with a row for each document \
             that is passed on",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    Ok(Verdict::of(of_clause(subject, notes, Clause::Shape)?, ""))
}
