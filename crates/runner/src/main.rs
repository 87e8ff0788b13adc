//! The `textmill` program.

use std::process::ExitCode;

/// Batches of megabytes are allocated and freed all the time. The system's allocator returns such memory to
/// the kernel each time, and half of a run without stages was spent on clearing pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    without_huge_pages();
    ExitCode::from(textmill::main(std::env::args_os().collect()))
}

/// Disables huge pages. Regions large enough for them are those that have not been touched for a while: on a
/// virtual machine whose host reclaims such memory, each megabyte costs ten times as much, a third of a run's
/// time. Where the memory is present, huge pages would save 2 to 6 %.
fn without_huge_pages() {
    // A kernel that refuses has no huge pages, so an error does no harm.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
