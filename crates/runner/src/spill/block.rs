//! A file of blocks: record batches, compressed or not, one after the other.
//!
//! A block is a head of 48 bytes, followed by an Arrow IPC message with its body. The head holds: checksum of
//! everything after it (xxh3), length of message and body, length of the message, number of rows, first and
//! last ordinal, and whether the rows have ascending ordinals. All numbers are little-endian, and lengths are
//! in bytes. The schema is not stored: whoever opens a file must know it.

use super::file::PlacedFile;
use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::read_record_batch;
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow_schema::SchemaRef;
use std::collections::HashMap;
use std::hash::Hasher as _;
use std::path::Path;
use std::sync::Arc;
use textmill_plugin::drive::store::{ascending_range, compact};
use textmill_plugin::error::{Error, ErrorKind, Result};
use twox_hash::XxHash3_64;

/// Length of a head in bytes.
const HEAD: usize = 48;

/// A batch encoded as a block.
pub struct Encoded {
    /// The head and the message.
    start: Vec<u8>,
    body: Vec<u8>,
    head: Head,
}

/// The fields of a head besides the checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    length: u64,
    message: u32,
    rows: u32,
    range: Option<(u64, u64)>,
}

/// What to optimize a block for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Size: the block is compressed.
    Small,
    /// Time: the block will rarely be read.
    Fast,
}

/// Encodes a batch as a block. Takes time but needs no file, so worker threads can do it.
///
/// # Errors
/// If a column has a type that blocks cannot hold (dictionaries), or the batch has more than 2^32 rows.
pub fn encode(batch: &RecordBatch, packing: Packing) -> Result<Encoded> {
    let range = ascending_range(batch);
    let batch = compact(batch)?;
    let options = IpcWriteOptions::default().try_with_compression(match packing {
        Packing::Small => Some(CompressionType::LZ4_FRAME),
        Packing::Fast => None,
    })?;
    let mut dictionaries = DictionaryTracker::new(true);
    let (found, encoded) =
        IpcDataGenerator {}.encode(&batch, &mut dictionaries, &options, &mut IpcWriteContext::default())?;
    if !found.is_empty() {
        return Err(Error::unsupported("spilling columns with dictionaries"));
    }
    let (message, body) = (encoded.ipc_message, encoded.arrow_data);
    let head = Head {
        length: (message.len() + body.len()) as u64,
        message: u32::try_from(message.len())?,
        rows: u32::try_from(batch.num_rows())?,
        range,
    };
    let mut start = Vec::with_capacity(HEAD + message.len());
    start.extend([0; 8]);
    start.extend(head.length.to_le_bytes());
    start.extend(head.message.to_le_bytes());
    start.extend(head.rows.to_le_bytes());
    let (first, last) = range.unwrap_or_default();
    start.extend(first.to_le_bytes());
    start.extend(last.to_le_bytes());
    start.extend(u64::from(range.is_some()).to_le_bytes());
    start.extend(message);
    let mut sum = XxHash3_64::new();
    sum.write(&start[8..]);
    sum.write(&body);
    start[..8].copy_from_slice(&sum.finish().to_le_bytes());
    Ok(Encoded { start, body, head })
}

impl Encoded {
    /// Number of bytes that it takes in a file.
    pub fn len(&self) -> u64 {
        (self.start.len() + self.body.len()) as u64
    }

    /// Whether the batch has no rows.
    pub fn is_empty(&self) -> bool {
        self.head.rows == 0
    }

    /// Number of rows of the batch.
    pub fn rows(&self) -> u32 {
        self.head.rows
    }

    /// First and last ordinal, if the batch has ascending ordinals.
    pub fn range(&self) -> Option<(u64, u64)> {
        self.head.range
    }
}

/// A file of blocks of one schema.
#[derive(Debug)]
pub struct BlockFile {
    file: PlacedFile,
    schema: SchemaRef,
    /// For each block, where it ends and how many rows it has.
    index: Vec<(u64, u32)>,
    temporary: bool,
}

impl BlockFile {
    /// Creates an empty file. Previous content is lost.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn create(path: &Path, schema: &SchemaRef) -> Result<Self> {
        let file = PlacedFile::create(path)?;
        Ok(Self { file, schema: Arc::clone(schema), index: Vec::new(), temporary: false })
    }

    /// Creates a file that is removed when this is dropped.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn temporary(path: &Path, schema: &SchemaRef) -> Result<Self> {
        let mut file = Self::create(path, schema)?;
        file.temporary = true;
        Ok(file)
    }

    /// Opens an existing file of which `length` bytes are valid, and truncates it to that length. Reads all
    /// of it; `see` receives the ordinal range of each block.
    ///
    /// # Errors
    /// If the file is shorter, or the valid part does not consist of whole and intact blocks.
    pub fn open(
        path: &Path,
        schema: &SchemaRef,
        length: u64,
        mut see: impl FnMut(Option<(u64, u64)>),
    ) -> Result<Self> {
        let file = PlacedFile::open(path)?;
        let have = file.length()?;
        if have < length {
            let message = format!("`{}` has {have} bytes, not the {length} expected", path.display());
            return Err(Error::new(ErrorKind::Fatal, message));
        }
        if have > length {
            file.cut(length)?;
        }
        let mut opened = Self { file, schema: Arc::clone(schema), index: Vec::new(), temporary: false };
        let mut frame = Vec::new();
        while opened.len() < length {
            let start = opened.len();
            let left = length - start;
            let mut start_of_frame = [0; HEAD];
            if left < HEAD as u64 {
                return Err(opened.damaged(opened.blocks(), "it is cut short"));
            }
            opened.file.read(&mut start_of_frame, start)?;
            let head = Head::read(&start_of_frame);
            if head.length > left - HEAD as u64 {
                return Err(opened.damaged(opened.blocks(), "it is cut short"));
            }
            frame.resize(HEAD + usize::try_from(head.length)?, 0);
            opened.file.read(&mut frame, start)?;
            opened.check(opened.blocks(), &frame)?;
            opened.index.push((start + frame.len() as u64, head.rows));
            see(head.range);
        }
        Ok(opened)
    }

    /// Appends a block with the schema of the file.
    ///
    /// # Errors
    /// If it cannot be written. The file is then unchanged, except for bytes beyond [`BlockFile::len`].
    pub fn append(&mut self, block: &Encoded) -> Result<()> {
        let start = self.len();
        self.file.write(&block.start, start)?;
        self.file.write(&block.body, start + block.start.len() as u64)?;
        self.index.push((start + block.len(), block.head.rows));
        Ok(())
    }

    /// Reads a block. Several threads may read at once.
    ///
    /// # Errors
    /// If there is no such block, it cannot be read, or its checksum does not match.
    pub fn read(&self, at: usize) -> Result<RecordBatch> {
        let Some((end, _)) = self.index.get(at) else {
            return Err(self.damaged(at, "there is no such block"));
        };
        let start = at.checked_sub(1).map_or(0, |before| self.index[before].0);
        let mut frame = vec![0; usize::try_from(end - start)?];
        self.file.read(&mut frame, start)?;
        let head = self.check(at, &frame)?;
        let body = HEAD + head.message as usize;
        let frame = Buffer::from_vec(frame);
        let message = arrow_ipc::root_as_message(&frame[HEAD..body]);
        let message = message.map_err(|e| self.damaged(at, &e.to_string()))?;
        let batch = message.header_as_record_batch();
        let batch = batch.ok_or_else(|| self.damaged(at, "it holds no rows"))?;
        let schema = Arc::clone(&self.schema);
        let version = message.version();
        read_record_batch(&frame.slice(body), batch, schema, &HashMap::new(), None, &version)
            .map_err(|e| self.damaged(at, &e.to_string()))
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.index.len()
    }

    /// Length of all blocks in bytes.
    pub fn len(&self) -> u64 {
        self.index.last().map_or(0, |(end, _)| *end)
    }

    /// Whether there are no blocks.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Length of a block in bytes.
    pub fn bytes(&self, at: usize) -> u64 {
        let end = |at: usize| self.index.get(at).map_or(0, |(end, _)| *end);
        end(at) - at.checked_sub(1).map_or(0, end)
    }

    /// Number of rows in all blocks.
    pub fn rows(&self) -> u64 {
        self.index.iter().map(|(_, rows)| u64::from(*rows)).sum()
    }

    /// Waits until all blocks are on disk.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn sync(&self) -> Result<()> {
        self.file.sync()
    }

    fn check(&self, at: usize, frame: &[u8]) -> Result<Head> {
        let head = frame.first_chunk().map(Head::read);
        let head = head.filter(|h| (HEAD as u64).checked_add(h.length) == Some(frame.len() as u64));
        let head = head.filter(|h| u64::from(h.message) <= h.length);
        let sum = XxHash3_64::oneshot(frame.get(8..).unwrap_or_default()).to_le_bytes();
        match head {
            Some(head) if frame.starts_with(&sum) => Ok(head),
            _ => Err(self.damaged(at, "its bytes are not those that were written")),
        }
    }

    fn damaged(&self, at: usize, why: &str) -> Error {
        let message = format!("block {at} of `{}` is damaged: {why}", self.file.path().display());
        Error::new(ErrorKind::Fatal, message)
    }
}

impl Drop for BlockFile {
    fn drop(&mut self) {
        if self.temporary {
            // An error is ignored: the folder that contains the file is removed at the end of the run.
            let _ = std::fs::remove_file(self.file.path());
        }
    }
}

impl Head {
    fn read(bytes: &[u8; HEAD]) -> Self {
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
        let half = |at: usize| u32::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
        let range = (word(40) != 0).then(|| (word(24), word(32)));
        Self { length: word(8), message: half(16), rows: half(20), range }
    }
}
