//! The `textmill` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    textmill::main(std::env::args_os().collect())
}
