//! The process that runs one test: it limits its own resources, loads the library, and writes down what it
//! does and finds. Whatever happens to it affects no other test.

use super::answers;
use super::request::Request;
use super::subject::Subject;
use super::test::{Line, Notes, PluginLine, Run, Verdict};
use super::{ANSWERS, find};
use crate::host::LoadedPlugin;
use std::fs::OpenOptions;
use textmill_plugin::error::Result;

/// Runs a test. The verdict is in the notes, not in the return value.
///
/// # Errors
/// If the request is invalid, or the notes cannot be written.
pub fn carry_out(request: &str) -> Result<(), String> {
    let request: Request = serde_json::from_str(request).map_err(|e| format!("the request is none: {e}"))?;
    let notes = OpenOptions::new().append(true).open(&request.notes);
    let notes = Notes::new(notes.map_err(|e| format!("cannot write to {}: {e}", request.notes.display()))?);
    limit(&request);
    let verdict = test(request, &notes).unwrap_or_else(|error| Verdict::failed(error.message));
    notes.write(&Line::Verdict(verdict));
    Ok(())
}

fn test(request: Request, notes: &Notes) -> Result<Verdict> {
    let run = match find(&request.test) {
        Some(test) => test.run,
        None if request.test == ANSWERS => Run::Bound(answers::write),
        None => return Err(format!("there is no test `{}`", request.test).into()),
    };
    if let Run::File(run) = run {
        return run(&request.library, notes);
    }
    notes.doing("opening the library");
    let plugin = match LoadedPlugin::open_with(&request.library, request.expected.as_ref()) {
        Ok(plugin) => plugin,
        Err(error) => {
            let hint = error.hint.map(|hint| format!("; hint: {hint}")).unwrap_or_default();
            return Ok(Verdict::failed(format!("{}{hint}", error.message)));
        }
    };
    let known = PluginLine { descriptor: plugin.descriptor.clone(), abi: plugin.abi };
    notes.write(&Line::Plugin(Box::new(known)));
    if let Run::Plugin(run) = run {
        return run(&plugin, notes);
    }
    let subject = Subject::new(plugin, request)?;
    match run {
        Run::Operator(run) => run(&subject, notes),
        Run::Bound(run) => {
            notes.doing("binding the operator");
            let documents = subject.batch()?;
            match subject.bind(&documents) {
                Ok(_) => run(&subject, notes),
                Err(error) => Ok(Verdict::skipped(format!("it does not bind: {}", error.message))),
            }
        }
        Run::File(_) | Run::Plugin(_) => Ok(Verdict::skipped("it has been run")),
    }
}

/// Limits resources, so that neither runaway allocations nor an endless loop can outlive the parent process.
#[cfg(unix)]
fn limit(request: &Request) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let set = |resource, limit: u64| {
        // An error is ignored: if the system does not support a limit, the time limit of the parent still
        // applies.
        let _ = setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) });
    };
    // Nobody needs the core dump of a test.
    set(Resource::Core, 0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    set(Resource::Cpu, (request.limit_seconds + 5) * threads);
    if request.memory_bytes > 0 {
        set(Resource::As, request.memory_bytes);
    }
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

#[cfg(not(unix))]
fn limit(_: &Request) {}
