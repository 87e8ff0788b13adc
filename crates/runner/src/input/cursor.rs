//! Walks the files in order and cuts them into chunks: the sequential part of reading. It never fails: what
//! cannot be read becomes a chunk that parses to failures.

use super::buffer_pool::BufferPool;
use super::csv_cutter::{CsvCutter, Rows};
use super::files::SourceFile;
use super::format::Kind;
use super::lines::LineCutter;
use super::open::open_content;
use super::parquet_cutter::{Group, ParquetCutter};
use super::record::{Failure, Limit};
use super::warc_cutter::{Records, WarcCutter};
use super::window::Window;
use crate::config::{Compression, Input};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Where reading continues after a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Index of the file in the list.
    pub file: usize,
    /// Number of decompressed bytes before it in the file.
    pub offset: u64,
    /// Number of lines, rows or records before it in the file.
    pub number: u64,
}

/// A part of the input that is parsed in one go: whole records of one or more files.
pub struct Chunk {
    pub(super) pieces: Vec<Piece>,
    after: Position,
    bytes: u64,
}

impl Chunk {
    /// Where reading continues after this chunk.
    pub fn after(&self) -> &Position {
        &self.after
    }

    /// Whether a document with this id may be in the chunk, as far as that can be told without parsing. An id
    /// of plain characters occurs literally in the bytes or in the name of the file.
    pub fn may_hold(&self, id: &str) -> bool {
        let is_plain = id.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
        // JSON may write a slash as `/` or `\/`.
        let part = id.split('/').max_by_key(|part| part.len()).unwrap_or_default();
        let holds = |bytes: &[u8]| !is_plain || memchr::memmem::find(bytes, part.as_bytes()).is_some();
        self.pieces.iter().any(|piece| {
            // Default ids begin with the name of the file.
            id.starts_with(&piece.file.name)
                || match &piece.body {
                    Body::Lines(block) => holds(&block.bytes),
                    Body::Rows(rows) => holds(&rows.block.bytes),
                    Body::Warc(records) => holds(&records.block.bytes),
                    Body::Parquet(_) | Body::Whole(..) => true,
                    Body::Failed(_) | Body::Last(_) => false,
                }
        })
    }

    /// Approximate number of bytes that it holds in memory, or will hold while it is parsed.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// A part of a chunk, from one file.
pub(super) struct Piece {
    pub file: Arc<SourceFile>,
    pub body: Body,
}

/// Bytes that consist of whole records.
pub(super) struct Block {
    pub bytes: Vec<u8>,
    /// Offset of the first byte in the file.
    pub offset: u64,
    /// Number of records before it in the file.
    pub number: u64,
}

/// The content of a piece.
pub(super) enum Body {
    Lines(Block),
    Rows(Rows),
    Warc(Records),
    Parquet(Group),
    /// The whole file is one document, which is read during parsing. Holds the counter of bytes read and the
    /// expected size.
    Whole(Arc<AtomicU64>, u64),
    Failed(Box<Failure>),
    /// A failure after which nothing more comes from the file.
    Last(Box<Failure>),
}

impl Body {
    pub fn failed(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }

    /// Bytes in memory. A failure counts, too; otherwise one chunk could collect any number of them.
    fn bytes(&self) -> u64 {
        256 + match self {
            Self::Lines(block) | Self::Rows(Rows { block, .. }) => block.bytes.len() as u64,
            Self::Warc(records) => records.block.bytes.len() as u64,
            Self::Parquet(group) => group.bytes,
            Self::Whole(_, bytes) => *bytes,
            Self::Failed(_) | Self::Last(_) => 0,
        }
    }
}

/// Walks files in order and cuts them into chunks.
pub struct Cursor<'a> {
    files: &'a [SourceFile],
    input: &'a Input,
    chunk_bytes: usize,
    limit: Limit,
    read: Arc<AtomicU64>,
    position: Position,
    open: Option<(Arc<SourceFile>, Cutter)>,
    pool: BufferPool,
}

enum Cutter {
    Lines(LineCutter),
    Csv(CsvCutter),
    Warc(WarcCutter),
    Parquet(ParquetCutter),
    Done,
}

impl<'a> Cursor<'a> {
    /// Creates a cursor before the first file. It cuts chunks of about `chunk_bytes`, and adds the stored
    /// bytes that it reads to `read`.
    pub fn new(
        files: &'a [SourceFile],
        input: &'a Input,
        chunk_bytes: usize,
        max_document_bytes: usize,
        read: Arc<AtomicU64>,
    ) -> Self {
        let (position, pool) = (Position::default(), BufferPool::of(chunk_bytes));
        let limit = Limit { bytes: max_document_bytes, ..Limit::of(input) };
        Self { files, input, chunk_bytes, limit, read, position, open: None, pool }
    }

    /// The pool from which chunks take their buffers; parsers may give them back.
    pub fn pool(&self) -> BufferPool {
        self.pool.clone()
    }

    /// Moves to a position that a chunk gave. Plain files are sought; compressed ones are decompressed up to
    /// there.
    pub fn resume_at(&mut self, position: &Position) {
        self.position = position.clone();
        self.open = None;
    }

    /// Returns the next chunk, or `None` after the last one.
    #[expect(clippy::should_implement_trait, reason = "a cursor also jumps")]
    pub fn next(&mut self) -> Option<Chunk> {
        let (mut pieces, mut bytes) = (Vec::new(), 0);
        while bytes < self.chunk_bytes as u64 {
            let Some(piece) = self.piece(self.chunk_bytes - bytes as usize) else { break };
            bytes += piece.body.bytes();
            pieces.push(piece);
        }
        (!pieces.is_empty()).then(|| Chunk { pieces, after: self.position.clone(), bytes })
    }

    fn piece(&mut self, bytes: usize) -> Option<Piece> {
        loop {
            let Some((file, cutter)) = &mut self.open else {
                let file = Arc::new(self.files.get(self.position.file)?.clone());
                let (cutter, body) = self.start(&file);
                self.open = Some((Arc::clone(&file), cutter));
                match body {
                    Some(body) => return Some(self.leave(file, body)),
                    None => continue,
                }
            };
            let body = match cutter {
                Cutter::Lines(lines) => {
                    let body = lines.next(file, bytes);
                    (self.position.offset, self.position.number) = lines.place();
                    body
                }
                Cutter::Csv(rows) => {
                    let body = rows.next(file, bytes);
                    (self.position.offset, self.position.number) = rows.place();
                    body
                }
                Cutter::Warc(records) => {
                    let body = records.next(file, bytes);
                    if let Some(offset) = records.again() {
                        match window(file, offset, &self.read, &self.pool) {
                            Ok(window) => records.go_on(window),
                            Err(failure) => {
                                let file = Arc::clone(file);
                                return Some(self.leave(file, Body::Last(failure)));
                            }
                        }
                    }
                    (self.position.offset, self.position.number) = records.place();
                    body
                }
                Cutter::Parquet(rows) => {
                    let body = rows.next(self.chunk_bytes);
                    self.position.number = rows.number();
                    body
                }
                Cutter::Done => None,
            };
            let file = Arc::clone(file);
            match body {
                Some(body @ Body::Last(_)) => return Some(self.leave(file, body)),
                Some(body) => return Some(Piece { file, body }),
                None => self.advance(),
            }
        }
    }

    fn leave(&mut self, file: Arc<SourceFile>, body: Body) -> Piece {
        self.advance();
        Piece { file, body }
    }

    fn advance(&mut self) {
        self.position = Position { file: self.position.file + 1, ..Position::default() };
        self.open = None;
    }

    /// Opens the file at the position. Returns a cutter for its pieces, or the only piece that it is.
    fn start(&self, file: &Arc<SourceFile>) -> (Cutter, Option<Body>) {
        if let Kind::Whole(_) = file.format.kind {
            // Text compresses to about an eighth of its size.
            let packed = file.format.compression != Compression::Plain;
            let bytes = file.bytes.saturating_mul(if packed { 8 } else { 1 }).min(self.limit.bytes as u64);
            return (Cutter::Done, Some(Body::Whole(Arc::clone(&self.read), bytes)));
        }
        match self.cutter(file) {
            Ok(cutter) => (cutter, None),
            Err(failure) => (Cutter::Done, Some(Body::Last(failure))),
        }
    }

    fn cutter(&self, file: &SourceFile) -> Result<Cutter, Box<Failure>> {
        let Position { offset, number, .. } = self.position;
        let window = |offset| window(file, offset, &self.read, &self.pool);
        Ok(match file.format.kind {
            Kind::Jsonl => Cutter::Lines(LineCutter::new(window(offset)?, number, self.limit)),
            Kind::Csv(separator) => {
                let mut rows = CsvCutter::new(window(0)?, file, separator, number, self.limit)?;
                rows.check(file, &self.input.text_field)?;
                if offset > rows.place().0 {
                    rows.go_on(window(offset)?);
                }
                Cutter::Csv(rows)
            }
            Kind::Warc => Cutter::Warc(WarcCutter::new(window(offset)?, number, self.limit.bytes)),
            Kind::Parquet => {
                let read = Arc::clone(&self.read);
                Cutter::Parquet(ParquetCutter::new(file, self.input, number, read)?)
            }
            Kind::Whole(_) => Cutter::Done,
        })
    }
}

fn window(
    file: &SourceFile,
    offset: u64,
    read: &Arc<AtomicU64>,
    pool: &BufferPool,
) -> Result<Window, Box<Failure>> {
    match open_content(file, offset, read) {
        Ok(content) => Ok(Window::new(content, offset, pool.clone())),
        Err(error) => {
            let note = format!("cannot read the file: {error}");
            Err(Box::new(Failure::of_file(file, "unreadable-file", note)))
        }
    }
}
