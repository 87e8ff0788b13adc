//! A plan whose operators are bound: its steps, and how to run it over a corpus that is fully available.
//!
//! An engine does the same in pieces: [`BoundPlan::early`] while documents stream by, [`BoundPlan::between`]
//! at the barrier, and the [`Last`] step while they stream on.

use super::bind::BoundOperator;
use super::components::COMPONENTS;
use super::join;
use super::last::Last;
use super::map::{MapDriver, Mapped};
use super::memory::MemoryStore;
use super::spread::{OneThread, Spread};
use super::store::{Store, Writer};
use crate::call::{Call, Host};
use crate::descriptor::{Kind, Rows};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::Plugin;
use crate::plan::{INPUT, OUTPUT, Plan, Publication, Save, Step, StepOp};
use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::take::take_record_batch;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use textmill_core::event::Events;

/// A plan whose steps are bound.
pub struct BoundPlan {
    pub(super) steps: Vec<BoundStep>,
    input: SchemaRef,
    /// Columns of the documents after the stage.
    pub after: SchemaRef,
    /// Steps whose rows the run folder shows.
    pub tables: Vec<Publication>,
    /// The step whose rows later runs can load.
    pub save: Option<Save>,
    /// Notes for the user.
    pub notes: Vec<String>,
}

pub(super) struct BoundStep {
    pub(super) step: Step,
    pub(super) operator: Option<BoundOperator>,
    /// Columns of the step's rows.
    pub(super) rows: SchemaRef,
}

/// A step that maps documents as they stream by, before the barrier.
pub struct EarlyStep<'a> {
    /// Number of the step in the plan.
    pub number: usize,
    /// Its id.
    pub id: &'a str,
    /// The operator to run on each batch of documents.
    pub operator: &'a BoundOperator,
    /// Columns of the rows it gives.
    pub rows: &'a SchemaRef,
}

impl BoundStep {
    /// Whether it maps documents and needs nothing else.
    pub(super) fn is_early(&self) -> bool {
        let step = &self.step;
        step.op == StepOp::Map && step.from == INPUT && step.with.is_none() && step.id != OUTPUT
    }
}

impl BoundPlan {
    /// Binds the operators of a plan, all with the stage's options.
    ///
    /// # Errors
    /// If a step does not fit those before it.
    pub fn bind(
        plugin: &dyn Plugin,
        call: &Call<'_>,
        plan: &Plan,
        options: &Value,
        input: &SchemaRef,
    ) -> Result<Self> {
        plan.check()?;
        let mut bound = Self {
            steps: Vec::new(),
            input: Arc::clone(input),
            after: Arc::clone(input),
            tables: plan.tables.clone(),
            save: plan.save.clone(),
            notes: plan.notes.clone(),
        };
        for step in &plan.steps {
            let rows = bound
                .bind_step(plugin, call, step, options, input)
                .map_err(|e| Error { message: format!("step `{}`: {}", step.id, e.message), ..e })?;
            bound.steps.push(rows);
        }
        if let Some(last) = bound.steps.last() {
            bound.after = Arc::clone(&last.rows);
        }
        bound.check_published()?;
        Ok(bound)
    }

    /// Checks that published rows belong to documents: that they have ordinals, and the declared columns of
    /// ordinals.
    fn check_published(&self) -> Result<()> {
        let steps = self.tables.iter().map(|table| (&table.step, table.documents.as_slice()));
        for (step, documents) in steps.chain(self.save.iter().map(|save| (&save.step, [].as_slice()))) {
            let rows = self.schema_of(step, &self.input)?;
            join::check_ordinals(&rows)?;
            for column in documents {
                let kind = rows.field_with_name(column).ok().map(Field::data_type);
                if kind != Some(&DataType::UInt64) {
                    let message = format!("step `{step}` gives no column `{column}` of uint64 to publish");
                    return Err(Error::new(ErrorKind::Contract, message));
                }
            }
        }
        Ok(())
    }

    /// The steps that load rows of an earlier run: number, step, and the columns of the rows.
    pub fn loads(&self) -> impl Iterator<Item = (usize, &Step, &SchemaRef)> {
        let steps = self.steps.iter().enumerate().filter(|(_, bound)| bound.step.op == StepOp::Load);
        steps.map(|(number, bound)| (number, &bound.step, &bound.rows))
    }

    /// The columns of a step's rows.
    ///
    /// # Errors
    /// If there is no such step.
    pub fn rows_of(&self, id: &str) -> Result<SchemaRef> {
        self.schema_of(id, &self.input)
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
            let found = self.schema_of(with, input)?;
            join::check_ordinals(&found)?;
            let mut fields: Vec<_> = columns.fields().to_vec();
            fields.push(Arc::new(join::found_field(with, &found)));
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
            let rows = Arc::clone(&COMPONENTS);
            return Ok(BoundStep { step: step.clone(), operator: None, rows });
        }
        if step.op == StepOp::Union {
            for also in &step.also {
                if self.schema_of(also, input)?.fields() != columns.fields() {
                    let message = format!("steps `{}` and `{also}` give other columns", step.from);
                    return Err(Error::new(ErrorKind::Contract, message));
                }
            }
            return Ok(BoundStep { step: step.clone(), operator: None, rows: columns });
        }
        if step.op == StepOp::Load {
            join::check_ordinals(&columns)?;
            return Ok(BoundStep { step: step.clone(), operator: None, rows: columns });
        }
        let operator = BoundOperator::bind(plugin, call, step.operator.as_deref(), options, &columns)?;
        let kind = match step.op {
            StepOp::Map => Kind::Map,
            StepOp::Aggregate => Kind::Aggregate,
            _ => Kind::Group,
        };
        if operator.descriptor.kind != kind {
            let message = format!("operator `{}` does not suit the step", operator.descriptor.name);
            return Err(Error::new(ErrorKind::Contract, message));
        }
        if kind == Kind::Aggregate {
            let rows = Arc::new(Schema::empty());
            return Ok(BoundStep { step: step.clone(), operator: Some(operator), rows });
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

    /// The steps that map documents directly. An engine runs these on the batches that reach the stage, keeps
    /// the rows of each in a table, and removes documents that fail in one from those that reach the barrier.
    pub fn early(&self) -> impl Iterator<Item = EarlyStep<'_>> {
        let early = self.steps.iter().enumerate().filter(|(_, bound)| bound.is_early());
        early.filter_map(|(number, BoundStep { step, operator, rows })| {
            Some(EarlyStep { number, id: &step.id, operator: operator.as_ref()?, rows })
        })
    }

    /// Runs the plan over all documents that reach the stage, in memory and on one thread. Returns the result
    /// for each batch.
    ///
    /// # Errors
    /// If a step that works on rows, not documents, fails.
    pub fn run(&self, host: &(dyn Host + Sync), documents: &[RecordBatch]) -> Result<Vec<Mapped>> {
        Ok(self.run_in(host, &OneThread, &MemoryStore, documents)?.0)
    }

    /// Like [`BoundPlan::run`], but on the threads of `spread`, and with the rows of steps kept in `store`.
    /// Also returns the reports of aggregates. Nothing is loaded or saved.
    ///
    /// # Errors
    /// If a step that works on rows, not documents, fails, or the store fails.
    pub fn run_in<S: Store>(
        &self,
        host: &(dyn Host + Sync),
        spread: &impl Spread,
        store: &S,
        documents: &[RecordBatch],
    ) -> Result<(Vec<Mapped>, Map<String, Value>)> {
        let mut writers: Vec<(usize, S::Writer)> = Vec::new();
        for step in self.early() {
            writers.push((step.number, store.table(step.id, step.rows)?));
        }
        let mut reaching = store.table(INPUT, &self.input)?;
        let mut waiting: Vec<Waiting> = Vec::with_capacity(documents.len());
        spread.each(
            documents.iter().map(Ok),
            || {
                let mut drivers: Vec<_> = self.early().map(|step| MapDriver::new(step.operator)).collect();
                move |batch: &RecordBatch| {
                    let mapped: Result<Vec<Mapped>> =
                        drivers.iter_mut().map(|d| d.run(host, batch)).collect();
                    let mapped = mapped?;
                    let events = mapped.iter().flat_map(|m| m.events.iter()).collect();
                    Ok((Waiting::new(batch, events)?, mapped))
                }
            },
            |(batch, mapped)| {
                for ((_, writer), mapped) in writers.iter_mut().zip(mapped) {
                    writer.push(mapped.documents)?;
                }
                reaching.push(batch.documents.clone())?;
                waiting.push(batch);
                Ok(())
            },
        )?;
        let mut early = BTreeMap::new();
        for (number, writer) in writers {
            early.insert(number, writer.finish()?);
        }
        let mut last: Last<'_, S> = self.between(host, spread, store, early, &reaching.finish()?)?;
        let reports = std::mem::take(&mut last.reports);
        let mut all = Vec::with_capacity(documents.len());
        spread.each(
            waiting.into_iter().map(Ok),
            || {
                let mut driver = last.driver();
                move |batch: Waiting| Ok(batch.complete(driver.run(host, &batch.documents)?))
            },
            |mapped| {
                all.push(mapped);
                Ok(())
            },
        )?;
        Ok((all, reports))
    }
}

/// A batch between its early steps and the last one: the rows that have not failed, and the events so far.
struct Waiting {
    documents: RecordBatch,
    rows: Vec<u32>,
    events: Events,
}

impl Waiting {
    fn new(batch: &RecordBatch, events: Events) -> Result<Self> {
        let failed = events.failed();
        let rows: Vec<u32> = (0..batch.num_rows() as u32).filter(|row| !failed.contains(row)).collect();
        let documents = if rows.len() == batch.num_rows() {
            batch.clone()
        } else {
            take_record_batch(batch, &UInt32Array::from(rows.clone()))?
        };
        Ok(Self { documents, rows, events })
    }

    /// The result for the whole batch, given that of the last step for the remaining rows.
    fn complete(&self, mapped: Mapped) -> Mapped {
        let row = |row: u32| self.rows.get(row as usize).copied().unwrap_or(row);
        let kept = mapped.kept.iter().map(|&at| row(at)).collect();
        let mut events = self.events.clone();
        events.append(mapped.events.renumbered(row));
        events.sort_by_row();
        Mapped { documents: mapped.documents, kept, events }
    }
}
