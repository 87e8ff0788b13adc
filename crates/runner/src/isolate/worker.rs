//! A worker in a process: makes the calls, assigns blame for crashes, and keeps states where no crash can
//! lose them.

use super::call_failure::CallFailure;
use super::process::Process;
use super::process_pool::{Bound, ProcessPool, pass_on, strange};
use super::repro::Guilty;
use super::wire::{self, Answer, Request};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use textmill_core::event::{self, Events};
use textmill_plugin::call::{Call, Level};
use textmill_plugin::error::{Error, ErrorKind, Result};
use textmill_plugin::operator::{Output, Worker};

/// A worker in a process. If the process has died, the next call starts another one.
pub(super) struct IsolatedWorker {
    pub pool: Arc<ProcessPool>,
    pub bound: Bound,
    pub process: Option<Process>,
    /// States of the batches that were added. They are kept here, where no crash can lose them.
    pub states: Vec<RecordBatch>,
    /// Whether the process holds a state, which would be lost with it.
    pub has_merged: bool,
}

impl Drop for IsolatedWorker {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            self.pool.put_back(process);
        }
    }
}

impl IsolatedWorker {
    /// Makes one call. An error may mean that the process has ended.
    fn ask(
        &mut self,
        call: &Call<'_>,
        request: &Request,
        parts: &[Vec<u8>],
        time: Duration,
    ) -> Result<(Answer, Vec<Vec<u8>>), Failed> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.pool.worker(call, false)?,
        };
        let used = process.has_seen_documents;
        process.has_seen_documents |= matches!(request, Request::Process | Request::Update);
        let reply = process.call(request, parts, time, &|| call.should_stop());
        let said = process.said();
        let level = if reply.is_ok() { Level::Info } else { Level::Warn };
        said.iter().for_each(|line| call.log(level, line));
        match reply {
            Ok((reply, parts)) => {
                let answer = pass_on(reply, call).into_result();
                match &answer {
                    // A panic poisons only the plugin's worker: the process is kept for use with a new
                    // worker.
                    Err(error) if error.kind == ErrorKind::Panicked => self.pool.put_back(process),
                    _ => self.process = Some(process),
                }
                Ok((answer?, parts))
            }
            Err(failure) => {
                let died =
                    matches!(failure, CallFailure::Died(_) | CallFailure::Late | CallFailure::OutOfMemory);
                Err(Failed { error: self.pool.error(&failure, time), died, used, row: process.row() })
            }
        }
    }

    /// Makes a call on documents. If it kills the process, the document that it was working on is tried
    /// alone, in a process that has seen no other documents. A document that kills that process, too, is
    /// guilty, and is kept as a minimal reproduction.
    fn ask_of_documents(
        &mut self,
        call: &Call<'_>,
        request: &Request,
        documents: &RecordBatch,
    ) -> Result<Vec<Vec<u8>>> {
        let failed = match self.try_documents(call, request, documents) {
            Ok(parts) => return Ok(parts),
            Err(failed) if !failed.died => return Err(failed.error),
            Err(failed) => failed,
        };
        let is_alone = documents.num_rows() == 1;
        if is_alone && !failed.used {
            return Err(self.guilty(documents, failed.error).at_row(Some(0)));
        }
        let named = failed.row.filter(|&row| (row as usize) < documents.num_rows());
        let Some(row) = (if is_alone { Some(0) } else { named }) else {
            return Err(failed.error);
        };
        let alone = documents.slice(row as usize, 1);
        self.process = Some(self.pool.worker(call, true)?);
        match self.try_documents(call, request, &alone) {
            // An earlier document had left something behind, or someone else killed the process.
            Ok(parts) if is_alone => Ok(parts),
            Err(failed) if failed.died => Err(self.guilty(&alone, failed.error).at_row(Some(row))),
            Err(other) if is_alone || other.error.kind == ErrorKind::Cancelled => Err(other.error),
            // Another document is guilty: the caller halves the batch until it is found. A state from this
            // trial is discarded, because the document will be processed again.
            _ => Err(failed.error),
        }
    }

    fn try_documents(
        &mut self,
        call: &Call<'_>,
        request: &Request,
        documents: &RecordBatch,
    ) -> Result<Vec<Vec<u8>>, Failed> {
        let part = wire::encode(documents.schema_ref(), Some(documents))?;
        match self.ask(call, request, &[part], self.pool.settings.limits.time)? {
            (Answer::Done, parts) => Ok(parts),
            _ => Err(strange().into()),
        }
    }

    /// Keeps the document that killed a process, and names the file in the error.
    fn guilty(&self, document: &RecordBatch, error: Error) -> Error {
        let ProcessPool { settings, operator, options, .. } = self.pool.as_ref();
        let guilty = Guilty {
            plugin: &settings.name,
            version: &settings.version,
            operator,
            options,
            limits: &settings.limits,
            error: &error,
            document,
        };
        match settings.repros.keep(&guilty) {
            Some(name) => {
                let message = format!("{}; `{name}` in the run folder reproduces it", error.message);
                Error { message, ..error }
            }
            None => error,
        }
    }

    /// Makes a call that no document can be blamed for.
    fn ask_of_all(
        &mut self,
        call: &Call<'_>,
        request: &Request,
        parts: &[Vec<u8>],
    ) -> Result<(Answer, Vec<Vec<u8>>)> {
        let long = self.pool.settings.limits.long();
        self.ask(call, request, parts, long).map_err(|failed| match failed.died {
            true => failed.error.fatal(),
            false => failed.error,
        })
    }

    fn state_schema(&self) -> Result<&SchemaRef> {
        self.bound.state.as_ref().ok_or_else(|| Error::unsupported("states"))
    }

    /// Merges all states in the process.
    fn merge_all(&mut self, call: &Call<'_>) -> Result<()> {
        for state in std::mem::take(&mut self.states) {
            let part = wire::encode(state.schema_ref(), Some(&state))?;
            self.ask_of_all(call, &Request::Merge, &[part])?;
            self.has_merged = true;
        }
        Ok(())
    }
}

/// A call without a usable answer.
struct Failed {
    error: Error,
    /// Whether the call killed the process.
    died: bool,
    /// Whether the process had seen documents before the call.
    used: bool,
    /// The row that it was working on.
    row: Option<u32>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, died: false, used: false, row: None }
    }
}

fn only(parts: Vec<Vec<u8>>, schema: &Schema) -> Result<RecordBatch> {
    let part = parts.into_iter().next().ok_or_else(strange)?;
    wire::decode_batch(part, &Arc::new(schema.clone()))
}

impl Worker for IsolatedWorker {
    fn process(&mut self, call: &Call<'_>, input: RecordBatch) -> Result<Output> {
        let parts = self.ask_of_documents(call, &Request::Process, &input)?;
        let [documents, events]: [Vec<u8>; 2] = parts.try_into().map_err(|_| strange())?;
        let broken = |error: Error| Error { kind: ErrorKind::Contract, ..error };
        // Only decoded here: the columns of the batch are checked together with its other properties.
        let (schema, documents) = wire::decode(documents).map_err(broken)?;
        let documents = documents.unwrap_or_else(|| RecordBatch::new_empty(schema));
        let events = wire::decode_batch(events, &event::schema()).map_err(broken)?;
        Ok(Output { documents, events: Events::from_batch(&events).map_err(|e| broken(e.into()))? })
    }

    fn reduce(&mut self, call: &Call<'_>, rows: RecordBatch, groups: &[Range<usize>]) -> Result<RecordBatch> {
        let request = Request::Reduce { starts: groups.iter().map(|g| g.start as u64).collect() };
        let part = wire::encode(rows.schema_ref(), Some(&rows))?;
        let (_, parts) = self.ask_of_all(call, &request, &[part])?;
        only(parts, &self.bound.output)
    }

    fn update(&mut self, call: &Call<'_>, input: RecordBatch) -> Result<()> {
        // The merged state lies in the process: take it out before a document may kill it.
        if self.has_merged {
            let state = self.take_state(call)?;
            self.states.push(state);
        }
        let parts = self.ask_of_documents(call, &Request::Update, &input)?;
        let state = only(parts, self.state_schema()?)?;
        self.states.push(state);
        Ok(())
    }

    fn take_state(&mut self, call: &Call<'_>) -> Result<RecordBatch> {
        if self.states.len() == 1 && !self.has_merged {
            return self.states.pop().ok_or_else(strange);
        }
        self.merge_all(call)?;
        let (_, parts) = self.ask_of_all(call, &Request::TakeState, &[])?;
        self.has_merged = false;
        only(parts, self.state_schema()?)
    }

    fn merge(&mut self, call: &Call<'_>, states: RecordBatch) -> Result<()> {
        self.states.push(states);
        self.merge_all(call)
    }

    fn memory_bytes(&self) -> u64 {
        self.states.iter().map(|state| state.get_array_memory_size() as u64).sum()
    }

    fn finish(&mut self, call: &Call<'_>) -> Result<Value> {
        self.merge_all(call)?;
        self.has_merged = false;
        match self.ask_of_all(call, &Request::Finish, &[])?.0 {
            Answer::Report(report) => Ok(report),
            _ => Err(strange()),
        }
    }
}
