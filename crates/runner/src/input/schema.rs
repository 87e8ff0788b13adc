//! The columns that documents have as they are read.

use crate::config::Input;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::Value;
use std::sync::Arc;
use textmill_core::column::{CARRIED, ID, MEDIA_TYPE, ORDINAL, RAW, SOURCE, TEXT};
use textmill_core::value::array_from;

/// The schema of documents as they are read.
pub fn input_schema(input: &Input) -> SchemaRef {
    let mut fields = vec![
        Field::new(ID, DataType::LargeUtf8, true),
        Field::new(SOURCE, DataType::LargeUtf8, true),
        Field::new(TEXT, DataType::LargeUtf8, true),
        Field::new(MEDIA_TYPE, DataType::Utf8, true),
        Field::new(RAW, DataType::LargeBinary, true),
        Field::new(ORDINAL, DataType::UInt64, true),
        Field::new(CARRIED, DataType::LargeUtf8, true),
    ];
    fields.extend(input.columns.iter().map(|(name, kind)| Field::new(name, kind.clone(), true)));
    Arc::new(Schema::new(fields))
}

/// The schema, and the columns in it that the pipeline declares.
pub(super) struct Shape {
    pub schema: SchemaRef,
    pub columns: Vec<(String, DataType)>,
}

impl Shape {
    pub fn new(input: &Input) -> Self {
        Self { schema: input_schema(input), columns: input.columns.clone() }
    }

    /// Index of the declared column with this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(column, _)| column == name)
    }

    /// Checks that values fit the declared columns, and says why if one does not.
    pub fn check(&self, values: &[Value]) -> Result<(), String> {
        for ((name, kind), value) in self.columns.iter().zip(values) {
            let plain = match (kind, value) {
                (_, Value::Null) => true,
                (DataType::Utf8 | DataType::LargeUtf8, value) => value.is_string(),
                (DataType::Int64, value) => value.is_i64(),
                (DataType::Boolean, value) => value.is_boolean(),
                _ => false,
            };
            if !plain {
                array_from(kind, std::slice::from_ref(value))
                    .map_err(|error| format!("field `{name}`: {error}"))?;
            }
        }
        Ok(())
    }
}
