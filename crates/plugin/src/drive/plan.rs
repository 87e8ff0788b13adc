//! Carrying out a plan: binding its steps, and running them over the documents of a corpus.

use super::bind::BoundOperator;
use super::exchange::{self, Found, attach, found_field, group_rows};
use super::map::{MapDriver, Mapped};
use crate::call::{Call, Host};
use crate::descriptor::{Kind, Rows};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{Plugin, Worker};
use crate::plan::{INPUT, OUTPUT, Plan, Step, StepOp};
use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::take::take_record_batch;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use textmill_core::event::{Action, Event};

/// Rows that a group operator is given at once, about: whole groups, so sometimes more.
const ROWS_AT_ONCE: usize = 16 * 1024;

/// A plan whose steps are bound.
pub struct BoundPlan {
    steps: Vec<BoundStep>,
    /// Columns of the documents after the stage.
    pub after: SchemaRef,
}

struct BoundStep {
    step: Step,
    operator: Option<BoundOperator>,
    /// Columns of the step's rows.
    rows: SchemaRef,
}

/// Runs jobs, on one thread or many, and gives their results in the order of the jobs.
pub trait Spread {
    /// Runs `start()` once a thread and what it returns once a job.
    ///
    /// # Errors
    /// The first error in the order of the jobs.
    fn each<J: Send, T: Send, F: FnMut(J) -> Result<T>>(
        &self,
        jobs: Vec<J>,
        start: impl Fn() -> F + Sync,
    ) -> Result<Vec<T>>;
}

/// Runs jobs one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneThread;

impl Spread for OneThread {
    fn each<J: Send, T: Send, F: FnMut(J) -> Result<T>>(
        &self,
        jobs: Vec<J>,
        start: impl Fn() -> F + Sync,
    ) -> Result<Vec<T>> {
        jobs.into_iter().map(start()).collect()
    }
}

impl BoundPlan {
    /// Binds the operators of a plan, all with the stage's options.
    ///
    /// # Errors
    /// Where a step does not fit those before it.
    pub fn bind(
        plugin: &dyn Plugin,
        call: &Call<'_>,
        plan: &Plan,
        options: &Value,
        input: &SchemaRef,
    ) -> Result<Self> {
        plan.check()?;
        let mut bound = Self { steps: Vec::new(), after: Arc::clone(input) };
        for step in &plan.steps {
            let rows = bound
                .bind_step(plugin, call, step, options, input)
                .map_err(|e| Error { message: format!("step `{}`: {}", step.id, e.message), ..e })?;
            bound.steps.push(rows);
        }
        if let Some(last) = bound.steps.last() {
            bound.after = Arc::clone(&last.rows);
        }
        Ok(bound)
    }

    /// The steps with the operators that are bound to them.
    pub fn steps(&self) -> impl Iterator<Item = (&Step, Option<&BoundOperator>)> {
        self.steps.iter().map(|s| (&s.step, s.operator.as_ref()))
    }

    fn schema_of(&self, id: &str, input: &SchemaRef) -> Result<SchemaRef> {
        if id == INPUT {
            return Ok(Arc::clone(input));
        }
        let step = self.steps.iter().find(|s| s.step.id == id);
        Ok(step.map(|s| Arc::clone(&s.rows)).ok_or_else(|| format!("there is no step `{id}`"))?)
    }

    fn bind_step(
        &self,
        plugin: &dyn Plugin,
        call: &Call<'_>,
        step: &Step,
        options: &Value,
        input: &SchemaRef,
    ) -> Result<BoundStep> {
        let mut columns = self.schema_of(&step.from, input)?;
        if let Some(with) = &step.with {
            let mut fields: Vec<_> = columns.fields().to_vec();
            fields.push(Arc::new(found_field(with, self.schema_of(with, input)?.as_ref())));
            columns = Arc::new(Schema::new(fields));
        }
        if step.op == StepOp::Components {
            for end in ["a", "b"] {
                let kind = columns.field_with_name(end).ok().map(Field::data_type);
                if kind != Some(&DataType::UInt64) {
                    let message =
                        format!("step `{}` gives no column `{end}` of uint64 to connect by", step.from);
                    return Err(Error::new(ErrorKind::Contract, message));
                }
            }
            let rows = Arc::new(exchange::components_schema());
            return Ok(BoundStep { step: step.clone(), operator: None, rows });
        }
        let operator = BoundOperator::bind(plugin, call, step.operator.as_deref(), options, &columns)?;
        let kind = if step.op == StepOp::Map { Kind::Map } else { Kind::Group };
        if operator.descriptor.kind != kind {
            let message = format!("operator `{}` does not suit the step", operator.descriptor.name);
            return Err(Error::new(ErrorKind::Contract, message));
        }
        let is_output = step.id == OUTPUT;
        if is_output == (operator.descriptor.rows == Rows::Table) {
            let what =
                if is_output { "gives a table, not documents" } else { "gives documents, not a table" };
            let message = format!("operator `{}` {what}", operator.descriptor.name);
            return Err(Error::new(ErrorKind::Contract, message));
        }
        let mut rows = Arc::clone(&operator.after);
        if let Some(with) = step.with.as_ref().filter(|_| is_output) {
            let fields: Vec<_> = rows.fields().iter().filter(|f| f.name() != with).cloned().collect();
            rows = Arc::new(Schema::new(fields));
        }
        Ok(BoundStep { step: step.clone(), operator: Some(operator), rows })
    }

    /// Runs the plan over all documents that reach the stage, given in batches; answers for each batch.
    ///
    /// # Errors
    /// Where a step that works on rows, not documents, fails.
    pub fn run(
        &self,
        host: &(dyn Host + Sync),
        spread: &impl Spread,
        documents: &[RecordBatch],
    ) -> Result<Vec<Mapped>> {
        let mut tables: BTreeMap<&str, Vec<RecordBatch>> = BTreeMap::new();
        let mut found: BTreeMap<&str, Found> = BTreeMap::new();
        let mut failed: Vec<Vec<Event>> = vec![Vec::new(); documents.len()];
        for bound in &self.steps {
            let step = &bound.step;
            if let Some(with) = step.with.as_deref().filter(|with| !found.contains_key(with)) {
                let rows = tables.get(with).map_or(&[][..], Vec::as_slice);
                let schema = self.steps.iter().find(|s| s.step.id == with).map(|s| Arc::clone(&s.rows));
                let schema = schema.ok_or_else(|| format!("there is no step `{with}`"))?;
                found.insert(with, Found::new(&exchange::concat(&schema, rows)?)?);
            }
            let with = step.with.as_deref().and_then(|id| Some((id, found.get(id)?)));
            let from = tables.get(step.from.as_str()).map_or(&[][..], Vec::as_slice);
            let rows = match (step.op, &bound.operator) {
                (StepOp::Components, _) => vec![exchange::components(from)?],
                (StepOp::Group, Some(operator)) => {
                    let schema =
                        self.steps.iter().find(|s| s.step.id == step.from).map(|s| Arc::clone(&s.rows));
                    let schema = schema.ok_or("a group step takes rows from another step")?;
                    let grouped = group_rows(&exchange::concat(&schema, from)?, &step.by)?;
                    reduce(operator, host, spread, with, &grouped)?
                }
                (StepOp::Map, Some(operator)) if step.id == OUTPUT => {
                    return output(operator, host, spread, with, documents, failed);
                }
                (StepOp::Map, Some(operator)) if step.from == INPUT => {
                    let mapped = map_each(operator, host, spread, with, documents.to_vec())?;
                    for (events, mapped) in failed.iter_mut().zip(&mapped) {
                        events.extend(mapped.events.iter().cloned());
                    }
                    mapped.into_iter().map(|m| m.documents).collect()
                }
                (StepOp::Map, Some(operator)) => {
                    let mapped = map_each(operator, host, spread, with, from.to_vec())?;
                    if let Some(event) = mapped.iter().flat_map(|m| &m.events).next() {
                        let note = event.note.as_deref().unwrap_or("an event on a row that is no document");
                        return Err(Error::new(ErrorKind::Failed, format!("step `{}`: {note}", step.id)));
                    }
                    mapped.into_iter().map(|m| m.documents).collect()
                }
                (StepOp::Map | StepOp::Group, None) => {
                    return Err(format!("step `{}` has no operator", step.id).into());
                }
            };
            tables.insert(&step.id, rows);
        }
        Err(format!("the plan has no step `{OUTPUT}`").into())
    }
}

type With<'a> = Option<(&'a str, &'a Found)>;

fn joined(batch: RecordBatch, with: With<'_>) -> Result<RecordBatch> {
    match with {
        Some((name, found)) => attach(&batch, name, found),
        None => Ok(batch),
    }
}

fn map_each(
    operator: &BoundOperator,
    host: &(dyn Host + Sync),
    spread: &impl Spread,
    with: With<'_>,
    batches: Vec<RecordBatch>,
) -> Result<Vec<Mapped>> {
    spread.each(batches, || {
        let mut driver = MapDriver::new(operator);
        move |batch: RecordBatch| driver.run(host, &joined(batch, with)?)
    })
}

/// The last step: documents that failed in an earlier step are left out, and keep their fail event.
fn output(
    operator: &BoundOperator,
    host: &(dyn Host + Sync),
    spread: &impl Spread,
    with: With<'_>,
    documents: &[RecordBatch],
    earlier: Vec<Vec<Event>>,
) -> Result<Vec<Mapped>> {
    let jobs: Vec<(RecordBatch, Vec<Event>)> = documents.iter().cloned().zip(earlier).collect();
    spread.each(jobs, || {
        let mut driver = MapDriver::new(operator);
        move |(batch, mut events): (RecordBatch, Vec<Event>)| {
            let fails = |row: &u32| events.iter().any(|e| e.action == Action::Fail && e.row == *row);
            let rows: Vec<u32> = if events.is_empty() {
                (0..batch.num_rows() as u32).collect()
            } else {
                (0..batch.num_rows() as u32).filter(|row| !fails(row)).collect()
            };
            let part = take_record_batch(&batch, &UInt32Array::from(rows.clone()))?;
            let mut mapped = driver.run(host, &joined(part, with)?)?;
            if let Some((name, _)) = with {
                mapped.documents = without(&mapped.documents, name)?;
            }
            mapped.kept = mapped.kept.iter().map(|&row| rows[row as usize]).collect();
            events.extend(mapped.events.into_iter().map(|e| Event { row: rows[e.row as usize], ..e }));
            events.sort_by_key(|e| e.row);
            Ok(Mapped { events, ..mapped })
        }
    })
}

fn without(batch: &RecordBatch, name: &str) -> Result<RecordBatch> {
    let keep: Vec<usize> =
        (0..batch.num_columns()).filter(|&c| batch.schema_ref().field(c).name() != name).collect();
    Ok(batch.project(&keep)?)
}

fn reduce(
    operator: &BoundOperator,
    host: &(dyn Host + Sync),
    spread: &impl Spread,
    with: With<'_>,
    grouped: &exchange::Grouped,
) -> Result<Vec<RecordBatch>> {
    let jobs = chunks(&grouped.groups);
    spread.each(jobs, || {
        let mut worker: Option<Box<dyn Worker>> = None;
        move |groups: &[Range<usize>]| {
            let (Some(first), Some(last)) = (groups.first(), groups.last()) else {
                return Ok(RecordBatch::new_empty(Arc::clone(&operator.answered)));
            };
            let rows = grouped.rows.slice(first.start, last.end - first.start);
            let rows = operator.project(&joined(rows, with)?)?;
            let local: Vec<Range<usize>> =
                groups.iter().map(|g| g.start - first.start..g.end - first.start).collect();
            let call = Call::new(host);
            let worker = match &mut worker {
                Some(worker) => worker,
                none => none.insert(operator.stage.new_worker(&call)?),
            };
            worker.reduce(&call, rows, &local)
        }
    })
}

/// Consecutive groups in portions of about [`ROWS_AT_ONCE`] rows.
fn chunks(groups: &[Range<usize>]) -> Vec<&[Range<usize>]> {
    let mut out = Vec::new();
    let mut start = 0;
    for at in 0..groups.len() {
        if groups[at].end - groups[start].start >= ROWS_AT_ONCE || at + 1 == groups.len() {
            out.push(&groups[start..=at]);
            start = at + 1;
        }
    }
    out
}
