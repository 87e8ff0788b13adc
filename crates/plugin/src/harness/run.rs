//! Runs a case through an operator, and says what became of each document.

use super::bound::Bound;
use super::case::Case;
use crate::call::NoHost;
use crate::operator::Plugin;
use arrow_array::RecordBatch;
use serde_json::{Map, Value};
use textmill_core::event::Event;

/// What a stage did to a case.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// One for each document, in order.
    pub verdicts: Vec<Verdict>,
    /// The report of an aggregate.
    pub report: Option<Value>,
}

/// What became of a document.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Its id.
    pub id: String,
    /// The text that the stage received.
    pub before: String,
    /// The text after the stage; `None` if the document does not pass.
    pub after: Option<String>,
    /// Columns of the document after the stage, without those that have no value.
    pub columns: Map<String, Value>,
    /// What the stage did to it.
    pub events: Vec<Event>,
}

/// Runs a case through an operator (`None`: the first) in batches of at most `batch_size` documents.
///
/// # Errors
/// If the stage cannot be bound or fails as a whole.
pub fn run(
    plugin: &dyn Plugin,
    operator: Option<&str>,
    case: &Case,
    batch_size: usize,
) -> Result<Outcome, String> {
    let whole = case.batch()?;
    let step = batch_size.clamp(1, whole.num_rows().max(1));
    let starts = (0..whole.num_rows()).step_by(step);
    let batches: Vec<RecordBatch> = starts.map(|s| whole.slice(s, step.min(whole.num_rows() - s))).collect();
    let bound = Bound::bind(plugin, operator, &case.options, &whole.schema()).map_err(|e| e.message)?;
    bound.run(&NoHost, &batches).map_err(|e| e.message)
}
