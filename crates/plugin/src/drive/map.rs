//! Drives a map operator: batches of documents in, batches of documents and events out.

use super::bind::BoundOperator;
use super::check::{Kept, check};
use super::retry::attempt_all;
use crate::call::{Call, Host, Report};
use crate::descriptor::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{Output, Worker};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use std::sync::Arc;
use textmill_core::event::{Action, Event, Events};

/// One thread's worker of a map operator.
pub struct MapDriver<'a> {
    operator: &'a BoundOperator,
    worker: Option<Box<dyn Worker>>,
}

/// What became of a batch.
pub struct Mapped {
    /// The documents that pass, in order, with the operator's columns; for a table step, its rows.
    pub documents: RecordBatch,
    /// Rows of the batch that pass, ascending; empty for a table step.
    pub kept: Vec<u32>,
    /// Events, ordered by their rows in the batch.
    pub events: Events,
}

impl<'a> MapDriver<'a> {
    /// A driver that makes its worker for the first batch.
    pub fn new(operator: &'a BoundOperator) -> Self {
        Self { operator, worker: None }
    }

    /// Runs a batch through the operator. A document that fails leaves a fail event and costs no other
    /// document.
    ///
    /// # Errors
    /// If the run is cancelled, no worker can be made, or the batch has other columns than were bound.
    pub fn run(&mut self, host: &dyn Host, batch: &RecordBatch) -> Result<Mapped> {
        let operator = self.operator;
        let is_table = operator.descriptor.rows == Rows::Table;
        if batch.num_rows() == 0 {
            let schema = if is_table { &operator.answered } else { &operator.after };
            let documents = RecordBatch::new_empty(Arc::clone(schema));
            return Ok(Mapped { documents, kept: Vec::new(), events: Events::new() });
        }
        let passed = operator.project(batch)?;
        let done = attempt_all(batch.num_rows(), |rows| {
            let part = if rows.len() == passed.num_rows() {
                passed.clone()
            } else {
                take_record_batch(&passed, &UInt32Array::from(rows.to_vec()))?
            };
            let output = self.process(host, part.clone())?;
            if is_table {
                super::check::table(operator, part.num_rows(), &output)?;
                return Ok((output, Kept { rows: Vec::new(), positions: Vec::new() }));
            }
            let kept = check(operator, &part, &output)?;
            Ok((output, kept))
        })?;
        let guilty: Vec<Event> = done.guilty.iter().map(|(row, error)| failure(*row, error)).collect();
        let mut events = Events::from(guilty);
        let mut kept = Vec::with_capacity(batch.num_rows());
        let mut parts = Vec::with_capacity(done.answers.len());
        for (rows, (output, of_part)) in done.answers {
            let number = |row: u32| rows.get(row as usize).copied().unwrap_or(row);
            let is_whole = rows.len() == batch.num_rows();
            events.append(if is_whole { output.events } else { output.events.renumbered(number) });
            if is_table {
                parts.push(output.documents);
                continue;
            }
            kept.extend(of_part.rows.iter().map(|&row| number(row)));
            parts.push(select(&output.documents, of_part.positions)?);
        }
        if !is_table && kept.len() < batch.num_rows() {
            // Edits of a document that is dropped or fails changed nothing, and were not checked.
            events.retain(|e| e.action != Action::Edit || kept.binary_search(&e.row).is_ok());
        }
        events.sort_by_row();
        let answered = join(&operator.answered, parts)?;
        let documents = match operator.descriptor.rows {
            Rows::Table => answered,
            _ => reattach(&operator.after, batch, &kept, &answered)?,
        };
        Ok(Mapped { documents, kept, events })
    }

    fn process(&mut self, host: &dyn Host, input: RecordBatch) -> Result<Output> {
        let call = Call::new(host);
        let mut worker = match self.worker.take() {
            Some(worker) => worker,
            None => self.operator.stage.new_worker(&call).map_err(Error::fatal)?,
        };
        let mut answer = worker.process(&call, input);
        if let Ok(output) = &mut answer {
            let of_report =
                |report: Report| Event::new(report.row, Action::Fail, report.code).note(report.message);
            let reported: Vec<Event> = call.take_errors().into_iter().map(of_report).collect();
            output.events.append(reported.into());
        }
        // A worker that panicked is discarded; the next call makes a new one.
        if !matches!(&answer, Err(e) if e.kind == ErrorKind::Panicked) {
            self.worker = Some(worker);
        }
        answer
    }
}

/// The event of a document whose call failed.
pub fn failure(row: u32, error: &Error) -> Event {
    Event::new(row, Action::Fail, rule_of(error.kind)).note(error.message.clone())
}

/// The rule in the ledger for a document whose call failed.
pub fn rule_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Panicked => "panic",
        ErrorKind::Contract => "contract",
        ErrorKind::Crashed => "crash",
        ErrorKind::TimeLimit => "time-limit",
        ErrorKind::MemoryLimit => "memory-limit",
        _ => "operator-error",
    }
}

fn select(documents: &RecordBatch, positions: Vec<u32>) -> Result<RecordBatch> {
    if positions.len() == documents.num_rows() {
        return Ok(documents.clone());
    }
    Ok(take_record_batch(documents, &UInt32Array::from(positions))?)
}

fn join(schema: &SchemaRef, mut parts: Vec<RecordBatch>) -> Result<RecordBatch> {
    match parts.len() {
        0 => Ok(RecordBatch::new_empty(Arc::clone(schema))),
        1 => Ok(parts.remove(0)),
        _ if schema.fields().is_empty() => {
            let rows = parts.iter().map(RecordBatch::num_rows).sum();
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            Ok(RecordBatch::try_new_with_options(Arc::clone(schema), Vec::new(), &options)?)
        }
        _ => Ok(concat_batches(schema, &parts)?),
    }
}

/// The documents that pass: their own columns, and those that the operator wrote.
fn reattach(
    after: &SchemaRef,
    batch: &RecordBatch,
    kept: &[u32],
    answered: &RecordBatch,
) -> Result<RecordBatch> {
    let whole = kept.len() == batch.num_rows();
    let rows = UInt32Array::from(kept.to_vec());
    let column = |name: &str| -> Result<ArrayRef> {
        if let Some(written) = answered.column_by_name(name) {
            return Ok(Arc::clone(written));
        }
        let own = batch.column_by_name(name).ok_or_else(|| format!("a batch has no column `{name}`"))?;
        Ok(if whole { Arc::clone(own) } else { arrow_select::take::take(own, &rows, None)? })
    };
    let columns: Result<Vec<ArrayRef>> = after.fields().iter().map(|f| column(f.name())).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(kept.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(after), columns?, &options)?)
}
