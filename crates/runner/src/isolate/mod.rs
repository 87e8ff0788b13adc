//! Stages whose plugin runs in a process of its own, so that a crash or a hang costs only the guilty
//! document.
//!
//! [`IsolatedPlugin`] looks like any other plugin to the engine. Behind it, each bound operator and each of
//! its workers is a child process: this program again, which loads the library ([`serve`]). Batches are
//! exchanged over a socket as Arrow IPC. The progress of a call is kept in a shared file, so that it is still
//! known when the child has died. Available on Linux only.

mod call_failure;
mod limits;
mod plugin;
#[cfg(target_os = "linux")]
mod process;
#[cfg(not(target_os = "linux"))]
#[path = "process_absent.rs"]
mod process;
mod process_pool;
mod repro;
#[cfg(target_os = "linux")]
mod serve;
mod wire;
mod worker;

pub use limits::Limits;
pub use plugin::IsolatedPlugin;
pub use repro::{FOLDER as REPROS, Repro, Repros};
#[cfg(target_os = "linux")]
pub use serve::serve;

/// The hidden subcommand that starts a child process.
pub const SUBCOMMAND: &str = "isolated-plugin";
