//! `textmill plugin new`.

use super::print;
use crate::cli::NewArgs;
use crate::config::Pipeline;
use crate::failure::Failure;
use crate::host::Discovery;
use crate::scaffold::{Language, Project, check_name};
use std::path::{Path, PathBuf};

/// Writes the project of a new plugin.
pub(super) fn new(args: &NewArgs) -> Result<(), Failure> {
    check_name(&args.name)?;
    is_free(args)?;
    // Finds all mistakes before anything is written.
    let place = place(args);
    let named = named(args, &place)?;
    let stage = args.pipeline.as_deref().map(|file| with_stage(file, &named)).transpose()?;
    Project::new(args.kind, args.lang, args.sdk.as_deref())?.write(&args.name, &place)?;
    let mut lines = vec![format!("{} is a plugin", place.display())];
    if let (Some(file), Some(text)) = (&args.pipeline, stage) {
        std::fs::write(file, text)
            .map_err(|e| Failure::new(format!("cannot write {}: {e}", file.display())))?;
        lines.push(format!("{} has it as its last stage", file.display()));
    }
    let build = match args.lang {
        Language::Rust => format!("cargo build --manifest-path {}", place.join("Cargo.toml").display()),
        Language::C => format!("make -C {}", place.display()),
    };
    lines.push(format!("build it: {build}"));
    lines.push(format!("read on:  {}", place.join("README.md").display()));
    print(&lines.join("\n"))
}

/// Refuses the name of an existing plugin: the new plugin would hide that one in every pipeline, or would
/// never be found itself.
fn is_free(args: &NewArgs) -> Result<(), Failure> {
    let Ok(found) = Discovery::new(args.pipeline.as_deref()).find(&args.name) else { return Ok(()) };
    let message = format!("there is a plugin `{}` already: {}", args.name, found.path.display());
    let hint = "of two plugins with the same name, one hides the other; choose another name";
    Err(Failure::new(message).hint(hint))
}

/// The project's folder.
fn place(args: &NewArgs) -> PathBuf {
    if let Some(folder) = &args.dir {
        return folder.clone();
    }
    match &args.pipeline {
        Some(file) => file.parent().unwrap_or(Path::new("")).join("plugins").join(&args.name),
        None => PathBuf::from(&args.name),
    }
}

/// How a pipeline names the plugin: by its path if it is outside the folders that are searched.
fn named(args: &NewArgs, place: &Path) -> Result<String, Failure> {
    if args.dir.is_none() || args.pipeline.is_none() {
        return Ok(args.name.clone());
    }
    let whole = std::path::absolute(place);
    let whole = whole.map_err(|e| Failure::new(format!("cannot write to {}: {e}", place.display())))?;
    Ok(whole.display().to_string())
}

/// The text of a pipeline file with the plugin appended as its last stage. The existing text is kept.
fn with_stage(file: &Path, plugin: &str) -> Result<String, Failure> {
    let before = Pipeline::read(file, &[])?;
    let gap = if before.source().ends_with('\n') || before.source().is_empty() { "" } else { "\n" };
    let plugin = toml::Value::from(plugin);
    let text = format!("{}{gap}\n[[stage]]\nplugin = {plugin}\n", before.source());
    let after = Pipeline::parse(file, text.clone(), &[]);
    if after.is_ok_and(|after| after.stages.len() == before.stages.len() + 1) {
        return Ok(text);
    }
    let hint = "its stages are not `[[stage]]` tables; leave `--pipeline` out and add the stage by hand";
    Err(Failure::new(format!("{} cannot take another stage", file.display())).hint(hint))
}
