//! The last step of a plan, which passes the documents together with what was found for them.

use super::bind::BoundOperator;
use super::join::Lookup;
use super::map::{MapDriver, Mapped};
use super::store::{Store, Table, ordinals};
use crate::call::Host;
use crate::error::Result;
use arrow_array::{RecordBatch, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::take::take_record_batch;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use textmill_core::event::{Event, EventRef, Events};

/// The last step, with the rows that it is joined with and the events of the steps after the barrier.
pub struct Last<'p, S: Store> {
    pub(super) operator: &'p BoundOperator,
    pub(super) with: Option<With<'p, S::Table>>,
    pub(super) events: BTreeMap<u64, Vec<Event>>,
    /// Reports of the plan's aggregates, by step.
    pub reports: Map<String, Value>,
    /// Rows of published or saved steps, ascending by ordinal, by step.
    pub shown: BTreeMap<String, Arc<S::Table>>,
}

/// Rows in the order of their ordinals, to be looked up into a column called `name`.
pub(super) struct With<'p, T> {
    pub(super) name: &'p str,
    pub(super) table: Arc<T>,
    pub(super) schema: &'p SchemaRef,
}

impl<T: Table> With<'_, T> {
    pub(super) fn lookup(&self) -> Lookup<'_, T> {
        Lookup::new(self.name, &self.table, self.schema)
    }
}

impl<S: Store> Last<'_, S> {
    /// One thread's worker.
    pub fn driver(&self) -> LastDriver<'_, S::Table> {
        LastDriver {
            driver: MapDriver::new(self.operator),
            lookup: self.with.as_ref().map(With::lookup),
            name: self.with.as_ref().map(|with| with.name),
            events: &self.events,
        }
    }
}

/// One thread's worker of the last step.
pub struct LastDriver<'a, T> {
    driver: MapDriver<'a>,
    lookup: Option<Lookup<'a, T>>,
    name: Option<&'a str>,
    events: &'a BTreeMap<u64, Vec<Event>>,
}

impl<T: Table> LastDriver<'_, T> {
    /// Runs a batch of documents through the step. The returned events include those of steps that read the
    /// documents again after the barrier; documents that failed there do not reach the operator. Documents
    /// that failed in an early step must not be in the batch.
    ///
    /// # Errors
    /// If the operator fails as a whole, or what was found cannot be read.
    pub fn run(&mut self, host: &dyn Host, batch: &RecordBatch) -> Result<Mapped> {
        let mut before = Events::new();
        if !self.events.is_empty() {
            let known = ordinals(batch).ok_or("documents have no column `ordinal` of uint64")?.values();
            let of_row = |(row, ordinal)| {
                let events = self.events.get(ordinal).into_iter().flatten();
                events.map(move |e| EventRef { row: row as u32, ..e.into() })
            };
            before = known.iter().enumerate().flat_map(of_row).collect();
        }
        let failed = before.failed();
        if failed.is_empty() {
            let mut mapped = self.map(host, batch.clone())?;
            if !before.is_empty() {
                before.append(mapped.events);
                before.sort_by_row();
                mapped.events = before;
            }
            return Ok(mapped);
        }
        let rows: Vec<u32> = (0..batch.num_rows() as u32).filter(|row| !failed.contains(row)).collect();
        let part = take_record_batch(batch, &UInt32Array::from(rows.clone()))?;
        let mapped = self.map(host, part)?;
        let number = |row: u32| rows.get(row as usize).copied().unwrap_or(row);
        let kept = mapped.kept.iter().map(|&row| number(row)).collect();
        before.append(mapped.events.renumbered(number));
        before.sort_by_row();
        Ok(Mapped { documents: mapped.documents, kept, events: before })
    }

    fn map(&mut self, host: &dyn Host, batch: RecordBatch) -> Result<Mapped> {
        let joined = match &mut self.lookup {
            Some(lookup) if batch.num_rows() > 0 => lookup.attach(&batch)?,
            _ => batch,
        };
        let mut mapped = self.driver.run(host, &joined)?;
        if let Some(name) = self.name {
            mapped.documents = without(&mapped.documents, name)?;
        }
        Ok(mapped)
    }
}

fn without(batch: &RecordBatch, name: &str) -> Result<RecordBatch> {
    let keep: Vec<usize> =
        (0..batch.num_columns()).filter(|&c| batch.schema_ref().field(c).name() != name).collect();
    Ok(batch.project(&keep)?)
}
