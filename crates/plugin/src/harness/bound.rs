//! An operator of any kind, bound to options and columns. Runs batches through it and says what became of
//! each document. The caller decides how documents are split into batches.

use super::run::{Outcome, Verdict};
use crate::call::{Call, Host, NoHost};
use crate::descriptor::Kind;
use crate::drive::aggregate::{AggregateDriver, report};
use crate::drive::bind::BoundOperator;
use crate::drive::map::{MapDriver, Mapped};
use crate::drive::memory::MemoryStore;
use crate::drive::plan::BoundPlan;
use crate::drive::spread::{OneThread, Spread};
use crate::error::Result;
use crate::operator::Plugin;
use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::SchemaRef;
use serde_json::{Map, Value};
use textmill_core::batch::string;
use textmill_core::column::{CARRIED, ID, ORDINAL, RAW, SOURCE, TEXT};
use textmill_core::event::{Action, Event};
use textmill_core::value::value_at;

/// A bound operator that a pipeline may name as a stage.
pub struct Bound {
    operator: BoundOperator,
    plan: Option<BoundPlan>,
}

impl Bound {
    /// Binds an operator of `plugin` (`None`: the first) to `options` and to documents with the columns
    /// `input`.
    ///
    /// # Errors
    /// If it does not fit them, or if it is a step of a plan and not a stage.
    pub fn bind(
        plugin: &dyn Plugin,
        operator: Option<&str>,
        options: &Value,
        input: &SchemaRef,
    ) -> Result<Self> {
        let call = Call::new(&NoHost);
        let operator = BoundOperator::bind(plugin, &call, operator, options, input)?;
        let plan = match operator.descriptor.kind {
            Kind::Map | Kind::Aggregate => None,
            Kind::Group => return Err("a group operator runs as a step of a plan".into()),
            Kind::Plan => {
                let json = operator.stage.plan().ok_or("the operator publishes no plan")?;
                let plan = serde_json::from_str(&json)?;
                Some(BoundPlan::bind(plugin, &call, &plan, options, input)?)
            }
        };
        Ok(Self { operator, plan })
    }

    /// The operator itself.
    pub fn operator(&self) -> &BoundOperator {
        &self.operator
    }

    /// The plan, if the operator has one.
    pub fn plan(&self) -> Option<&BoundPlan> {
        self.plan.as_ref()
    }

    /// Runs batches through the operator, in order. A map or a plan runs on one worker. An aggregate runs on
    /// a worker for each batch, so that states are merged.
    ///
    /// # Errors
    /// If the stage fails as a whole.
    pub fn run(&self, host: &(dyn Host + Sync), batches: &[RecordBatch]) -> Result<Outcome> {
        self.run_in(host, &OneThread, batches)
    }

    /// Like [`Bound::run`], with the jobs of a plan on the workers of `spread`.
    ///
    /// # Errors
    /// If the stage fails as a whole.
    pub(super) fn run_in(
        &self,
        host: &(dyn Host + Sync),
        spread: &impl Spread,
        batches: &[RecordBatch],
    ) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        if let Some(plan) = &self.plan {
            let (answers, reports) = plan.run_in(host, spread, &MemoryStore, batches)?;
            outcome.report =
                Some(Value::Object(reports)).filter(|r| r.as_object().is_some_and(|r| !r.is_empty()));
            for (batch, mapped) in batches.iter().zip(answers) {
                outcome.verdicts.extend(verdicts(batch, &mapped));
            }
        } else if self.operator.descriptor.kind == Kind::Aggregate {
            let mut states = Vec::new();
            for batch in batches {
                let mut driver = AggregateDriver::new(&self.operator);
                outcome.verdicts.extend(taken_in(&mut driver, host, batch)?);
                states.extend(driver.take_state(host)?);
            }
            outcome.report = Some(report(&self.operator, host, states)?);
        } else {
            let mut driver = MapDriver::new(&self.operator);
            for batch in batches {
                outcome.verdicts.extend(verdicts(batch, &driver.run(host, batch)?));
            }
        }
        Ok(outcome)
    }
}

/// Adds a batch to an aggregate, and says what became of its documents.
///
/// # Errors
/// If the stage fails as a whole.
pub(super) fn taken_in(
    driver: &mut AggregateDriver<'_>,
    host: &dyn Host,
    batch: &RecordBatch,
) -> Result<Vec<Verdict>> {
    let events = driver.update(host, batch)?;
    let fails = |row: &u32| events.iter().any(|e| e.row == *row);
    let kept: Vec<u32> = (0..batch.num_rows() as u32).filter(|row| !fails(row)).collect();
    let documents = arrow_select::take::take_record_batch(batch, &UInt32Array::from(kept.clone()))?;
    Ok(verdicts(batch, &Mapped { documents, kept, events: events.into() }))
}

/// What became of each document of a batch.
pub(super) fn verdicts(batch: &RecordBatch, mapped: &Mapped) -> Vec<Verdict> {
    let mut events: Vec<Vec<Event>> = vec![Vec::new(); batch.num_rows()];
    for event in mapped.events.iter() {
        if let Some(of_row) = events.get_mut(event.row as usize) {
            of_row.push(event.to_event());
        }
    }
    let verdict = |(row, events): (usize, Vec<Event>)| {
        let position = mapped.kept.binary_search(&(row as u32)).ok();
        Verdict {
            id: string(batch, ID, row).unwrap_or_default().to_owned(),
            before: string(batch, TEXT, row).unwrap_or_default().to_owned(),
            after: position.map(|p| string(&mapped.documents, TEXT, p).unwrap_or_default().to_owned()),
            columns: position.map(|p| columns(&mapped.documents, p)).unwrap_or_default(),
            events,
        }
    };
    events.into_iter().enumerate().map(verdict).collect()
}

fn columns(documents: &RecordBatch, row: usize) -> Map<String, Value> {
    let hidden = [ID, SOURCE, TEXT, ORDINAL, RAW, CARRIED];
    let schema = documents.schema();
    let shown =
        schema.fields().iter().zip(documents.columns()).filter(|(f, _)| !hidden.contains(&f.name().as_str()));
    shown.map(|(f, c)| (f.name().clone(), value_at(c, row))).filter(|(_, v)| !v.is_null()).collect()
}

impl Verdict {
    /// The event that dropped or failed the document, if any.
    pub fn end(&self) -> Option<&Event> {
        self.events.iter().find(|e| matches!(e.action, Action::Drop | Action::Fail))
    }
}
