//! Taking arrays over from a plugin. Nothing is believed before it has been checked.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use super::raw;
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
/// offsets, UTF-8. What C cannot tell, the size of a buffer, is believed. The array is released in any case.
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
        raw::check(&array, &kind, what)?;
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
    let imported = catch_unwind(AssertUnwindSafe(|| {
        let schema = raw::rebuild(schema)?;
        Schema::try_from(&schema).map_err(|e| e.to_string())
    }));
    imported.map_err(|_| broken("they cannot be read".into()))?.map_err(broken)
}
