//! Pipeline files: from TOML to what the engine runs, with every mistake at its line and column.

mod options;
mod pipeline;
mod problem;
mod section;
mod tree;

pub use options::{check_options, with_defaults};
pub use pipeline::{Input, Output, Pipeline, Run, StageConfig};
pub use problem::{Problem, Problems, suggest};
pub use tree::{Entry, Kind, Node, Place};
