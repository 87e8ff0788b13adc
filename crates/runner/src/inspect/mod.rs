//! Reading run folders again: what happened in a run, and to a document. Reads only, and never all of a large file
//! into memory.

mod fate;
mod ledger;
mod original;
mod run_folder;

pub use fate::Fate;
pub use ledger::{Entry, Filter, Ledger};
pub use original::original;
pub use run_folder::RunFolder;
