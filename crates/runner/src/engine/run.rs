//! Runs a prepared pipeline: segments of stages between barriers, from the input to staged files.

use super::chain::{Segment, StageHost, in_stage};
use super::counts::Counts;
use super::loaded::load;
use super::memory::Shares;
use super::names::Names;
use super::pool::{Idle, Pool};
use super::prepare::{Bound, Prepared};
use super::published::{self, publish};
use super::sums::reports;
use crate::input::SourceFile;
use crate::output::{Budgets, Staged, Staging, Waiting};
use crate::progress::Progress;
use crate::spill::{SpillStore, SpillTable};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use textmill_plugin::drive::last::Last;
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::drive::store::Table;
use textmill_plugin::error::Result;

/// The settings of a run besides its pipeline.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Number of threads.
    pub threads: usize,
    /// How the memory is divided.
    pub shares: Shares,
    /// The maximum number of documents to read.
    pub limit: Option<u64>,
    /// Whether a document that fails ends the run.
    pub strict: bool,
    /// Whether to count the bytes that the host allocates.
    pub profile: bool,
}

/// Runs a prepared pipeline.
pub struct Engine<'a> {
    /// The pipeline.
    pub prepared: &'a Prepared,
    /// The files of the input.
    pub files: &'a [SourceFile],
    /// The settings of the run.
    pub settings: Settings,
    /// Receives the progress and the plugins' messages.
    pub progress: &'a Progress,
    /// Time spent outside the work.
    pub idle: &'a Idle,
    /// Memory for what waits before a barrier.
    pub budgets: Budgets,
    /// The store through which rows are exchanged.
    pub store: &'a SpillStore,
    /// The folder in which the run folder is built.
    pub staging: &'a Staging,
    /// Set if a limit leaves records of the input out.
    pub left_out: &'a AtomicBool,
}

/// The results of a run besides its files.
pub struct Finished {
    /// Counters.
    pub counts: Counts,
    /// The reports of aggregates and plans, by stage.
    pub reports: BTreeMap<String, Value>,
}

impl<'a> Engine<'a> {
    /// Runs all documents through all stages, starting at the checkpoint.
    ///
    /// # Errors
    /// If a stage fails as a whole, or if the files of the run cannot be written. Failures of documents are
    /// recorded instead.
    pub fn run(&self, staged: &mut Staged<'_>) -> Result<Counts> {
        let mut nanos: BTreeMap<usize, u64> = BTreeMap::new();
        let mut number = staged.checkpoint().segment;
        let mut is_ended = staged.checkpoint().is_ended;
        let mut before: Option<Waiting> = None;
        if let Some(earlier) = number.checked_sub(1).filter(|_| !is_ended) {
            let segment = self.segment(earlier);
            before = Some(staged.waiting(earlier, segment.documents(), segment.rows())?);
        }
        let mut names: Option<Names> = None;
        loop {
            let segment = self.segment(number);
            let held = segment.tail().map(|_| segment.documents());
            if number > 0 && names.is_none() {
                names = staged.take_names()?.map(Names::new);
            }
            if is_ended {
                staged.begin_segment(number, held, segment.rows())?;
            } else if let Some((waiting, names)) = before.take().zip(names.as_mut()) {
                let stage = segment.from - 1;
                let Bound::Plan(_, plan) = &self.prepared.stages[stage].bound else { break };
                let started = Instant::now();
                let last = self.between(stage, plan, waiting.rows, &waiting.documents, names)?;
                *nanos.entry(stage).or_default() += started.elapsed().as_nanos() as u64;
                staged.begin_segment(number, held, segment.rows())?;
                let segment = Segment { head: Some((stage, &last, names)), ..segment };
                self.progress.segment(
                    self.pass(2 * number),
                    segment.numbers(),
                    Some(waiting.documents.rows()),
                );
                self.go_on(segment, &waiting.documents, staged)?;
            } else {
                staged.begin_segment(number, held, segment.rows())?;
                self.progress.segment(self.pass(0), segment.numbers(), None);
                self.read(segment, staged)?;
            }
            before = staged.end_segment()?;
            if before.is_none() {
                break;
            }
            is_ended = false;
            number += 1;
        }
        let mut counts = staged.checkpoint().counts.clone();
        for (stage, nanos) in nanos {
            counts.stages[stage].nanos += nanos;
        }
        Ok(counts)
    }

    /// The reports of plans, and of aggregates over all committed documents, by stage.
    ///
    /// # Errors
    /// If a state cannot be read, or if a report cannot be made.
    pub fn reports(&self, staged: &Staged<'_>) -> Result<BTreeMap<String, Value>> {
        let pool = self.plain_pool(self.settings.threads);
        let mut reports = reports(self.prepared, self.progress, pool, staged.states())?;
        reports.extend(published::reports(self.prepared, self.staging)?);
        Ok(reports)
    }

    /// The number of plans among the stages up to this one.
    fn plans_up_to(&self, number: usize) -> usize {
        let stages = self.prepared.stages.iter().take(number + 1);
        stages.filter(|stage| matches!(stage.bound, Bound::Plan(..))).count()
    }

    /// A pass over the documents, counted from 0, in numbers for people. Each plan adds two passes: one
    /// between its documents and its last step, and one from there.
    fn pass(&self, number: usize) -> (usize, usize) {
        (number + 1, 2 * self.plans_up_to(self.prepared.stages.len()) + 1)
    }

    /// The segment with this number. The barriers before it are those of the first `number` plans.
    fn segment(&self, number: usize) -> Segment<'a> {
        let stages = &self.prepared.stages;
        let plans = stages.iter().enumerate().filter(|(_, stage)| matches!(stage.bound, Bound::Plan(..)));
        let plans: Vec<usize> = plans.map(|(at, _)| at).collect();
        let from = number.checked_sub(1).and_then(|before| plans.get(before)).map_or(0, |plan| plan + 1);
        let to = plans.get(number).copied().unwrap_or(stages.len());
        Segment { head: None, stages, input: &self.prepared.input, from, to, profile: self.settings.profile }
    }

    /// Runs the steps of a plan between the arrival of its documents and its last step.
    fn between<'p>(
        &self,
        number: usize,
        plan: &'p BoundPlan,
        mut rows: BTreeMap<usize, SpillTable>,
        documents: &SpillTable,
        names: &mut Names,
    ) -> Result<Last<'p, SpillStore>> {
        let stage = &self.prepared.stages[number];
        self.progress.segment(self.pass(2 * self.plans_up_to(number) - 1), std::iter::once(number), None);
        let host = StageHost { host: self.progress, stage: &stage.name };
        let threads = if stage.bound.is_serial() { 1 } else { self.settings.threads };
        let pool = self.plain_pool(threads);
        let prepared = self.prepared;
        let last = load(stage, plan, self.store, names).and_then(|loaded| {
            rows.extend(loaded);
            let last = plan.between(&host, &pool, self.store, rows, documents)?;
            publish(prepared, number, plan, &last, names, self.staging, self.settings.threads)?;
            Ok(last)
        });
        last.map_err(|e| in_stage(stage, e))
    }

    fn plain_pool(&self, threads: usize) -> Pool<'_> {
        Pool { threads, room: u64::MAX, idle: self.idle, stop: self.progress.stop_flag() }
    }

    /// The pool for a segment: a single thread if one of its stages must not run on several.
    pub(super) fn pool(&self, segment: &Segment<'_>) -> Pool<'_> {
        let serial = segment.numbers().any(|number| self.prepared.stages[number].bound.is_serial());
        let threads = if serial { 1 } else { self.settings.threads };
        Pool { room: self.settings.shares.morsels, ..self.plain_pool(threads) }
    }
}
