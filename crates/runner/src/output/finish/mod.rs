//! The last step of a run: turns the staged files into the final files, on all threads. The bytes of the
//! final files depend only on what was staged, never on threads or on how rows were split into batches.

mod blocks;
mod bytes;
mod fanout;
mod ledger;
mod lines;
mod merge;
pub mod parquet;
mod parts;
mod rows;

pub use fanout::each_in_order;
pub use ledger::{ledger, ledger_schema};
pub use lines::documents;
pub use merge::{FRAME_HEAD, Frames, frame, merge_lines};
pub use parts::sync;
