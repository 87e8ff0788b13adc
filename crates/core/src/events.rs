//! The events of a batch as columns, as they cross the plugin boundary: 80 bytes per event, while an
//! [`Event`] takes twice that, plus its strings.

use crate::edit::EditRef;
use crate::event::{Action, Event};
use arrow_array::builder::{
    Float64Builder, LargeStringBuilder, StringBuilder, UInt8Builder, UInt32Builder, UInt64Builder,
};
use arrow_array::{
    Array, ArrayRef, Float64Array, LargeStringArray, RecordBatch, StringArray, UInt8Array, UInt32Array,
    UInt64Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

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

/// The schema of a batch of events.
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// The events of a batch, in the order in which they were reported. A clone shares the columns.
///
/// ```
/// use textmill_core::event::{Action, Event, Events};
///
/// let mut events: Events = vec![Event::new(1, Action::Drop, "too-short").measured(3.0, 5.0)].into();
/// events.append(vec![Event::new(0, Action::Annotate, "near").note("a twin")].into());
/// events.sort_by_row();
/// let rules: Vec<&str> = events.iter().map(|event| event.rule).collect();
/// assert_eq!(rules, ["near", "too-short"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Events(Option<Arc<Columns>>);

/// The columns; they have at least one row.
#[derive(Debug)]
struct Columns {
    row: UInt32Array,
    action: UInt8Array,
    rule: StringArray,
    value: Float64Array,
    threshold: Float64Array,
    start: UInt64Array,
    end: UInt64Array,
    replacement: LargeStringArray,
    other: UInt64Array,
    note: StringArray,
}

/// An event of [`Events`], borrowed. It has the fields of [`Event`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventRef<'e> {
    /// Row of the batch that the stage received.
    pub row: u32,
    /// What happened.
    pub action: Action,
    /// Kebab-case id of the rule.
    pub rule: &'e str,
    /// What the rule measured.
    pub value: Option<f64>,
    /// What it compared the value with.
    pub threshold: Option<f64>,
    /// First byte of the span in the text that the stage received.
    pub start: Option<u64>,
    /// One past the last byte of the span.
    pub end: Option<u64>,
    /// The text that replaces the span.
    pub replacement: Option<&'e str>,
    /// Ordinal of another document.
    pub other: Option<u64>,
    /// A few words for the reader of the ledger.
    pub note: Option<&'e str>,
}

impl EventRef<'_> {
    /// An owned copy of the event.
    pub fn to_event(&self) -> Event {
        Event {
            row: self.row,
            action: self.action,
            rule: self.rule.to_owned().into(),
            value: self.value,
            threshold: self.threshold,
            start: self.start,
            end: self.end,
            replacement: self.replacement.map(|replacement| replacement.to_owned().into()),
            other: self.other,
            note: self.note.map(|note| note.to_owned().into()),
        }
    }
}

impl<'e> From<&'e Event> for EventRef<'e> {
    fn from(event: &'e Event) -> Self {
        Self {
            row: event.row,
            action: event.action,
            rule: &event.rule,
            value: event.value,
            threshold: event.threshold,
            start: event.start,
            end: event.end,
            replacement: event.replacement.as_deref(),
            other: event.other,
            note: event.note.as_deref(),
        }
    }
}

impl Columns {
    fn get(&self, n: usize) -> EventRef<'_> {
        EventRef {
            row: self.row.value(n),
            // `from_batch` has checked the codes.
            action: Action::ALL[usize::from(self.action.value(n)) % Action::ALL.len()],
            rule: self.rule.value(n),
            value: self.value.is_valid(n).then(|| self.value.value(n)),
            threshold: self.threshold.is_valid(n).then(|| self.threshold.value(n)),
            start: self.start.is_valid(n).then(|| self.start.value(n)),
            end: self.end.is_valid(n).then(|| self.end.value(n)),
            replacement: self.replacement.is_valid(n).then(|| self.replacement.value(n)),
            other: self.other.is_valid(n).then(|| self.other.value(n)),
            note: self.note.is_valid(n).then(|| self.note.value(n)),
        }
    }
}

impl Events {
    /// No events.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Reads a record batch of [`schema`]; the columns are shared, not copied.
    ///
    /// # Errors
    /// A sentence that names the column or row that does not fit.
    pub fn from_batch(batch: &RecordBatch) -> Result<Self, String> {
        let columns = Columns {
            row: column(batch, "row")?,
            action: column(batch, "action")?,
            rule: column(batch, "rule")?,
            value: column(batch, "value")?,
            threshold: column(batch, "threshold")?,
            start: column(batch, "start")?,
            end: column(batch, "end")?,
            replacement: column(batch, "replacement")?,
            other: column(batch, "other")?,
            note: column(batch, "note")?,
        };
        if columns.row.null_count() + columns.action.null_count() + columns.rule.null_count() > 0 {
            return Err("an event has no row, action or rule".into());
        }
        let actions = columns.action.values();
        if let Some(n) = actions.iter().position(|&action| Action::from_code(action).is_none()) {
            return Err(format!("event {n} has the unknown action {}", actions[n]));
        }
        Ok(Self((batch.num_rows() > 0).then(|| Arc::new(columns))))
    }

    /// The events as a record batch of [`schema`]; the columns are shared, not copied.
    ///
    /// # Errors
    /// None in practice: the columns are those of the schema.
    pub fn to_batch(&self) -> Result<RecordBatch, ArrowError> {
        let Some(columns) = &self.0 else { return Ok(RecordBatch::new_empty(schema())) };
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(columns.row.clone()),
            Arc::new(columns.action.clone()),
            Arc::new(columns.rule.clone()),
            Arc::new(columns.value.clone()),
            Arc::new(columns.threshold.clone()),
            Arc::new(columns.start.clone()),
            Arc::new(columns.end.clone()),
            Arc::new(columns.replacement.clone()),
            Arc::new(columns.other.clone()),
            Arc::new(columns.note.clone()),
        ];
        RecordBatch::try_new(schema(), arrays)
    }

    /// The number of events.
    pub fn len(&self) -> usize {
        self.rows().len()
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The row of each event.
    pub fn rows(&self) -> &[u32] {
        self.0.as_ref().map_or(&[], |columns| columns.row.values())
    }

    /// The event at index `n`.
    pub fn get(&self, n: usize) -> Option<EventRef<'_>> {
        self.0.as_ref().filter(|columns| n < columns.row.len()).map(|columns| columns.get(n))
    }

    /// The events, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = EventRef<'_>> + Clone {
        self.0.iter().flat_map(|columns| (0..columns.row.len()).map(|n| columns.get(n)))
    }

    /// The rows of documents that failed.
    pub fn failed(&self) -> BTreeSet<u32> {
        self.iter().filter(|event| event.action == Action::Fail).map(|event| event.row).collect()
    }

    /// Owned copies of the events.
    pub fn to_vec(&self) -> Vec<Event> {
        self.iter().map(|event| event.to_event()).collect()
    }

    /// Keeps only the events for which `keep` returns `true`.
    pub fn retain(&mut self, keep: impl Fn(EventRef<'_>) -> bool) {
        if !self.iter().all(&keep) {
            *self = self.iter().filter(|event| keep(*event)).collect();
        }
    }

    /// Maps the row of each event through `row`.
    #[must_use]
    pub fn renumbered(self, row: impl Fn(u32) -> u32) -> Self {
        let Some(columns) = &self.0 else { return self };
        let rows = columns.row.values().iter().map(|&old| row(old)).collect::<Vec<u32>>();
        let columns = Columns {
            row: rows.into(),
            action: columns.action.clone(),
            rule: columns.rule.clone(),
            value: columns.value.clone(),
            threshold: columns.threshold.clone(),
            start: columns.start.clone(),
            end: columns.end.clone(),
            replacement: columns.replacement.clone(),
            other: columns.other.clone(),
            note: columns.note.clone(),
        };
        Self(Some(Arc::new(columns)))
    }

    /// Appends the events of `others`.
    pub fn append(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
        } else if !others.is_empty() {
            *self = self.iter().chain(others.iter()).collect();
        }
    }

    /// Sorts the events by row; events of the same row keep their order.
    pub fn sort_by_row(&mut self) {
        let rows = self.rows();
        if rows.is_sorted() {
            return;
        }
        let mut numbers: Vec<usize> = (0..rows.len()).collect();
        numbers.sort_by_key(|&n| rows[n]);
        *self = numbers.into_iter().filter_map(|n| self.get(n)).collect();
    }
}

impl PartialEq for Events {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl From<Vec<Event>> for Events {
    fn from(events: Vec<Event>) -> Self {
        let mut builder = Builder::with_capacity(events.len());
        events.iter().for_each(|event| builder.push(event.into()));
        builder.finish()
    }
}

impl<'e> FromIterator<EventRef<'e>> for Events {
    fn from_iter<I: IntoIterator<Item = EventRef<'e>>>(events: I) -> Self {
        let events = events.into_iter();
        let mut builder = Builder::with_capacity(events.size_hint().0);
        events.for_each(|event| builder.push(event));
        builder.finish()
    }
}

/// Builds [`Events`] from single events.
#[derive(Debug)]
pub struct Builder {
    row: UInt32Builder,
    action: UInt8Builder,
    rule: StringBuilder,
    value: Float64Builder,
    threshold: Float64Builder,
    start: UInt64Builder,
    end: UInt64Builder,
    replacement: LargeStringBuilder,
    other: UInt64Builder,
    note: StringBuilder,
}

impl Builder {
    /// A builder with room for `n` events.
    pub fn with_capacity(n: usize) -> Self {
        Self {
            row: UInt32Builder::with_capacity(n),
            action: UInt8Builder::with_capacity(n),
            rule: StringBuilder::with_capacity(n, n * 12),
            value: Float64Builder::with_capacity(n),
            threshold: Float64Builder::with_capacity(n),
            start: UInt64Builder::with_capacity(n),
            end: UInt64Builder::with_capacity(n),
            replacement: LargeStringBuilder::with_capacity(n, n),
            other: UInt64Builder::with_capacity(n),
            note: StringBuilder::with_capacity(n, 0),
        }
    }

    /// Appends an event.
    pub fn push(&mut self, event: EventRef<'_>) {
        self.row.append_value(event.row);
        self.action.append_value(event.action as u8);
        self.rule.append_value(event.rule);
        self.value.append_option(event.value);
        self.threshold.append_option(event.threshold);
        self.start.append_option(event.start);
        self.end.append_option(event.end);
        self.replacement.append_option(event.replacement);
        self.other.append_option(event.other);
        self.note.append_option(event.note);
    }

    /// Appends the event of an edit.
    pub fn push_edit(&mut self, row: u32, edit: EditRef<'_>) {
        self.push(EventRef {
            row,
            action: Action::Edit,
            rule: &edit.reason.rule,
            value: edit.reason.value,
            threshold: edit.reason.threshold,
            start: Some(edit.start as u64),
            end: Some(edit.end as u64),
            replacement: Some(edit.replacement),
            other: None,
            note: edit.reason.note.as_deref(),
        });
    }

    /// The events that were pushed.
    pub fn finish(mut self) -> Events {
        let row = self.row.finish();
        if row.is_empty() {
            return Events::new();
        }
        Events(Some(Arc::new(Columns {
            row,
            action: self.action.finish(),
            rule: self.rule.finish(),
            value: self.value.finish(),
            threshold: self.threshold.finish(),
            start: self.start.finish(),
            end: self.end.finish(),
            replacement: self.replacement.finish(),
            other: self.other.finish(),
            note: self.note.finish(),
        })))
    }
}

fn column<T: Array + Clone + 'static>(batch: &RecordBatch, name: &str) -> Result<T, String> {
    let column = batch.column_by_name(name).ok_or_else(|| format!("events have no column `{name}`"))?;
    let column = column.as_any().downcast_ref::<T>();
    Ok(column.ok_or_else(|| format!("column `{name}` of events has the wrong type"))?.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Edit, Edits};

    fn some() -> Vec<Event> {
        vec![
            Event::of_edit(0, Edit::replace(2..4, "x", "white-space").measured(1.0, 2.0)),
            Event::new(3, Action::Drop, "near-duplicate").measured(0.9, 0.8).other(7).note("twin"),
            Event::new(1, Action::Annotate, "near"),
        ]
    }

    #[test]
    fn events_survive_a_batch() {
        let events = Events::from_batch(&Events::from(some()).to_batch().unwrap()).unwrap();
        assert_eq!(events.to_vec(), some());
        let none = Events::from_batch(&Events::new().to_batch().unwrap()).unwrap();
        assert!(none.is_empty() && none.iter().next().is_none() && none.get(0).is_none());
    }

    #[test]
    fn edits_are_events_as_they_are() {
        let edits = vec![Edit::remove(1..3, "menu").note("twice"), Edit::replace(5..6, " ", "white-space")];
        let mut builder = Builder::with_capacity(2);
        Edits::from(edits.clone()).iter().for_each(|edit| builder.push_edit(4, edit));
        let events: Vec<Event> = edits.into_iter().map(|edit| Event::of_edit(4, edit)).collect();
        assert_eq!(builder.finish().to_vec(), events);
    }

    #[test]
    fn events_are_sorted_chosen_and_numbered_anew() {
        let mut events = Events::from(some());
        events.append(Events::from(vec![Event::new(0, Action::Annotate, "last")]));
        events.sort_by_row();
        let rules = |events: &Events| events.iter().map(|event| event.rule.to_owned()).collect::<Vec<_>>();
        assert_eq!(rules(&events), ["white-space", "last", "near", "near-duplicate"]);
        assert!(events.failed().is_empty());
        events.append(Events::from(vec![
            Event::new(5, Action::Fail, "crash"),
            Event::new(5, Action::Fail, "panic"),
        ]));
        assert!(events.failed().into_iter().eq([5]));
        events.retain(|event| !matches!(event.action, Action::Edit | Action::Fail));
        let events = events.renumbered(|row| row + 10);
        assert_eq!(
            (rules(&events).join(" "), events.rows()),
            ("last near near-duplicate".into(), &[10, 11, 13][..])
        );
    }

    #[test]
    fn a_batch_that_is_none_of_events_is_refused() {
        let batch = Events::from(some()).to_batch().unwrap();
        let without = batch.project(&[0, 1, 2]).unwrap();
        assert_eq!(Events::from_batch(&without).unwrap_err(), "events have no column `value`");
        let mut columns = batch.columns().to_vec();
        columns[1] = Arc::new(UInt8Array::from(vec![0, 1, 9]));
        let odd = RecordBatch::try_new(schema(), columns).unwrap();
        assert_eq!(Events::from_batch(&odd).unwrap_err(), "event 2 has the unknown action 9");
    }
}
