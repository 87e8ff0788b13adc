//! A case: options, and the documents to run them on. This module reads case files and runs nothing.

use arrow_array::{ArrayRef, LargeBinaryArray, LargeStringArray, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use textmill_core::column::{ID, ORDINAL, RAW, SOURCE, TEXT, parse_type};
use textmill_core::value::array_from;

/// Options and documents.
///
/// A case file is the document itself, in any encoding. A first line
/// `#! {"options": {…}, "columns": {"name": "type"}}` sets options and types of columns. If there are several
/// documents, each follows a line `=== id` or `=== id {"column": value}`.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Options of the stage, as JSON.
    pub options: Value,
    /// Types of columns, if they do not follow from the values.
    pub columns: BTreeMap<String, DataType>,
    /// The documents, in order.
    pub documents: Vec<Document>,
}

/// A document of a case.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// Its bytes as found.
    pub bytes: Vec<u8>,
    /// Columns that it comes with.
    pub columns: Map<String, Value>,
}

impl Case {
    /// A case of one document with default options.
    pub fn of(text: &str) -> Self {
        let document = Document { id: "document".into(), bytes: text.into(), columns: Map::new() };
        Self { options: Value::Object(Map::new()), columns: BTreeMap::new(), documents: vec![document] }
    }

    /// The same case with other options.
    #[must_use]
    pub fn with_options(mut self, options: Value) -> Self {
        self.options = options;
        self
    }

    /// Reads a case file. `name` becomes the id if the file is a single document.
    ///
    /// # Errors
    /// If a header is not JSON.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let mut case = Self { options: Value::Object(Map::new()), ..Self::default() };
        let mut rest = bytes;
        if bytes.starts_with(b"#! ") {
            let end = bytes.iter().position(|&b| b == b'\n').unwrap_or(bytes.len());
            let header: Value =
                serde_json::from_slice(&bytes[3..end]).map_err(|e| format!("first line: {e}"))?;
            if let Some(options) = header.get("options") {
                case.options = options.clone();
            }
            for (column, words) in header.get("columns").and_then(Value::as_object).into_iter().flatten() {
                case.columns.insert(column.clone(), parse_type(words.as_str().unwrap_or_default())?);
            }
            rest = bytes.get(end + 1..).unwrap_or(&[]);
        }
        if !rest.starts_with(b"=== ") {
            case.documents.push(Document { id: name.to_owned(), bytes: rest.to_vec(), columns: Map::new() });
            return Ok(case);
        }
        for line in rest.split_inclusive(|&b| b == b'\n') {
            match line.strip_prefix(b"=== ") {
                Some(header) => case.documents.push(document(header)?),
                None => {
                    if let Some(open) = case.documents.last_mut() {
                        open.bytes.extend_from_slice(line);
                    }
                }
            }
        }
        Ok(case)
    }

    /// The documents as one batch, with the columns that the host gives every document.
    ///
    /// # Errors
    /// If a value does not fit its column.
    pub fn batch(&self) -> Result<RecordBatch, String> {
        let documents = &self.documents;
        let ids =
            || Arc::new(LargeStringArray::from_iter_values(documents.iter().map(|d| &d.id))) as ArrayRef;
        let text =
            LargeStringArray::from_iter_values(documents.iter().map(|d| String::from_utf8_lossy(&d.bytes)));
        let raw =
            documents.iter().map(|d| std::str::from_utf8(&d.bytes).is_err().then_some(d.bytes.as_slice()));
        let ordinals = UInt64Array::from_iter_values(0..documents.len() as u64);
        let mut fields = vec![
            Field::new(ID, DataType::LargeUtf8, true),
            Field::new(SOURCE, DataType::LargeUtf8, true),
            Field::new(TEXT, DataType::LargeUtf8, true),
            Field::new(RAW, DataType::LargeBinary, true),
            Field::new(ORDINAL, DataType::UInt64, false),
        ];
        let mut arrays: Vec<ArrayRef> = vec![
            ids(),
            ids(),
            Arc::new(text),
            Arc::new(raw.collect::<LargeBinaryArray>()),
            Arc::new(ordinals),
        ];
        let mut names: Vec<&String> = documents.iter().flat_map(|d| d.columns.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let values: Vec<Value> =
                documents.iter().map(|d| d.columns.get(name).cloned().unwrap_or(Value::Null)).collect();
            let kind = match self.columns.get(name) {
                Some(kind) => kind.clone(),
                None => values.iter().find_map(guess).unwrap_or(DataType::Utf8),
            };
            let array = array_from(&kind, &values).map_err(|e| format!("column `{name}`: {e}"))?;
            match fields.iter().position(|f| f.name() == name) {
                Some(at) => (fields[at], arrays[at]) = (Field::new(name, kind, true), array),
                None => {
                    fields.push(Field::new(name, kind, true));
                    arrays.push(array);
                }
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| e.to_string())
    }
}

fn document(header: &[u8]) -> Result<Document, String> {
    let header = String::from_utf8_lossy(header);
    let header = header.trim();
    let (id, columns) = match header.find(" {") {
        Some(at) => {
            let columns = serde_json::from_str(&header[at..]).map_err(|e| format!("`{header}`: {e}"))?;
            (&header[..at], columns)
        }
        None => (header, Map::new()),
    };
    Ok(Document { id: id.to_owned(), bytes: Vec::new(), columns })
}

/// Guesses the type of a column from one of its values.
fn guess(value: &Value) -> Option<DataType> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(DataType::Boolean),
        Value::Number(n) if n.is_u64() => Some(DataType::UInt64),
        Value::Number(n) if n.is_i64() => Some(DataType::Int64),
        Value::Number(_) => Some(DataType::Float64),
        Value::String(_) => Some(DataType::Utf8),
        Value::Array(items) => {
            Some(textmill_core::column::list(items.iter().find_map(guess).unwrap_or(DataType::Utf8)))
        }
        Value::Object(members) => {
            let field = |(name, value)| Field::new(name, guess(value).unwrap_or(DataType::Utf8), true);
            Some(DataType::Struct(members.iter().map(field).collect()))
        }
    }
}
