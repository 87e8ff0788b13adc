//! The tables that pass between the steps: their columns, and typed access to them.

use crate::minhash::{MINIMA, Signature, from_bytes};
use textmill_plugin::prelude::arrow_array::cast::AsArray;
use textmill_plugin::prelude::arrow_array::types::{Int64Type, UInt64Type};
use textmill_plugin::prelude::arrow_array::{FixedSizeBinaryArray, Int64Array, ListArray, UInt64Array};
use textmill_plugin::prelude::*;

/// Bytes of an exact hash.
pub const EXACT_BYTES: i32 = 16;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: i32 = 4 * MINIMA as i32;

/// Name of the step that gives sketches, and of the column in which later steps find them.
pub const SKETCHES: &str = "sketches";
/// Name of the step that gives verdicts, and of the column in which `apply` finds them.
pub const VERDICT: &str = "verdict";

/// Columns of the step `sketches`.
pub fn sketch_schema() -> Schema {
    Schema::new(vec![
        Field::new("ordinal", DataType::UInt64, false),
        Field::new("exact", DataType::FixedSizeBinary(EXACT_BYTES), true),
        Field::new("signature", DataType::FixedSizeBinary(SIGNATURE_BYTES), true),
        Field::new("length", DataType::UInt64, false),
        Field::new("date", DataType::Int64, true),
    ])
}

/// Columns of the step `keys`.
pub fn key_schema() -> Schema {
    Schema::new(vec![
        Field::new("band", DataType::UInt32, false),
        Field::new("key", DataType::UInt64, false),
        Field::new("ordinal", DataType::UInt64, false),
    ])
}

/// Columns of the step `pairs`.
pub fn pair_schema() -> Schema {
    Schema::new(vec![Field::new("a", DataType::UInt64, false), Field::new("b", DataType::UInt64, false)])
}

/// Columns of the step `verdict`.
pub fn verdict_schema() -> Schema {
    Schema::new(vec![
        Field::new("ordinal", DataType::UInt64, false),
        Field::new("twin", DataType::UInt64, true),
        Field::new("similarity", DataType::Float64, false),
        Field::new("exact", DataType::Boolean, false),
        Field::new("duplicates", DataType::UInt64, false),
    ])
}

/// A column of numbers without nulls.
pub fn numbers<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a UInt64Array> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<UInt64Type>());
    column.ok_or_else(|| format!("the rows have no column `{name}` of uint64").into())
}

/// A column of byte strings of one length.
pub fn fixed<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a FixedSizeBinaryArray> {
    let column = batch.column_by_name(name).and_then(|column| column.as_fixed_size_binary_opt());
    column.ok_or_else(|| format!("the rows have no column `{name}` of fixed-size binary").into())
}

/// What two documents are compared by.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The document.
    pub ordinal: u64,
    /// Hash of its words in order.
    pub exact: [u8; 16],
    /// Its signature, where there is one.
    pub signature: Option<Signature>,
    /// Characters of its text.
    pub length: u64,
    /// Its date in seconds, where told.
    pub date: Option<i64>,
}

/// The column `sketches` of a table: a list of one sketch for each row.
pub struct Sketches<'a> {
    list: &'a ListArray,
    exact: &'a FixedSizeBinaryArray,
    signature: &'a FixedSizeBinaryArray,
    length: &'a UInt64Array,
    date: &'a Int64Array,
}

impl<'a> Sketches<'a> {
    /// Finds the column and its parts.
    ///
    /// # Errors
    /// Where the table does not have them.
    pub fn of(batch: &'a RecordBatch) -> Result<Self> {
        let missing = |what: &str| format!("the rows have no `{what}` in column `{SKETCHES}`");
        let list = batch.column_by_name(SKETCHES).and_then(|column| column.as_list_opt::<i32>());
        let list = list.ok_or_else(|| missing("list"))?;
        let rows = list.values().as_struct_opt().ok_or_else(|| missing("struct"))?;
        let column = |name: &str| rows.column_by_name(name).ok_or_else(|| missing(name));
        Ok(Self {
            list,
            exact: column("exact")?.as_fixed_size_binary_opt().ok_or_else(|| missing("exact"))?,
            signature: column("signature")?.as_fixed_size_binary_opt().ok_or_else(|| missing("signature"))?,
            length: column("length")?.as_primitive_opt().ok_or_else(|| missing("length"))?,
            date: column("date")?.as_primitive_opt::<Int64Type>().ok_or_else(|| missing("date"))?,
        })
    }

    /// The sketch of a row of the table; `ordinal` is that row's document.
    ///
    /// # Errors
    /// Where the row has none.
    pub fn at(&self, row: usize, ordinal: u64) -> Result<Candidate> {
        let missing = || Error::from(format!("document `{ordinal}` has no sketch"));
        let range = self.list.value_offsets().get(row..row + 2).ok_or_else(missing)?;
        let at = match range {
            [start, end] if start < end => usize::try_from(*start)?,
            _ => return Err(missing()),
        };
        if self.exact.is_null(at) {
            return Err(missing());
        }
        let signature = if self.signature.is_null(at) { None } else { from_bytes(self.signature.value(at)) };
        Ok(Candidate {
            ordinal,
            exact: self.exact.value(at).try_into()?,
            signature,
            length: self.length.value(at),
            date: self.date.is_valid(at).then(|| self.date.value(at)),
        })
    }
}
