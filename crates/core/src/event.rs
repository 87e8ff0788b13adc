//! Events: what a stage did to a document, as rows and as an Arrow record batch.

use crate::edit::Edit;
use arrow_array::builder::{
    Float64Builder, LargeStringBuilder, StringBuilder, UInt8Builder, UInt32Builder, UInt64Builder,
};
use arrow_array::{
    Array, ArrayRef, Float64Array, LargeStringArray, RecordBatch, StringArray, UInt8Array, UInt32Array,
    UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// What an event reports. The numbers are part of the plugin contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Action {
    /// A span of the text was replaced.
    Edit = 0,
    /// The document goes no further.
    Drop = 1,
    /// Something worth knowing that changed nothing.
    Annotate = 2,
    /// The document could not be processed.
    Fail = 3,
}

impl Action {
    /// The action with this number.
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Edit, Self::Drop, Self::Annotate, Self::Fail].into_iter().find(|a| *a as u8 == code)
    }

    /// The word that the ledger shows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Drop => "drop",
            Self::Annotate => "annotate",
            Self::Fail => "fail",
        }
    }
}

/// One event of a stage on one row of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Row of the batch that the stage received.
    pub row: u32,
    /// What happened.
    pub action: Action,
    /// Kebab-case id of the rule.
    pub rule: Cow<'static, str>,
    /// What the rule measured.
    pub value: Option<f64>,
    /// What it compared the value with.
    pub threshold: Option<f64>,
    /// First byte of the span in the text that the stage received.
    pub start: Option<u64>,
    /// One past the last byte of the span.
    pub end: Option<u64>,
    /// What stands in place of the span after an edit.
    pub replacement: Option<Cow<'static, str>>,
    /// Ordinal of another document, such as the twin that was kept.
    pub other: Option<u64>,
    /// A few words for the reader.
    pub note: Option<Cow<'static, str>>,
}

impl Event {
    /// An event without measurements.
    pub fn new(row: u32, action: Action, rule: impl Into<Cow<'static, str>>) -> Self {
        Self {
            row,
            action,
            rule: rule.into(),
            value: None,
            threshold: None,
            start: None,
            end: None,
            replacement: None,
            other: None,
            note: None,
        }
    }

    /// The event of an edit.
    pub fn of_edit(row: u32, edit: Edit) -> Self {
        Self {
            value: edit.value,
            threshold: edit.threshold,
            start: Some(edit.start as u64),
            end: Some(edit.end as u64),
            replacement: Some(edit.replacement),
            note: edit.note,
            ..Self::new(row, Action::Edit, edit.rule)
        }
    }

    /// The edit that this event records, where it records one with a span.
    pub fn to_edit(&self) -> Option<Edit> {
        if self.action != Action::Edit {
            return None;
        }
        Some(Edit {
            start: usize::try_from(self.start?).ok()?,
            end: usize::try_from(self.end?).ok()?,
            replacement: self.replacement.clone().unwrap_or(Cow::Borrowed("")),
            rule: self.rule.clone(),
            value: self.value,
            threshold: self.threshold,
            note: self.note.clone(),
        })
    }

    /// The same event with a value and its threshold.
    #[must_use]
    pub fn measured(mut self, value: f64, threshold: f64) -> Self {
        self.value = Some(value);
        self.threshold = Some(threshold);
        self
    }

    /// The same event with a value alone.
    #[must_use]
    pub fn value(mut self, value: f64) -> Self {
        self.value = Some(value);
        self
    }

    /// The same event with another document's ordinal.
    #[must_use]
    pub fn other(mut self, ordinal: u64) -> Self {
        self.other = Some(ordinal);
        self
    }

    /// The same event with a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.note = Some(note.into());
        self
    }
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("row", DataType::UInt32, false),
        Field::new("action", DataType::UInt8, false),
        Field::new("rule", DataType::Utf8, false),
        Field::new("value", DataType::Float64, true),
        Field::new("threshold", DataType::Float64, true),
        Field::new("start", DataType::UInt64, true),
        Field::new("end", DataType::UInt64, true),
        Field::new("replacement", DataType::LargeUtf8, true),
        Field::new("other", DataType::UInt64, true),
        Field::new("note", DataType::Utf8, true),
    ]))
});

/// Columns of a batch of events, as it crosses the plugin boundary.
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// Writes events as a record batch of [`schema`].
///
/// # Errors
/// Only where the events hold more string bytes than Arrow can address.
pub fn to_batch(events: &[Event]) -> Result<RecordBatch, ArrowError> {
    let n = events.len();
    let mut row = UInt32Builder::with_capacity(n);
    let mut action = UInt8Builder::with_capacity(n);
    let mut rule = StringBuilder::with_capacity(n, n * 12);
    let mut value = Float64Builder::with_capacity(n);
    let mut threshold = Float64Builder::with_capacity(n);
    let mut start = UInt64Builder::with_capacity(n);
    let mut end = UInt64Builder::with_capacity(n);
    let mut replacement = LargeStringBuilder::with_capacity(n, n * 4);
    let mut other = UInt64Builder::with_capacity(n);
    let mut note = StringBuilder::with_capacity(n, 0);
    for event in events {
        row.append_value(event.row);
        action.append_value(event.action as u8);
        rule.append_value(&event.rule);
        value.append_option(event.value);
        threshold.append_option(event.threshold);
        start.append_option(event.start);
        end.append_option(event.end);
        replacement.append_option(event.replacement.as_deref());
        other.append_option(event.other);
        note.append_option(event.note.as_deref());
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(row.finish()),
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
    RecordBatch::try_new(schema(), columns)
}

/// Reads events from a record batch of [`schema`].
///
/// # Errors
/// A sentence that names the column or row that does not fit.
pub fn from_batch(batch: &RecordBatch) -> Result<Vec<Event>, String> {
    let row = column::<UInt32Array>(batch, "row")?;
    let action = column::<UInt8Array>(batch, "action")?;
    let rule = column::<StringArray>(batch, "rule")?;
    let value = column::<Float64Array>(batch, "value")?;
    let threshold = column::<Float64Array>(batch, "threshold")?;
    let start = column::<UInt64Array>(batch, "start")?;
    let end = column::<UInt64Array>(batch, "end")?;
    let replacement = column::<LargeStringArray>(batch, "replacement")?;
    let other = column::<UInt64Array>(batch, "other")?;
    let note = column::<StringArray>(batch, "note")?;
    if row.null_count() + action.null_count() + rule.null_count() > 0 {
        return Err("an event has no row, action or rule".into());
    }
    (0..batch.num_rows())
        .map(|i| {
            let action = Action::from_code(action.value(i))
                .ok_or_else(|| format!("event {i} has the unknown action {}", action.value(i)))?;
            Ok(Event {
                row: row.value(i),
                action,
                rule: rule.value(i).to_owned().into(),
                value: value.is_valid(i).then(|| value.value(i)),
                threshold: threshold.is_valid(i).then(|| threshold.value(i)),
                start: start.is_valid(i).then(|| start.value(i)),
                end: end.is_valid(i).then(|| end.value(i)),
                replacement: replacement.is_valid(i).then(|| owned(replacement.value(i))),
                other: other.is_valid(i).then(|| other.value(i)),
                note: note.is_valid(i).then(|| note.value(i).to_owned().into()),
            })
        })
        .collect()
}

/// A replacement by itself. Most are one of few, and asking for room for each would take longer than reading it.
fn owned(replacement: &str) -> Cow<'static, str> {
    match replacement {
        "" => Cow::Borrowed(""),
        " " => Cow::Borrowed(" "),
        "\n" => Cow::Borrowed("\n"),
        "\n\n" => Cow::Borrowed("\n\n"),
        other => Cow::Owned(other.to_owned()),
    }
}

fn column<'a, T: Array + 'static>(batch: &'a RecordBatch, name: &str) -> Result<&'a T, String> {
    batch
        .column_by_name(name)
        .ok_or_else(|| format!("events have no column `{name}`"))?
        .as_any()
        .downcast_ref()
        .ok_or_else(|| format!("column `{name}` of events has the wrong type"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_a_batch() {
        let events = vec![
            Event::of_edit(0, Edit::replace(2..4, "x", "white-space").measured(1.0, 2.0)),
            Event::new(3, Action::Drop, "near-duplicate").measured(0.9, 0.8).other(7).note("twin"),
        ];
        assert_eq!(from_batch(&to_batch(&events).unwrap()).unwrap(), events);
    }
}
