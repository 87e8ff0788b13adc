//! A run of stages without a barrier between them, and one thread's workers for it.

use super::outcome::Outcome;
use super::prepare::{Bound, PreparedStage};
use arrow_array::{RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use std::time::Instant;
use textmill_plugin::call::{Host, Level};
use textmill_plugin::drive::aggregate::AggregateDriver;
use textmill_plugin::drive::map::{MapDriver, Mapped};
use textmill_plugin::error::Result;

/// One thread's workers for a run of stages.
pub struct Chain<'a> {
    links: Vec<Link<'a>>,
}

struct Link<'a> {
    number: usize,
    stage: &'a PreparedStage,
    driver: Driver<'a>,
}

enum Driver<'a> {
    Map(MapDriver<'a>),
    Aggregate(AggregateDriver<'a>),
}

impl<'a> Chain<'a> {
    /// Workers for stages, each with its number in the pipeline. Plans have no place in a chain.
    pub fn new(stages: impl Iterator<Item = (usize, &'a PreparedStage)>) -> Self {
        let links = stages.filter_map(|(number, stage)| {
            let driver = match &stage.bound {
                Bound::Map(operator) => Driver::Map(MapDriver::new(operator)),
                Bound::Aggregate(operator) => Driver::Aggregate(AggregateDriver::new(operator)),
                Bound::Plan(..) => return None,
            };
            Some(Link { number, stage, driver })
        });
        Self { links: links.collect() }
    }

    /// Runs a batch through all stages.
    ///
    /// # Errors
    /// Where a stage fails as a whole, with its name.
    pub fn run(&mut self, host: &(dyn Host + Sync), outcome: &mut Outcome) -> Result<()> {
        for link in &mut self.links {
            let started = Instant::now();
            let host = StageHost { host, stage: &link.stage.name };
            let mapped = match &mut link.driver {
                Driver::Map(driver) => driver.run(&host, &outcome.documents),
                Driver::Aggregate(driver) => pass_through(driver, &host, &outcome.documents),
            };
            let mapped = mapped.map_err(|e| in_stage(link.stage, e))?;
            let nanos = started.elapsed().as_nanos() as u64;
            outcome.take_stage(link.number, &link.stage.name, mapped, nanos, &|_| None);
        }
        Ok(())
    }

    /// Hands out the states of the aggregates, each with its stage's number.
    ///
    /// # Errors
    /// Where a state cannot be written.
    pub fn states(&mut self, host: &dyn Host) -> Result<Vec<(usize, RecordBatch)>> {
        let mut states = Vec::new();
        for link in &mut self.links {
            if let Driver::Aggregate(driver) = &mut link.driver {
                let state = driver.take_state(host).map_err(|e| in_stage(link.stage, e))?;
                states.extend(state.map(|state| (link.number, state)));
            }
        }
        Ok(states)
    }
}

/// An error with the stage and the plugin that it happened in.
pub fn in_stage(
    stage: &PreparedStage,
    error: textmill_plugin::error::Error,
) -> textmill_plugin::error::Error {
    let plugin = &stage.plugin.descriptor;
    let message =
        format!("stage `{}` (plugin `{}` {}): {}", stage.name, plugin.name, plugin.version, error.message);
    textmill_plugin::error::Error { message, ..error }
}

fn pass_through(
    driver: &mut AggregateDriver<'_>,
    host: &dyn Host,
    documents: &RecordBatch,
) -> Result<Mapped> {
    let events = driver.update(host, documents)?;
    let rows = 0..documents.num_rows() as u32;
    if events.is_empty() {
        return Ok(Mapped { documents: documents.clone(), kept: rows.collect(), events });
    }
    // Events are sorted by row.
    let kept: Vec<u32> = rows.filter(|row| events.binary_search_by_key(row, |e| e.row).is_err()).collect();
    let documents = take_record_batch(documents, &UInt32Array::from(kept.clone()))?;
    Ok(Mapped { documents, kept, events })
}

/// The host as one stage sees it: what its plugin says and counts is told under the stage's name.
pub struct StageHost<'a> {
    /// Who is told.
    pub host: &'a (dyn Host + Sync),
    /// The stage.
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
