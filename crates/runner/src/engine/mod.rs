//! The engine: runs documents through the stages of a pipeline, on many threads, in input order.

mod chain;
mod counts;
mod ledger;
mod lines;
mod loaded;
mod memory;
mod missing;
mod morsel;
mod names;
mod opened;
mod outcome;
mod placed;
mod pool;
mod prepare;
mod profile;
mod published;
mod run;
mod sample;
mod segment;
mod sums;
mod warnings;

pub use counts::{Counts, RuleCounts, StageCounts, Totals};
pub use ledger::LedgerRow;
pub use lines::Lines;
pub use memory::Shares;
pub use morsel::{Block, Morsel, Origin};
pub use names::names_schema;
pub use opened::OpenedPlugin;
pub use outcome::{Outcome, text_bytes};
pub use pool::{Idle, Pool, stopped};
pub use prepare::{Bound, Prepared, PreparedStage, prepare};
pub use published::{hand_over_saved, table_files};
pub use run::{Engine, Finished, Settings};
pub use sample::Sample;
