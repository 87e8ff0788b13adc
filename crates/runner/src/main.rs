//! The `textmill` program: reads the command line and reports the outcome.

use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use textmill::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match textmill::commands::carry_out(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let styled =
                std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
            anstream::eprintln!("{}", failure.render(styled));
            ExitCode::FAILURE
        }
    }
}
