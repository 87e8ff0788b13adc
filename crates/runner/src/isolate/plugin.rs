//! A plugin in a process of its own, seen through the same traits as any other.

use super::limits::Limits;
use super::process::{Ended, Process};
use super::repro::{Guilty, Repros};
use super::wire::{self, Answer, Reply, Request};
use crate::host::{Expected, LoadError};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use textmill_core::event;
use textmill_plugin::call::{Call, Level};
use textmill_plugin::descriptor::PluginDescriptor;
use textmill_plugin::error::{Error, ErrorKind, Result};
use textmill_plugin::operator::{Output, Plugin, Stage, Worker};

/// A plugin that no library is loaded of in this process.
pub struct IsolatedPlugin {
    /// What it says of itself.
    pub descriptor: PluginDescriptor,
    /// The library without links on the way.
    pub path: PathBuf,
    /// SHA-256 of the library, in hexadecimal.
    pub sha256: String,
    /// Version of the ABI that it was built with.
    pub abi: (u32, u32),
    settings: Settings,
}

/// What every process of a plugin is started with.
#[derive(Clone)]
struct Settings {
    name: String,
    version: String,
    path: PathBuf,
    expected: Option<Expected>,
    limits: Limits,
    repros: Repros,
}

impl IsolatedPlugin {
    /// Opens a library in a process, to hear what it says of itself. It must be what is `expected`. Minimal
    /// reproductions go to `repros`.
    ///
    /// # Errors
    /// Where it cannot be loaded, or dies of that.
    pub fn open(
        path: &Path,
        expected: Option<&Expected>,
        limits: Limits,
        repros: Repros,
    ) -> std::result::Result<Self, LoadError> {
        let settings = Settings {
            name: String::new(),
            version: String::new(),
            path: path.to_owned(),
            expected: expected.cloned(),
            limits,
            repros,
        };
        let (_, opened) = settings.open()?;
        let settings = Settings {
            name: opened.descriptor.name.clone(),
            version: opened.descriptor.version.clone(),
            // From here on it must be the library that it was, locked or not.
            expected: Some(expected.cloned().unwrap_or_else(|| Expected {
                plugin: opened.descriptor.name.clone(),
                version: opened.descriptor.version.clone(),
                sha256: opened.sha256.clone(),
                lock: None,
            })),
            ..settings
        };
        let Opened { path, descriptor, sha256, abi } = opened;
        Ok(Self { descriptor, path, sha256, abi, settings })
    }
}

struct Opened {
    path: PathBuf,
    descriptor: PluginDescriptor,
    sha256: String,
    abi: (u32, u32),
}

impl Settings {
    /// A process that has loaded the library.
    fn open(&self) -> std::result::Result<(Process, Opened), LoadError> {
        let fail =
            |message: String, hint: Option<String>| LoadError { path: self.path.clone(), message, hint };
        let mut process =
            Process::start().map_err(|e| fail(format!("its process does not start: {e}"), None))?;
        let request = Request::Open {
            path: self.path.clone(),
            expected: self.expected.clone(),
            memory: self.limits.memory,
        };
        let reply = process.call(&request, &[], self.limits.long(), &|| false);
        let (reply, _) = reply.map_err(|ended| {
            let how = sentence(&ended, self.limits.long(), &self.limits);
            fail(format!("its process gave no answer as it loaded the library: {how}"), None)
        })?;
        match reply.answer {
            Answer::Opened { path, descriptor, sha256, abi } => {
                Ok((process, Opened { path, descriptor, sha256, abi }))
            }
            Answer::Refused { message, hint } => Err(fail(message, hint)),
            Answer::Failed { message, .. } => Err(fail(message, None)),
            _ => Err(fail("its process gave another answer than it was asked for".into(), None)),
        }
    }
}

impl Plugin for IsolatedPlugin {
    fn describe(&self) -> PluginDescriptor {
        self.descriptor.clone()
    }

    fn bind(
        &self,
        call: &Call<'_>,
        operator: &str,
        options: &str,
        input: SchemaRef,
    ) -> Result<Box<dyn Stage>> {
        let recipe = Arc::new(Recipe {
            settings: self.settings.clone(),
            operator: operator.to_owned(),
            options: options.to_owned(),
            input,
            idle: Mutex::new(Vec::new()),
        });
        let (process, bound) = recipe.start(call)?;
        recipe.put_back(process);
        Ok(Box::new(IsolatedStage { recipe, bound }))
    }
}

/// How a process of a stage is made, and those that wait for work.
struct Recipe {
    settings: Settings,
    operator: String,
    options: String,
    input: SchemaRef,
    idle: Mutex<Vec<Process>>,
}

/// What a bound operator said of itself.
#[derive(Clone)]
struct Bound {
    output: SchemaRef,
    state: Option<SchemaRef>,
    plan: Option<String>,
}

impl Recipe {
    /// A process in which the operator is bound.
    fn start(&self, call: &Call<'_>) -> Result<(Process, Bound)> {
        let (mut process, _) = self.settings.open().map_err(|e| Error::from(e.to_string()).fatal())?;
        let request = Request::Bind { operator: self.operator.clone(), options: self.options.clone() };
        let parts = [wire::encode(&self.input, None)?];
        let long = self.settings.limits.long();
        let reply = process.call(&request, &parts, long, &|| call.should_stop());
        let (reply, parts) = reply.map_err(|ended| self.error(&ended, long))?;
        let answer = pass_on(reply, call).into_result()?;
        let Answer::Bound { plan } = answer else { return Err(strange()) };
        let mut schemas = parts.into_iter().map(|part| Ok(wire::decode(part)?.0));
        let output: SchemaRef = schemas.next().unwrap_or_else(|| Err(strange()))?;
        let state = schemas.next().transpose()?;
        Ok((process, Bound { output, state, plan }))
    }

    /// A process with a new worker: one that waits, or another. A `fresh` one has seen no document.
    fn worker(&self, call: &Call<'_>, fresh: bool) -> Result<Process> {
        let long = self.settings.limits.long();
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        while let Some(mut process) = if fresh { None } else { idle() } {
            // One that somebody has killed meanwhile is nobody's fault here.
            let Ok((reply, _)) = process.call(&Request::Worker, &[], long, &|| call.should_stop()) else {
                continue;
            };
            pass_on(reply, call).into_result().map_err(Error::fatal)?;
            return Ok(process);
        }
        // No document is to blame for what happens before one is passed.
        let mut process = self.start(call).map_err(Error::fatal)?.0;
        let reply = process.call(&Request::Worker, &[], long, &|| call.should_stop());
        let (reply, _) = reply.map_err(|ended| self.error(&ended, long).fatal())?;
        pass_on(reply, call).into_result().map_err(Error::fatal)?;
        Ok(process)
    }

    /// Keeps a process for the next worker.
    fn put_back(&self, process: Process) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
    }

    /// The error of a call that had no answer within `time`.
    fn error(&self, ended: &Ended, time: Duration) -> Error {
        let kind = match ended {
            Ended::Died(_) => ErrorKind::Crashed,
            Ended::OutOfMemory => ErrorKind::MemoryLimit,
            Ended::Late => ErrorKind::TimeLimit,
            Ended::Stopped => ErrorKind::Cancelled,
            Ended::Broken(_) => ErrorKind::Fatal,
        };
        Error::new(kind, sentence(ended, time, &self.settings.limits))
    }
}

/// Why there was no answer. Ends up in outputs: the same words from run to run.
fn sentence(ended: &Ended, time: Duration, limits: &Limits) -> String {
    match ended {
        Ended::Died(how) => format!("the plugin's process died: {how}"),
        Ended::OutOfMemory => {
            // In the unit that limits are given in.
            let most = match limits.memory % (1 << 20) {
                0 => format!("{} MiB", limits.memory >> 20),
                _ => format!("{} bytes", limits.memory),
            };
            format!("the plugin's process wanted more memory than the {most} that `memory-limit` allows")
        }
        Ended::Late => format!("the plugin gave no answer within the {time:?} that `time-limit` allows"),
        Ended::Stopped => "the run is being stopped".to_owned(),
        Ended::Broken(why) => format!("the plugin's process cannot be spoken to: {why}"),
    }
}

fn strange() -> Error {
    Error::new(ErrorKind::Contract, "the plugin's process gave another answer than it was asked for")
}

/// Tells the host what the plugin told it, and gives the answer.
fn pass_on(reply: Reply, call: &Call<'_>) -> Answer {
    for (level, message) in reply.logs {
        call.log(Level::from_code(level), &message);
    }
    for (level, row, code, message) in reply.reports {
        call.at_row(row);
        call.report(Level::from_code(level), &code, &message);
    }
    call.at_row(None);
    for (name, value) in reply.metrics {
        call.metric_add(&name, value);
    }
    reply.answer
}

/// A stage whose workers are processes.
struct IsolatedStage {
    recipe: Arc<Recipe>,
    bound: Bound,
}

impl Stage for IsolatedStage {
    fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.bound.output)
    }

    fn new_worker(&self, call: &Call<'_>) -> Result<Box<dyn Worker>> {
        let process = Some(self.recipe.worker(call, false)?);
        let (recipe, bound) = (Arc::clone(&self.recipe), self.bound.clone());
        Ok(Box::new(IsolatedWorker { recipe, bound, process, states: Vec::new(), has_merged: false }))
    }

    fn state_schema(&self) -> Option<SchemaRef> {
        self.bound.state.clone()
    }

    fn plan(&self) -> Option<String> {
        self.bound.plan.clone()
    }
}

/// A worker that is a process. When that has died, the next call starts another.
struct IsolatedWorker {
    recipe: Arc<Recipe>,
    bound: Bound,
    process: Option<Process>,
    /// States of the batches that were taken in: here, where no crash reaches them.
    states: Vec<RecordBatch>,
    /// Whether there is a state in the process, which would be lost with it.
    has_merged: bool,
}

impl Drop for IsolatedWorker {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            self.recipe.put_back(process);
        }
    }
}

impl IsolatedWorker {
    /// One call. An error in it may have ended the process.
    fn ask(
        &mut self,
        call: &Call<'_>,
        request: &Request,
        parts: &[Vec<u8>],
        time: Duration,
    ) -> Result<(Answer, Vec<Vec<u8>>), Failed> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.recipe.worker(call, false)?,
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
                    // The plugin's worker is poisoned, the process is not: it begins with another worker.
                    Err(error) if error.kind == ErrorKind::Panicked => self.recipe.put_back(process),
                    _ => self.process = Some(process),
                }
                Ok((answer?, parts))
            }
            Err(ended) => {
                let died = matches!(ended, Ended::Died(_) | Ended::Late | Ended::OutOfMemory);
                Err(Failed { error: self.recipe.error(&ended, time), died, used, row: process.row() })
            }
        }
    }

    /// A call on documents. Where the process dies of it, the document that it was at is tried alone, in a process that has
    /// seen no other: what kills so is guilty, and kept as a minimal reproduction.
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
        self.process = Some(self.recipe.worker(call, true)?);
        match self.try_documents(call, request, &alone) {
            // It was what an earlier document had left behind, or somebody else who killed the process.
            Ok(parts) if is_alone => Ok(parts),
            Err(failed) if failed.died => Err(self.guilty(&alone, failed.error).at_row(Some(row))),
            Err(other) if is_alone || other.error.kind == ErrorKind::Cancelled => Err(other.error),
            // It is another's fault: the caller halves the batch until it is found. A state that came of the trial is
            // not kept, since the document comes again.
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
        match self.ask(call, request, &[part], self.recipe.settings.limits.time)? {
            (Answer::Done, parts) => Ok(parts),
            _ => Err(strange().into()),
        }
    }

    /// Keeps the document that a process died of, and says where.
    fn guilty(&self, document: &RecordBatch, error: Error) -> Error {
        let Recipe { settings, operator, options, .. } = self.recipe.as_ref();
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

    /// A call that no document can be blamed for.
    fn ask_of_all(
        &mut self,
        call: &Call<'_>,
        request: &Request,
        parts: &[Vec<u8>],
    ) -> Result<(Answer, Vec<Vec<u8>>)> {
        let long = self.recipe.settings.limits.long();
        self.ask(call, request, parts, long).map_err(|failed| match failed.died {
            true => failed.error.fatal(),
            false => failed.error,
        })
    }

    fn state_schema(&self) -> Result<&SchemaRef> {
        self.bound.state.as_ref().ok_or_else(|| Error::unsupported("states"))
    }

    /// Brings all states together in the process.
    fn merge_all(&mut self, call: &Call<'_>) -> Result<()> {
        for state in std::mem::take(&mut self.states) {
            let part = wire::encode(state.schema_ref(), Some(&state))?;
            self.ask_of_all(call, &Request::Merge, &[part])?;
            self.has_merged = true;
        }
        Ok(())
    }
}

/// A call that had no good answer.
struct Failed {
    error: Error,
    /// Whether the process died of it.
    died: bool,
    /// Whether the process had seen documents before.
    used: bool,
    /// The row that it was at.
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
        // What it answers is judged with the rest of the batch, not here: it may have other columns.
        let (schema, documents) = wire::decode(documents).map_err(broken)?;
        let documents = documents.unwrap_or_else(|| RecordBatch::new_empty(schema));
        let events = wire::decode_batch(events, &event::schema()).map_err(broken)?;
        Ok(Output { documents, events: event::from_batch(&events).map_err(|e| broken(e.into()))? })
    }

    fn reduce(&mut self, call: &Call<'_>, rows: RecordBatch, groups: &[Range<usize>]) -> Result<RecordBatch> {
        let request = Request::Reduce { starts: groups.iter().map(|g| g.start as u64).collect() };
        let part = wire::encode(rows.schema_ref(), Some(&rows))?;
        let (_, parts) = self.ask_of_all(call, &request, &[part])?;
        only(parts, &self.bound.output)
    }

    fn update(&mut self, call: &Call<'_>, input: RecordBatch) -> Result<()> {
        // What was merged in lies in the process: out of it, before a document may kill it.
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
