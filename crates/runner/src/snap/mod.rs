//! Snapshots of pipelines: what each stage does to each document, as readable text, in files that `cargo
//! insta review` also reads. Neither runs pipelines nor asks the user: that is up to the commands.

mod cause;
mod change;
mod content;
mod file;
mod finished;
mod folder;
mod name;
mod options;
mod record;
mod shown;
mod text;
mod yaml;

pub use cause::causes;
pub use change::{Change, Group, State};
pub use finished::Finished;
pub use folder::{Key, SnapshotFolder};
pub use options::{OptionChange, changed, options};
pub use record::{Recorded, Recorder, stage_names};
pub use shown::{heading, shown};
