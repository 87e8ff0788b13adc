//! Running a prepared pipeline: segments of stages between barriers, from input batches to a sink.

use super::chain::{Chain, StageHost, in_stage};
use super::counts::Counts;
use super::ordered::{self, Threads};
use super::outcome::{Outcome, ordinal_at};
use super::prepare::{Bound, Prepared, PreparedStage};
use crate::input::InputBatch;
use crate::output::row::RowWriter;
use crate::progress::Progress;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;
use textmill_core::batch::string;
use textmill_core::column::{ID, ORDINAL};
use textmill_plugin::call::Host;
use textmill_plugin::drive::aggregate::report;
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::error::{Error, ErrorKind, Result};

/// Runs a prepared pipeline.
pub struct Engine<'a> {
    /// The pipeline.
    pub prepared: &'a Prepared,
    /// Threads to work on.
    pub threads: usize,
    /// Who is told how far it is, and what plugins say.
    pub progress: &'a Progress,
}

/// What a run leaves besides what the sink received.
pub struct Finished {
    /// Counters.
    pub counts: Counts,
    /// Reports of the aggregates, by stage.
    pub reports: BTreeMap<String, Value>,
}

/// Takes what a run gives, in input order within each part.
pub trait Sink {
    /// A new part begins: what follows comes after a barrier, again from the first document on.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn begin_part(&mut self) -> Result<()>;

    /// Takes in what became of a batch: lines and ledger rows, and where `lines` is set, the documents
    /// that leave the pipeline.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn take(&mut self, outcome: &Outcome, lines: Option<&[u8]>) -> Result<()>;
}

/// Batches on their way, before a segment.
enum Source<'a> {
    Input(Box<dyn Iterator<Item = Result<InputBatch, String>> + Send + 'a>),
    Held(Vec<RecordBatch>),
}

enum Job {
    Input(InputBatch),
    Held(RecordBatch),
    Broken(String),
}

impl Engine<'_> {
    /// Runs all batches through all stages.
    ///
    /// # Errors
    /// Where a stage fails as a whole, or the sink does. Failures of documents are in the outcome.
    pub fn run(
        &self,
        input: impl Iterator<Item = Result<InputBatch, String>> + Send,
        sink: &mut impl Sink,
    ) -> Result<Finished> {
        let stages = &self.prepared.stages;
        let mut finished = Finished { counts: Counts::new(stages.len()), reports: BTreeMap::new() };
        let mut states: BTreeMap<usize, Vec<RecordBatch>> = BTreeMap::new();
        let mut source = Source::Input(Box::new(input));
        let mut at = 0;
        loop {
            let barrier = (at..stages.len()).find(|&n| matches!(stages[n].bound, Bound::Plan(..)));
            let end = barrier.unwrap_or(stages.len());
            let held = self.segment(source, at..end, barrier.is_none(), sink, &mut finished, &mut states)?;
            let Some(number) = barrier else { break };
            let Bound::Plan(_, plan) = &stages[number].bound else { break };
            source = Source::Held(self.barrier(number, plan, held, sink, &mut finished)?);
            at = number + 1;
        }
        for (number, stage) in stages.iter().enumerate() {
            if let Bound::Aggregate(operator) = &stage.bound {
                // No state came where no document did; the report then says so.
                let states = states.remove(&number).unwrap_or_default();
                let host = StageHost { host: self.progress, stage: &stage.name };
                let made = report(operator, &host, states).map_err(|e| in_stage(stage, e))?;
                finished.reports.insert(stage.name.clone(), made);
            }
        }
        Ok(finished)
    }

    /// Runs stages without a barrier between them. Documents go to the sink after the last one, else
    /// they are held for the barrier.
    fn segment(
        &self,
        source: Source<'_>,
        range: std::ops::Range<usize>,
        is_last: bool,
        sink: &mut impl Sink,
        finished: &mut Finished,
        states: &mut BTreeMap<usize, Vec<RecordBatch>>,
    ) -> Result<Vec<RecordBatch>> {
        let all = &self.prepared.stages;
        let numbered = || range.clone().map(|n| (n, &all[n]));
        let serial = numbered().any(|(_, stage): (usize, &PreparedStage)| stage.bound.is_serial());
        let threads = if serial { 1 } else { self.threads };
        let total = match &source {
            Source::Input(_) => None,
            Source::Held(batches) => Some(rows(batches)),
        };
        self.progress.segment(numbered().map(|(_, s)| s.name.as_str()), total);
        sink.begin_part()?;
        let jobs: Box<dyn Iterator<Item = Job> + Send> = match source {
            Source::Input(batches) => {
                Box::new(batches.map(|batch| batch.map_or_else(Job::Broken, Job::Input)))
            }
            Source::Held(batches) => Box::new(batches.into_iter().map(Job::Held)),
        };
        let (columns, omitted) = (&self.prepared.columns, &self.prepared.omitted);
        let mut held = Vec::new();
        ordered::run(
            threads,
            jobs,
            || Chain::new(numbered()),
            |chain, job| {
                if self.progress.should_stop() {
                    return Err(stopped());
                }
                let mut outcome = match job {
                    Job::Broken(message) => return Err(Error::from(message)),
                    Job::Held(batch) => Outcome::new(batch, all.len()),
                    Job::Input(batch) => {
                        let mut outcome = Outcome::new(batch.documents, all.len());
                        outcome.take_input(batch.events, batch.failures);
                        outcome.counts.input.bytes_out += batch.bytes;
                        outcome
                    }
                };
                let documents = outcome.documents.num_rows() as u64;
                chain.run(self.progress, &mut outcome)?;
                outcome.sort();
                let lines = is_last.then(|| RowWriter::new(&outcome.documents).lines(columns, omitted));
                Ok((outcome, lines, documents))
            },
            |(outcome, lines, documents)| {
                finished.counts.add(&outcome.counts);
                sink.take(&outcome, lines.as_deref())?;
                self.progress.advance(documents);
                if !is_last && outcome.documents.num_rows() > 0 {
                    held.push(outcome.documents);
                }
                Ok(())
            },
            |mut chain| {
                for (number, state) in chain.states(self.progress)? {
                    states.entry(number).or_default().push(state);
                }
                Ok(())
            },
        )?;
        Ok(held)
    }

    /// Runs a stage that needs all documents.
    fn barrier(
        &self,
        number: usize,
        plan: &BoundPlan,
        held: Vec<RecordBatch>,
        sink: &mut impl Sink,
        finished: &mut Finished,
    ) -> Result<Vec<RecordBatch>> {
        let stage = &self.prepared.stages[number];
        self.progress.segment(std::iter::once(stage.name.as_str()), Some(rows(&held)));
        sink.begin_part()?;
        let threads = if stage.bound.is_serial() { 1 } else { self.threads };
        let host = StageHost { host: self.progress, stage: &stage.name };
        let started = Instant::now();
        let mapped = plan.run(&host, &Threads(threads), &held).map_err(|e| in_stage(stage, e))?;
        finished.counts.stages[number].nanos += started.elapsed().as_nanos() as u64;
        let starts: Vec<u64> = held.iter().map(|batch| ordinal_at(batch, 0)).collect();
        let id_of = |ordinal: u64| {
            let batch = held.get(starts.partition_point(|&start| start <= ordinal).checked_sub(1)?)?;
            let ordinals = batch.column_by_name(ORDINAL)?.as_primitive_opt::<UInt64Type>()?;
            string(batch, ID, ordinals.values().binary_search(&ordinal).ok()?).map(str::to_owned)
        };
        let mut out = Vec::new();
        for (batch, mapped) in held.iter().zip(mapped) {
            let mut outcome = Outcome::new(batch.clone(), self.prepared.stages.len());
            outcome.take_stage(number, &stage.name, mapped, 0, &id_of);
            outcome.sort();
            finished.counts.add(&outcome.counts);
            sink.take(&outcome, None)?;
            self.progress.advance(batch.num_rows() as u64);
            if outcome.documents.num_rows() > 0 {
                out.push(outcome.documents);
            }
        }
        Ok(out)
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "the run was stopped; nothing was kept of it")
}

fn rows(batches: &[RecordBatch]) -> u64 {
    batches.iter().map(|batch| batch.num_rows() as u64).sum()
}
