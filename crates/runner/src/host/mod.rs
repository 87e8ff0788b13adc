//! Loading plugins: the one place where libraries are opened and the C tables are called.

mod discover;
pub mod import;
mod library;
mod raw;
mod stage;
mod table;

pub use discover::{Attempt, Discovery, Found, library_name};
pub use library::{LoadError, LoadedPlugin};
