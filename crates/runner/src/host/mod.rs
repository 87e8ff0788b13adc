//! Loading plugins: the one place where libraries are opened and the C tables are called.

mod discover;
mod file;
mod import;
mod library;
mod stage;
mod table;
mod trust;

pub use discover::{Attempt, Discovery, Found, library_name};
pub use library::{Expected, LoadError, LoadedPlugin, sha256_of};
