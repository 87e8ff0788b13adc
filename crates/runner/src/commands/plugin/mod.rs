//! The subcommands of `textmill plugin`.

mod check;
pub mod info;
mod list;
mod lock;
mod new;
mod options;
mod repro;
mod shrink;
mod which;

use super::print;
use crate::cli::{PluginCommand, PluginName};
use crate::config::{LockPolicy, NotLocked};
use crate::failure::Failure;
use crate::host::{Discovery, Found, LoadedPlugin};

/// Runs a subcommand of `textmill plugin`.
///
/// # Errors
/// Returns the message for the user.
pub fn plugin(command: &PluginCommand, locked: bool) -> Result<(), Failure> {
    match command {
        PluginCommand::List(args) => list::list(args, locked),
        PluginCommand::Info(args) => info::info(&args.plugin, locked),
        PluginCommand::New(args) => new::new(args),
        PluginCommand::Which(args) => which::which(&args.plugin),
        PluginCommand::Repro(args) => repro::repro(args, locked),
        PluginCommand::Lock(args) => lock::lock(args, locked),
        PluginCommand::Check(args) => check::check(args, locked),
        PluginCommand::CheckOne { request } => crate::conformance::carry_out(request).map_err(Failure::new),
    }
}

/// Opens the plugin that a command names.
fn open(args: &PluginName, locked: bool) -> Result<LoadedPlugin, Failure> {
    let lock_policy = LockPolicy::of(args.pipeline.as_deref(), locked)?;
    let found = find(&Discovery::new(args.pipeline.as_deref()), &args.name)?;
    let expected = lock_policy.expected(&found.name)?;
    Ok(LoadedPlugin::open_with(&found.path, expected.as_ref())?)
}

/// Finds a plugin by name.
fn find(discovery: &Discovery, name: &str) -> Result<Found, Failure> {
    discovery.find(name).map_err(|attempts| {
        let (message, hint) = discovery.not_found(name, &attempts);
        Failure::new(message).hint(hint)
    })
}

impl From<NotLocked> for Failure {
    fn from(refused: NotLocked) -> Self {
        Self::new(refused.message).hint(refused.hint)
    }
}
