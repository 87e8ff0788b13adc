//! Ledger rows as an Arrow batch.

use super::finish::ledger_schema;
use crate::engine::LedgerRow;
use arrow_array::builder::{Float64Builder, LargeStringBuilder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use std::sync::Arc;
use textmill_plugin::error::Result;

/// Builds a batch of ledger rows; `stages` maps stage numbers to names.
///
/// # Errors
/// None in practice: the columns match the schema.
pub fn ledger_batch<'l>(rows: impl Iterator<Item = LedgerRow<'l>>, stages: &[&str]) -> Result<RecordBatch> {
    let mut ordinal = UInt64Builder::new();
    let mut id = LargeStringBuilder::new();
    let [mut stage, mut action, mut rule, mut note] = std::array::from_fn(|_| StringBuilder::new());
    let [mut value, mut threshold] = std::array::from_fn(|_| Float64Builder::new());
    let [mut start, mut end] = std::array::from_fn(|_| UInt64Builder::new());
    let [mut replacement, mut other] = std::array::from_fn(|_| LargeStringBuilder::new());
    for row in rows {
        let event = row.event;
        ordinal.append_value(row.ordinal);
        id.append_value(row.id);
        stage.append_value(stages.get(row.stage).copied().unwrap_or("input"));
        action.append_value(event.action.name());
        rule.append_value(event.rule);
        value.append_option(event.value);
        threshold.append_option(event.threshold);
        start.append_option(event.start);
        end.append_option(event.end);
        replacement.append_option(event.replacement);
        other.append_option(row.other);
        note.append_option(event.note);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(ordinal.finish()),
        Arc::new(id.finish()),
        Arc::new(stage.finish()),
        Arc::new(action.finish()),
        Arc::new(rule.finish()),
        Arc::new(value.finish()),
        Arc::new(threshold.finish()),
        Arc::new(start.finish()),
        Arc::new(end.finish()),
        Arc::new(replacement.finish()),
        Arc::new(other.finish()),
        Arc::new(note.finish()),
    ];
    Ok(RecordBatch::try_new(ledger_schema(), columns)?)
}
