//! The records of a parsed chunk, before they get ordinals and become Arrow batches.

use super::batch::{Builder, InputBatch};
use super::buffer_pool::BufferPool;
use super::record::Failure;
use super::schema::Shape;
use serde_json::Value;
use std::sync::Arc;

/// A range of [`Parsed::words`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

/// The location of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    /// Index of the buffer.
    pub buffer: usize,
    /// Range within the buffer.
    pub span: Span,
    /// Whether the bytes are the inside of a JSON string that is still escaped.
    pub escaped: bool,
}

/// A document before its batch is built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub id: Span,
    pub source: Span,
    pub media_type: Option<Span>,
    pub carried: Span,
    pub text: Text,
    /// Number of lone-surrogate escapes, which were read as U+FFFD.
    pub surrogates: u32,
}

#[derive(Debug)]
pub(super) enum Entry {
    Document(Row),
    Failed(Box<Failure>),
}

/// The records and failures of a chunk, in input order. Ids may repeat until [`super::Ids::settle`] has run.
pub struct Parsed {
    pub(super) shape: Arc<Shape>,
    pub(super) entries: Vec<Entry>,
    /// Ids, sources, media types and carried members.
    pub(super) words: String,
    /// Texts, as bytes. The first buffer holds the texts that do not lie in a block of the input.
    pub(super) buffers: Vec<Vec<u8>>,
    /// Values of the declared columns; each column has one per document.
    pub(super) columns: Vec<Vec<Value>>,
    /// Entries whose id was taken, with the id that they got instead.
    pub(super) renamed: Vec<(usize, String)>,
    pub(super) skipped: u64,
    pool: BufferPool,
}

impl Parsed {
    /// Creates an empty `Parsed`, with a little more room than `entries` entries and `words` bytes of words.
    pub(super) fn new(shape: Arc<Shape>, pool: BufferPool, (entries, words): (usize, usize)) -> Self {
        let more = |room: usize| room + room / 4;
        let columns = vec![Vec::new(); shape.columns.len()];
        Self {
            shape,
            entries: Vec::with_capacity(more(entries)),
            words: String::with_capacity(more(words)),
            buffers: vec![Vec::new()],
            columns,
            renamed: Vec::new(),
            skipped: 0,
            pool,
        }
    }

    /// Number of records and failures.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are neither records nor failures.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of records that were passed over because they are not documents, such as requests in a WARC
    /// file.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Keeps only the first `n` records and failures.
    pub fn truncate(&mut self, n: usize) {
        self.entries.truncate(n);
        self.renamed.retain(|(entry, _)| *entry < n);
        let documents = self.entries.iter().filter(|e| matches!(e, Entry::Document(_))).count();
        for column in &mut self.columns {
            column.truncate(documents);
        }
    }

    /// Keeps the first `n` documents and the failures before the last of them.
    pub fn truncate_documents(&mut self, n: usize) {
        let mut documents =
            self.entries.iter().enumerate().filter(|(_, entry)| matches!(entry, Entry::Document(_)));
        if let Some((last, _)) = n.checked_sub(1).and_then(|last| documents.nth(last)) {
            self.truncate(last + 1);
        }
    }

    /// Builds batches. Documents and failures alike get ordinals, counted from `first_ordinal`. A batch is
    /// full at `most_documents`, or as soon as it holds `most_bytes`.
    ///
    /// # Errors
    /// If values do not form the columns that they were checked against.
    pub fn finish(
        self,
        first_ordinal: u64,
        most_documents: usize,
        most_bytes: usize,
    ) -> Result<Vec<InputBatch>, String> {
        let Self { shape, entries, words, buffers, columns, renamed, pool, .. } = self;
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        let mut renamed = renamed.into_iter().peekable();
        let mut batches = Vec::new();
        let (mut entries, mut n) = (entries.into_iter(), 0);
        while !entries.as_slice().is_empty() {
            let room = room(entries.as_slice(), most_documents, most_bytes);
            let mut batch = Builder::new(&shape, &words, &buffers, room);
            while batch.documents() < most_documents.max(1) && batch.bytes() < most_bytes.max(1) as u64 {
                let Some(entry) = entries.next() else { break };
                let ordinal = first_ordinal + n as u64;
                match entry {
                    Entry::Failed(failure) => batch.fail(ordinal, *failure),
                    Entry::Document(row) => {
                        let values = columns.iter_mut().map(|c| c.next().unwrap_or_default());
                        let id = renamed.next_if(|(entry, _)| *entry == n).map(|(_, id)| id);
                        batch.push(ordinal, &row, id.as_deref(), values);
                    }
                }
                n += 1;
            }
            batches.push(batch.finish()?);
        }
        buffers.into_iter().for_each(|buffer| pool.give(buffer));
        Ok(batches)
    }

    pub(super) fn word(&self, span: Span) -> &str {
        self.words.get(span.start..span.end).unwrap_or_default()
    }

    /// Appends to `words`.
    pub(super) fn say(&mut self, word: &str) -> Span {
        let start = self.words.len();
        self.words.push_str(word);
        Span { start, end: self.words.len() }
    }

    /// Appends a text to the first buffer.
    pub(super) fn own(&mut self, bytes: &[u8]) -> Text {
        let start = self.buffers.first().map_or(0, Vec::len);
        if let Some(buffer) = self.buffers.first_mut() {
            buffer.extend_from_slice(bytes);
        }
        Text { buffer: 0, span: Span { start, end: start + bytes.len() }, escaped: false }
    }

    /// Takes over a buffer, and returns the location of its whole content.
    pub(super) fn hold(&mut self, bytes: Vec<u8>) -> Text {
        let span = Span { start: 0, end: bytes.len() };
        self.buffers.push(bytes);
        Text { buffer: self.buffers.len() - 1, span, escaped: false }
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.entries.push(Entry::Failed(Box::new(failure)));
    }

    /// Adds a document. If a value does not fit its column, adds a failure instead: only this document is
    /// lost, not the batch.
    pub(super) fn push(&mut self, row: Row, values: Vec<Value>, place: impl FnOnce(String) -> Failure) {
        if let Err(note) = self.shape.check(&values) {
            let mut failure = place(note);
            self.word(row.id).clone_into(&mut failure.id);
            self.word(row.source).clone_into(&mut failure.source);
            self.fail(failure);
            return;
        }
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value);
        }
        self.entries.push(Entry::Document(row));
    }
}

/// Upper bound for the bytes of text in the next batch.
fn room(entries: &[Entry], most_documents: usize, most_bytes: usize) -> usize {
    let texts = entries.iter().filter_map(|entry| match entry {
        Entry::Document(row) => Some(row.text.span.end - row.text.span.start),
        Entry::Failed(_) => None,
    });
    let mut bytes = 0;
    for text in texts.take(most_documents) {
        if bytes >= most_bytes {
            break;
        }
        bytes += text;
    }
    bytes
}
