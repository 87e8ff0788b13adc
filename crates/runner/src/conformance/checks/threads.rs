//! Whether several workers of one stage, each on its own thread, do not interfere with each other.

use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use arrow_array::RecordBatch;
use std::sync::Barrier;
use std::thread;
use textmill_plugin::call::NoHost;
use textmill_plugin::descriptor::Threading;
use textmill_plugin::error::Result;
use textmill_plugin::harness::{Bound, Outcome, difference};

pub const TEST: Test = Test {
    id: "threads",
    doc: "Several workers of one stage, running on several threads at once, answer like a single one, \
          and operators can be bound on all threads at once.",
    advice: "share nothing mutable between workers: no statics, no counters behind a lock",
    run: Run::Bound(run),
};

/// Number of concurrent threads.
const THREADS: usize = 4;
/// How often each thread runs the documents.
const ROUNDS: usize = 3;

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    notes.doing("running the documents on one thread");
    let alone = subject.run(&documents)?;
    let mut seen = Vec::new();
    if subject.operator.threading == Threading::Serial {
        notes.doing("running the documents on another thread");
        let elsewhere = at_once(1, || subject.run(&documents));
        seen.extend(
            elsewhere.into_iter().filter_map(|outcome| different(&alone, outcome, "on another thread")),
        );
        return Ok(Verdict::of(seen, "one worker, on another thread"));
    }
    notes.doing(format!("binding and running on {THREADS} threads at once"));
    let bound = at_once(THREADS, || subject.run(&documents));
    seen.extend(
        bound
            .into_iter()
            .filter_map(|outcome| different(&alone, outcome, "bound on several threads at once")),
    );
    notes.doing(format!("running {THREADS} workers of one stage at once"));
    let bound = subject.bind(&documents)?;
    let half = documents.num_rows() / 2;
    let halves = [documents.slice(0, half), documents.slice(half, documents.num_rows() - half)];
    let shared = at_once(THREADS, || several(&bound, &halves));
    seen.extend(
        shared.into_iter().filter_map(|outcome| different(&alone, outcome, "workers of one stage at once")),
    );
    Ok(Verdict::of(seen, format!("{THREADS} threads")))
}

/// Runs the documents several times. Returns the last outcome, or the first that differs from the previous
/// one.
fn several(bound: &Bound, batches: &[RecordBatch]) -> Result<Outcome> {
    let mut last = bound.run(&NoHost, batches)?;
    for _ in 1..ROUNDS {
        let next = bound.run(&NoHost, batches)?;
        let changed = difference(&last, &next).is_some();
        last = next;
        if changed {
            break;
        }
    }
    Ok(last)
}

fn at_once(threads: usize, work: impl Fn() -> Result<Outcome> + Sync) -> Vec<Result<Outcome>> {
    let barrier = Barrier::new(threads);
    let start = || {
        barrier.wait();
        work()
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(start)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".into())))
            .collect()
    })
}

fn different(alone: &Outcome, outcome: Result<Outcome>, how: &str) -> Option<String> {
    match outcome {
        Ok(outcome) => difference(alone, &outcome).map(|found| format!("{how}: {found}")),
        Err(error) => Some(format!("{how}: {}", error.message)),
    }
}
