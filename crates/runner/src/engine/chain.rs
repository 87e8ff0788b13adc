//! The fused stages of a segment: one thread's workers, and how they process a batch.

use super::names::Names;
use super::outcome::{Others, Outcome};
use super::prepare::{Bound, PreparedStage};
use super::profile::fresh_bytes;
use crate::spill::{SpillStore, SpillTable};
use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;
use std::sync::Arc;
use std::time::Instant;
use textmill_core::event::{Action, Events};
use textmill_plugin::call::{Host, Level};
use textmill_plugin::drive::aggregate::AggregateDriver;
use textmill_plugin::drive::last::{Last, LastDriver};
use textmill_plugin::drive::map::{MapDriver, Mapped};
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::error::{Error, Result};

/// The stages between two barriers, with the plans at both ends.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    /// The plan whose results are applied first, with its stage's number.
    pub head: Option<(usize, &'a Last<'a, SpillStore>, &'a Names)>,
    /// All stages of the pipeline.
    pub stages: &'a [PreparedStage],
    /// The columns of the documents as they are read.
    pub input: &'a SchemaRef,
    /// The first stage between the barriers.
    pub from: usize,
    /// One past the last stage between the barriers: the number of a stage with a plan, or the number of
    /// stages.
    pub to: usize,
    /// Whether to count the bytes that the host allocates.
    pub profile: bool,
}

impl<'a> Segment<'a> {
    /// The plan that the segment feeds.
    pub fn tail(&self) -> Option<(usize, &'a BoundPlan)> {
        match &self.stages.get(self.to)?.bound {
            Bound::Plan(_, plan) => Some((self.to, plan)),
            _ => None,
        }
    }

    /// The columns of the documents that leave the segment.
    pub fn documents(&self) -> SchemaRef {
        let before = self.to.checked_sub(1).map(|last| &self.stages[last].after);
        Arc::clone(before.unwrap_or(self.input))
    }

    /// The columns of the rows that the segment makes for the plan that it feeds, with the number of each
    /// step.
    pub fn rows(&self) -> impl Iterator<Item = (usize, SchemaRef)> + use<'a> {
        let steps = self.tail().into_iter().flat_map(|(_, plan)| plan.early());
        steps.map(|early| (early.number, Arc::clone(early.rows)))
    }

    /// The numbers of the stages that work in the segment.
    pub fn numbers(&self) -> impl Iterator<Item = usize> {
        self.head
            .map(|(number, ..)| number)
            .into_iter()
            .chain(self.from..self.to)
            .chain(self.tail().map(|(n, _)| n))
    }
}

/// One thread's workers for a segment.
pub struct Chain<'a> {
    segment: Segment<'a>,
    links: Vec<Link<'a>>,
    /// The rows that the steps at the end made from the morsel, each with the number of its step.
    pub rows: Vec<(usize, RecordBatch)>,
}

struct Link<'a> {
    number: usize,
    driver: Driver<'a>,
}

enum Driver<'a> {
    /// The end of a plan: applies the results of its steps.
    Head(LastDriver<'a, SpillTable>, &'a Names),
    Map(MapDriver<'a>),
    Aggregate(AggregateDriver<'a>),
    /// Steps of the next plan that take each document separately.
    Early(Vec<(usize, MapDriver<'a>)>),
}

impl<'a> Chain<'a> {
    /// Sets up the drivers. Each creates its worker when the first batch arrives.
    pub fn new(segment: Segment<'a>) -> Self {
        let mut links = Vec::new();
        if let Some((number, last, names)) = segment.head {
            links.push(Link { number, driver: Driver::Head(last.driver(), names) });
        }
        for number in segment.from..segment.to {
            let driver = match &segment.stages[number].bound {
                Bound::Map(operator) => Driver::Map(MapDriver::new(operator)),
                Bound::Aggregate(operator) => Driver::Aggregate(AggregateDriver::new(operator)),
                Bound::Plan(..) => continue,
            };
            links.push(Link { number, driver });
        }
        if let Some((number, plan)) = segment.tail() {
            let early = plan.early().map(|early| (early.number, MapDriver::new(early.operator)));
            links.push(Link { number, driver: Driver::Early(early.collect()) });
        }
        Self { segment, links, rows: Vec::new() }
    }

    /// Runs a batch through all stages.
    ///
    /// # Errors
    /// If a stage fails as a whole; the error names the stage.
    pub fn run(&mut self, host: &(dyn Host + Sync), outcome: &mut Outcome) -> Result<()> {
        for link in &mut self.links {
            let started = Instant::now();
            let stage = &self.segment.stages[link.number];
            let failed = |error| in_stage(stage, error);
            let host = StageHost { host, stage: &stage.name };
            let before = self.segment.profile.then(|| outcome.documents.clone());
            let nanos = |started: Instant| started.elapsed().as_nanos() as u64;
            match &mut link.driver {
                Driver::Early(steps) => {
                    let events = early(steps, &host, &outcome.documents, &mut self.rows).map_err(failed)?;
                    outcome.take_early(link.number, &stage.name, events, nanos(started))?;
                }
                Driver::Head(driver, names) => {
                    let mapped = driver.run(&host, &outcome.documents).map_err(failed)?;
                    let others = names.of(&mapped.events)?;
                    outcome.take_stage(link.number, &stage.name, mapped, nanos(started), others);
                }
                Driver::Map(driver) => {
                    let mapped = driver.run(&host, &outcome.documents).map_err(failed)?;
                    outcome.take_stage(link.number, &stage.name, mapped, nanos(started), Others::new());
                }
                Driver::Aggregate(driver) => {
                    let mapped = pass_through(driver, &host, &outcome.documents).map_err(failed)?;
                    outcome.take_stage(link.number, &stage.name, mapped, nanos(started), Others::new());
                }
            }
            if let Some(before) = before {
                let written = stage.bound.writes();
                outcome.counts.stages[link.number].host_bytes +=
                    fresh_bytes(&before, &outcome.documents, &written);
            }
        }
        Ok(())
    }

    /// Takes the states of the aggregates, each with the number of its stage.
    ///
    /// # Errors
    /// If a state cannot be written.
    pub fn states(&mut self, host: &(dyn Host + Sync)) -> Result<Vec<(usize, RecordBatch)>> {
        let mut states = Vec::new();
        for link in &mut self.links {
            if let Driver::Aggregate(driver) = &mut link.driver {
                let stage = &self.segment.stages[link.number];
                let host = StageHost { host, stage: &stage.name };
                let state = driver.take_state(&host).map_err(|e| in_stage(stage, e))?;
                states.extend(state.map(|state| (link.number, state)));
            }
        }
        Ok(states)
    }
}

/// Runs the steps that take each document separately. If one of them fails on a document, the document's rows
/// are dropped from all of them.
fn early(
    steps: &mut [(usize, MapDriver<'_>)],
    host: &dyn Host,
    documents: &RecordBatch,
    rows: &mut Vec<(usize, RecordBatch)>,
) -> Result<Events> {
    let mut events = Events::new();
    let first = rows.len();
    for (step, driver) in steps {
        let mut mapped = driver.run(host, documents)?;
        mapped.events.retain(|e| e.action != Action::Edit);
        events.append(mapped.events);
        if mapped.documents.num_rows() > 0 {
            rows.push((*step, mapped.documents));
        }
    }
    events.sort_by_row();
    let failed: Vec<u64> = events
        .iter()
        .filter(|e| e.action == Action::Fail)
        .map(|e| super::outcome::ordinal_at(documents, e.row as usize))
        .collect();
    if !failed.is_empty() {
        for (_, rows) in &mut rows[first..] {
            let sound =
                (0..rows.num_rows()).map(|row| !failed.contains(&super::outcome::ordinal_at(rows, row)));
            *rows = filter_record_batch(rows, &sound.collect::<Vec<bool>>().into())?;
        }
    }
    Ok(events)
}

/// Adds the names of the stage and the plugin to an error.
pub fn in_stage(stage: &PreparedStage, error: Error) -> Error {
    let plugin = &stage.plugin.descriptor;
    let message =
        format!("stage `{}` (plugin `{}` {}): {}", stage.name, plugin.name, plugin.version, error.message);
    Error { message, ..error }
}

fn pass_through(
    driver: &mut AggregateDriver<'_>,
    host: &dyn Host,
    documents: &RecordBatch,
) -> Result<Mapped> {
    let events: Events = driver.update(host, documents)?.into();
    let rows = 0..documents.num_rows() as u32;
    if events.is_empty() {
        return Ok(Mapped { documents: documents.clone(), kept: rows.collect(), events });
    }
    // Events are sorted by row.
    let kept: Vec<u32> = rows.filter(|row| events.rows().binary_search(row).is_err()).collect();
    let documents = take_record_batch(documents, &UInt32Array::from(kept.clone()))?;
    Ok(Mapped { documents, kept, events })
}

/// The host as seen by one stage: its plugin's messages and metrics carry the stage's name.
pub struct StageHost<'a> {
    /// The host that receives them.
    pub host: &'a (dyn Host + Sync),
    /// The name of the stage.
    pub stage: &'a str,
}

impl Host for StageHost<'_> {
    fn log(&self, level: Level, message: &str) {
        self.host.log(level, &format!("{}: {message}", self.stage));
    }

    fn report(&self, level: Level, row: Option<u32>, code: &str, message: &str) {
        self.host.report(level, row, &format!("{}: {code}", self.stage), message);
    }

    fn should_stop(&self) -> bool {
        self.host.should_stop()
    }

    fn progress(&self, done: u64, total: u64) {
        self.host.progress(done, total);
    }

    fn metric_add(&self, name: &str, value: u64) {
        self.host.metric_add(&format!("{}/{name}", self.stage), value);
    }
}
