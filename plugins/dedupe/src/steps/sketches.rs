//! Turns documents into hashes.

use super::id::SETS;
use crate::options::{Mode, Options};
use crate::rank::rank;
use crate::set::{MOST, put_bytes};
use crate::sketch::{EXACT_BYTES, Sketcher, hash_of};
use crate::table::{Columns, number, views};
use crate::url::canonical;
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::builder::{FixedSizeBinaryBuilder, UInt64Builder};
use textmill_plugin::prelude::*;

fn exact_field() -> Field {
    Field::new("exact", DataType::FixedSizeBinary(EXACT_BYTES as i32), false)
}

/// Computes the set of shingles, the hash and the rank of each document. Documents without words get no row.
#[derive(Clone)]
pub struct Shingle {
    options: Options,
    sketcher: Sketcher,
}

/// Columns of sets.
pub fn set_schema() -> Schema {
    // Views: a set that is compared with many is joined without a copy.
    let shingles = Field::new("shingles", DataType::BinaryView, false);
    Schema::new(vec![number("ordinal"), exact_field(), number("rank"), shingles])
}

impl BatchMap for Shingle {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("shingle")
            .doc("Makes of each document a hash of its words, its shingles, and its rank among twins.")
            .reads("text")
            .reads("ordinal")
            .reads_option("date-column")
            .reads_option("score-column")
            .table()
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self { sketcher: Sketcher::new(&options), options })
    }

    fn schema(&self) -> Schema {
        set_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let rows = batch.num_rows();
        let mut ordinals = UInt64Builder::with_capacity(rows);
        let mut exact = FixedSizeBinaryBuilder::with_capacity(rows, EXACT_BYTES as i32);
        let mut ranks = UInt64Builder::with_capacity(rows);
        // About one shingle of four bytes per word of five letters and a space.
        let room = |row: Row<'_>| (row.text().len() * 2 / 3).min(MOST * 4);
        let mut bytes = Vec::with_capacity(Row::of(batch).map(room).sum());
        let mut ends = Vec::with_capacity(rows);
        for row in Row::of(batch) {
            call.at_row(u32::try_from(row.index()).ok());
            call.keep_going()?;
            let Some((hash, shingles)) = self.sketcher.sketch(row.text()) else { continue };
            ordinals.append_value(row.ordinal());
            exact.append_value(hash)?;
            ranks.append_value(rank(&self.options, &row));
            put_bytes(shingles, &mut bytes);
            ends.push(bytes.len());
        }
        call.at_row(None);
        bytes.shrink_to_fit();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ordinals.finish()),
            Arc::new(exact.finish()),
            Arc::new(ranks.finish()),
            Arc::new(views(bytes, &ends)?),
        ];
        let documents = RecordBatch::try_new(Arc::new(set_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// Columns of prints.
pub fn print_schema() -> Schema {
    Schema::new(vec![number("ordinal"), exact_field(), number("rank")])
}

/// Computes the hash and the rank of each document. Documents without words, or without a value in the column
/// that is compared, get no row.
#[derive(Clone)]
pub struct Fingerprint {
    options: Options,
    sketcher: Sketcher,
}

impl BatchMap for Fingerprint {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("fingerprint")
            .doc("Makes of each document a hash of what is compared, and its rank among copies.")
            .reads("text")
            .reads("ordinal")
            .reads_option("by")
            .reads_option("date-column")
            .reads_option("score-column")
            .table()
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self { sketcher: Sketcher::new(&options), options })
    }

    fn schema(&self) -> Schema {
        print_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let rows = batch.num_rows();
        let mut ordinals = UInt64Builder::with_capacity(rows);
        let mut exact = FixedSizeBinaryBuilder::with_capacity(rows, EXACT_BYTES as i32);
        let mut ranks = UInt64Builder::with_capacity(rows);
        for row in Row::of(batch) {
            call.at_row(u32::try_from(row.index()).ok());
            call.keep_going()?;
            let hash = match &self.options.by {
                None => self.sketcher.exact(row.text()),
                Some(column) => value_of(&row, column).map(|value| match self.options.canonical_urls {
                    true => hash_of(&canonical(&value)),
                    false => hash_of(&value),
                }),
            };
            let Some(hash) = hash else { continue };
            ordinals.append_value(row.ordinal());
            exact.append_value(hash)?;
            ranks.append_value(rank(&self.options, &row));
        }
        call.at_row(None);
        let columns: Vec<ArrayRef> =
            vec![Arc::new(ordinals.finish()), Arc::new(exact.finish()), Arc::new(ranks.finish())];
        let documents = RecordBatch::try_new(Arc::new(print_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// A cell as text; `None` if it is empty.
fn value_of(row: &Row<'_>, column: &str) -> Option<String> {
    let value = match row.value(column) {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    (!value.is_empty()).then_some(value)
}

/// Drops the shingles of sets.
#[derive(Clone)]
pub struct Print;

impl BatchMap for Print {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("print")
            .doc("Leaves the shingles out.")
            .reads("ordinal")
            .reads("exact")
            .reads("rank")
            .table()
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        print_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let columns = ["ordinal", "exact", "rank"].map(|name| Columns::column(batch, name).cloned());
        let columns = columns.into_iter().collect::<Result<_>>()?;
        let documents = RecordBatch::try_new(Arc::new(print_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// The id of the step with the rows that are compared and that later runs can load.
pub fn compared(options: &Options) -> &'static str {
    if options.mode == Mode::Exact { super::id::PRINTS } else { SETS }
}
