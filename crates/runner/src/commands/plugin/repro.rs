//! `textmill plugin repro`.

use super::{find, print};
use crate::cli::{PluginName, ReproArgs};
use crate::engine::OpenedPlugin;
use crate::failure::Failure;
use crate::isolate::{Repro, Repros};
use textmill_core::event::Action;
use textmill_plugin::harness::{Outcome, render, run};

/// Replays a minimal reproduction.
///
/// # Errors
/// Where the document still fails, and where it cannot be tried.
pub(super) fn repro(args: &ReproArgs) -> Result<(), Failure> {
    let shown = args.file.display();
    let bytes = std::fs::read(&args.file).map_err(|e| Failure::new(format!("cannot read {shown}: {e}")))?;
    let name = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let hint = "the files in the folder `repro` of a run folder are";
    let repro = Repro::parse(&name, &bytes)
        .map_err(|e| Failure::new(format!("{shown} is no minimal reproduction: {e}")).hint(hint))?;
    let plugin = match &args.plugin {
        Some(plugin) => plugin.clone(),
        None if repro.plugin.is_empty() => {
            let message = format!("{shown} names no plugin in its first line");
            return Err(Failure::new(message).hint("name one with `--plugin`"));
        }
        None => repro.plugin.clone(),
    };
    let found = find(&PluginName { name: plugin, pipeline: args.pipeline.clone() })?;
    let isolation = (!args.in_process).then_some(repro.limits);
    let plugin = OpenedPlugin::open(&found.path, isolation, &Repros::default())?;
    let failed = |message: String| Failure::new(format!("{shown} cannot be replayed: {message}"));
    let outcome = run(&plugin, repro.operator.as_deref(), &repro.case, usize::MAX).map_err(failed)?;
    let about = &plugin.descriptor;
    match failures(&outcome).as_slice() {
        [] => {
            let note = if repro.note.is_empty() { String::new() } else { format!("\nthen: {}", repro.note) };
            let passed = format!("{} {} takes the document now{note}", about.name, about.version);
            print(&format!("{}\n{passed}", render(&outcome).trim_end()))
        }
        failures => Err(Failure::new(format!(
            "{} {} fails on the document: {}",
            about.name,
            about.version,
            failures.join("; ")
        ))
        .hint("with `--in-process` it can be run under a debugger")),
    }
}

/// What documents failed of.
fn failures(outcome: &Outcome) -> Vec<String> {
    let events = outcome.verdicts.iter().flat_map(|verdict| &verdict.events);
    let failures = events.filter(|event| event.action == Action::Fail);
    failures
        .map(|event| match &event.note {
            Some(note) => format!("`{}`: {note}", event.rule),
            None => format!("`{}`", event.rule),
        })
        .collect()
}
