//! The `textmill` program.

use std::process::ExitCode;

/// Batches of megabytes come and go all the time. The system's allocator gives such memory back to the kernel each time, and
/// half of a run without stages went into clearing pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    without_huge_pages();
    ExitCode::from(textmill::main(std::env::args_os().collect()))
}

/// Memory comes in pages of the usual size. Huge ones are whole where nothing was touched for a while: on a virtual machine
/// whose host takes such memory back, each megabyte costs ten times as much, a third of a run's time. Where they are at hand
/// they would save 2 to 6 %.
fn without_huge_pages() {
    // A kernel that refuses has none, and then nothing is lost.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
