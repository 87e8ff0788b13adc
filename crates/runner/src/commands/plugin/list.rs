//! `textmill plugin list`.

use super::print;
use crate::cli::ListArgs;
use crate::failure::Failure;
use crate::host::{Discovery, LoadedPlugin};
use crate::table::table;

/// Lists the plugins that can be found.
pub(super) fn list(args: &ListArgs) -> Result<(), Failure> {
    let discovery = Discovery::new(args.pipeline.as_deref());
    let mut rows = table(&["plugin", "version", "operators", "found", "library"], 5);
    let mut broken = Vec::new();
    let mut count = 0;
    for found in discovery.all() {
        match LoadedPlugin::open(&found.path) {
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
                    found.path.display().to_string(),
                ]);
            }
            // Any other library may lie in these folders; only one that means to be a plugin is of interest.
            Err(error)
                if error.message.contains("does not export") || error.message.contains("not a library") => {}
            Err(error) => broken.push(error.to_string()),
        }
    }
    if count == 0 {
        let folders: Vec<String> =
            discovery.folders().iter().map(|(_, path)| path.display().to_string()).collect();
        let hint = format!("looked in {}", folders.join(", "));
        return Err(Failure::new("no plugin was found").hint(hint));
    }
    for line in broken {
        anstream::eprintln!("{line}");
    }
    print(&rows.to_string())
}
