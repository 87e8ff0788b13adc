//! The `textmill` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    textmill::main()
}
