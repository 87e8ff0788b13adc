//! Loading plugins: the one place where libraries are opened and the C tables are called.

mod all;
mod discover;
mod import;
mod library;
mod project;
mod stage;
mod table;

pub use all::Opened;
pub use discover::{Attempt, Discovery, Found, library_name};
pub use library::{LoadError, LoadedPlugin};
pub use project::{Project, Tool};
