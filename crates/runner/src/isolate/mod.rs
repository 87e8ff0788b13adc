//! Stages whose plugin runs in a process of its own: a crash or a hang costs the guilty document.
//!
//! [`IsolatedPlugin`] looks like any plugin to the engine. Behind it, each bound operator and each of its
//! workers is a child: this program once more, which loads the library ([`serve`]). Batches go back and forth
//! over a socket as Arrow IPC. How far a call has come stands in a file that both share, so that it is known
//! when the child has died. Linux alone has what this takes.

mod ended;
mod limits;
mod plugin;
#[cfg(target_os = "linux")]
mod process;
#[cfg(not(target_os = "linux"))]
#[path = "process_absent.rs"]
mod process;
mod recipe;
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

/// The hidden subcommand that a child is started with.
pub const SUBCOMMAND: &str = "isolated-plugin";
