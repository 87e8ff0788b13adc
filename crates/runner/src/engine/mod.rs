//! The engine: documents through the stages of a pipeline, on many threads, in input order.

mod chain;
mod counts;
mod ordered;
mod outcome;
mod prepare;
mod run;

pub use counts::{Counts, RuleCounts, StageCounts, Totals};
pub use outcome::{LedgerRow, Outcome};
pub use prepare::{Bound, Prepared, PreparedStage, prepare};
pub use run::{Engine, Finished, Sink};
