//! `textmill init`.

use super::print;
use super::schema::schema_text;
use crate::child;
use crate::cli::InitArgs;
use crate::config::{Locking, SCHEMA_FILE};
use crate::failure::Failure;
use crate::host::{Discovery, Found, LoadedPlugin, Opened};
use crate::scaffold::{Folder, PIPELINE_FILE, rank, suits_any_text, workspace};
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Writes a workspace.
///
/// # Errors
/// Where the folder is not empty, a file cannot be written, or the pipeline does not run.
pub(super) fn init(args: &InitArgs) -> Result<(), Failure> {
    let folder = Folder::open(&args.dir)?;
    let file = args.dir.join(PIPELINE_FILE);
    let plugins = plugins(&file);
    let stages: Vec<_> = plugins.iter().map(|(found, p)| (found.name.as_str(), &p.descriptor)).collect();
    workspace(&folder, &stages)?;
    folder.write(SCHEMA_FILE, schema_text(Some(&file), false)?)?;
    expect(&folder)?;
    let names: Vec<&str> = stages.iter().map(|(name, _)| *name).collect();
    let shown = match names.as_slice() {
        [] => "no stage: no plugin was found".to_owned(),
        names => format!("stages: {}", names.join(", ")),
    };
    print(&format!(
        "{} is a workspace; {shown}\nrun it:  textmill run {}\nread on: {}",
        args.dir.display(),
        file.display(),
        args.dir.join("README.md").display()
    ))
}

/// The plugins of a new pipeline, in its order: those that came with this program, else whatever can be found.
fn plugins(file: &Path) -> Vec<(Found, LoadedPlugin)> {
    let suiting = |discovery: &Discovery| {
        let mut plugins = Opened::in_folders(discovery, &Locking::default()).plugins;
        plugins.retain(|(_, plugin)| suits_any_text(&plugin.descriptor));
        plugins.sort_by_key(|(found, plugin)| (rank(&plugin.descriptor), found.name.clone()));
        plugins
    };
    let shipped = suiting(&Discovery::of_program());
    if shipped.is_empty() { suiting(&Discovery::new(Some(file))) } else { shipped }
}

/// Runs the pipeline, and keeps what it makes of the sample.
fn expect(folder: &Folder) -> Result<(), Failure> {
    // In the folder itself: documents are named after their files as they are seen from where textmill is called.
    let run = child::command(&["run", PIPELINE_FILE, "--quiet"].map(AsRef::as_ref))
        .and_then(|mut run| run.current_dir(folder.path()).stdin(Stdio::null()).output());
    let failed = |what: String| {
        let message =
            format!("{} is written, and its pipeline does not run:\n{what}", folder.path().display());
        Failure::new(message)
    };
    let output = run.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()));
    }
    let out = folder.path().join("out");
    for file in ["documents.jsonl", "rejected.jsonl"] {
        let made = fs::read(out.join(file)).map_err(|error| failed(format!("{file}: {error}")))?;
        folder.write(&format!("expected/{file}"), made)?;
    }
    fs::remove_dir_all(&out).map_err(|error| failed(format!("{}: {error}", out.display())))
}
