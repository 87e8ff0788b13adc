//! Output: the run folder with documents, rejected and failed documents, ledger, summary and `run.json`.

mod folder;
mod ledger;
mod merge;
mod report;
pub mod row;
mod sink;

pub use folder::{FolderError, Staging, check_target, is_run_folder};
pub use report::{Timings, run_json, summary_json, totals};
pub use sink::{FolderSink, Written};
