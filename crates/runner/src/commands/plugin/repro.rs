//! `textmill plugin repro`.

use super::shrink::shrink;
use super::{find, print};
use crate::cli::ReproArgs;
use crate::config::LockPolicy;
use crate::engine::OpenedPlugin;
use crate::failure::Failure;
use crate::host::Discovery;
use crate::inspect::RunFolder;
use crate::isolate::{Repro, Repros};
use crate::table::bytes;
use std::path::Path;
use textmill_core::event::Action;
use textmill_plugin::harness::{Outcome, render, run};

/// Replays a minimal reproduction.
///
/// # Errors
/// If the document still fails, or if it cannot be replayed.
pub(super) fn repro(args: &ReproArgs, locked: bool) -> Result<(), Failure> {
    let shown = args.file.display();
    let content = std::fs::read(&args.file).map_err(|e| Failure::new(format!("cannot read {shown}: {e}")))?;
    let name = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let hint = "the files in the folder `repro` of a run folder are";
    let repro = Repro::parse(&name, &content)
        .map_err(|e| Failure::new(format!("{shown} is not a reproduction file: {e}")).hint(hint))?;
    let plugin = match &args.plugin {
        Some(plugin) => plugin.clone(),
        None if repro.plugin.is_empty() => {
            let message = format!("{shown} names no plugin in its first line");
            return Err(Failure::new(message).hint("name one with `--plugin`"));
        }
        None => repro.plugin.clone(),
    };
    let pipeline = args.pipeline.as_deref();
    let found = find(&Discovery::new(pipeline), &plugin).map_err(|failure| match pipeline {
        Some(_) => failure,
        None => failure.hint(which_pipeline(&args.file)),
    })?;
    let expected = LockPolicy::of(pipeline, locked)?.expected(&found.name)?;
    let isolation = (!args.in_process).then_some(repro.limits);
    let plugin = OpenedPlugin::open(&found.path, expected.as_ref(), isolation, &Repros::default())?;
    let failed = |message: String| Failure::new(format!("{shown} cannot be replayed: {message}"));
    let outcome = run(&plugin, repro.operator.as_deref(), &repro.case, usize::MAX).map_err(failed)?;
    let about = &plugin.descriptor;
    match failures(&outcome).as_slice() {
        [] => {
            let note = if repro.note.is_empty() { String::new() } else { format!("\nthen: {}", repro.note) };
            let passed = format!("{} {} takes the document now{note}", about.name, about.version);
            print(&format!("{}\n{passed}", render(&outcome).trim_end()))
        }
        failures => {
            if let Some(file) = &args.shrink {
                smaller(&plugin, &repro, &outcome, &content, file)?;
            }
            Err(Failure::new(format!(
                "{} {} fails on the document: {}",
                about.name,
                about.version,
                failures.join("; ")
            ))
            .hint("with `--in-process` it can be run under a debugger"))
        }
    }
}

/// A hint for when the plugin is not found without a pipeline: it may be in a pipeline's folders. The hint
/// names the run's own pipeline, but it is not used automatically: run folders may come from other people,
/// and so would the libraries.
fn which_pipeline(file: &Path) -> String {
    let run = file.parent().and_then(Path::parent).map(|folder| match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    });
    let run = run.and_then(|folder| RunFolder::open(folder).ok());
    let of_run = run.as_ref().and_then(RunFolder::pipeline);
    let example = of_run.as_deref().unwrap_or(Path::new("pipeline.toml")).display();
    let whose = if of_run.is_some() { " of the run" } else { "" };
    format!(
        "give the pipeline{whose}, so that the plugin is found beside it: `--pipeline {example}`; or the library: `--plugin PATH`"
    )
}

/// The maximum number of texts that are tried.
const TRIES: usize = 1000;

/// Writes a smaller minimal reproduction.
fn smaller(
    plugin: &OpenedPlugin,
    repro: &Repro,
    outcome: &Outcome,
    file: &[u8],
    to: &Path,
) -> Result<(), Failure> {
    let rule = first_failure(outcome);
    let [document] = repro.case.documents.as_slice() else {
        return Err(Failure::new("only a file with one document can be shrunk"));
    };
    let Ok(text) = std::str::from_utf8(&document.bytes) else {
        return Err(Failure::new("only a document in UTF-8 can be shrunk"));
    };
    let shrunk = shrink(text, TRIES, |text| {
        let mut case = repro.case.clone();
        case.documents[0].bytes = text.into();
        let again = run(plugin, repro.operator.as_deref(), &case, usize::MAX);
        again.is_ok_and(|again| first_failure(&again) == rule)
    });
    // Keep everything but the document: the first line, and the line that names the document.
    let head = &file[..file.len() - document.bytes.len()];
    std::fs::write(to, [head, shrunk.as_bytes()].concat())
        .map_err(|e| Failure::new(format!("cannot write {}: {e}", to.display())))?;
    let (before, after) = (bytes(text.len() as u64), bytes(shrunk.len() as u64));
    print(&format!("{}: {before} of text became {after}", to.display()))
}

/// The rule of the first failure.
fn first_failure(outcome: &Outcome) -> Option<String> {
    let events = outcome.verdicts.iter().flat_map(|verdict| &verdict.events);
    events.into_iter().find(|event| event.action == Action::Fail).map(|event| event.rule.clone().into_owned())
}

/// The failures of the documents.
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
