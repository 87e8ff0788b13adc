//! Loads plugins: the only place where libraries are opened and C tables are called.

mod all;
mod discover;
mod elf;
mod exits;
mod file;
pub mod import;
mod library;
mod probe;
mod project;
mod raw;
mod stage;
mod table;
mod trust;

pub use all::Opened;
pub use discover::{Attempt, Discovery, Found, library_name};
pub use exits::watch_exits;
pub use library::{Expected, LoadError, LoadedPlugin, sha256_of};
pub use probe::{Layout, Probe, Tally, extensions};
pub use project::{Project, Tool};
pub(crate) use trust::is_privileged;
