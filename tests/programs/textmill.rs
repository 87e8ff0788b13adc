//! The program, built where the tests find it.

use std::process::ExitCode;

fn main() -> ExitCode {
    textmill::main()
}
