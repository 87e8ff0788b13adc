//! The subcommands of `textmill plugin`.

mod check;
mod info;
mod list;
mod which;

use super::print;
use crate::cli::{PluginCommand, PluginName};
use crate::config::suggest;
use crate::failure::Failure;
use crate::host::{Discovery, Found, LoadedPlugin};
use std::path::Path;

/// Looks at plugins.
///
/// # Errors
/// What the user is to be told.
pub fn plugin(command: &PluginCommand) -> Result<(), Failure> {
    match command {
        PluginCommand::List(args) => list::list(args),
        PluginCommand::Info(args) => info::info(&args.plugin),
        PluginCommand::Which(args) => which::which(&args.plugin),
        PluginCommand::Check(args) => check::check(args),
        PluginCommand::CheckOne { request } => crate::conformance::carry_out(request).map_err(Failure::new),
    }
}

/// Opens the plugin that a command names.
fn open(args: &PluginName) -> Result<LoadedPlugin, Failure> {
    Ok(LoadedPlugin::open(&find(&args.name, args.pipeline.as_deref())?.path)?)
}

/// Finds the library that a command names.
fn find(name: &str, pipeline: Option<&Path>) -> Result<Found, Failure> {
    let discovery = Discovery::new(pipeline);
    match discovery.find(name) {
        Ok(found) => Ok(found),
        Err(attempts) => {
            let tried: Vec<String> = attempts.iter().map(|a| format!("  {}", a.path.display())).collect();
            let names: Vec<String> = discovery.all().into_iter().map(|f| f.name).collect();
            let hint = suggest(name, names.iter().map(String::as_str));
            let hint =
                hint.unwrap_or_else(|| "`textmill plugin list` shows the plugins that there are".into());
            Err(Failure::new(format!("there is no plugin `{name}`; looked for\n{}", tried.join("\n")))
                .hint(hint))
        }
    }
}
