//! `textmill schema`.

use super::print;
use crate::cli::SchemaArgs;
use crate::config::{Draft, LockPolicy, Offered, schema};
use crate::failure::Failure;
use crate::host::{Discovery, LoadedPlugin, Opened};
use std::path::Path;

/// Prints the schema of pipeline files.
///
/// # Errors
/// If the pipeline file cannot be read.
pub(super) fn print_schema(args: &SchemaArgs, locked: bool) -> Result<(), Failure> {
    let text = schema_text(args.pipeline.as_deref(), locked)?;
    print(text.trim_end())
}

/// The schema of pipeline files, with all plugins that this pipeline file could name.
///
/// # Errors
/// If the pipeline file cannot be read.
pub(super) fn schema_text(pipeline: Option<&Path>, locked: bool) -> Result<String, Failure> {
    let discovery = Discovery::new(pipeline);
    let lock_policy = LockPolicy::of(pipeline, locked)?;
    let opened = Opened::in_folders(&discovery, &lock_policy);
    for error in &opened.broken {
        anstream::eprintln!("{error}");
    }
    let mut named: Vec<(Vec<String>, LoadedPlugin)> =
        opened.plugins.into_iter().map(|(found, plugin)| (vec![found.name], plugin)).collect();
    for path in pipeline.map(paths).transpose()?.unwrap_or_default() {
        let Ok(found) = discovery.find(&path) else { continue };
        match named.iter_mut().find(|(_, plugin)| plugin.path == found.real_path()) {
            Some((names, _)) => names.push(path),
            None => {
                let opened = Opened::all([found], &lock_policy);
                named.extend(opened.plugins.into_iter().map(|(_, plugin)| (vec![path.clone()], plugin)));
                opened.broken.iter().for_each(|error| anstream::eprintln!("{error}"));
            }
        }
    }
    let offered: Vec<Offered<'_>> = named
        .iter()
        .map(|(names, plugin)| Offered { names: names.clone(), descriptor: &plugin.descriptor })
        .collect();
    Ok(format!("{:#}\n", schema(&offered)))
}

/// The plugins that a pipeline file names by path. The file may still contain mistakes.
fn paths(pipeline: &Path) -> Result<Vec<String>, Failure> {
    let mut paths: Vec<String> = Vec::new();
    for stage in Draft::read(pipeline, &[])?.pipeline.stages {
        if stage.plugin.contains(['/', '\\']) && !paths.contains(&stage.plugin) {
            paths.push(stage.plugin);
        }
    }
    Ok(paths)
}
