//! The subcommands.

mod check;
mod dev;
mod diff;
mod dry_run;
mod examine;
mod explain;
mod failed;
mod init;
mod interrupted;
mod ledger;
mod place;
pub mod plugin;
mod run;
mod schema;
mod snapshots;
mod what_if;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::host::watch_exits;

/// Runs a command.
///
/// # Errors
/// Returns the message for the user.
pub fn carry_out(cli: &Cli) -> Result<(), Failure> {
    // For isolated plugins and plugin checks, the watching process reports how they ended.
    if !matches!(&cli.command, Command::IsolatedPlugin | Command::Plugin(_)) {
        watch_exits();
    }
    match &cli.command {
        Command::Run(args) => run::run(args, cli.quiet, cli.verbose, cli.locked),
        Command::Check(args) => check::check(args, cli.quiet, cli.locked),
        Command::Test(args) => snapshots::test(args, cli.quiet, cli.verbose, cli.locked),
        Command::Review(args) => snapshots::review(args),
        Command::Accept(args) => snapshots::accept(args, cli.quiet),
        Command::Reject(args) => snapshots::reject(args, cli.quiet),
        Command::Diff(args) => diff::diff(args),
        Command::Explain(args) => explain::explain(args),
        Command::WhatIf(args) => what_if::what_if(args),
        Command::Ledger(args) => ledger::ledger(args),
        Command::Schema(args) => schema::print_schema(args, cli.locked),
        Command::Init(args) => init::init(args),
        Command::Dev(args) => dev::dev(args, cli.verbose, cli.locked),
        Command::Plugin(command) => plugin::plugin(command, cli.locked),
        Command::IsolatedPlugin => isolated_plugin(),
    }
}

/// Acts as the process of an isolated plugin.
fn isolated_plugin() -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    {
        let failed = |e| Failure::new(format!("cannot be the process of a plugin: {e}"));
        crate::isolate::serve().map_err(failed)
    }
    #[cfg(not(target_os = "linux"))]
    {
        Err(Failure::new("`isolation = \"process\"` needs Linux"))
    }
}

/// Writes a result to stdout. A closed pipe, as with `| head`, is not a failure.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = anstream::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
