//! Taking arrays over from a plugin. Nothing is believed before it has been checked.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_array::{RecordBatch, RecordBatchOptions, StructArray};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Schema, SchemaRef};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use textmill_plugin::error::{Error, ErrorKind, Result};

/// Takes an array of the columns `schema` over as a batch.
///
/// The shape (buffers, children, lengths) is compared with the schema, then Arrow's full validation runs:
/// offsets, UTF-8. What C cannot tell, the size of a buffer, is believed.
///
/// # Errors
/// A contract error that says what does not fit.
pub fn batch(array: FFI_ArrowArray, schema: &SchemaRef, what: &str) -> Result<RecordBatch> {
    let broken = |message: String| {
        Error::new(ErrorKind::Contract, format!("its {what} break the contract: {message}"))
    };
    if array.is_released() {
        return Err(broken("there are none".into()));
    }
    let kind = DataType::Struct(schema.fields().clone());
    // Arrow asserts what it expects of pointers; an answer that breaks it must not take the host down.
    let imported = catch_unwind(AssertUnwindSafe(|| {
        shape(&array, &kind, what)?;
        // SAFETY: the shape fits the type, the plugin vouches for its buffers, and all content is
        // validated before anything reads it.
        let data = unsafe { from_ffi_and_data_type(array, kind) }.map_err(|e| e.to_string())?;
        data.validate_full().map_err(|e| e.to_string())?;
        if data.null_count() > 0 {
            return Err("whole rows are null".to_owned());
        }
        let rows = data.len();
        let columns = StructArray::from(data).into_parts().1;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|e| e.to_string())
    }));
    imported.map_err(|_| broken("they cannot be imported".into()))?.map_err(broken)
}

/// Reads the columns that a plugin says it answers.
///
/// # Errors
/// A contract error where they are none.
pub fn schema(schema: &FFI_ArrowSchema, what: &str) -> Result<Schema> {
    let broken = |message: String| {
        Error::new(ErrorKind::Contract, format!("its {what} break the contract: {message}"))
    };
    let imported = catch_unwind(AssertUnwindSafe(|| Schema::try_from(schema).map_err(|e| e.to_string())));
    imported.map_err(|_| broken("they cannot be read".into()))?.map_err(broken)
}

/// Compares buffers, children and lengths with a type.
fn shape(array: &FFI_ArrowArray, kind: &DataType, name: &str) -> std::result::Result<(), String> {
    if array.is_released() {
        return Err(format!("`{name}` was released before it was handed over"));
    }
    let (buffers, children): (Option<usize>, Vec<(&str, &DataType)>) = match kind {
        DataType::Null => (Some(0), Vec::new()),
        DataType::Boolean | DataType::FixedSizeBinary(_) => (Some(2), Vec::new()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => {
            (Some(3), Vec::new())
        }
        DataType::Utf8View | DataType::BinaryView => (None, Vec::new()),
        DataType::List(item) | DataType::LargeList(item) => (Some(2), vec![(name, item.data_type())]),
        DataType::Struct(fields) => {
            (Some(1), fields.iter().map(|f| (f.name().as_str(), f.data_type())).collect())
        }
        other if other.is_primitive() => (Some(2), Vec::new()),
        other => return Err(format!("`{name}` has the unsupported type {other}")),
    };
    if let Some(buffers) = buffers.filter(|&n| n != array.num_buffers()) {
        return Err(format!("`{name}` has {} buffers, and {kind} has {buffers}", array.num_buffers()));
    }
    if buffers.is_none() && array.num_buffers() < 3 {
        return Err(format!("`{name}` has too few buffers for {kind}"));
    }
    if children.len() != array.num_children() {
        return Err(format!("`{name}` has {} children, not {}", array.num_children(), children.len()));
    }
    if array.dictionary().is_some() {
        return Err(format!("`{name}` is dictionary-encoded, and {kind} was agreed on"));
    }
    let end =
        array.len().checked_add(array.offset()).ok_or_else(|| format!("`{name}` has an absurd length"))?;
    if isize::try_from(end).is_err() {
        return Err(format!("`{name}` has an absurd length"));
    }
    for (at, (child_name, child_kind)) in children.into_iter().enumerate() {
        let child = array.child(at);
        if matches!(kind, DataType::Struct(_)) && child.len() < end {
            return Err(format!("column `{child_name}` has {} rows, and there are {end}", child.len()));
        }
        shape(child, child_kind, child_name)?;
    }
    Ok(())
}
