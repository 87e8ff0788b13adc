//! The `textmill` program.

use std::process::ExitCode;

/// Batches of megabytes come and go all the time. The system's allocator gives such memory back to the kernel each time, and
/// half of a run without stages went into clearing pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(textmill::main(std::env::args_os().collect()))
}
