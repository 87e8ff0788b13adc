//! Whether the answer depends on how documents are split into batches and shared among workers.

use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use textmill_plugin::error::Result;
use textmill_plugin::harness::{Merging, partition_difference};

pub const TEST: Test = Test {
    id: "partition-invariance",
    doc: "However the documents are split into batches and shared among workers, each is answered as \
          in one batch, and the report is the same.",
    advice: "let an answer depend only on its document: keep nothing in the operator or in a static; \
             count in integers, and sort before a report",
    run: Run::Bound(run),
};

/// Number of splits to try.
pub(super) const ROUNDS: u32 = 12;

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    notes.doing(format!("splitting the documents in {ROUNDS} ways"));
    let bound = subject.bind(&documents)?;
    let found = partition_difference(&bound, &documents, Merging::InOrder, subject.seed, ROUNDS)?;
    Ok(Verdict::of(found.into_iter().collect(), format!("{ROUNDS} ways to split")))
}
