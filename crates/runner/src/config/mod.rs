//! Pipeline files: from TOML to what the engine runs, with every mistake at its line and column.

mod options;
mod pipeline;
mod problem;
mod section;
mod settings;
mod tree;

pub use options::{check_options, with_defaults};
pub use pipeline::{Pipeline, StageConfig};
pub use problem::{Problem, Problems, suggest};
pub use section::bytes_of;
pub use settings::{Compression, Input, Output, OutputFormat, Run};
pub use tree::{Entry, Kind, Node, Place};
