//! Runs batches through the stages, one stage after the other.

use crate::engine::{Bound, Prepared, PreparedStage};
use arrow_array::{RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use serde_json::Value;
use textmill_core::event::{Action, EventRef};
use textmill_plugin::call::Host;
use textmill_plugin::drive::aggregate::{AggregateDriver, report};
use textmill_plugin::drive::map::{MapDriver, Mapped};
use textmill_plugin::error::{Error, Result};

/// Observes what each stage does.
pub trait Watcher {
    /// A stage has turned `batches` into `mapped`, batch by batch.
    fn stage(&mut self, stage: &PreparedStage, batches: &[RecordBatch], mapped: &[Mapped]);

    /// An aggregate has produced its report.
    fn report(&mut self, stage: &PreparedStage, report: Value);

    /// These batches have passed all stages.
    fn end(&mut self, batches: &[RecordBatch]);
}

/// Runs batches through all stages.
///
/// # Errors
/// If a stage fails as a whole, or the user has stopped it.
pub fn rehearse(
    prepared: &Prepared,
    mut batches: Vec<RecordBatch>,
    host: &(dyn Host + Sync),
    watcher: &mut dyn Watcher,
) -> Result<()> {
    for stage in &prepared.stages {
        let name = stage.name.as_str();
        let of_stage =
            |error: Error| Error { message: format!("stage `{name}`: {}", error.message), ..error };
        let mut mapped = match &stage.bound {
            Bound::Map(operator) => {
                let mut driver = MapDriver::new(operator);
                let mapped: Result<Vec<Mapped>> =
                    batches.iter().map(|batch| driver.run(host, batch)).collect();
                mapped.map_err(of_stage)?
            }
            Bound::Plan(_, plan) => plan.run(host, &batches).map_err(of_stage)?,
            Bound::Aggregate(operator) => {
                let mut driver = AggregateDriver::new(operator);
                let mapped: Result<Vec<Mapped>> =
                    batches.iter().map(|batch| pass(&mut driver, host, batch)).collect();
                let mapped = mapped.map_err(of_stage)?;
                let states = driver.take_state(host).map_err(of_stage)?.into_iter().collect();
                watcher.report(stage, report(operator, host, states).map_err(of_stage)?);
                mapped
            }
        };
        forget_near_misses(stage, &mut mapped);
        watcher.stage(stage, &batches, &mapped);
        batches = mapped.into_iter().map(|mapped| mapped.documents).collect();
    }
    watcher.end(&batches);
    Ok(())
}

/// Removes the events of kept documents whose values came near a threshold. They do not affect the output,
/// and would all differ with another threshold.
fn forget_near_misses(stage: &PreparedStage, mapped: &mut [Mapped]) {
    let rules: Vec<&str> = stage.bound.thresholds().iter().map(|threshold| threshold.rule.as_str()).collect();
    for mapped in mapped.iter_mut().filter(|_| !rules.is_empty()) {
        let is_near_miss =
            |event: EventRef<'_>| event.action == Action::Annotate && rules.contains(&event.rule);
        mapped.events.retain(|event| !is_near_miss(event));
    }
}

/// Adds a batch to an aggregate; documents that do not fail pass through.
fn pass(driver: &mut AggregateDriver<'_>, host: &dyn Host, batch: &RecordBatch) -> Result<Mapped> {
    let events = driver.update(host, batch)?;
    let fails = |row: &u32| events.iter().any(|event| event.row == *row);
    let kept: Vec<u32> = (0..batch.num_rows() as u32).filter(|row| !fails(row)).collect();
    let documents = take_record_batch(batch, &UInt32Array::from(kept.clone()))?;
    Ok(Mapped { documents, kept, events: events.into() })
}
