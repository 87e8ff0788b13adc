//! Documents gathered into Arrow batches, with ordinals and unique ids.

use super::files::{Format, SourceFile};
use super::jsonl::JsonlReader;
use super::record::{Failure, Item, Record};
use super::text;
use crate::config::{Input, Run};
use arrow_array::builder::{LargeBinaryBuilder, LargeStringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use textmill_core::column::{CARRIED, ID, ORDINAL, RAW, SOURCE, TEXT};
use textmill_core::event::{Action, Event};
use textmill_core::value::array_from;
use twox_hash::XxHash3_64;

/// A batch of documents as read, with what went wrong between them.
#[derive(Clone, Debug)]
pub struct InputBatch {
    /// The documents.
    pub documents: RecordBatch,
    /// Events of the reading on the documents.
    pub events: Vec<Event>,
    /// Places that gave no document, with their ordinals.
    pub failures: Vec<(u64, Failure)>,
    /// Bytes of text that were read.
    pub bytes: u64,
}

/// Columns of documents as read.
pub fn input_schema(input: &Input) -> SchemaRef {
    let mut fields = vec![
        Field::new(ID, DataType::LargeUtf8, true),
        Field::new(SOURCE, DataType::LargeUtf8, true),
        Field::new(TEXT, DataType::LargeUtf8, true),
        Field::new(RAW, DataType::LargeBinary, true),
        Field::new(ORDINAL, DataType::UInt64, true),
        Field::new(CARRIED, DataType::LargeUtf8, true),
    ];
    fields.extend(input.columns.iter().map(|(name, kind)| Field::new(name, kind.clone(), true)));
    Arc::new(Schema::new(fields))
}

/// Reads files one after the other into batches.
pub struct Batches<'a> {
    files: std::slice::Iter<'a, SourceFile>,
    open: Option<JsonlReader>,
    input: &'a Input,
    schema: SchemaRef,
    most_documents: usize,
    most_bytes: usize,
    left: u64,
    ordinal: u64,
    seen: HashSet<u64>,
    read: Arc<AtomicU64>,
}

impl<'a> Batches<'a> {
    /// A reader of `files` that stops after `limit` documents and adds the bytes of files to `read`.
    pub fn new(
        files: &'a [SourceFile],
        input: &'a Input,
        run: &Run,
        limit: Option<u64>,
        read: Arc<AtomicU64>,
    ) -> Self {
        Self {
            files: files.iter(),
            open: None,
            input,
            schema: input_schema(input),
            most_documents: run.batch_documents,
            most_bytes: run.batch_bytes,
            left: limit.unwrap_or(u64::MAX),
            ordinal: 0,
            seen: HashSet::new(),
            read,
        }
    }

    fn item(&mut self) -> Option<Item> {
        loop {
            if let Some(reader) = &mut self.open {
                if let Some(item) = reader.next(self.input) {
                    return Some(item);
                }
                self.open = None;
            }
            let file = self.files.next()?;
            match file.format {
                Format::Text => {
                    self.read.fetch_add(file.bytes, Ordering::Relaxed);
                    return Some(text::read(file, self.input.columns.len()));
                }
                Format::Jsonl(compression) => {
                    match JsonlReader::open(file, compression, Arc::clone(&self.read)) {
                        Ok(reader) => self.open = Some(reader),
                        Err(failure) => return Some(Item::Failed(failure)),
                    }
                }
            }
        }
    }

    /// Makes an id unique. A hash stands for an id: where two ids share one, which is one in 2^64 a pair,
    /// the second gets a suffix that it did not need.
    fn unique(&mut self, id: &mut String) -> bool {
        if self.seen.insert(XxHash3_64::oneshot(id.as_bytes())) {
            return true;
        }
        let base = id.len();
        for number in 2u64.. {
            id.truncate(base);
            id.push('~');
            id.push_str(&number.to_string());
            if self.seen.insert(XxHash3_64::oneshot(id.as_bytes())) {
                break;
            }
        }
        false
    }
}

impl Iterator for Batches<'_> {
    /// An error where values do not make the columns that they were checked against.
    type Item = Result<InputBatch, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Builder::new(self.input);
        while batch.rows < self.most_documents
            && batch.bytes + batch.carried_bytes < self.most_bytes as u64
            && self.left > 0
        {
            let Some(item) = self.item() else { break };
            self.left -= 1;
            let ordinal = self.ordinal;
            self.ordinal += 1;
            match item {
                Item::Failed(failure) => batch.fail(ordinal, failure),
                Item::Document(mut record) => {
                    // Before its id is counted: a record that fails takes no id away.
                    if let Some(failure) = misfit(self.input, &record) {
                        batch.fail(ordinal, failure);
                        continue;
                    }
                    if !self.unique(&mut record.id) {
                        let event = Event::new(batch.rows as u32, Action::Annotate, "duplicate-id");
                        batch.events.push(event.note("another document has this id; a number was added"));
                    }
                    batch.push(ordinal, record);
                }
            }
        }
        (batch.rows > 0 || !batch.failures.is_empty()).then(|| batch.finish(&self.schema))
    }
}

/// Why a record does not fit the declared columns: it costs its document, not the batch.
fn misfit(input: &Input, record: &Record) -> Option<Failure> {
    input.columns.iter().zip(&record.columns).find_map(|((name, kind), value)| {
        let error = array_from(kind, std::slice::from_ref(value)).err()?;
        Some(Failure {
            id: record.id.clone(),
            source: record.source.clone(),
            offset: record.offset,
            rule: "wrong-type",
            note: format!("field `{name}`: {error}"),
        })
    })
}

struct Builder<'a> {
    input: &'a Input,
    rows: usize,
    bytes: u64,
    /// Bytes besides the texts; they count for the size of a batch too.
    carried_bytes: u64,
    id: LargeStringBuilder,
    source: LargeStringBuilder,
    text: LargeStringBuilder,
    raw: LargeBinaryBuilder,
    ordinal: UInt64Builder,
    carried: LargeStringBuilder,
    columns: Vec<Vec<Value>>,
    events: Vec<Event>,
    failures: Vec<(u64, Failure)>,
}

impl<'a> Builder<'a> {
    fn new(input: &'a Input) -> Self {
        Self {
            input,
            rows: 0,
            bytes: 0,
            carried_bytes: 0,
            id: LargeStringBuilder::new(),
            source: LargeStringBuilder::new(),
            text: LargeStringBuilder::new(),
            raw: LargeBinaryBuilder::new(),
            ordinal: UInt64Builder::new(),
            carried: LargeStringBuilder::new(),
            columns: vec![Vec::new(); input.columns.len()],
            events: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn fail(&mut self, ordinal: u64, failure: Failure) {
        // About what the entry holds in memory.
        self.carried_bytes += 256 + failure.note.len() as u64;
        self.failures.push((ordinal, failure));
    }

    fn push(&mut self, ordinal: u64, record: Record) {
        for (column, value) in self.columns.iter_mut().zip(record.columns) {
            column.push(value);
        }
        self.carried_bytes += record.carried.len() as u64;
        self.bytes += record.bytes.len() as u64;
        self.id.append_value(record.id);
        self.source.append_value(record.source);
        match std::str::from_utf8(&record.bytes) {
            Ok(text) => {
                self.text.append_value(text);
                self.raw.append_null();
            }
            Err(_) => {
                let text = String::from_utf8_lossy(&record.bytes);
                let broken = text.matches('\u{fffd}').count();
                self.text.append_value(&text);
                self.raw.append_value(&record.bytes);
                let event = Event::new(self.rows as u32, Action::Annotate, "invalid-utf8");
                let note =
                    "the bytes are not UTF-8; the text has a replacement character for each broken place";
                self.events.push(event.value(broken as f64).note(note));
            }
        }
        self.ordinal.append_value(ordinal);
        self.carried.append_value(record.carried);
        self.rows += 1;
    }

    fn finish(mut self, schema: &SchemaRef) -> Result<InputBatch, String> {
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(self.id.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.text.finish()),
            Arc::new(self.raw.finish()),
            Arc::new(self.ordinal.finish()),
            Arc::new(self.carried.finish()),
        ];
        for ((_, kind), values) in self.input.columns.iter().zip(&self.columns) {
            arrays.push(array_from(kind, values)?);
        }
        let documents = RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|e| e.to_string())?;
        Ok(InputBatch { documents, events: self.events, failures: self.failures, bytes: self.bytes })
    }
}
