//! Pipeline files: from TOML to what the engine runs, with every mistake at its line and column.

mod lock;
mod options;
mod pipeline;
mod problem;
mod schema;
mod section;
mod settings;
mod testing;
mod tree;

pub use lock::{LOCK_FILE, Lock, LockedPlugin, Locking, NotLocked, lock_places, platform};
pub use options::{check_options, with_defaults};
pub use pipeline::{Pipeline, StageConfig, TABLES};
pub use problem::{Problem, Problems, suggest};
pub use schema::{Offered, SCHEMA_FILE, schema};
pub use section::bytes_of;
pub use settings::{Compression, Input, Output, OutputFormat, Run};
pub use testing::Testing;
pub use tree::{Entry, Kind, Node, Place};
