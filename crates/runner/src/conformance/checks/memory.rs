//! Whether a plugin that is called repeatedly takes more and more memory.

use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::table::bytes;
use std::time::{Duration, Instant};
use textmill_plugin::call::NoHost;
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "memory",
    doc: "Repeated calls and bindings do not use more and more memory: what a stage allocates is freed \
          with it.",
    advice: "free the allocations of a worker and a stage with them, and keep nothing that grows with the \
             documents",
    run: Run::Bound(run),
};

/// Bytes of documents to run while memory is measured; half of that before.
const FED: usize = 24 << 20;
/// Growth is excessive above this share of the documents run, which is more than allocators keep.
const GROWTH_OF_FED: f64 = 0.3;
/// Growth that is always allowed, in bytes.
const FORGIVEN: u64 = 4 << 20;
/// Maximum time to run the documents before memory is measured. `MEASURING` is the time while it is measured.
const SETTLING: Duration = Duration::from_secs(1);
const MEASURING: Duration = Duration::from_secs(2);
/// Minimum number of rounds, however large the documents are.
const ROUNDS: usize = 8;

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    if resident().is_none() {
        return Ok(Verdict::skipped("the memory of a process cannot be measured on this system"));
    }
    let documents = subject.batch()?;
    let size = documents.get_array_memory_size().max(1);
    let deadline = |longest: Duration| Instant::now() + longest.min(subject.limit / 4);
    let (mut fed, mut rounds) = (0, 0);
    notes.doing("running the documents until memory has settled");
    let until = deadline(SETTLING);
    while rounds < ROUNDS || (fed < FED / 2 && Instant::now() < until) {
        once(subject, &documents)?;
        (fed, rounds) = (fed + size, rounds + 1);
    }
    let before = resident().unwrap_or_default();
    notes.doing("running the documents again and again");
    let until = deadline(MEASURING);
    (fed, rounds) = (0, 0);
    while rounds < ROUNDS * 2 || (fed < FED && Instant::now() < until) {
        once(subject, &documents)?;
        (fed, rounds) = (fed + size, rounds + 1);
    }
    let grown = resident().unwrap_or_default().saturating_sub(before);
    let note = format!("grew by {} over {} of documents", bytes(grown), bytes(fed as u64));
    let too_much = grown > FORGIVEN && grown as f64 > fed as f64 * GROWTH_OF_FED;
    Ok(if too_much {
        Verdict::failed(format!("memory {note} in {rounds} rounds, each on a stage of its own"))
    } else {
        Verdict::ok(note)
    })
}

/// Creates a stage and a worker, runs the documents, and releases everything.
fn once(subject: &Subject, documents: &arrow_array::RecordBatch) -> Result<()> {
    subject.bind(documents)?.run(&NoHost, std::slice::from_ref(documents)).map(drop)
}

/// The resident memory of the process in bytes.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
