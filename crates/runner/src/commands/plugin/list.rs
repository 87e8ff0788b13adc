//! `textmill plugin list`.

use super::print;
use crate::cli::ListArgs;
use crate::config::{Draft, LockPolicy};
use crate::failure::Failure;
use crate::host::{Discovery, Opened};
use crate::table::table;

/// Lists the plugins that can be found.
pub(super) fn list(args: &ListArgs, locked: bool) -> Result<(), Failure> {
    if let Some(pipeline) = args.pipeline.as_ref().filter(|pipeline| !pipeline.exists()) {
        Draft::read(pipeline, &[])?;
    }
    let lock_policy = LockPolicy::of(args.pipeline.as_deref(), locked)?;
    let discovery = Discovery::new(args.pipeline.as_deref());
    let mut rows = table(&["plugin", "version", "operators", "found", "library"], 5);
    let opened = Opened::in_folders(&discovery, &lock_policy);
    if opened.plugins.is_empty() {
        let folders: Vec<String> =
            discovery.folders().iter().map(|(_, path)| path.display().to_string()).collect();
        let hint = format!("looked in {}", folders.join(", "));
        return Err(Failure::new("no plugin was found").hint(hint));
    }
    for (found, plugin) in opened.plugins {
        let stages = plugin.descriptor.operators.iter().filter(|o| o.is_stage());
        let stages: Vec<&str> = stages.map(|o| o.name.as_str()).collect();
        let version = plugin.descriptor.version.clone();
        rows.add_row(vec![
            found.name,
            version,
            stages.join(", "),
            found.why,
            plugin.path.display().to_string(),
        ]);
    }
    for error in opened.broken {
        let hint = error.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        anstream::eprintln!("{error}{hint}");
    }
    print(&rows.to_string())
}
