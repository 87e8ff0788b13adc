//! Arrow batches of documents as they are read.

use super::jsonl::unescape;
use super::parsed::{Row, Span};
use super::record::Failure;
use super::schema::Shape;
use arrow_array::builder::{LargeBinaryBuilder, LargeStringBuilder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use serde_json::Value;
use std::sync::Arc;
use textmill_core::event::{Action, Event};
use textmill_core::value::array_from;

/// A batch of documents as they are read, with the failures between them.
#[derive(Clone, Debug)]
pub struct InputBatch {
    /// The documents.
    pub documents: RecordBatch,
    /// Events on the documents that reading raised.
    pub events: Vec<Event>,
    /// Failures: places that gave no document, with their ordinals.
    pub failures: Vec<(u64, Failure)>,
    /// Bytes of text in the batch.
    pub bytes: u64,
}

/// Builds a batch.
pub(super) struct Builder<'a> {
    shape: &'a Shape,
    words: &'a str,
    buffers: &'a [Vec<u8>],
    rows: usize,
    bytes: u64,
    /// Bytes besides the texts; they count towards the size of a batch, too.
    carried_bytes: u64,
    id: LargeStringBuilder,
    source: LargeStringBuilder,
    text: LargeStringBuilder,
    media_type: StringBuilder,
    raw: LargeBinaryBuilder,
    ordinal: UInt64Builder,
    carried: LargeStringBuilder,
    columns: Vec<Vec<Value>>,
    events: Vec<Event>,
    failures: Vec<(u64, Failure)>,
}

impl<'a> Builder<'a> {
    /// Creates a builder for documents whose parts lie in `words` and `buffers`, with room for `room` bytes
    /// of text.
    pub fn new(shape: &'a Shape, words: &'a str, buffers: &'a [Vec<u8>], room: usize) -> Self {
        Self {
            shape,
            words,
            buffers,
            rows: 0,
            bytes: 0,
            carried_bytes: 0,
            id: LargeStringBuilder::new(),
            source: LargeStringBuilder::new(),
            text: LargeStringBuilder::with_capacity(0, room),
            media_type: StringBuilder::new(),
            raw: LargeBinaryBuilder::new(),
            ordinal: UInt64Builder::new(),
            carried: LargeStringBuilder::new(),
            columns: vec![Vec::new(); shape.columns.len()],
            events: Vec::new(),
            failures: Vec::new(),
        }
    }

    pub fn documents(&self) -> usize {
        self.rows
    }

    /// Approximate size of the batch in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes + self.carried_bytes
    }

    pub fn fail(&mut self, ordinal: u64, failure: Failure) {
        // Roughly what the entry occupies in memory.
        self.carried_bytes += 256 + failure.note.len() as u64;
        self.failures.push((ordinal, failure));
    }

    /// Adds a document. `id` replaces the document's own id if that one was already taken.
    pub fn push(&mut self, ordinal: u64, row: &Row, id: Option<&str>, values: impl Iterator<Item = Value>) {
        let words = self.words;
        let word = |span: Span| words.get(span.start..span.end).unwrap_or_default();
        if id.is_some() {
            let event = Event::new(self.rows as u32, Action::Annotate, "duplicate-id");
            self.events.push(event.note("another document has this id; a number was added"));
        }
        if row.surrogates > 0 {
            let event = Event::new(self.rows as u32, Action::Annotate, "lone-surrogate");
            let note =
                "halves of surrogate pairs stand for no character; each was read as a replacement character";
            self.events.push(event.value(f64::from(row.surrogates)).note(note));
        }
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value);
        }
        self.id.append_value(id.unwrap_or(word(row.id)));
        self.source.append_value(word(row.source));
        self.media_type.append_option(row.media_type.map(word));
        self.ordinal.append_value(ordinal);
        let carried = word(row.carried);
        self.carried_bytes += carried.len() as u64;
        self.carried.append_value(carried);
        let buffer = self.buffers.get(row.text.buffer).map_or(&[][..], Vec::as_slice);
        let bytes = buffer.get(row.text.span.start..row.text.span.end).unwrap_or_default();
        match simdutf8::basic::from_utf8(bytes) {
            Ok(text) => {
                let before = self.text.values_slice().len();
                if row.text.escaped {
                    unescape(text, &mut self.text);
                    self.text.append_value("");
                } else {
                    self.text.append_value(text);
                }
                self.bytes += (self.text.values_slice().len() - before) as u64;
                self.raw.append_null();
            }
            Err(_) => self.push_lossy(bytes),
        }
        self.rows += 1;
    }

    fn push_lossy(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let broken = text.matches('\u{fffd}').count();
        self.bytes += bytes.len() as u64;
        self.text.append_value(&text);
        self.raw.append_value(bytes);
        let event = Event::new(self.rows as u32, Action::Annotate, "invalid-utf8");
        let note = "the bytes are not UTF-8; the text has a replacement character for each broken place";
        self.events.push(event.value(broken as f64).note(note));
    }

    /// Builds the batch.
    ///
    /// # Errors
    /// If values do not form the columns that they were checked against.
    pub fn finish(mut self) -> Result<InputBatch, String> {
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(self.id.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.text.finish()),
            Arc::new(self.media_type.finish()),
            Arc::new(self.raw.finish()),
            Arc::new(self.ordinal.finish()),
            Arc::new(self.carried.finish()),
        ];
        for ((_, kind), values) in self.shape.columns.iter().zip(&self.columns) {
            arrays.push(array_from(kind, values)?);
        }
        let schema = Arc::clone(&self.shape.schema);
        let documents = RecordBatch::try_new(schema, arrays).map_err(|e| e.to_string())?;
        Ok(InputBatch { documents, events: self.events, failures: self.failures, bytes: self.bytes })
    }
}
