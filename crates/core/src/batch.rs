//! Reads columns of a record batch, whatever their string layout.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, LargeBinaryArray, RecordBatch};
use arrow_array::{LargeStringArray, StringArray, StringViewArray};
use arrow_schema::DataType;
use std::sync::Arc;

/// A string column in any of Arrow's three layouts.
#[derive(Clone, Copy, Debug)]
pub enum Strings<'a> {
    /// 32-bit offsets.
    Utf8(&'a StringArray),
    /// 64-bit offsets.
    Large(&'a LargeStringArray),
    /// Views.
    View(&'a StringViewArray),
}

impl<'a> Strings<'a> {
    /// Views `array` as strings, if it holds strings.
    pub fn of(array: &'a dyn Array) -> Option<Self> {
        match array.data_type() {
            DataType::Utf8 => Some(Self::Utf8(array.as_string())),
            DataType::LargeUtf8 => Some(Self::Large(array.as_string())),
            DataType::Utf8View => Some(Self::View(array.as_string_view())),
            _ => None,
        }
    }

    /// The string in `row`; `None` if it is null or the row is past the end.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Utf8(a) => (row < a.len() && a.is_valid(row)).then(|| a.value(row)),
            Self::Large(a) => (row < a.len() && a.is_valid(row)).then(|| a.value(row)),
            Self::View(a) => (row < a.len() && a.is_valid(row)).then(|| a.value(row)),
        }
    }
}

/// The string in one row of a column; `None` if there is no such column, it holds no strings, or it is null
/// there.
pub fn string<'a>(batch: &'a RecordBatch, column: &str, row: usize) -> Option<&'a str> {
    Strings::of(batch.column_by_name(column)?.as_ref())?.get(row)
}

/// The bytes in one row of a binary column; `None` if they are null, the row is past the end, or the column
/// is not binary.
pub fn bytes(array: &dyn Array, row: usize) -> Option<&[u8]> {
    if row >= array.len() || array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Binary => array.as_any().downcast_ref::<BinaryArray>().map(|a| a.value(row)),
        DataType::LargeBinary => array.as_any().downcast_ref::<LargeBinaryArray>().map(|a| a.value(row)),
        DataType::BinaryView => array.as_binary_view_opt().map(|a| a.value(row)),
        DataType::FixedSizeBinary(_) => Some(array.as_fixed_size_binary().value(row)),
        _ => None,
    }
}

/// The same strings in the layout `kind`; any other column is returned as it is.
///
/// # Errors
/// If the strings are too long for 32-bit offsets.
pub fn to_layout(array: &ArrayRef, kind: &DataType) -> Result<ArrayRef, String> {
    let Some(strings) = Strings::of(array.as_ref()) else { return Ok(Arc::clone(array)) };
    if array.data_type() == kind {
        return Ok(Arc::clone(array));
    }
    let rows = (0..array.len()).map(|row| strings.get(row));
    let bytes: usize = rows.clone().flatten().map(str::len).sum();
    if i32::try_from(bytes).is_err() && *kind != DataType::LargeUtf8 {
        return Err(format!("{bytes} bytes of strings do not fit a column with 32-bit offsets"));
    }
    Ok(match kind {
        DataType::Utf8 => Arc::new(rows.collect::<StringArray>()),
        DataType::LargeUtf8 => Arc::new(rows.collect::<LargeStringArray>()),
        DataType::Utf8View => Arc::new(rows.collect::<StringViewArray>()),
        _ => Arc::clone(array),
    })
}
