//! A sample of the input through all stages of a pipeline, in memory and on one thread. Writes nothing; what is noted
//! of it is up to who watches.

mod difference;
mod sample;
mod stages;

pub use difference::{Line, Sign, common, cut, differing, write_difference};
pub use sample::{ids, rename_sources, sample};
pub use stages::{Watcher, rehearse};
