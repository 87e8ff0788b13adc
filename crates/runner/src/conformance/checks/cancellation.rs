//! How soon a call ends after the host asks it to stop.

use crate::conformance::subject::{Subject, readers};
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::table::duration;
use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;
use std::time::{Duration, Instant};
use textmill_plugin::call::{Call, Host, Level, NoHost};
use textmill_plugin::descriptor::Kind;
use textmill_plugin::drive::bind::BoundOperator;
use textmill_plugin::error::{ErrorKind, Result};
use textmill_plugin::operator::Worker;

pub const TEST: Test = Test {
    id: "cancellation",
    doc: "A call on a large batch ends within a second after the host asks to stop, however large the \
          batch is.",
    advice: "call `call.keep_going()` (in C, `should_stop`) within long loops, and return its error",
    run: Run::Bound(run),
};

/// How long a call may continue after the host has asked it to stop.
const LATENCY: Duration = Duration::from_secs(1);
/// How long a call may continue until its regular end after the host has asked it to stop.
const FINISHING: Duration = Duration::from_millis(400);
/// Batches are enlarged until a call takes this long, to tell calls that never check from those that do.
const LONG: Duration = Duration::from_millis(1500);
/// Size in bytes of a batch that is large enough for an operator so fast that it need not check.
const ENOUGH: usize = 64 << 20;
/// The best of this many tries counts, because a temporary slowdown of the machine is not the plugin's fault.
const TRIES: usize = 3;

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    let bound = subject.bind(&documents)?;
    let mut seen = Vec::new();
    let mut measured = Vec::new();
    // With a short time limit, a shorter call must do.
    let long = LONG.min(subject.limit / 8);
    let allowed = |kind: Option<ErrorKind>| {
        // A call that runs to its regular end did not check: with a larger batch, it would end later.
        let most = if kind.is_some() { LATENCY } else { FINISHING };
        most.min(long * 2 / 3)
    };
    for operator in readers(&bound) {
        let mut batch = operator.project(&documents)?;
        loop {
            notes.doing(format!("timing a call over {} documents", batch.num_rows()));
            let whole = time(operator, &batch, None)?.0;
            let stop = whole / 4;
            notes.doing(format!("stopping a call over {} documents", batch.num_rows()));
            let mut best: Option<(Duration, Option<ErrorKind>)> = None;
            for _ in 0..TRIES {
                let (took, kind) = time(operator, &batch, Some(stop))?;
                let late = took.saturating_sub(stop);
                best = Some(best.map_or((late, kind), |b| if late < b.0 { (late, kind) } else { b }));
                if late <= allowed(kind) {
                    break;
                }
            }
            let Some((late, kind)) = best else { break };
            measured.push((batch.num_rows(), late));
            let what = format!(
                "a call over {} documents, which takes {}, went on for {} after the host asked to stop; {} are allowed",
                batch.num_rows(),
                duration(whole.as_nanos() as u64),
                duration(late.as_nanos() as u64),
                duration(allowed(kind).as_nanos() as u64)
            );
            if late > allowed(kind) {
                seen.push(what);
                break;
            }
            if kind.is_some_and(|kind| kind != ErrorKind::Cancelled) {
                seen.push(format!("a call that was stopped fails with {kind:?} instead of CANCELLED"));
                break;
            }
            if whole >= long || batch.get_array_memory_size() >= ENOUGH {
                break;
            }
            let times = (long.as_secs_f64() / whole.as_secs_f64().max(1e-6) * 1.2).clamp(2.0, 8.0) as usize;
            batch = concat_batches(&operator.passed, &vec![batch; times])?;
        }
    }
    let worst = measured.iter().max_by_key(|(_, late)| *late);
    let note = worst.map(|(rows, late)| {
        format!("at most {} after it was asked, at {rows} documents", duration(late.as_nanos() as u64))
    });
    Ok(Verdict::of(seen, note.unwrap_or_default()))
}

/// How long a call takes if the host asks it to stop after `stop`, and its error, if any.
fn time(
    operator: &BoundOperator,
    batch: &RecordBatch,
    stop: Option<Duration>,
) -> Result<(Duration, Option<ErrorKind>)> {
    let mut worker = operator.stage.new_worker(&Call::new(&NoHost))?;
    let started = Instant::now();
    let host = Stopping { at: stop.map(|stop| started + stop) };
    let answer = work(operator, worker.as_mut(), &Call::new(&host), batch.clone());
    Ok((started.elapsed(), answer.err().map(|e| e.kind)))
}

fn work(
    operator: &BoundOperator,
    worker: &mut dyn Worker,
    call: &Call<'_>,
    batch: RecordBatch,
) -> Result<()> {
    match operator.descriptor.kind {
        Kind::Aggregate => worker.update(call, batch),
        _ => worker.process(call, batch).map(drop),
    }
}

/// A host that asks to stop at a given time.
struct Stopping {
    at: Option<Instant>,
}

impl Host for Stopping {
    fn log(&self, _: Level, _: &str) {}
    fn report(&self, _: Level, _: Option<u32>, _: &str, _: &str) {}
    fn should_stop(&self) -> bool {
        self.at.is_some_and(|at| Instant::now() >= at)
    }
    fn progress(&self, _: u64, _: u64) {}
    fn metric_add(&self, _: &str, _: u64) {}
}
