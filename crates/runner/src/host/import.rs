//! Imports arrays from a plugin. Nothing is trusted before it has been checked.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use super::raw;
use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_array::{RecordBatch, RecordBatchOptions, StructArray};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Schema, SchemaRef};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use textmill_plugin::error::{Error, ErrorKind, Result};

/// Imports an array with the columns of `schema` as a batch.
///
/// Compares the shape (buffers, children, lengths) with the schema, then runs Arrow's full validation:
/// offsets, UTF-8. The size of a buffer is trusted, since C cannot tell it. The array is released in any
/// case.
///
/// # Errors
/// Returns a contract error that says what does not fit.
pub fn batch(array: FFI_ArrowArray, schema: &SchemaRef, what: &str) -> Result<RecordBatch> {
    let broken = |message: String| {
        Error::new(ErrorKind::Contract, format!("its {what} break the contract: {message}"))
    };
    if array.is_released() {
        return Err(broken("there are none".into()));
    }
    let kind = DataType::Struct(schema.fields().clone());
    // Arrow asserts its expectations of pointers. A plugin that violates them must not take the host down.
    let imported = catch_unwind(AssertUnwindSafe(|| {
        raw::check(&array, &kind, what)?;
        // SAFETY: the shape fits the type, the plugin vouches for its buffers, and all contents are validated
        // before anything reads them.
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

/// Imports the schema of the columns that a plugin returns.
///
/// # Errors
/// Returns a contract error if it is not valid.
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::Field;

    fn imported(fields: Vec<Field>) -> Result<Schema> {
        schema(&FFI_ArrowSchema::try_from(Schema::new(fields)).unwrap(), "output columns")
    }

    #[test]
    fn columns_come_over_as_they_are_declared_without_metadata() {
        let list = DataType::new_list(DataType::Utf8, false);
        let fields = vec![Field::new("words", list, true), Field::new("row", DataType::UInt32, false)];
        let metadata = [("key".to_owned(), "value".to_owned())].into();
        let with_metadata: Vec<Field> = fields
            .iter()
            .map(|f| f.clone().with_metadata(std::collections::HashMap::clone(&metadata)))
            .collect();
        assert_eq!(imported(with_metadata).unwrap(), Schema::new(fields));
    }

    #[test]
    fn columns_that_arrow_cannot_handle_are_refused() {
        let refused = |kind, nullable| imported(vec![Field::new("x", kind, nullable)]).unwrap_err().message;
        let shown = [
            refused(DataType::Null, false),
            refused(DataType::new_fixed_size_list(DataType::Int8, 2, true), true),
            refused(DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)), true),
        ];
        let before = "its output columns break the contract: ";
        let shown = shown.map(|message| message.strip_prefix(before).unwrap_or_default().to_owned());
        insta::assert_snapshot!(shown.join("\n"), @r"
        `x` has nothing but nulls, and may not be null
        `x` has the unsupported format `+w:2`
        `x` is dictionary-encoded, which is not supported
        ");
        assert!(schema(&FFI_ArrowSchema::empty(), "output columns").is_err());
    }
}
