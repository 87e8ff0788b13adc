//! Reads run folders: what happened in a run, and to a document. Writes nothing, and never reads all of a
//! large file into memory.

mod compare;
mod fate;
mod find;
mod ledger;
mod lines;
mod near;
mod original;
mod run_folder;

pub use compare::{Changed, Comparison, Reason, compare};
pub use fate::Fate;
pub use ledger::{Entry, Filter, Ledger};
pub use lines::{Ending, each_line};
pub use near::near_ids;
pub use original::{Original, original};
pub use run_folder::RunFolder;
