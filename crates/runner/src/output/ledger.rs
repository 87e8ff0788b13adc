//! The ledger as Parquet: one row an event, zstd, in portions that do not depend on the batches of the run.

use crate::engine::LedgerRow;
use arrow_array::builder::{Float64Builder, LargeStringBuilder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

/// Rows that are given to the Parquet writer at once. Fixed, because its pages end where portions end.
const PORTION: usize = 16 * 1024;
/// Rows in a row group.
const ROW_GROUP: usize = 256 * 1024;

/// Writes the ledger.
pub struct LedgerWriter {
    writer: ArrowWriter<BufWriter<File>>,
    schema: SchemaRef,
    rows: Vec<LedgerRow>,
    stages: Vec<String>,
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("ordinal", DataType::UInt64, false),
        Field::new("id", DataType::LargeUtf8, false),
        Field::new("stage", DataType::Utf8, false),
        Field::new("action", DataType::Utf8, false),
        Field::new("rule", DataType::Utf8, false),
        Field::new("value", DataType::Float64, true),
        Field::new("threshold", DataType::Float64, true),
        Field::new("start", DataType::UInt64, true),
        Field::new("end", DataType::UInt64, true),
        Field::new("replacement", DataType::LargeUtf8, true),
        Field::new("other", DataType::LargeUtf8, true),
        Field::new("note", DataType::Utf8, true),
    ]))
}

impl LedgerWriter {
    /// Begins a file; `stages` are the names by number.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn create(path: &Path, stages: Vec<String>) -> Result<Self> {
        let schema = schema();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_created_by(format!("textmill {}", env!("CARGO_PKG_VERSION")))
            .build();
        let file = BufWriter::new(File::create(path)?);
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
        Ok(Self { writer, schema, rows: Vec::new(), stages })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(&mut self, rows: &[LedgerRow]) -> Result<()> {
        self.rows.extend_from_slice(rows);
        while self.rows.len() >= PORTION {
            let rest = self.rows.split_off(PORTION);
            let portion = std::mem::replace(&mut self.rows, rest);
            self.portion(&portion)?;
        }
        Ok(())
    }

    fn portion(&mut self, rows: &[LedgerRow]) -> Result<()> {
        let mut ordinal = UInt64Builder::new();
        let mut id = LargeStringBuilder::new();
        let [mut stage, mut action, mut rule, mut note] = std::array::from_fn(|_| StringBuilder::new());
        let [mut value, mut threshold] = std::array::from_fn(|_| Float64Builder::new());
        let [mut start, mut end] = std::array::from_fn(|_| UInt64Builder::new());
        let [mut replacement, mut other] = std::array::from_fn(|_| LargeStringBuilder::new());
        for row in rows {
            let event = &row.event;
            ordinal.append_value(row.ordinal);
            id.append_value(&row.id);
            stage.append_value(self.stages.get(row.stage).map_or("input", String::as_str));
            action.append_value(event.action.name());
            rule.append_value(&event.rule);
            value.append_option(event.value);
            threshold.append_option(event.threshold);
            start.append_option(event.start);
            end.append_option(event.end);
            replacement.append_option(event.replacement.as_deref());
            other.append_option(row.other.as_deref());
            note.append_option(event.note.as_deref());
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ordinal.finish()),
            Arc::new(id.finish()),
            Arc::new(stage.finish()),
            Arc::new(action.finish()),
            Arc::new(rule.finish()),
            Arc::new(value.finish()),
            Arc::new(threshold.finish()),
            Arc::new(start.finish()),
            Arc::new(end.finish()),
            Arc::new(replacement.finish()),
            Arc::new(other.finish()),
            Arc::new(note.finish()),
        ];
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    /// Writes what is left and ends the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn finish(mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.portion(&rows)?;
        self.writer.close().map(drop)
    }
}
