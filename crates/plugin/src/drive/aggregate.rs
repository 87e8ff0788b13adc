//! Drives an aggregate: adds documents to states, takes states out, and merges them.

use super::bind::BoundOperator;
use super::map::failure;
use super::retry::attempt_all;
use crate::call::{Call, Host, Level};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::Worker;
use arrow_array::{RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use serde_json::Value;
use textmill_core::event::Event;

/// One thread's worker of an aggregate.
pub struct AggregateDriver<'a> {
    operator: &'a BoundOperator,
    worker: Option<Box<dyn Worker>>,
}

impl<'a> AggregateDriver<'a> {
    /// A driver that has not added a batch yet.
    pub fn new(operator: &'a BoundOperator) -> Self {
        Self { operator, worker: None }
    }

    /// Adds a batch to the state. Rows that the operator cannot add come back as fail events.
    ///
    /// # Errors
    /// If the run is cancelled, no worker can be made, or the batch has other columns than were bound.
    pub fn update(&mut self, host: &dyn Host, batch: &RecordBatch) -> Result<Vec<Event>> {
        if batch.num_rows() == 0 {
            return Ok(Vec::new());
        }
        let passed = self.operator.project(batch)?;
        let call = Call::new(host);
        let done = attempt_all(batch.num_rows(), |rows| {
            let part = if rows.len() == passed.num_rows() {
                passed.clone()
            } else {
                take_record_batch(&passed, &UInt32Array::from(rows.to_vec()))?
            };
            let worker = self.worker(&call)?;
            let answer = worker.update(&call, part);
            if let Err(error) = &answer
                && error.kind == ErrorKind::Panicked
            {
                self.rescue(&call).map_err(Error::fatal)?;
            }
            answer
        })?;
        for report in call.take_errors() {
            host.report(Level::Warn, Some(report.row), &report.code, &report.message);
        }
        Ok(done.guilty.iter().map(|(row, error)| failure(*row, error)).collect())
    }

    fn worker(&mut self, call: &Call<'_>) -> Result<&mut Box<dyn Worker>> {
        if self.worker.is_none() {
            self.worker = Some(self.operator.stage.new_worker(call).map_err(Error::fatal)?);
        }
        self.worker.as_mut().ok_or_else(|| "the operator gave no worker".into())
    }

    /// After a panic: moves the state of the earlier batches to a new worker.
    fn rescue(&mut self, call: &Call<'_>) -> Result<()> {
        let Some(mut old) = self.worker.take() else { return Ok(()) };
        let state = old.take_state(call)?;
        self.worker(call)?.merge(call, state)
    }

    /// Takes the state; `None` if no batch was added.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn take_state(&mut self, host: &dyn Host) -> Result<Option<RecordBatch>> {
        match self.worker.as_mut() {
            Some(worker) => Ok(Some(worker.take_state(&Call::new(host))?)),
            None => Ok(None),
        }
    }
}

/// Merges states into one.
pub struct Sum {
    worker: Box<dyn Worker>,
}

impl Sum {
    /// An empty sum.
    ///
    /// # Errors
    /// If the operator gives no worker.
    pub fn new(operator: &BoundOperator, host: &dyn Host) -> Result<Self> {
        Ok(Self { worker: operator.stage.new_worker(&Call::new(host))? })
    }

    /// Merges a state into the sum.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn merge(&mut self, host: &dyn Host, state: RecordBatch) -> Result<()> {
        self.worker.merge(&Call::new(host), state)
    }

    /// Returns all states merged into one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn into_state(mut self, host: &dyn Host) -> Result<RecordBatch> {
        self.worker.take_state(&Call::new(host))
    }

    /// Makes the report on all states.
    ///
    /// # Errors
    /// If none can be made.
    pub fn report(mut self, host: &dyn Host) -> Result<Value> {
        self.worker.finish(&Call::new(host))
    }
}

/// Merges states in the order given and makes the report.
///
/// # Errors
/// If a state cannot be read or no report can be made.
pub fn report(operator: &BoundOperator, host: &dyn Host, states: Vec<RecordBatch>) -> Result<Value> {
    let mut sum = Sum::new(operator, host)?;
    for state in states {
        sum.merge(host, state)?;
    }
    sum.report(host)
}
