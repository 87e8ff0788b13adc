//! Output: the run folder with documents, rejected and failed documents, ledger, summary and `run.json`.

mod columns;
mod complete;
mod deferral;
pub mod finish;
mod folder;
mod ledger;
mod opener;
mod report;
pub mod row;
mod segment_files;
mod staged;
mod value;

pub use columns::OutputColumns;
pub use complete::{Written, complete};
pub use folder::{FolderError, Staging, check_target, check_temp_dir, is_run_folder};
pub use ledger::ledger_batch;
pub use report::{Timings, fingerprint, made_of, run_json, summary_json, totals};
pub use staged::{Budgets, Staged, Waiting};
