//! The steps that report which passages documents share with others.

use super::options::Settings;
use super::share::{Place, Shared, merge, pairs, runs};
use super::table::{Found, NAMES, OTHERS, column, hit_schema, name_schema, other_schema, span_schema};
use crate::options::Options;
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::batch::Strings;
use textmill_plugin::prelude::arrow_array::builder::{
    LargeStringBuilder, ListBuilder, StringBuilder, StructBuilder, UInt64Builder,
};
use textmill_plugin::prelude::arrow_array::types::{UInt32Type, UInt64Type};
use textmill_plugin::prelude::arrow_array::{UInt32Array, UInt64Array};
use textmill_plugin::prelude::*;

/// Name of the column that is written.
pub const COLUMN: &str = "shared_passages";
/// Numeric fields of an entry of the column, which follow the id of the other document.
const NUMBERS: [&str; 5] = ["start", "end", "other_start", "other_end", "words"];

/// Type of an entry of the column.
fn entry() -> DataType {
    structure([
        ("document", DataType::Utf8),
        ("start", DataType::UInt64),
        ("end", DataType::UInt64),
        ("other_start", DataType::UInt64),
        ("other_end", DataType::UInt64),
        ("words", DataType::UInt64),
    ])
}

/// Gives the id of each document.
#[derive(Clone)]
pub struct Names;

impl BatchMap for Names {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("passage-names")
            .doc("Gives the id of each document.")
            .reads("ordinal")
            .reads("id")
            .table()
    }

    fn bind(_options: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        name_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let mut ids = LargeStringBuilder::new();
        Row::of(batch).for_each(|row| ids.append_option(row.str("id")));
        let ordinals = UInt64Array::from_iter_values(Row::of(batch).map(|row| row.ordinal()));
        let columns: Vec<ArrayRef> = vec![Arc::new(ordinals), Arc::new(ids.finish())];
        let documents = RecordBatch::try_new(Arc::new(name_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// Pairs the documents that have a passage.
#[derive(Clone)]
pub struct Hits(Settings);

impl Group for Hits {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("passage-hits")
            .doc("Pairs the documents that have a passage.")
            .reads("key")
            .reads("ordinal")
            .reads("start")
            .reads("length")
            .reads("word")
            .reads("words")
            .smallest_group(2)
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(Settings::of(&options)))
    }

    fn schema(&self) -> Schema {
        hit_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let ordinals = column::<UInt64Type>(rows, "ordinal")?.values();
        let mut found: Vec<(usize, usize)> = Vec::new();
        for group in groups {
            call.keep_going()?;
            let documents = runs(ordinals.get(group.clone()).unwrap_or_default(), group.start);
            if documents.len() as u64 > self.0.more_than {
                pairs(&documents, |this, other| found.push((this, other)));
            }
        }
        let this = || found.iter().map(|(this, _)| *this);
        let other = || found.iter().map(|(_, other)| *other);
        let long = |name: &str, rows_of: &mut dyn Iterator<Item = usize>| -> Result<ArrayRef> {
            let values = column::<UInt64Type>(rows, name)?.values();
            Ok(Arc::new(UInt64Array::from_iter_values(rows_of.map(|row| values[row]))))
        };
        let short = |name: &str, rows_of: &mut dyn Iterator<Item = usize>| -> Result<ArrayRef> {
            let values = column::<UInt32Type>(rows, name)?.values();
            Ok(Arc::new(UInt32Array::from_iter_values(rows_of.map(|row| values[row]))))
        };
        let columns = vec![
            long("ordinal", &mut this())?,
            long("ordinal", &mut other())?,
            long("start", &mut this())?,
            short("length", &mut this())?,
            long("word", &mut this())?,
            long("start", &mut other())?,
            short("length", &mut other())?,
            long("word", &mut other())?,
            short("words", &mut this())?,
        ];
        Ok(RecordBatch::try_new(Arc::new(hit_schema()), columns)?)
    }
}

/// Joins the passages that two documents share into spans.
#[derive(Clone)]
pub struct Spans;

impl Group for Spans {
    type Options = Options;

    fn describe() -> Describe {
        let names = [
            "document",
            "ordinal",
            "start",
            "length",
            "word",
            "other_start",
            "other_length",
            "other_word",
            "words",
        ];
        let describe =
            Describe::new("passage-spans").doc("Joins passages that lie side by side in both documents.");
        names.into_iter().fold(describe, Describe::reads)
    }

    fn bind(_options: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        span_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let long = |name: &str| Ok::<_, Error>(column::<UInt64Type>(rows, name)?.values());
        let short = |name: &str| Ok::<_, Error>(column::<UInt32Type>(rows, name)?.values());
        let (documents, ordinals) = (long("document")?, long("ordinal")?);
        let (starts, lengths, before) = (long("start")?, short("length")?, long("word")?);
        let (other_starts, other_lengths) = (long("other_start")?, short("other_length")?);
        let (other_before, words) = (long("other_word")?, short("words")?);
        let mut columns: [Vec<u64>; 7] = Default::default();
        let mut shared: Vec<Shared> = Vec::new();
        for group in groups {
            call.keep_going()?;
            shared.clear();
            let place =
                |start: u64, length: u32, word: u64| Place { start, end: start + u64::from(length), word };
            shared.extend(group.clone().map(|row| Shared {
                here: place(starts[row], lengths[row], before[row]),
                there: place(other_starts[row], other_lengths[row], other_before[row]),
                words: words[row].into(),
            }));
            merge(&mut shared);
            for Shared { here, there, words } in &shared {
                let (document, other) = (documents[group.start], ordinals[group.start]);
                let row = [document, other, here.start, here.end, there.start, there.end, *words];
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            }
        }
        let columns = columns.map(|column| Arc::new(UInt64Array::from(column)) as ArrayRef);
        Ok(RecordBatch::try_new(Arc::new(span_schema()), columns.to_vec())?)
    }
}

/// Adds the id of the other document to each span. The rows have the ordinal of this document.
#[derive(Clone)]
pub struct Others;

impl BatchMap for Others {
    type Options = Options;

    fn describe() -> Describe {
        let describe = Describe::new("passage-others")
            .doc("Gives the other document of each span its id.")
            .reads("document")
            .reads("ordinal")
            .reads(NAMES)
            .table();
        NUMBERS.into_iter().fold(describe, Describe::reads)
    }

    fn bind(_options: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        other_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let names = Found::of(batch, NAMES)?;
        let found = names.array("id")?;
        let found = Strings::of(found.as_ref()).ok_or("the column `id` is not a string")?;
        let mut ids = LargeStringBuilder::new();
        for row in 0..batch.num_rows() {
            ids.append_option(names.range(row).next().and_then(|at| found.get(at)));
        }
        let long =
            |name: &str| -> Result<ArrayRef> { Ok(Arc::new(column::<UInt64Type>(batch, name)?.clone())) };
        let mut columns = vec![long("document")?, long("ordinal")?, Arc::new(ids.finish())];
        for name in NUMBERS {
            columns.push(long(name)?);
        }
        let documents = RecordBatch::try_new(Arc::new(other_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// Writes the column.
#[derive(Clone)]
pub struct Report;

impl BatchMap for Report {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("report-passages")
            .doc("Lists the passages that a document shares with others.")
            .reads(OTHERS)
            .writes(COLUMN, list(entry()))
            .step()
    }

    fn bind(_options: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        Schema::new(vec![Field::new(COLUMN, list(entry()), true)])
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let found = Found::of(batch, OTHERS)?;
        let ids = found.array("id")?;
        let ids = Strings::of(ids.as_ref()).ok_or("the column `id` is not a string")?;
        let others = found.column::<UInt64Type>("other")?.values();
        let mut numbers = Vec::with_capacity(NUMBERS.len());
        for name in NUMBERS {
            numbers.push(found.column::<UInt64Type>(name)?.values());
        }
        let (starts, other_starts) = (numbers[0], numbers[2]);
        let DataType::Struct(fields) = entry() else { return Err("an entry is no struct".into()) };
        let DataType::List(item) = list(entry()) else { return Err("the column is no list".into()) };
        let mut lists = ListBuilder::new(StructBuilder::from_fields(fields, 0)).with_field(item);
        let mut spans: Vec<usize> = Vec::new();
        for row in 0..batch.num_rows() {
            call.keep_going()?;
            spans.clear();
            spans.extend(found.range(row));
            spans.sort_unstable_by_key(|&span| (starts[span], others[span], other_starts[span]));
            let entries = lists.values();
            for &span in &spans {
                let id =
                    entries.field_builder::<StringBuilder>(0).ok_or("an entry has no field for an id")?;
                id.append_option(ids.get(span));
                for (at, values) in numbers.iter().enumerate() {
                    let field = entries.field_builder::<UInt64Builder>(at + 1);
                    field.ok_or("an entry lacks a field for a number")?.append_value(values[span]);
                }
                entries.append(true);
            }
            lists.append(true);
        }
        let documents = RecordBatch::try_new(Arc::new(self.schema()), vec![Arc::new(lists.finish())])?;
        Ok(Output { documents, events: Events::new() })
    }
}
