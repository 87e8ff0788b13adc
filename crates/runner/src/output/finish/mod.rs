//! The last step of a run: what was staged becomes the final files, on all threads. The bytes of these files
//! depend on what was staged, never on threads or on how rows came in batches.

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
