//! The runner of textmill as a library: pipeline files, the host of plugins, the engine, the outputs.
//!
//! It names no plugin: everything it knows of one comes from the plugin's descriptor. Unsafe code stands
//! in [`host`] alone.
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

/// The whole program: reads the command line (the first argument is the program's own name), carries it
/// out, and reports the outcome. Gives the exit status.
pub fn main(arguments: Vec<OsString>) -> u8 {
    let cli = match cli::parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Where nobody listens, the status is all that can be said.
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

/// Whether what goes to stderr has colours.
fn styled() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    std::io::stderr().is_terminal() && !no_color
}
