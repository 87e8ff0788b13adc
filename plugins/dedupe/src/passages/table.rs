//! The tables that pass between the steps, and typed access to them.

use super::key::KEY_BYTES;
use std::ops::Range;
use textmill_plugin::prelude::arrow_array::cast::AsArray;
use textmill_plugin::prelude::arrow_array::types::ArrowPrimitiveType;
use textmill_plugin::prelude::arrow_array::{ListArray, PrimitiveArray, StructArray};
use textmill_plugin::prelude::*;

/// Name of the step that gives the passages of each document.
pub const UNITS: &str = "units";
/// Name of the step that gives the passages to be removed.
pub const REPEATS: &str = "repeats";
/// Name of the step that gives the id of each document.
pub const NAMES: &str = "names";
/// Name of the step that pairs documents under a key.
pub const HITS: &str = "hits";
/// Name of the step that joins pairs into spans.
pub const SPANS: &str = "spans";
/// Name of the step that gives the spans that a document shares, with the ids of the other documents.
pub const OTHERS: &str = "others";

/// Bytes of a key, in the type that Arrow has for it.
pub const KEY_WIDTH: i32 = KEY_BYTES as i32;

fn schema<const N: usize>(fields: [(&str, DataType, bool); N]) -> Schema {
    Schema::new(fields.map(|(name, kind, nullable)| Field::new(name, kind, nullable)).to_vec())
}

/// Columns of the step `units`: 48 bytes per passage.
pub fn unit_schema() -> Schema {
    schema([
        ("key", DataType::FixedSizeBinary(KEY_WIDTH), false),
        ("ordinal", DataType::UInt64, false),
        ("start", DataType::UInt64, false),
        ("length", DataType::UInt32, false),
        ("word", DataType::UInt64, false),
        ("words", DataType::UInt32, false),
    ])
}

/// Columns of the step `repeats`.
pub fn repeat_schema() -> Schema {
    schema([
        ("ordinal", DataType::UInt64, false),
        ("start", DataType::UInt64, false),
        ("length", DataType::UInt32, false),
        ("documents", DataType::UInt64, false),
        ("other", DataType::UInt64, true),
    ])
}

/// Columns of the step `names`.
pub fn name_schema() -> Schema {
    schema([("ordinal", DataType::UInt64, false), ("id", DataType::LargeUtf8, true)])
}

/// Columns of the step `hits`; `ordinal` is the other document.
pub fn hit_schema() -> Schema {
    schema([
        ("document", DataType::UInt64, false),
        ("ordinal", DataType::UInt64, false),
        ("start", DataType::UInt64, false),
        ("length", DataType::UInt32, false),
        ("word", DataType::UInt64, false),
        ("other_start", DataType::UInt64, false),
        ("other_length", DataType::UInt32, false),
        ("other_word", DataType::UInt64, false),
        ("words", DataType::UInt32, false),
    ])
}

/// Columns of the step `spans`; `ordinal` is the other document, so that `others` finds its id.
pub fn span_schema() -> Schema {
    schema([
        ("document", DataType::UInt64, false),
        ("ordinal", DataType::UInt64, false),
        ("start", DataType::UInt64, false),
        ("end", DataType::UInt64, false),
        ("other_start", DataType::UInt64, false),
        ("other_end", DataType::UInt64, false),
        ("words", DataType::UInt64, false),
    ])
}

/// Columns of the step `others`; `ordinal` is the document itself.
pub fn other_schema() -> Schema {
    schema([
        ("ordinal", DataType::UInt64, false),
        ("other", DataType::UInt64, false),
        ("id", DataType::LargeUtf8, true),
        ("start", DataType::UInt64, false),
        ("end", DataType::UInt64, false),
        ("other_start", DataType::UInt64, false),
        ("other_end", DataType::UInt64, false),
        ("words", DataType::UInt64, false),
    ])
}

/// A column of numbers.
pub fn column<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a PrimitiveArray<T>> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<T>());
    column.ok_or_else(|| format!("the rows have no column `{name}` of {}", T::DATA_TYPE).into())
}

/// The rows that a table is joined with: the matches of each of its rows in another step.
pub struct Found<'a> {
    name: &'a str,
    list: &'a ListArray,
    rows: &'a StructArray,
}

impl<'a> Found<'a> {
    /// Reads the column of this name.
    ///
    /// # Errors
    /// Fails if the table has no such column of lists of structs.
    pub fn of(batch: &'a RecordBatch, name: &'a str) -> Result<Self> {
        let list = batch.column_by_name(name).and_then(|column| column.as_list_opt::<i32>());
        let rows = list.and_then(|list| Some((list, list.values().as_struct_opt()?)));
        let (list, rows) =
            rows.ok_or_else(|| format!("the rows have no column `{name}` of lists of structs"))?;
        Ok(Self { name, list, rows })
    }

    /// The matches of a row, as a range of indices into the columns of [`Found::column`] and
    /// [`Found::array`].
    pub fn range(&self, row: usize) -> Range<usize> {
        let at =
            |n: usize| self.list.value_offsets().get(n).and_then(|&at| usize::try_from(at).ok()).unwrap_or(0);
        at(row)..at(row + 1)
    }

    /// A column of numbers of the matches.
    ///
    /// # Errors
    /// Fails if they have none of this type.
    pub fn column<T: ArrowPrimitiveType>(&self, column: &str) -> Result<&'a PrimitiveArray<T>> {
        let found = self.rows.column_by_name(column).and_then(|column| column.as_primitive_opt::<T>());
        found.ok_or_else(|| {
            format!("the rows of `{}` have no column `{column}` of {}", self.name, T::DATA_TYPE).into()
        })
    }

    /// A column of the matches, of any type.
    ///
    /// # Errors
    /// Fails if they have none of this name.
    pub fn array(&self, column: &str) -> Result<&'a ArrayRef> {
        let found = self.rows.column_by_name(column);
        found.ok_or_else(|| format!("the rows of `{}` have no column `{column}`", self.name).into())
    }
}
