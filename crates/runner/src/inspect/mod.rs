//! Reading run folders again: what happened in a run, and to a document. Reads only, and never all of a large file
//! into memory.

mod ledger;
mod run_folder;

pub use ledger::{Entry, Filter, Ledger};
pub use run_folder::RunFolder;
