//! Tests whether an operator returns the same however its documents are split: into batches, among workers,
//! and, for an aggregate, into states that are merged in any order and any tree. Finds a split that changes
//! the result, and makes it small. The reference is the run in one batch: this module does not know what the
//! result should be.

use super::bound::{Bound, taken_in, verdicts};
use super::compare::difference;
use super::random::Random;
use super::run::{Outcome, Verdict};
use crate::call::NoHost;
use crate::descriptor::{Kind, Threading};
use crate::drive::aggregate::{AggregateDriver, Sum};
use crate::drive::map::MapDriver;
use crate::drive::spread::Spread;
use crate::error::Result;
use arrow_array::RecordBatch;
use std::fmt::Write as _;
use std::ops::Range;

/// Maximum number of workers that batches are shared among.
const WORKERS: usize = 3;

/// In which order the states of an aggregate are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    /// One after the other, in the order of the documents, as in a run of the engine.
    InOrder,
    /// In any order and any tree, of documents in any order. The contract asks for this, so that other
    /// engines are free to choose.
    AnyOrder,
}

/// Looks for a split of `documents` for which `bound` returns something else than in one batch, in `rounds`
/// rounds of random splits that follow from `seed`. The result names the split and the first difference.
///
/// The first round has one document per batch. The rest depends on the kind:
///
/// - The batches of a map go to several workers, in any order.
/// - So do those of an aggregate, whose states are merged as `merging` says.
/// - The batches of a plan also go to several workers, but stay in order, since a plan sees the whole corpus.
/// - An operator that runs on a single worker ([`Threading::Serial`]) is only split into batches.
///
/// # Errors
/// If the stage fails as a whole.
pub fn partition_difference(
    bound: &Bound,
    documents: &RecordBatch,
    merging: Merging,
    seed: u64,
    rounds: u32,
) -> Result<Option<String>> {
    let one_batch = bound.run(&NoHost, std::slice::from_ref(documents))?;
    let serial = bound.operator().descriptor.threading == Threading::Serial;
    let mut random = Random::seeded(seed);
    let mut known = one_batch.verdicts.iter();
    if let Some(failed) = known.find_map(|v| v.end().filter(|e| e.rule == "contract" || e.rule == "panic")) {
        let note = failed.note.as_deref().unwrap_or("without a word");
        return Ok(Some(format!(
            "it cannot be tested: in one batch a document fails by `{}`: {note}",
            failed.rule
        )));
    }
    for round in 0..rounds {
        let split = match round {
            0 => Split::one_by_one(documents.num_rows()),
            _ => Split::random(documents.num_rows(), merging, serial, &mut random),
        };
        let Some(_) = difference(&one_batch, &split.run(bound, documents)?) else { continue };
        let split = split.smaller(bound, documents, &one_batch)?;
        let outcome = split.run(bound, documents)?;
        let found = difference(&one_batch, &outcome).unwrap_or_else(|| {
            // It differed a moment ago, so the same split gives different results from run to run.
            "the answer changes from one time to the next".into()
        });
        return Ok(Some(format!(
            "in one batch it answers something else than in {} (seed {seed}, round {round}): {found}\n{}",
            split.parts.len(),
            split.words(bound.operator().descriptor.kind)
        )));
    }
    Ok(None)
}

/// A batch: consecutive documents for one worker.
#[derive(Clone, Debug)]
struct Part {
    rows: Range<usize>,
    worker: usize,
    /// Whether the worker hands out its state after this batch.
    hands_out: bool,
}

/// A way to split documents.
#[derive(Clone, Debug)]
struct Split {
    /// In the order in which they are processed.
    parts: Vec<Part>,
    /// Which states are merged next, each modulo the number of states. When there are none left, states are
    /// merged in the order they came.
    picks: Vec<usize>,
}

impl Split {
    fn one_by_one(count: usize) -> Self {
        let part = |row: usize| Part { rows: row..row + 1, worker: 0, hands_out: true };
        Self { parts: (0..count).map(part).collect(), picks: Vec::new() }
    }

    fn random(count: usize, merging: Merging, serial: bool, random: &mut Random) -> Self {
        // From a few large batches to many small ones.
        let largest = random.within(1..count.max(2)) + 1;
        let workers = if serial { 1 } else { random.within(1..WORKERS + 1) };
        let mut parts = Vec::new();
        let mut start = 0;
        while start < count {
            let end = (start + random.within(1..largest + 1)).min(count);
            let worker = random.below(workers);
            parts.push(Part { rows: start..end, worker, hands_out: !random.once_in(3) });
            start = end;
        }
        if merging == Merging::InOrder {
            parts.iter_mut().for_each(|part| part.hands_out = true);
            return Self { parts, picks: Vec::new() };
        }
        if !serial {
            random.shuffle(&mut parts);
        }
        let picks = (0..parts.len() * 2).map(|_| random.below(1 << 16)).collect();
        Self { parts, picks }
    }

    /// A split with fewer parts that still changes the result. Joins parts with consecutive documents as long
    /// as it does.
    fn smaller(mut self, bound: &Bound, documents: &RecordBatch, one_batch: &Outcome) -> Result<Self> {
        let differs = |split: &Self| -> Result<bool> {
            Ok(difference(one_batch, &split.run(bound, documents)?).is_some())
        };
        let simple = Self { picks: Vec::new(), ..self.clone() };
        if !self.picks.is_empty() && differs(&simple)? {
            self = simple;
        }
        let mut at = 0;
        while at < self.parts.len() {
            let end = self.parts[at].rows.end;
            let next = self.parts.iter().position(|part| part.rows.start == end);
            if let Some(next) = next.filter(|_| self.parts.len() > 2) {
                let mut joined = self.clone();
                let end = joined.parts[next].rows.end;
                joined.parts[at].rows.end = end;
                joined.parts.remove(next);
                if differs(&joined)? {
                    // A join that did not help before may help now.
                    self = joined;
                    at = 0;
                    continue;
                }
            }
            at += 1;
        }
        Ok(self)
    }

    fn run(&self, bound: &Bound, documents: &RecordBatch) -> Result<Outcome> {
        match bound.operator().descriptor.kind {
            Kind::Aggregate => self.aggregate(bound, documents),
            Kind::Map => self.map(bound, documents),
            Kind::Plan | Kind::Group => {
                let mut parts: Vec<&Part> = self.parts.iter().collect();
                parts.sort_by_key(|part| part.rows.start);
                let batches: Vec<RecordBatch> = parts.into_iter().map(|part| part.of(documents)).collect();
                let workers = self.parts.iter().map(|part| part.worker).collect();
                bound.run_in(&NoHost, &Workers { of_job: workers, count: self.workers() }, &batches)
            }
        }
    }

    fn workers(&self) -> usize {
        self.parts.iter().map(|part| part.worker + 1).max().unwrap_or(0)
    }

    fn map(&self, bound: &Bound, documents: &RecordBatch) -> Result<Outcome> {
        let mut drivers: Vec<_> = (0..self.workers()).map(|_| MapDriver::new(bound.operator())).collect();
        let mut found: Vec<(usize, Vec<Verdict>)> = Vec::new();
        for part in &self.parts {
            let batch = part.of(documents);
            let mapped = drivers[part.worker].run(&NoHost, &batch)?;
            found.push((part.rows.start, verdicts(&batch, &mapped)));
        }
        Ok(Outcome { verdicts: in_order(found), report: None })
    }

    fn aggregate(&self, bound: &Bound, documents: &RecordBatch) -> Result<Outcome> {
        let operator = bound.operator();
        let mut drivers: Vec<_> = (0..self.workers()).map(|_| AggregateDriver::new(operator)).collect();
        let mut found: Vec<(usize, Vec<Verdict>)> = Vec::new();
        let mut states = Vec::new();
        for part in &self.parts {
            let driver = &mut drivers[part.worker];
            found.push((part.rows.start, taken_in(driver, &NoHost, &part.of(documents))?));
            if part.hands_out {
                states.extend(driver.take_state(&NoHost)?);
            }
        }
        for mut driver in drivers {
            states.extend(driver.take_state(&NoHost)?);
        }
        let mut picks = self.picks.iter();
        while let (Some(first), Some(second), true) = (picks.next(), picks.next(), states.len() > 1) {
            let from = states.swap_remove(first % states.len());
            let into = second % states.len();
            let mut sum = Sum::new(operator, &NoHost)?;
            sum.merge(&NoHost, states[into].clone())?;
            sum.merge(&NoHost, from)?;
            states[into] = sum.into_state(&NoHost)?;
        }
        let report = crate::drive::aggregate::report(operator, &NoHost, states)?;
        Ok(Outcome { verdicts: in_order(found), report: Some(report) })
    }

    /// The split in words: batches in the order in which they are processed, and how states are merged.
    fn words(&self, kind: Kind) -> String {
        let mut words = String::from("split into");
        for (n, part) in self.parts.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            let _ = write!(words, "{comma} documents {}..{}", part.rows.start, part.rows.end);
            if self.workers() > 1 {
                let _ = write!(words, " on worker {}", part.worker);
            }
        }
        if kind == Kind::Aggregate && !self.picks.is_empty() {
            words.push_str("; states merged in another order than the documents'");
        }
        words
    }
}

/// Distributes the jobs of a plan's steps over several workers, one job after the other.
struct Workers {
    /// The worker of each job. Starts over if there are more jobs.
    of_job: Vec<usize>,
    count: usize,
}

impl Spread for Workers {
    fn each<J: Send, T: Send, F: FnMut(J) -> Result<T> + Send>(
        &self,
        jobs: impl Iterator<Item = Result<J>> + Send,
        start: impl Fn() -> F + Sync,
        mut commit: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()> {
        let mut workers: Vec<F> = (0..self.count.max(1)).map(|_| start()).collect();
        let mut of_job = self.of_job.iter().cycle();
        for job in jobs {
            let worker = of_job.next().copied().unwrap_or(0);
            commit(workers[worker](job?)?)?;
        }
        Ok(())
    }
}

impl Part {
    fn of(&self, documents: &RecordBatch) -> RecordBatch {
        documents.slice(self.rows.start, self.rows.len())
    }
}

fn in_order(mut found: Vec<(usize, Vec<Verdict>)>) -> Vec<Verdict> {
    found.sort_by_key(|(start, _)| *start);
    found.into_iter().flat_map(|(_, verdicts)| verdicts).collect()
}
