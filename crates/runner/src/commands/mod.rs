//! The subcommands.

mod check;
mod dev;
mod diff;
mod dry_run;
mod examine;
mod explain;
mod init;
mod interrupted;
mod ledger;
mod place;
mod plugin;
mod run;
mod schema;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

/// Carries out a command line.
///
/// # Errors
/// What the user is to be told.
pub fn carry_out(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Run(args) => run::run(args, cli.quiet, cli.verbose, cli.locked),
        Command::Check(args) => check::check(args, cli.quiet, cli.locked),
        Command::Diff(args) => diff::diff(args),
        Command::Explain(args) => explain::explain(args),
        Command::Ledger(args) => ledger::ledger(args),
        Command::Schema(args) => schema::print_schema(args, cli.locked),
        Command::Init(args) => init::init(args),
        Command::Dev(args) => dev::dev(args, cli.verbose, cli.locked),
        Command::Plugin(command) => plugin::plugin(command, cli.locked),
        Command::IsolatedPlugin => isolated_plugin(),
    }
}

/// Is the process of a plugin.
fn isolated_plugin() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        let failed = |e| Failure::new(format!("cannot be the process of a plugin: {e}"));
        crate::isolate::serve().map_err(failed)
    }
    #[cfg(not(unix))]
    {
        Err(Failure::new("`isolation = \"process\"` needs a Unix system"))
    }
}

/// Writes a result to stdout. A reader that has gone away, as `| head` does, is no failure.
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
