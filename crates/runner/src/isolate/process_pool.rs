//! Starts the processes of a plugin: opens the library, binds an operator, and creates a worker. What
//! documents may do to them is handled in `worker`.

use super::call_failure::CallFailure;
use super::limits::Limits;
use super::process::Process;
use super::repro::Repros;
use super::wire::{self, Answer, Reply, Request};
use crate::host::{Expected, LoadError};
use arrow_schema::SchemaRef;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use textmill_plugin::call::{Call, Level};
use textmill_plugin::descriptor::PluginDescriptor;
use textmill_plugin::error::{Error, ErrorKind, Result};

/// What is needed to start any process of a plugin.
#[derive(Clone)]
pub(super) struct Settings {
    pub name: String,
    pub version: String,
    pub path: PathBuf,
    pub expected: Option<Expected>,
    pub limits: Limits,
    pub repros: Repros,
}

pub(super) struct Opened {
    pub path: PathBuf,
    pub descriptor: PluginDescriptor,
    pub sha256: String,
    pub abi: (u32, u32),
}

impl Settings {
    /// Starts a process and loads the library in it.
    pub fn open(&self) -> std::result::Result<(Process, Opened), LoadError> {
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
        let (reply, _) = reply.map_err(|failure| {
            let how = sentence(&failure, self.limits.long(), &self.limits);
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

/// How to start a process of a stage, and the idle processes.
pub(super) struct ProcessPool {
    pub settings: Settings,
    pub operator: String,
    pub options: String,
    pub input: SchemaRef,
    pub idle: Mutex<Vec<Process>>,
}

/// What a bound operator reports about itself.
#[derive(Clone)]
pub(super) struct Bound {
    pub output: SchemaRef,
    pub state: Option<SchemaRef>,
    pub plan: Option<String>,
}

impl ProcessPool {
    /// Starts a process and binds the operator in it.
    pub fn start(&self, call: &Call<'_>) -> Result<(Process, Bound)> {
        let (mut process, _) = self.settings.open().map_err(|e| Error::from(e.to_string()).fatal())?;
        let request = Request::Bind { operator: self.operator.clone(), options: self.options.clone() };
        let parts = [wire::encode(&self.input, None)?];
        let long = self.settings.limits.long();
        let reply = process.call(&request, &parts, long, &|| call.should_stop());
        let (reply, parts) = reply.map_err(|failure| self.error(&failure, long))?;
        let answer = pass_on(reply, call).into_result()?;
        let Answer::Bound { plan } = answer else { return Err(strange()) };
        let mut schemas = parts.into_iter().map(|part| Ok(wire::decode(part)?.0));
        let output: SchemaRef = schemas.next().unwrap_or_else(|| Err(strange()))?;
        let state = schemas.next().transpose()?;
        Ok((process, Bound { output, state, plan }))
    }

    /// Returns a process with a new worker: an idle process, or a new one. With `fresh`, always a new one,
    /// which has seen no documents.
    pub fn worker(&self, call: &Call<'_>, fresh: bool) -> Result<Process> {
        let long = self.settings.limits.long();
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        while let Some(mut process) = if fresh { None } else { idle() } {
            // An idle process may have been killed in the meantime; that is no error here.
            let Ok((reply, _)) = process.call(&Request::Worker, &[], long, &|| call.should_stop()) else {
                continue;
            };
            pass_on(reply, call).into_result().map_err(Error::fatal)?;
            return Ok(process);
        }
        // Fatal, because no document was passed yet that could be blamed.
        let mut process = self.start(call).map_err(Error::fatal)?.0;
        let reply = process.call(&Request::Worker, &[], long, &|| call.should_stop());
        let (reply, _) = reply.map_err(|failure| self.error(&failure, long).fatal())?;
        pass_on(reply, call).into_result().map_err(Error::fatal)?;
        Ok(process)
    }

    /// Keeps a process for the next worker.
    pub fn put_back(&self, process: Process) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
    }

    /// The error for a call that got no answer within `time`.
    pub fn error(&self, failure: &CallFailure, time: Duration) -> Error {
        let kind = match failure {
            CallFailure::Died(_) => ErrorKind::Crashed,
            CallFailure::OutOfMemory => ErrorKind::MemoryLimit,
            CallFailure::Late => ErrorKind::TimeLimit,
            CallFailure::Stopped => ErrorKind::Cancelled,
            CallFailure::Broken(_) => ErrorKind::Fatal,
        };
        Error::new(kind, sentence(failure, time, &self.settings.limits))
    }
}

/// Why there was no answer. The sentence is part of the output, so it is the same from run to run.
fn sentence(failure: &CallFailure, time: Duration, limits: &Limits) -> String {
    match failure {
        CallFailure::Died(how) => format!("the plugin's process died: {how}"),
        CallFailure::OutOfMemory => {
            // In MiB if possible, as in the pipeline.
            let most = match limits.memory % (1 << 20) {
                0 => format!("{} MiB", limits.memory >> 20),
                _ => format!("{} bytes", limits.memory),
            };
            format!("the plugin's process exceeded the {most} that `memory-limit` allows")
        }
        CallFailure::Late => {
            format!("the plugin gave no answer within the {time:?} that `time-limit` allows")
        }
        CallFailure::Stopped => "the run is being stopped".to_owned(),
        CallFailure::Broken(why) => format!("the connection to the plugin's process failed: {why}"),
    }
}

/// The error for an answer that does not match the request.
pub(super) fn strange() -> Error {
    Error::new(ErrorKind::Contract, "the plugin's process gave another answer than it was asked for")
}

/// Passes what the plugin reported on to the host, and returns the answer.
pub(super) fn pass_on(reply: Reply, call: &Call<'_>) -> Answer {
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
