//! Runs a case through an operator of any kind, and says what became of each document.

use super::case::Case;
use crate::call::{Call, NoHost};
use crate::descriptor::Kind;
use crate::drive::aggregate::{AggregateDriver, report};
use crate::drive::bind::BoundOperator;
use crate::drive::map::{MapDriver, Mapped};
use crate::drive::plan::BoundPlan;
use crate::error::Error;
use crate::operator::Plugin;
use arrow_array::{RecordBatch, UInt32Array};
use serde_json::{Map, Value};
use textmill_core::batch::string;
use textmill_core::column::{CARRIED, ID, ORDINAL, RAW, SOURCE, TEXT};
use textmill_core::event::{Action, Event};
use textmill_core::value::value_at;

/// What a stage did to a case.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// One for each document, in order.
    pub verdicts: Vec<Verdict>,
    /// The report of an aggregate.
    pub report: Option<Value>,
}

/// What became of a document.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Its id.
    pub id: String,
    /// The text that the stage received.
    pub before: String,
    /// The text that goes on; `None` where the document does not.
    pub after: Option<String>,
    /// Columns that the document goes on with, those without a value left out.
    pub columns: Map<String, Value>,
    /// What the stage did to it.
    pub events: Vec<Event>,
}

/// Runs a case through an operator (`None`: the first) in batches of at most `batch_size` documents.
///
/// # Errors
/// Where the stage cannot be bound or fails as a whole.
pub fn run(
    plugin: &dyn Plugin,
    operator: Option<&str>,
    case: &Case,
    batch_size: usize,
) -> Result<Outcome, String> {
    drive(plugin, operator, case, batch_size).map_err(|e| e.message)
}

fn drive(
    plugin: &dyn Plugin,
    operator: Option<&str>,
    case: &Case,
    batch_size: usize,
) -> Result<Outcome, Error> {
    let whole = case.batch()?;
    let step = batch_size.clamp(1, whole.num_rows().max(1));
    let starts = (0..whole.num_rows()).step_by(step);
    let batches: Vec<RecordBatch> = starts.map(|s| whole.slice(s, step.min(whole.num_rows() - s))).collect();
    let call = Call::new(&NoHost);
    let bound = BoundOperator::bind(plugin, &call, operator, &case.options, whole.schema_ref())?;
    let mut outcome = Outcome::default();
    match bound.descriptor.kind {
        Kind::Map => {
            let mut driver = MapDriver::new(&bound);
            for batch in &batches {
                let mapped = driver.run(&NoHost, batch)?;
                outcome.verdicts.extend(verdicts(batch, mapped));
            }
        }
        Kind::Plan => {
            let plan = bound.stage.plan().ok_or("the operator publishes no plan")?;
            let plan = serde_json::from_str(&plan)?;
            let plan = BoundPlan::bind(plugin, &call, &plan, &case.options, &whole.schema())?;
            for (batch, mapped) in batches.iter().zip(plan.run(&NoHost, &batches)?) {
                outcome.verdicts.extend(verdicts(batch, mapped));
            }
        }
        Kind::Aggregate => {
            let mut states = Vec::new();
            for batch in &batches {
                // A driver of its own for each batch, so that the states are merged.
                let mut driver = AggregateDriver::new(&bound);
                let events = driver.update(&NoHost, batch)?;
                states.extend(driver.take_state(&NoHost)?);
                let fails = |row: &u32| events.iter().any(|e| e.row == *row);
                let kept: Vec<u32> = (0..batch.num_rows() as u32).filter(|row| !fails(row)).collect();
                let documents =
                    arrow_select::take::take_record_batch(batch, &UInt32Array::from(kept.clone()))?;
                outcome.verdicts.extend(verdicts(batch, Mapped { documents, kept, events }));
            }
            outcome.report = Some(report(&bound, &NoHost, states)?);
        }
        Kind::Group => return Err("a group operator runs as a step of a plan".into()),
    }
    Ok(outcome)
}

fn verdicts(batch: &RecordBatch, mapped: Mapped) -> Vec<Verdict> {
    let after = |row: usize| mapped.kept.iter().position(|&k| k as usize == row);
    (0..batch.num_rows())
        .map(|row| {
            let position = after(row);
            Verdict {
                id: string(batch, ID, row).unwrap_or_default().to_owned(),
                before: string(batch, TEXT, row).unwrap_or_default().to_owned(),
                after: position.map(|p| string(&mapped.documents, TEXT, p).unwrap_or_default().to_owned()),
                columns: position.map(|p| columns(&mapped.documents, p)).unwrap_or_default(),
                events: mapped.events.iter().filter(|e| e.row as usize == row).cloned().collect(),
            }
        })
        .collect()
}

fn columns(documents: &RecordBatch, row: usize) -> Map<String, Value> {
    let hidden = [ID, SOURCE, TEXT, ORDINAL, RAW, CARRIED];
    let schema = documents.schema();
    let shown =
        schema.fields().iter().zip(documents.columns()).filter(|(f, _)| !hidden.contains(&f.name().as_str()));
    shown.map(|(f, c)| (f.name().clone(), value_at(c, row))).filter(|(_, v)| !v.is_null()).collect()
}

impl Verdict {
    /// The event that ended the document's way, where one did.
    pub fn end(&self) -> Option<&Event> {
        self.events.iter().find(|e| matches!(e.action, Action::Drop | Action::Fail))
    }
}
