//! `textmill plugin list`.

use super::print;
use crate::cli::ListArgs;
use crate::failure::Failure;
use crate::host::{Discovery, Opened};
use crate::table::table;

/// Lists the plugins that can be found.
pub(super) fn list(args: &ListArgs) -> Result<(), Failure> {
    let discovery = Discovery::new(args.pipeline.as_deref());
    let mut rows = table(&["plugin", "version", "operators", "found", "library"], 5);
    let opened = Opened::in_folders(&discovery);
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
            found.path.display().to_string(),
        ]);
    }
    for error in opened.broken {
        anstream::eprintln!("{error}");
    }
    print(&rows.to_string())
}
