//! The subcommands of `textmill plugin`.

pub mod info;
mod list;
mod which;

use super::print;
use crate::cli::{PluginCommand, PluginName};
use crate::config::suggest;
use crate::failure::Failure;
use crate::host::{Discovery, LoadedPlugin};

/// Looks at plugins.
///
/// # Errors
/// What the user is to be told.
pub fn plugin(command: &PluginCommand) -> Result<(), Failure> {
    match command {
        PluginCommand::List(args) => list::list(args),
        PluginCommand::Info(args) => info::info(&args.plugin),
        PluginCommand::Which(args) => which::which(&args.plugin),
    }
}

/// Opens the plugin that a command names.
fn open(args: &PluginName) -> Result<LoadedPlugin, Failure> {
    let discovery = Discovery::new(args.pipeline.as_deref());
    match discovery.find(&args.name) {
        Ok(found) => Ok(LoadedPlugin::open(&found.path)?),
        Err(attempts) => {
            let tried: Vec<String> = attempts.iter().map(|a| format!("  {}", a.path.display())).collect();
            let names: Vec<String> = discovery.all().into_iter().map(|f| f.name).collect();
            let hint = suggest(&args.name, names.iter().map(String::as_str));
            let hint =
                hint.unwrap_or_else(|| "`textmill plugin list` shows the plugins that there are".into());
            Err(Failure::new(format!("there is no plugin `{}`; looked for\n{}", args.name, tried.join("\n")))
                .hint(hint))
        }
    }
}
