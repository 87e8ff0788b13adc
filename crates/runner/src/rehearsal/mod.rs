//! Runs a sample of the input through all stages of a pipeline, in memory and on one thread. Writes nothing;
//! a [`Watcher`] receives the results.

mod difference;
mod sample;
mod stages;

pub use difference::{Line, Sign, common, cut, differing, write_difference};
pub use sample::{ids, rename_sources, sample};
pub use stages::{Watcher, rehearse};
