//! Parsing chunks: the part of reading that every thread does for itself.

use super::cursor::{Body, Chunk, Piece};
use super::parsed::{Parsed, Span};
use super::schema::Shape;
use super::spares::Spares;
use super::{csv, jsonl, parquet_rows, warc, whole};
use crate::config::Input;
use std::sync::Arc;

/// Parses chunks; each thread has its own.
pub struct Parser<'a> {
    input: &'a Input,
    shape: Arc<Shape>,
    spares: Spares,
    /// Entries and bytes of words of the chunk before: the next is about as large.
    before: (usize, usize),
}

/// What the parsers of the formats know beside their piece.
pub(super) struct Context<'a> {
    pub input: &'a Input,
    pub file: &'a super::SourceFile,
    /// The file's source, in the words of the [`Parsed`].
    pub source: Span,
    /// Media type of the documents, unless they bring one.
    pub media_type: Option<Span>,
}

impl<'a> Parser<'a> {
    /// A parser for what the pipeline asks of its input.
    pub fn new(input: &'a Input) -> Self {
        Self { input, shape: Arc::new(Shape::new(input)), spares: Spares::default(), before: (0, 0) }
    }

    /// Gives buffers of chunks back to these when they are parsed.
    pub fn giving_back(self, spares: Spares) -> Self {
        Self { spares, ..self }
    }

    /// Parses a chunk. What cannot be parsed is a failure in the outcome.
    pub fn parse(&mut self, chunk: Chunk) -> Parsed {
        let mut out = Parsed::new(Arc::clone(&self.shape), self.spares.clone(), self.before);
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
