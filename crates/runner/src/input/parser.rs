//! Parsing chunks: the part of reading that threads do in parallel.

use super::buffer_pool::BufferPool;
use super::cursor::{Body, Chunk, Piece};
use super::parsed::{Parsed, Span};
use super::schema::Shape;
use super::{csv, jsonl, parquet_rows, warc, whole};
use crate::config::Input;
use std::sync::Arc;

/// Parses chunks; each thread has its own parser.
pub struct Parser<'a> {
    input: &'a Input,
    shape: Arc<Shape>,
    pool: BufferPool,
    /// Number of entries and bytes of words in the previous chunk, as an estimate for the next one.
    before: (usize, usize),
}

/// What the parsers of the formats need to know besides their piece.
pub(super) struct Context<'a> {
    pub input: &'a Input,
    pub file: &'a super::SourceFile,
    /// The source of the file, as a span of the words of the [`Parsed`].
    pub source: Span,
    /// Default media type, for documents that have none of their own.
    pub media_type: Option<Span>,
}

impl<'a> Parser<'a> {
    /// Creates a parser for the input of a pipeline.
    pub fn new(input: &'a Input) -> Self {
        Self { input, shape: Arc::new(Shape::new(input)), pool: BufferPool::default(), before: (0, 0) }
    }

    /// Returns the buffers of chunks to `spares` once their content is in batches.
    pub fn with_pool(self, pool: BufferPool) -> Self {
        Self { pool, ..self }
    }

    /// Parses a chunk. Whatever cannot be parsed becomes a failure in the result.
    pub fn parse(&mut self, chunk: Chunk) -> Parsed {
        let mut out = Parsed::new(Arc::clone(&self.shape), self.pool.clone(), self.before);
        for Piece { file, body } in chunk.pieces {
            let source = out.say(&file.path.to_string_lossy());
            let media_type = self.input.media_type.as_deref().map(|kind| out.say(kind));
            let context = Context { input: self.input, file: &file, source, media_type };
            match body {
                Body::Lines(block) => jsonl::parse(&context, block, &mut out),
                Body::Rows(rows) => csv::parse(&context, rows, &mut out),
                Body::Warc(records) => warc::parse(&context, records, &mut out),
                Body::Parquet(group) => parquet_rows::parse(&context, &group, &mut out),
                Body::Whole(read, _) => whole::parse(&context, &read, &mut out),
                Body::Failed(failure) | Body::Last(failure) => out.fail(*failure),
            }
        }
        self.before = (out.entries.len(), out.words.len());
        out
    }
}
