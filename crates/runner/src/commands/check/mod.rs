//! `textmill check`.

mod keys;
mod resolved;

use super::examine::{Looks, examine_file};
use super::print;
use crate::cli::CheckArgs;
use crate::config::Pipeline;
use crate::engine::Bound;
use crate::failure::Failure;
use crate::host::Discovery;
use crate::table::count;
use std::collections::BTreeSet;
use std::path::Path;
use textmill_core::column::type_name;

/// Checks a pipeline file.
///
/// # Errors
/// Returns every mistake in it.
pub fn check(args: &CheckArgs, quiet: bool, locked: bool) -> Result<(), Failure> {
    let examined = examine_file(&args.pipeline, &args.set, Looks::CHECK, locked)?;
    if quiet {
        return Ok(());
    }
    examined.warn();
    let prepared = &examined.prepared;
    for note in missing(&prepared.pipeline) {
        anstream::eprintln!("note: {note}");
    }
    for note in hidden(&args.pipeline, &prepared.pipeline) {
        anstream::eprintln!("note: {note}");
    }
    if args.explain {
        return print(&match args.json {
            true => format!("{:#}", resolved::json(prepared)),
            false => resolved::text(prepared, args.docs),
        });
    }
    let stages = count(prepared.stages.len(), "stage");
    let mut lines = vec![format!("{} is valid: {stages}", args.pipeline.display())];
    for (number, stage) in prepared.stages.iter().enumerate() {
        let plugin = &stage.plugin.descriptor;
        let kind = match &stage.bound {
            Bound::Map(_) => "map",
            Bound::Aggregate(_) => "aggregate",
            Bound::Plan(..) => "plan; needs the whole corpus",
        };
        let number = number + 1;
        let place = stage.plugin.place();
        let name = &stage.name;
        lines.push(format!("  {number}. {name} (plugin {} {}, {kind}{place})", plugin.name, plugin.version));
    }
    let declared = &prepared.pipeline.input.columns;
    if !declared.is_empty() {
        let declared = declared.iter().map(|(name, kind)| format!("{name} ({})", type_name(kind)));
        lines.push(format!("  fields of the input: {}", declared.collect::<Vec<_>>().join(", ")));
    }
    lines.push(format!("  columns: {}", prepared.columns.written().collect::<Vec<_>>().join(", ")));
    print(&lines.join("\n"))
}

/// Notes for plugins whose library hides another one of the same name.
fn hidden(file: &Path, pipeline: &Pipeline) -> Vec<String> {
    let discovery = Discovery::new(Some(file));
    let plugins: BTreeSet<&str> = pipeline.stages.iter().map(|stage| stage.plugin.as_str()).collect();
    let note = |plugin: &str| {
        let hidden = discovery.hidden(plugin);
        let hidden: Vec<String> = hidden.iter().map(|path| path.display().to_string()).collect();
        let taken = discovery.find(plugin).ok().filter(|_| !hidden.is_empty())?.path;
        let (taken, hidden) = (taken.display(), hidden.join(", "));
        Some(format!("plugin `{plugin}` is {taken}, which hides {hidden}"))
    };
    plugins.into_iter().filter_map(note).collect()
}

/// What a run of the pipeline still needs, and what is probably unintended. These are notes, not mistakes:
/// the command line may supply the rest.
fn missing(pipeline: &Pipeline) -> Vec<&'static str> {
    let notes = [
        (
            pipeline.input.paths.is_empty(),
            "it names no input: give `--input PATH` to a run, or write `paths = [\"…\"]` under `[input]`",
        ),
        (
            pipeline.output.folder.is_none(),
            "it names no output folder: give `--output DIR` to a run, or write `folder = \"…\"` under `[output]`",
        ),
        (pipeline.stages.is_empty(), "it has no stage: documents come out as they were read"),
    ];
    notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note).collect()
}
