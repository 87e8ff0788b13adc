//! Typed access to the tables that pass between the steps.

use textmill_plugin::prelude::arrow_array::builder::BinaryViewBuilder;
use textmill_plugin::prelude::arrow_array::cast::AsArray;
use textmill_plugin::prelude::arrow_array::types::{Float64Type, UInt32Type, UInt64Type};
use textmill_plugin::prelude::arrow_array::{
    BinaryViewArray, BooleanArray, FixedSizeBinaryArray, Float64Array, LargeBinaryArray, ListArray,
    StructArray, UInt32Array, UInt64Array,
};
use textmill_plugin::prelude::*;

/// A field of ordinals, ranks or counts.
pub fn number(name: &str) -> Field {
    Field::new(name, DataType::UInt64, false)
}

/// Columns of a table, or of the structs in a column.
pub trait Columns {
    /// A column by its name.
    ///
    /// # Errors
    /// Fails if there is none.
    fn column(&self, name: &str) -> Result<&ArrayRef>;

    /// A column of 64-bit unsigned numbers.
    ///
    /// # Errors
    /// Fails if there is none of this type.
    fn numbers(&self, name: &str) -> Result<&UInt64Array> {
        self.column(name)?.as_primitive_opt::<UInt64Type>().ok_or_else(|| wrong(name))
    }

    /// A column of 32-bit unsigned numbers.
    ///
    /// # Errors
    /// Fails if there is none of this type.
    fn u32_numbers(&self, name: &str) -> Result<&UInt32Array> {
        self.column(name)?.as_primitive_opt::<UInt32Type>().ok_or_else(|| wrong(name))
    }

    /// A column of floats.
    ///
    /// # Errors
    /// Fails if there is none of this type.
    fn floats(&self, name: &str) -> Result<&Float64Array> {
        self.column(name)?.as_primitive_opt::<Float64Type>().ok_or_else(|| wrong(name))
    }

    /// A column of booleans.
    ///
    /// # Errors
    /// Fails if there is none of this type.
    fn booleans(&self, name: &str) -> Result<&BooleanArray> {
        self.column(name)?.as_boolean_opt().ok_or_else(|| wrong(name))
    }

    /// A column of hashes.
    ///
    /// # Errors
    /// Fails if there is none of this type.
    fn hashes(&self, name: &str) -> Result<&FixedSizeBinaryArray> {
        self.column(name)?.as_fixed_size_binary_opt().ok_or_else(|| wrong(name))
    }

    /// A column of byte strings that are copied.
    ///
    /// # Errors
    /// Fails if there is none of this type.
    fn copied_bytes(&self, name: &str) -> Result<&LargeBinaryArray> {
        self.column(name)?.as_binary_opt::<i64>().ok_or_else(|| wrong(name))
    }

    /// A column of byte strings as views, which may be long.
    ///
    /// # Errors
    /// Fails if there is none of this type.
    fn bytes(&self, name: &str) -> Result<&BinaryViewArray> {
        self.column(name)?.as_binary_view_opt().ok_or_else(|| wrong(name))
    }
}

/// A column of the values that follow one another in `bytes`; `ends` are their ends. Nothing is copied.
///
/// # Errors
/// Fails if they take more than 4 GiB.
pub fn views(bytes: Vec<u8>, ends: &[usize]) -> Result<BinaryViewArray> {
    let mut views = BinaryViewBuilder::with_capacity(ends.len());
    let block = views.append_block(bytes.into());
    let mut start = 0;
    for &end in ends {
        views.try_append_view(block, u32::try_from(start)?, u32::try_from(end - start)?)?;
        start = end;
    }
    Ok(views.finish())
}

fn wrong(name: &str) -> Error {
    format!("the column `{name}` has another type than its step gives").into()
}

impl Columns for RecordBatch {
    fn column(&self, name: &str) -> Result<&ArrayRef> {
        self.column_by_name(name).ok_or_else(|| format!("the rows have no column `{name}`").into())
    }
}

impl Columns for StructArray {
    fn column(&self, name: &str) -> Result<&ArrayRef> {
        self.column_by_name(name).ok_or_else(|| format!("the joined rows have no column `{name}`").into())
    }
}

/// The rows that a batch is joined with: the matches of each of its rows, from the column named after their
/// step.
pub struct Joined<'a> {
    list: &'a ListArray,
    /// All matching rows.
    pub rows: &'a StructArray,
}

impl<'a> Joined<'a> {
    /// The matches in the step `name`.
    ///
    /// # Errors
    /// Fails if the batch is not joined with it.
    pub fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let list = Columns::column(batch, name)?.as_list_opt::<i32>().ok_or_else(|| wrong(name))?;
        let rows = list.values().as_struct_opt().ok_or_else(|| wrong(name))?;
        Ok(Self { list, rows })
    }

    /// The index in [`Joined::rows`] of the first match of a row of the batch.
    pub fn find(&self, row: usize) -> Option<usize> {
        match self.list.value_offsets().get(row..row + 2)? {
            [start, end] if start < end => usize::try_from(*start).ok(),
            _ => None,
        }
    }

    /// [`Joined::find`] for a row that must have a match.
    ///
    /// # Errors
    /// Fails if it has none.
    pub fn at(&self, row: usize) -> Result<usize> {
        self.find(row).ok_or_else(|| "a row has not found what it is joined with".into())
    }
}
