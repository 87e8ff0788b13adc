//! `textmill init`.

use super::print;
use super::schema::schema_text;
use super::snapshots::accept_first;
use crate::cli::InitArgs;
use crate::config::{LockPolicy, SCHEMA_FILE};
use crate::failure::Failure;
use crate::host::{Discovery, Found, LoadedPlugin, Opened};
use crate::scaffold::{Folder, PIPELINE_FILE, ignored, rank, suits_any_text, workspace};
use crate::table::count;
use std::path::Path;

/// Writes a workspace.
///
/// # Errors
/// If the folder holds more than what a new repository begins with, if a file cannot be written, or if the
/// pipeline does not run.
pub(super) fn init(args: &InitArgs) -> Result<(), Failure> {
    let folder = Folder::open_repository(&args.dir)?;
    let file = args.dir.join(PIPELINE_FILE);
    let plugins = plugins(&file);
    let stages: Vec<_> = plugins.iter().map(|(found, p)| (found.name.as_str(), &p.descriptor)).collect();
    workspace(&folder, &stages)?;
    folder.write(SCHEMA_FILE, schema_text(Some(&file), false)?)?;
    let accepted = accept_first(&file).map_err(|failure| {
        Failure::new(format!(
            "{} was created, but its pipeline does not run:\n{}",
            args.dir.display(),
            failure.render(false)
        ))
    })?;
    let names: Vec<&str> = stages.iter().map(|(name, _)| *name).collect();
    let shown = match names.as_slice() {
        [] => "no stage: no plugin was found".to_owned(),
        names => format!("stages: {}", names.join(", ")),
    };
    let read_on = match folder.has("README.md") {
        // This command did not write it.
        true => String::new(),
        false => format!("\nread on: {}", args.dir.join("README.md").display()),
    };
    print(&format!(
        "{} is a workspace; {shown}; {} of what they do\n\
         run it:  textmill run {}\ntest it: textmill test {}{read_on}",
        args.dir.display(),
        count(accepted, "snapshot"),
        file.display(),
        file.display()
    ))?;
    if folder.has(".gitignore") {
        anstream::eprintln!("note: .gitignore stays as it is; add to it: {}", ignored());
    }
    Ok(())
}

/// The plugins of a new pipeline, in pipeline order: those shipped with this program, or else whatever can be
/// found.
fn plugins(file: &Path) -> Vec<(Found, LoadedPlugin)> {
    let suiting = |discovery: &Discovery| {
        let mut plugins = Opened::in_folders(discovery, &LockPolicy::default()).plugins;
        plugins.retain(|(_, plugin)| suits_any_text(&plugin.descriptor));
        plugins.sort_by_key(|(found, plugin)| (rank(&plugin.descriptor), found.name.clone()));
        plugins
    };
    let shipped = suiting(&Discovery::of_program());
    if shipped.is_empty() { suiting(&Discovery::new(Some(file))) } else { shipped }
}
