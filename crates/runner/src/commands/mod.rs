//! The subcommands.

mod check;
mod dry_run;
mod interrupted;
mod place;
pub mod plugin;
mod run;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

/// Carries out a command line.
///
/// # Errors
/// What the user is to be told.
pub fn carry_out(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Run(args) => run::run(args, cli.quiet, cli.verbose),
        Command::Check(args) => check::check(args, cli.quiet),
        Command::Plugin(command) => plugin::plugin(command),
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
