//! A document as plugin code sees it: [`Row`] to read, [`Doc`] to edit, annotate and drop.

use crate::call::Call;
use crate::descriptor::Drops;
use crate::reads::Asked;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::{Deref, Range};
use textmill_core::batch::{self, Strings};
use textmill_core::column::{ORDINAL, TEXT};
use textmill_core::edit::{Edit, Edits};
use textmill_core::event::{Action, Event};
use textmill_core::value::{list_from, value_at};

/// A read-only row of a batch.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    batch: &'a RecordBatch,
    text: Option<Strings<'a>>,
    row: usize,
    /// Records columns that the operator asks for without declaring them. `None` if the declared ones are
    /// unknown.
    asked: Option<&'a Asked<'a>>,
}

impl<'a> Row<'a> {
    /// The rows of a batch, in order.
    pub fn of(batch: &'a RecordBatch) -> impl Iterator<Item = Row<'a>> {
        let text = batch.column_by_name(TEXT).and_then(|c| Strings::of(c.as_ref()));
        (0..batch.num_rows()).map(move |row| Row { batch, text, row, asked: None })
    }

    /// The same row; columns that are asked for but missing are recorded in `asked`.
    pub(crate) fn asked(self, asked: &'a Asked<'a>) -> Self {
        Self { asked: Some(asked), ..self }
    }

    /// Records that a column was asked for, if the batch does not have it.
    fn missed(&self, column: &str) {
        if let Some(asked) = self.asked
            && self.batch.column_by_name(column).is_none()
        {
            asked.missed(column);
        }
    }

    /// Number of the row in its batch.
    pub fn index(&self) -> usize {
        self.row
    }

    /// The text; empty if the row has none.
    pub fn text(&self) -> &'a str {
        if self.text.is_none() {
            self.missed(TEXT);
        }
        self.received()
    }

    /// The text, whether or not the operator declares to read it.
    pub(crate) fn received(&self) -> &'a str {
        self.text.and_then(|t| t.get(self.row)).unwrap_or("")
    }

    /// The lines of the text: for each, its span including the line break, and the line without the break. To
    /// remove a line with its break, remove the span.
    pub fn lines(&self) -> impl Iterator<Item = (Range<usize>, &'a str)> + use<'a> {
        let mut start = 0;
        self.text().split_inclusive('\n').map(move |whole| {
            let span = start..start + whole.len();
            start = span.end;
            let line = whole.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
            (span, line.unwrap_or(whole))
        })
    }

    /// Position of the document in the input order; 0 if the operator does not read `ordinal`.
    pub fn ordinal(&self) -> u64 {
        self.number_in(ORDINAL).unwrap_or(0)
    }

    /// The string in a column; `None` if it is null, or if there is no such string column.
    pub fn str(&self, column: &str) -> Option<&'a str> {
        let found = batch::string(self.batch, column, self.row);
        if found.is_none() {
            self.missed(column);
        }
        found
    }

    /// The number in a `uint64` column; `None` if it is null, or if there is no such column.
    pub fn uint(&self, column: &str) -> Option<u64> {
        let found = self.number_in(column);
        if found.is_none() {
            self.missed(column);
        }
        found
    }

    fn number_in(&self, column: &str) -> Option<u64> {
        let array = self.batch.column_by_name(column)?.as_primitive_opt::<UInt64Type>()?;
        array.is_valid(self.row).then(|| array.value(self.row))
    }

    /// The bytes in a binary column; `None` if they are null, or if there is no such column.
    pub fn bytes(&self, column: &str) -> Option<&'a [u8]> {
        batch::bytes(self.array(column)?.as_ref(), self.row)
    }

    /// The whole Arrow column, in which this row is at [`Row::index`].
    pub fn array(&self, column: &str) -> Option<&'a ArrayRef> {
        let found = self.batch.column_by_name(column);
        if found.is_none() {
            self.missed(column);
        }
        found
    }

    /// The value in a column of any type; null if there is no such column.
    pub fn value(&self, column: &str) -> Value {
        self.array(column).map_or(Value::Null, |array| value_at(array, self.row))
    }

    /// Whether the batch has this column.
    pub fn has(&self, column: &str) -> bool {
        self.array(column).is_some()
    }
}

/// A value of a column.
#[derive(Clone)]
pub(crate) enum Written {
    Json(Value),
    /// An array of one row.
    Array(ArrayRef),
}

/// What a map operator did to one row; collected by [`Doc`].
#[derive(Default)]
pub(crate) struct Changes {
    pub edits: Edits,
    pub events: Vec<Event>,
    pub dropped: bool,
    /// One slot for each written column except `text`.
    pub values: Vec<Option<Written>>,
    pub error: Option<String>,
}

/// A row that can be edited, annotated and dropped. Reading goes through [`Row`].
///
/// ```
/// use textmill_plugin::prelude::*;
///
/// fn map(doc: &mut Doc<'_>) -> Result<()> {
///     // Read the text, and the other columns that the operator declares to read.
///     let text = doc.text();
///     let language = doc.str("language").unwrap_or("und");
///     // Edit. Spans are byte ranges of the received text, come in any order, and do not overlap.
///     for (at, tab) in text.match_indices('\t') {
///         doc.replace(at..at + tab.len(), " ", "tab");
///     }
///     let shouting = text.chars().filter(|c| c.is_uppercase()).count() as f64 / text.len().max(1) as f64;
///     if let Some((span, _)) = doc.lines().next().filter(|_| shouting > 0.5) {
///         // The measured value and its threshold, for the reader of the ledger.
///         doc.edit(Edit::remove(span, "shouted-head").measured(shouting, 0.5));
///     }
///     // Write a column, note something, drop.
///     doc.set("tabs", text.matches('\t').count());
///     doc.annotate(|event| event.note(format!("in `{language}`")), "language-known");
///     if text.is_empty() {
///         doc.drop("empty", 0.0, 1.0);
///     }
///     doc.call().metric_add("tabs", text.matches('\t').count() as u64);
///     Ok(())
/// }
/// ```
pub struct Doc<'a> {
    row: Row<'a>,
    writes: &'a [(String, DataType)],
    changes: &'a mut Changes,
    call: &'a Call<'a>,
}

impl<'a> Deref for Doc<'a> {
    type Target = Row<'a>;
    fn deref(&self) -> &Row<'a> {
        &self.row
    }
}

impl<'a> Doc<'a> {
    pub(crate) fn new(
        row: Row<'a>,
        writes: &'a [(String, DataType)],
        changes: &'a mut Changes,
        call: &'a Call<'a>,
    ) -> Self {
        Self { row, writes, changes, call }
    }

    /// The call: log, metrics, cancellation.
    pub fn call(&self) -> &'a Call<'a> {
        self.call
    }

    fn number(&self) -> u32 {
        self.row.row as u32
    }

    /// Records an edit of [`Row::text`]. Spans may come in any order and must not overlap; the text
    /// after the stage is the received text with all edits applied.
    pub fn edit(&mut self, edit: Edit) {
        self.changes.edits.push(edit);
    }

    /// Removes a span of [`Row::text`], in bytes.
    pub fn remove(&mut self, span: Range<usize>, rule: impl Into<Cow<'static, str>>) {
        self.edit(Edit::remove(span, rule));
    }

    /// Replaces a span of [`Row::text`], in bytes.
    pub fn replace(
        &mut self,
        span: Range<usize>,
        text: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
    ) {
        self.edit(Edit::replace(span, text, rule));
    }

    /// Records many edits.
    pub fn edits(&mut self, edits: impl IntoIterator<Item = Edit>) {
        self.changes.edits.extend(edits);
    }

    /// Records many edits in packed form, with few bytes each: for texts with hundreds of thousands of edits.
    pub fn edits_packed(&mut self, edits: Edits) {
        if self.changes.edits.is_empty() {
            self.changes.edits = edits;
        } else {
            self.changes.edits.extend(edits);
        }
    }

    /// Sets a column that the operator declares. A value that does not fit the column's type fails the
    /// document; a declared column that is not set is null.
    pub fn set(&mut self, column: &str, value: impl Serialize) {
        if column == TEXT {
            let how = "change it with `remove`, `replace` or `edit`, each under a rule";
            self.complain(format!("the column `text` cannot be set; {how}"));
            return;
        }
        let value = serde_json::to_value(value).map(Written::Json);
        self.put(column, |_| value.map_err(|error| error.to_string()));
    }

    /// Sets a column of lists of structures, from one array per field: a fast way to write long lists.
    pub fn set_list(&mut self, column: &str, fields: Vec<ArrayRef>) {
        self.put(column, |kind| list_from(kind, fields).map(Written::Array));
    }

    fn put(&mut self, column: &str, value: impl FnOnce(&DataType) -> Result<Written, String>) {
        let mut declared = self.writes.iter().filter(|(name, _)| name != TEXT).enumerate();
        match declared.find(|(_, (name, _))| name == column) {
            Some((slot, (_, kind))) => match value(kind) {
                Ok(value) => self.changes.values[slot] = Some(value),
                Err(error) => self.complain(format!("column `{column}`: {error}")),
            },
            None => {
                let declared = self.writes.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>();
                let declares = if declared.is_empty() { "nothing".to_owned() } else { declared.join(", ") };
                self.complain(format!(
                    "it writes the column `{column}` without declaring it; add `.writes(\"{column}\", …)` to its \
                     `describe`, which declares {declares}"
                ));
            }
        }
    }

    fn complain(&mut self, message: String) {
        self.changes.error.get_or_insert(message);
    }

    /// Drops the document because `value` crossed `threshold`. The edits and columns of a dropped document
    /// are discarded.
    pub fn drop(&mut self, rule: impl Into<Cow<'static, str>>, value: f64, threshold: f64) {
        self.drop_with(|event| event.measured(value, threshold), rule);
    }

    /// Compares a measured value with its threshold. Drops the document if the value is on the side that
    /// `drops` says. If the value only came near, it goes on the ledger as well, for `textmill explain` and
    /// `textmill what-if`. Returns whether the value dropped the document.
    pub fn measure(
        &mut self,
        rule: impl Into<Cow<'static, str>>,
        value: f64,
        threshold: f64,
        drops: Drops,
    ) -> bool {
        self.measure_with(|event| event, rule, value, threshold, drops)
    }

    /// Like [`Self::measure`], but `complete` adds to the event of a document that is dropped, for example a
    /// note. It is not called for others.
    pub fn measure_with(
        &mut self,
        complete: impl FnOnce(Event) -> Event,
        rule: impl Into<Cow<'static, str>>,
        value: f64,
        threshold: f64,
        drops: Drops,
    ) -> bool {
        let dropped = drops.drops(value, threshold);
        if dropped {
            self.drop_with(|event| complete(event.measured(value, threshold)), rule);
        } else if !self.changes.dropped && drops.is_near(value, threshold) {
            self.annotate(|event| event.measured(value, threshold), rule);
        }
        dropped
    }

    /// Drops the document with an event that `complete` adds to, for example a note or another document.
    pub fn drop_with(&mut self, complete: impl FnOnce(Event) -> Event, rule: impl Into<Cow<'static, str>>) {
        if !self.changes.dropped {
            self.changes.dropped = true;
            self.changes.events.push(complete(Event::new(self.number(), Action::Drop, rule)));
        }
    }

    /// Records an event that changes nothing. If it has a span, it is about that passage of the received
    /// text.
    pub fn annotate(&mut self, complete: impl FnOnce(Event) -> Event, rule: impl Into<Cow<'static, str>>) {
        self.changes.events.push(complete(Event::new(self.number(), Action::Annotate, rule)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::LargeStringArray;
    use std::sync::Arc;

    #[test]
    fn lines_lie_side_by_side() {
        for text in ["", "\n", "one", "one\ntwo\r\n\nfour\r", "a\n\u{2028}b\n"] {
            let column: ArrayRef = Arc::new(LargeStringArray::from(vec![text]));
            let batch = RecordBatch::try_from_iter([(TEXT, column)]).unwrap();
            let row = Row::of(&batch).next().unwrap();
            let spans: String = row.lines().map(|(span, _)| &text[span]).collect();
            assert_eq!(spans, text);
            assert_eq!(
                row.lines().map(|(_, line)| line).collect::<Vec<_>>(),
                text.lines().collect::<Vec<_>>()
            );
        }
    }
}
