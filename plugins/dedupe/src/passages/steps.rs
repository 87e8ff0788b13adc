//! The steps that find repeated passages and remove them.

use super::key::{Finder, Key, Scope};
use super::options::{Settings, Unit};
use super::remove::{Cut, Hit, Removal, removal};
use super::share::runs;
use super::table::{Found, KEY_WIDTH, REPEATS, column, repeat_schema, unit_schema};
use crate::options::Options;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::batch::{Strings, to_layout};
use textmill_plugin::column::{ROW, TEXT};
use textmill_plugin::prelude::arrow_array::builder::LargeStringBuilder;
use textmill_plugin::prelude::arrow_array::types::{UInt32Type, UInt64Type};
use textmill_plugin::prelude::arrow_array::{FixedSizeBinaryArray, UInt32Array, UInt64Array};
use textmill_plugin::prelude::*;

/// Finds the passages of each document.
#[derive(Clone)]
pub struct Units {
    settings: Settings,
    finder: Finder,
}

impl Units {
    /// The documents among which the passages of this one are counted. `None` if there is a scope column and
    /// the document has no value in it.
    fn scope(&self, row: &Row<'_>) -> Option<Scope> {
        let Some(column) = self.settings.scope_column.as_deref() else { return Some(Scope::default()) };
        let value = row.str(column).map(Cow::Borrowed);
        let value = value.or_else(|| match row.value(column) {
            Value::Null => None,
            other => Some(Cow::Owned(other.to_string())),
        });
        value.map(|value| Scope::of(&value))
    }
}

impl BatchMap for Units {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("passage-units")
            .doc("Gives the passages of each document: a hash of their words, and where they stand.")
            .reads("text")
            .reads("ordinal")
            .reads_option("scope-column")
            .table()
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        let settings = Settings::of(&options);
        Ok(Self { finder: Finder::new(&settings), settings })
    }

    fn schema(&self) -> Schema {
        unit_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let mut keys: Vec<Key> = Vec::new();
        let (mut ordinals, mut starts, mut before) = (Vec::new(), Vec::new(), Vec::new());
        let (mut lengths, mut words) = (Vec::new(), Vec::new());
        for row in Row::of(batch) {
            call.at_row(u32::try_from(row.index()).ok());
            call.keep_going()?;
            let Some(scope) = self.scope(&row) else { continue };
            self.finder.find(row.text(), scope, |passage| {
                keys.push(passage.key);
                ordinals.push(row.ordinal());
                starts.push(passage.start);
                lengths.push(passage.length);
                before.push(passage.word);
                words.push(passage.words);
            });
        }
        call.at_row(None);
        let keys = keys.into_flattened();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(FixedSizeBinaryArray::try_new(KEY_WIDTH, keys.into(), None)?),
            Arc::new(UInt64Array::from(ordinals)),
            Arc::new(UInt64Array::from(starts)),
            Arc::new(UInt32Array::from(lengths)),
            Arc::new(UInt64Array::from(before)),
            Arc::new(UInt32Array::from(words)),
        ];
        let documents = RecordBatch::try_new(Arc::new(unit_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// Finds the passages under a key that are removed.
#[derive(Clone)]
pub struct Repeats(Settings);

impl Group for Repeats {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("passage-repeats")
            .doc("Tells of each passage that too many documents have where it is removed.")
            .reads("key")
            .reads("ordinal")
            .reads("start")
            .reads("length")
            .smallest_group(2)
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(Settings::of(&options)))
    }

    fn schema(&self) -> Schema {
        repeat_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let ordinals = column::<UInt64Type>(rows, "ordinal")?.values();
        let starts = column::<UInt64Type>(rows, "start")?.values();
        let lengths = column::<UInt32Type>(rows, "length")?.values();
        let settings = &self.0;
        let mut removed: Vec<usize> = Vec::new();
        let (mut counts, mut others): (Vec<u64>, Vec<Option<u64>>) = (Vec::new(), Vec::new());
        for group in groups {
            call.keep_going()?;
            let documents = runs(ordinals.get(group.clone()).unwrap_or_default(), group.start);
            let count = documents.len() as u64;
            let Some(first) = documents.first().filter(|_| count > settings.more_than) else { continue };
            let before = removed.len();
            if !settings.keeps_first {
                removed.extend(group.clone());
                others.resize(removed.len(), None);
            } else {
                if settings.within_document {
                    // Copies that overlap the kept one are parts of it.
                    let end = starts[first.start] + u64::from(lengths[first.start]);
                    removed.extend(first.clone().filter(|&row| starts[row] >= end));
                }
                others.resize(removed.len(), None);
                removed.extend(first.end..group.end);
                others.resize(removed.len(), Some(ordinals[first.start]));
            }
            counts.resize(counts.len() + removed.len() - before, count);
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(removed.iter().map(|&row| ordinals[row]))),
            Arc::new(UInt64Array::from_iter_values(removed.iter().map(|&row| starts[row]))),
            Arc::new(UInt32Array::from_iter_values(removed.iter().map(|&row| lengths[row]))),
            Arc::new(UInt64Array::from(counts)),
            Arc::new(UInt64Array::from(others)),
        ];
        Ok(RecordBatch::try_new(Arc::new(repeat_schema()), columns)?)
    }
}

/// Removes passages from documents. Works on batches, since an edit by [`Doc`](textmill_plugin::row::Doc)
/// cannot name another document.
#[derive(Clone)]
pub struct Remove(Settings);

impl BatchMap for Remove {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("remove-passages")
            .doc("Removes repeated passages, and drops documents of which no word is left.")
            .reads("text")
            .reads(REPEATS)
            .writes("text", DataType::LargeUtf8)
            .selects()
            .step()
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(Settings::of(&options)))
    }

    fn schema(&self) -> Schema {
        Schema::new(vec![
            Field::new(TEXT, DataType::LargeUtf8, true),
            Field::new(ROW, DataType::UInt32, false),
        ])
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let found = Found::of(batch, REPEATS)?;
        let received = batch.column_by_name(TEXT).ok_or("the rows have no column `text`")?;
        let all = batch.num_rows();
        if (0..all).all(|row| found.range(row).is_empty()) {
            let rows = UInt32Array::from_iter_values((0..all).filter_map(|row| u32::try_from(row).ok()));
            let columns: Vec<ArrayRef> = vec![to_layout(received, &DataType::LargeUtf8)?, Arc::new(rows)];
            let documents = RecordBatch::try_new(Arc::new(self.schema()), columns)?;
            return Ok(Output { documents, events: Events::new() });
        }
        let texts = Strings::of(received.as_ref()).ok_or("the column `text` is not a string")?;
        let starts = found.column::<UInt64Type>("start")?.values();
        let lengths = found.column::<UInt32Type>("length")?.values();
        let documents = found.column::<UInt64Type>("documents")?.values();
        let others = found.column::<UInt64Type>("other")?;
        let (mut kept, mut left) = (Vec::with_capacity(all), LargeStringBuilder::new());
        let mut events = Vec::new();
        let mut after = String::new();
        let mut hits: Vec<Hit> = Vec::new();
        for at in 0..all {
            let row = u32::try_from(at)?;
            call.at_row(Some(row));
            call.keep_going()?;
            let Some(text) = texts.get(at) else {
                left.append_null();
                kept.push(row);
                continue;
            };
            hits.clear();
            for hit in found.range(at) {
                let start = usize::try_from(starts[hit])?;
                let other = others.is_valid(hit).then(|| others.value(hit));
                let end = start.saturating_add(usize::try_from(lengths[hit])?);
                hits.push(Hit { start, end, documents: documents[hit], other });
            }
            let removal = removal(text, self.0.unit, &mut hits);
            if removal.cuts.is_empty() {
                left.append_value(text);
            } else if !removal.is_any_left {
                events.push(nothing_left(row, self.0.unit, &removal));
                continue;
            } else {
                after.clear();
                let mut from = 0;
                for cut in &removal.cuts {
                    after.push_str(text.get(from..cut.span.start).unwrap_or_default());
                    from = cut.span.end;
                    events.push(self.event(row, cut));
                }
                after.push_str(text.get(from..).unwrap_or_default());
                left.append_value(&after);
            }
            kept.push(row);
        }
        call.at_row(None);
        let columns: Vec<ArrayRef> = vec![Arc::new(left.finish()), Arc::new(UInt32Array::from(kept))];
        let documents = RecordBatch::try_new(Arc::new(self.schema()), columns)?;
        Ok(Output { documents, events: events.into() })
    }
}

impl Remove {
    fn event(&self, row: u32, cut: &Cut) -> Event {
        let edit = Edit::remove(cut.span.clone(), self.0.unit.rule());
        let event = Event::of_edit(row, edit.measured(cut.documents as f64, self.0.more_than as f64));
        let event = if cut.units > 1 { event.note(counted(cut.units, self.0.unit)) } else { event };
        Event { other: cut.other, ..event }
    }
}

fn counted(units: u64, unit: Unit) -> String {
    let noun = unit.noun();
    if units == 1 { format!("1 {noun}") } else { format!("{units} {noun}s") }
}

/// The event that drops a document of which no word is left. It names the document that keeps its passages if
/// there is only one.
fn nothing_left(row: u32, unit: Unit, removal: &Removal) -> Event {
    let units: u64 = removal.cuts.iter().map(|cut| cut.units).sum();
    let note = format!("repeated in other documents: {}, all that it has", counted(units, unit));
    let other = removal.cuts.first().and_then(|cut| cut.other);
    let other = other.filter(|_| removal.cuts.iter().all(|cut| cut.other == other));
    let event = Event::new(row, Action::Drop, "nothing-left").measured(0.0, 1.0).note(note);
    Event { other, ..event }
}
