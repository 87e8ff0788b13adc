//! Loading plugins: the one place where libraries are opened and the C tables are called.

mod discover;
mod import;
mod library;
mod probe;
mod stage;
mod table;

pub use discover::{Attempt, Discovery, Found, library_name};
pub use library::{LoadError, LoadedPlugin};
pub use probe::{Layout, Probe, Tally, extensions};
