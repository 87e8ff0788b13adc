//! `textmill plugin which`.

use super::print;
use crate::cli::PluginName;
use crate::failure::Failure;
use crate::host::Discovery;

/// Shows every place that is searched for a plugin.
pub(super) fn which(args: &PluginName) -> Result<(), Failure> {
    let discovery = Discovery::new(args.pipeline.as_deref());
    let mut lines = Vec::new();
    let mut won = false;
    for attempt in discovery.candidates(&args.name) {
        let mark = match (attempt.exists, won) {
            (true, false) => "found",
            (true, true) => "hidden",
            (false, _) => "no",
        };
        won |= attempt.exists;
        lines.push(format!("{mark:6} {} ({})", attempt.path.display(), attempt.why));
    }
    print(&lines.join("\n"))?;
    if won { Ok(()) } else { Err(Failure::new(format!("there is no plugin `{}`", args.name))) }
}
