//! `textmill schema`.

use super::print;
use crate::cli::SchemaArgs;
use crate::config::{Kind, Node, Offered, schema};
use crate::failure::Failure;
use crate::host::{Discovery, LoadedPlugin, Opened};
use std::path::Path;

/// Prints the schema of pipeline files.
///
/// # Errors
/// Where the pipeline file cannot be read.
pub(super) fn print_schema(args: &SchemaArgs) -> Result<(), Failure> {
    let text = schema_text(args.pipeline.as_deref())?;
    print(text.trim_end())
}

/// The schema of pipeline files, with all plugins that this one could name.
///
/// # Errors
/// Where the pipeline file cannot be read.
pub(super) fn schema_text(pipeline: Option<&Path>) -> Result<String, Failure> {
    let discovery = Discovery::new(pipeline);
    let opened = Opened::in_folders(&discovery);
    for error in &opened.broken {
        anstream::eprintln!("{error}");
    }
    let mut named: Vec<(Vec<String>, LoadedPlugin)> =
        opened.plugins.into_iter().map(|(found, plugin)| (vec![found.name], plugin)).collect();
    for path in pipeline.map(paths).transpose()?.unwrap_or_default() {
        let Ok(found) = discovery.find(&path) else { continue };
        let real = found.path.canonicalize().unwrap_or_else(|_| found.path.clone());
        match named.iter_mut().find(|(_, plugin)| plugin.path == real) {
            Some((names, _)) => names.push(path),
            None => match LoadedPlugin::open(&found.path) {
                Ok(plugin) => named.push((vec![path], plugin)),
                Err(error) => anstream::eprintln!("{error}"),
            },
        }
    }
    let offered: Vec<Offered<'_>> = named
        .iter()
        .map(|(names, plugin)| Offered { names: names.clone(), descriptor: &plugin.descriptor })
        .collect();
    Ok(format!("{:#}\n", schema(&offered)))
}

/// Plugins that a pipeline file names by their paths. A file that is being written may have any mistake.
fn paths(pipeline: &Path) -> Result<Vec<String>, Failure> {
    let source = std::fs::read_to_string(pipeline)
        .map_err(|e| Failure::new(format!("cannot read the pipeline file {}: {e}", pipeline.display())))?;
    let tree = Node::parse(&source).ok();
    let stages = tree.as_ref().and_then(|tree| tree.entry("stage")).map(|entry| &entry.node.kind);
    let Some(Kind::List(stages)) = stages else { return Ok(Vec::new()) };
    let mut paths: Vec<String> = Vec::new();
    for stage in stages {
        if let Some(Kind::Text(plugin)) = stage.entry("plugin").map(|entry| &entry.node.kind)
            && plugin.contains(['/', '\\'])
            && !paths.contains(plugin)
        {
            paths.push(plugin.clone());
        }
    }
    Ok(paths)
}
