//! Cuts Parquet files into row groups, and large row groups into runs of rows. Decodes nothing.

use super::cursor::Body;
use super::files::SourceFile;
use super::format::Kind;
use super::json_reason::no_field;
use super::open::{ByteRange, begins_with};
use super::record::Failure;
use crate::config::Input;
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use textmill_core::column::{RESERVED, is_supported};

/// A run of rows of a row group.
pub(super) struct Group {
    pub metadata: ArrowReaderMetadata,
    pub group: usize,
    /// The first row, counted within the group.
    pub start: usize,
    pub rows: usize,
    /// Number of rows before it in the file.
    pub number: u64,
    /// Approximate size when decoded, in bytes.
    pub bytes: u64,
}

/// Cuts a file into groups of rows.
pub struct ParquetCutter {
    metadata: ArrowReaderMetadata,
    read: Arc<AtomicU64>,
    group: usize,
    start: usize,
    number: u64,
}

fn open(file: &SourceFile) -> Result<ArrowReaderMetadata, String> {
    let metadata = ArrowReaderMetadata::load(&ByteRange::new(file), ArrowReaderOptions::new());
    metadata.map_err(|error| match begins_with(file, b"PAR1") {
        true => error.to_string(),
        false => "it is not a Parquet file".to_owned(),
    })
}

impl ParquetCutter {
    /// Opens a file and skips `number` rows.
    ///
    /// # Errors
    /// If the file cannot be read or has no text column.
    pub fn new(
        file: &SourceFile,
        input: &Input,
        number: u64,
        read: Arc<AtomicU64>,
    ) -> Result<Self, Box<Failure>> {
        let failed = |rule, note| Box::new(Failure::of_file(file, rule, note));
        if let Err(error) = super::open::open_bytes(&file.path, 0) {
            return Err(failed("unreadable-file", format!("cannot read the file: {error}")));
        }
        let metadata = open(file).map_err(|error| failed("bad-parquet", error))?;
        let text = &input.text_field;
        match metadata.schema().field_with_name(text).map(|field| field.data_type()) {
            Err(_) => {
                let names = metadata.schema().fields().iter().map(|field| field.name().as_str());
                return Err(failed("no-text", no_field("there is no column", text, names)));
            }
            Ok(kind) if !is_text(kind) => {
                return Err(failed("no-text", format!("the column `{text}` is of type {kind}")));
            }
            Ok(_) => {}
        }
        let mut cutter = Self { metadata, read, group: 0, start: 0, number };
        let mut left = number;
        while let Some(rows) = cutter.rows().filter(|rows| *rows as u64 <= left) {
            left -= rows as u64;
            cutter.group += 1;
        }
        cutter.start = left as usize;
        Ok(cutter)
    }

    /// Number of rows before the next piece.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Number of rows in the current group.
    fn rows(&self) -> Option<usize> {
        let group = self.metadata.metadata().row_groups().get(self.group)?;
        Some(usize::try_from(group.num_rows()).unwrap_or(0))
    }

    /// Returns the next rows: a whole group, or about `bytes` of it if it is large.
    pub fn next(&mut self, bytes: usize) -> Option<Body> {
        let mut rows = self.rows()?;
        while self.start >= rows {
            self.group += 1;
            self.start = 0;
            rows = self.rows()?;
        }
        let group = self.metadata.metadata().row_groups().get(self.group)?;
        let size = u64::try_from(group.total_byte_size()).unwrap_or(0);
        let stored = u64::try_from(group.compressed_size()).unwrap_or(0);
        let share = |bytes: u64, row: usize| (u128::from(bytes) * row as u128 / rows as u128) as u64;
        let many = bytes as u128 * rows as u128 / u128::from(size.max(1));
        let many = if size <= 2 * bytes as u64 { rows } else { (many as usize).max(1) };
        // Repeated values are stored once, so a group that is small on disk may be large in memory.
        let many = many.min(ROWS_AT_MOST);
        let end = rows.min(self.start + many);
        self.read.fetch_add(share(stored, end) - share(stored, self.start), Ordering::Relaxed);
        let body = Group {
            metadata: self.metadata.clone(),
            group: self.group,
            start: self.start,
            rows: end - self.start,
            number: self.number,
            bytes: share(size, end) - share(size, self.start),
        };
        self.number += (end - self.start) as u64;
        self.start = end;
        Some(Body::Parquet(body))
    }
}

/// Maximum number of rows in a piece.
const ROWS_AT_MOST: usize = 4096;

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, kind) => is_text(kind),
        kind => kind.is_string() || kind.is_binary(),
    }
}

/// The columns that stages may read if all files are Parquet: those that every file has with the same type
/// (see `declared`), except id, source and text. Unreadable files are ignored.
pub fn parquet_columns(files: &[SourceFile], input: &Input) -> Vec<(String, DataType)> {
    if files.iter().any(|file| file.format.kind != Kind::Parquet) {
        return Vec::new();
    }
    let mut columns: Option<Vec<(String, DataType)>> = None;
    for metadata in files.iter().filter_map(|file| open(file).ok()) {
        let schema = metadata.schema();
        let same = |(name, kind): &(String, DataType)| {
            schema.field_with_name(name).is_ok_and(|field| declared(field.data_type()) == *kind)
        };
        match &mut columns {
            Some(columns) => columns.retain(same),
            None => {
                let fields = schema.fields().iter().map(|f| (f.name().clone(), declared(f.data_type())));
                columns = Some(fields.collect());
            }
        }
    }
    let own = [&input.text_field, &input.id_field, &input.source_field];
    let mut columns = columns.unwrap_or_default();
    columns.retain(|(name, _)| !own.contains(&name) && !RESERVED.contains(&name.as_str()));
    columns
}

/// The type that stages and outputs see for a file's column: the value type for a dictionary, and text for a
/// type that textmill does not support.
fn declared(kind: &DataType) -> DataType {
    match kind {
        DataType::Dictionary(_, kind) => declared(kind),
        DataType::Float16 => DataType::Float32,
        kind if is_supported(kind) => kind.clone(),
        _ => DataType::LargeUtf8,
    }
}
