//! The runner of textmill as a library: pipeline files, the plugin host, the engine, and the outputs.
//!
//! It refers to no plugin by name: all it knows about one comes from the plugin's descriptor. Only [`host`]
//! has unsafe code.
#![deny(unsafe_code)]

pub mod child;
pub mod cli;
pub mod commands;
pub mod config;
pub mod conformance;
pub mod engine;
pub mod failure;
pub mod host;
pub mod input;
pub mod inspect;
mod interrupt;
pub mod isolate;
pub mod journal;
mod json;
pub mod output;
mod paths;
pub mod progress;
mod rehearsal;
pub mod remote;
pub mod scaffold;
mod signals;
mod snap;
pub mod spill;
pub mod table;

use std::ffi::OsString;
use std::io::IsTerminal;

/// Runs the whole program: parses the command line (whose first argument is the program's own name), carries
/// out the command, and reports the outcome. Returns the exit status.
pub fn main(arguments: Vec<OsString>) -> u8 {
    let cli = match cli::parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // If the message cannot be printed, the status must do.
            let _ = error.print();
            return error.exit_code().try_into().unwrap_or(2);
        }
    };
    match commands::carry_out(&cli) {
        Ok(()) => 0,
        Err(failure::Failure::Negative) => failure::Failure::Negative.exit_status(),
        Err(failure) => {
            anstream::eprintln!("{}", failure.render(styled()));
            failure.exit_status()
        }
    }
}

/// Whether output on stderr is coloured.
fn styled() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    std::io::stderr().is_terminal() && !no_color
}
