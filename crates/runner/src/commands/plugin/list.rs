//! `textmill plugin list`.

use super::print;
use crate::cli::ListArgs;
use crate::config::Locking;
use crate::failure::Failure;
use crate::host::{Discovery, LoadedPlugin};
use crate::table::table;

/// Lists the plugins that can be found.
pub(super) fn list(args: &ListArgs, locked: bool) -> Result<(), Failure> {
    let locking = Locking::of(args.pipeline.as_deref(), locked)?;
    let discovery = Discovery::new(args.pipeline.as_deref());
    let mut rows = table(&["plugin", "version", "operators", "found", "library"], 5);
    let mut broken = Vec::new();
    let mut count = 0;
    for found in discovery.all() {
        let expected = match locking.expected(&found.name) {
            Ok(expected) => expected,
            // What is not loaded is not known to be a plugin.
            Err(refused) => {
                broken.push(format!("{}: {}", found.path.display(), refused.message));
                continue;
            }
        };
        match LoadedPlugin::open_with(&found.path, expected.as_ref()) {
            Ok(plugin) => {
                count += 1;
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
            // Any other library may lie in these folders; only one that means to be a plugin is of interest.
            Err(error)
                if error.message.contains("does not export") || error.message.contains("not a library") => {}
            Err(error) => {
                let hint = error.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
                broken.push(format!("{error}{hint}"));
            }
        }
    }
    for line in broken {
        anstream::eprintln!("{line}");
    }
    if count == 0 {
        let folders: Vec<String> =
            discovery.folders().iter().map(|(_, path)| path.display().to_string()).collect();
        let hint = format!("looked in {}", folders.join(", "));
        return Err(Failure::new("no plugin was found").hint(hint));
    }
    print(&rows.to_string())
}
