//! The output columns of documents and their order, as JSON lines or as Arrow batches for Parquet.

use super::row::RowWriter;
use crate::config::{OutputFormat, Pipeline};
use crate::engine::text_bytes;
use crate::json::members;
use arrow_array::builder::LargeStringBuilder;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use memchr::memmem::Finder;
use std::sync::Arc;
use textmill_core::batch::{Strings, to_layout};
use textmill_core::column::{CARRIED, ID, MEDIA_TYPE, SOURCE, TEXT};
use textmill_plugin::error::Result;

/// The output columns of documents.
pub struct OutputColumns {
    /// Columns after `id`, `source`, `text` and `media_type`, in order.
    pub names: Vec<String>,
    /// Whether `media_type` is written if it is known.
    pub media_type: bool,
    /// Input fields that are left out.
    pub omitted: Vec<String>,
    /// Declared fields that have a column of their own in Parquet. In JSON they are written as they were
    /// read.
    typed: Vec<String>,
    schema: SchemaRef,
    /// Finders for a document's own members that need care: their names are taken, or they are left out.
    special: Vec<Finder<'static>>,
}

impl OutputColumns {
    /// Derives the output columns from `after`, the schema after the last stage. `names` are the columns that
    /// stages wrote, `declared` the fields of the input that have a type.
    pub fn new(pipeline: &Pipeline, after: &Schema, names: Vec<String>, declared: Vec<String>) -> Self {
        let excluded = |name: &str| pipeline.output.exclude.iter().any(|(out, _)| out == name);
        let omitted = declared.iter().filter(|name| excluded(name)).cloned().collect();
        let media_type = !excluded(MEDIA_TYPE);
        let typed = match pipeline.output.format {
            OutputFormat::Parquet => declared.into_iter().filter(|name| !names.contains(name)).collect(),
            OutputFormat::Jsonl(_) => Vec::new(),
        };
        let mut columns = Self {
            names,
            media_type,
            omitted,
            typed,
            schema: Arc::new(Schema::empty()),
            special: Vec::new(),
        };
        let kind = |name: &str| after.field_with_name(name).map(|f| f.data_type().clone());
        let field = |name: &str| Field::new(name, kind(name).unwrap_or(DataType::LargeUtf8), true);
        let mut fields: Vec<Field> =
            [ID, SOURCE, TEXT].iter().map(|name| Field::new(*name, DataType::LargeUtf8, false)).collect();
        fields.extend(media_type.then(|| Field::new(MEDIA_TYPE, DataType::Utf8, true)));
        fields.extend(columns.shown_typed().map(|name| field(name)));
        fields.extend(columns.names.iter().map(|name| field(name)));
        fields.push(Field::new(CARRIED, DataType::LargeUtf8, true));
        columns.schema = Arc::new(Schema::new(fields));
        let special = columns.taken().into_iter().chain(columns.omitted.iter().map(String::as_str));
        columns.special = special.map(finder).collect();
        columns
    }

    /// The names of the columns of every written document: its own, then those that stages wrote.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let own = [ID, SOURCE, TEXT].into_iter().chain(self.media_type.then_some(MEDIA_TYPE));
        own.chain(self.names.iter().map(String::as_str))
    }

    fn shown_typed(&self) -> impl Iterator<Item = &String> {
        self.typed.iter().filter(|name| !self.omitted.contains(name))
    }

    /// Names that a document's own members must not take.
    fn taken(&self) -> Vec<&str> {
        let own = [ID, SOURCE, TEXT, MEDIA_TYPE, CARRIED];
        own.into_iter().chain(self.names.iter().map(String::as_str)).collect()
    }

    /// The schema of the Parquet file.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Appends all rows as lines of `documents.jsonl`: id, source, text, media type if known, the document's
    /// own fields except those left out, and the columns that stages wrote.
    pub fn lines(&self, documents: &RecordBatch, out: &mut Vec<u8>) {
        let arrays: Vec<(&str, &ArrayRef)> = self
            .names
            .iter()
            .filter_map(|name| Some((name.as_str(), documents.column_by_name(name)?)))
            .collect();
        let media_types = documents.column_by_name(MEDIA_TYPE).and_then(|c| Strings::of(c.as_ref()));
        let taken = self.taken();
        let rows = RowWriter::new(documents);
        // JSON escapes make the text a few percent larger.
        out.reserve(text_bytes(documents) as usize * 17 / 16);
        for row in 0..documents.num_rows() {
            let media_type = media_types.filter(|_| self.media_type).and_then(|m| m.get(row));
            rows.line(out, row, media_type, &arrays, |carried| {
                let special = self.special.iter().any(|finder| finder.find(carried.as_bytes()).is_some());
                special.then_some((taken.as_slice(), self.omitted.as_slice()))
            });
        }
    }

    /// Converts all rows to a batch of [`OutputColumns::schema`].
    ///
    /// # Errors
    /// If a column is missing.
    pub fn batch(&self, documents: &RecordBatch) -> Result<RecordBatch> {
        let mut columns: Vec<ArrayRef> = Vec::new();
        for field in self.schema.fields() {
            if field.name() == CARRIED {
                columns.push(Arc::new(self.carried(documents)));
                continue;
            }
            let column = documents.column_by_name(field.name());
            let column = column.ok_or_else(|| format!("a batch has no column `{}`", field.name()))?;
            columns.push(to_layout(column, field.data_type())?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(documents.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.schema(), columns, &options)?)
    }

    /// The documents' own fields that have no column, as JSON objects.
    fn carried(&self, documents: &RecordBatch) -> impl Array + use<> {
        let carried = documents.column_by_name(CARRIED).and_then(|c| Strings::of(c.as_ref()));
        let mut out = LargeStringBuilder::new();
        for row in 0..documents.num_rows() {
            let whole = format!("{{{}}}", carried.and_then(|c| c.get(row)).unwrap_or_default());
            let items = members(&whole).map(|m| m.0).unwrap_or_default();
            let mut object = String::new();
            for (name, value) in items {
                if self.omitted.iter().chain(&self.typed).any(|out| *out == name) {
                    continue;
                }
                object.push(if object.is_empty() { '{' } else { ',' });
                object.push_str(&serde_json::to_string::<str>(&name).unwrap_or_default());
                object.push(':');
                object.push_str(value.get());
            }
            if object.is_empty() {
                out.append_null();
            } else {
                object.push('}');
                out.append_value(object);
            }
        }
        out.finish()
    }
}

/// Finds a member by its name as JSON writes it. May also match a nested member, which only costs a closer
/// look.
fn finder(name: &str) -> Finder<'static> {
    let needle = format!("{}:", serde_json::to_string(name).unwrap_or_default());
    Finder::new(&needle).into_owned()
}
