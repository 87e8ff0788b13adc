//! Pipeline files: parses TOML into the settings that the engine runs with, and reports every mistake at its
//! line and column.

mod extends;
mod lock;
mod options;
mod pipeline;
mod problem;
mod schema;
mod section;
mod sets;
mod settings;
mod source;
mod stages;
mod syntax;
mod testing;
#[cfg(test)]
mod tests;
mod tree;
mod variables;

pub use lock::{LOCK_FILE, Lock, LockPolicy, LockedPlugin, NotLocked, lock_places, platform};
pub use options::{check_options, fitted, option_doc, schema_of_options, takes_numbers, with_defaults};
pub use pipeline::{Draft, Pipeline, TABLES};
pub use problem::{Problem, Problems, Severity, nearest, suggest};
pub use schema::{Offered, SCHEMA_FILE, key_schemas, schema};
pub use section::{bytes_of, time_of};
pub use settings::{Compression, FORMATS, Input, MOST_THREADS, Output, OutputFormat, Run, located};
pub use source::Source;
pub use stages::StageConfig;
pub use testing::Testing;
pub use tree::{Entry, Kind, Node, Place, Span, set_value};
pub use variables::Used;
