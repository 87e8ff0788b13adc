//! Whether the report of an aggregate depends on the order in which its states are merged.

use super::partition_invariance::ROUNDS;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use textmill_plugin::descriptor::Kind;
use textmill_plugin::error::Result;
use textmill_plugin::harness::{Merging, partition_difference};

pub const TEST: Test = Test {
    id: "merge-invariance",
    doc: "The report of an aggregate is the same, to the last digit, for any order of documents and \
          any tree in which states are merged.",
    advice: "merge so that order does not matter: use sums of integers and sorted maps, not means of means",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    if subject.operator.kind != Kind::Aggregate {
        return Ok(Verdict::skipped("it has no states to merge"));
    }
    let documents = subject.batch()?;
    notes.doing(format!("merging states in {ROUNDS} ways"));
    let bound = subject.bind(&documents)?;
    let found = partition_difference(&bound, &documents, Merging::AnyOrder, subject.seed, ROUNDS)?;
    Ok(Verdict::of(found.into_iter().collect(), format!("{ROUNDS} ways to merge")))
}
