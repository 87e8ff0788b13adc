//! Reads the bytes of input files, local or remote, and decompresses them.

use super::files::SourceFile;
use crate::config::Compression;
use crate::remote::{self, is_address};
use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Size of the decompression buffer in bytes. Fixed, because what a decoder yields before an error may depend
/// on it.
const BUFFER: usize = 1 << 18;

/// Opens the stored (still compressed) bytes of a file, from `offset` on.
///
/// # Errors
/// If the file cannot be opened.
pub fn open_bytes(path: &Path, offset: u64) -> io::Result<Box<dyn Read + Send>> {
    if is_address(path) {
        return remote::open(path, offset);
    }
    let mut file = File::open(path)?;
    if offset > 0 {
        file.seek(SeekFrom::Start(offset))?;
    }
    Ok(Box::new(file))
}

/// Whether the stored bytes of a file begin with `magic`. Also true if the file cannot be read.
pub fn begins_with(file: &SourceFile, magic: &[u8]) -> bool {
    let mut bytes = Vec::new();
    let length = magic.len() as u64;
    match open_bytes(&file.path, 0).map(|file| file.take(length).read_to_end(&mut bytes)) {
        Ok(Ok(_)) => bytes == magic,
        _ => true,
    }
}

/// Opens the decompressed content of a file, from `offset` on. `read` counts the stored bytes that are read.
///
/// # Errors
/// If the file cannot be opened, or if it ends or breaks before `offset`.
pub fn open_content(
    file: &SourceFile,
    offset: u64,
    read: &Arc<AtomicU64>,
) -> io::Result<Box<dyn Read + Send>> {
    let plain = file.format.compression == Compression::Plain;
    let start = if plain { offset } else { 0 };
    let raw = Counted { inner: open_bytes(&file.path, start)?, read: Arc::clone(read) };
    if plain {
        return Ok(Box::new(raw));
    }
    let mut raw = BufReader::with_capacity(BUFFER, raw);
    check_magic(&mut raw, file.format.compression)?;
    let decoder: Box<dyn Read + Send> = match file.format.compression {
        Compression::Plain => Box::new(raw),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(raw)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(raw)?;
            // Archives made with `--long=31` are common; the default limit is 2^27.
            decoder.window_log_max(31)?;
            Box::new(decoder)
        }
    };
    let mut content = Even(BufReader::with_capacity(BUFFER, decoder));
    if io::copy(&mut (&mut content).take(offset), &mut io::sink())? < offset {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok(Box::new(content))
}

/// Checks the magic number of compressed data. For other data, the decoders only report that it ends too
/// early.
///
/// # Errors
/// If the magic number is wrong, or if the data cannot be read.
fn check_magic(raw: &mut impl BufRead, compression: Compression) -> io::Result<()> {
    let (magic, name): (&[u8], _) = match compression {
        Compression::Plain | Compression::Zstd => return Ok(()),
        Compression::Gzip => (b"\x1f\x8b", "gzip"),
        Compression::Bzip2 => (b"BZh", "bzip2"),
    };
    let bytes = raw.fill_buf()?;
    // A source may give fewer bytes at first than the magic number has.
    let shared = bytes.len().min(magic.len());
    if bytes[..shared] == magic[..shared] {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("it is not a {name} file")))
}

/// Counts the bytes that pass through.
struct Counted {
    inner: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// Always reads through the buffer, whatever the size of the request.
struct Even<R>(BufReader<R>);

impl<R: Read> Read for Even<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut ready = self.0.fill_buf()?;
        let bytes = ready.read(buffer)?;
        self.0.consume(bytes);
        Ok(bytes)
    }
}

/// A file that is read by byte ranges instead of from start to end.
#[derive(Clone, Debug)]
pub struct ByteRange {
    path: PathBuf,
    bytes: u64,
}

impl ByteRange {
    /// The byte ranges of this file.
    pub fn new(file: &SourceFile) -> Self {
        Self { path: file.path.clone(), bytes: file.bytes }
    }
}

impl Length for ByteRange {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for ByteRange {
    type T = BufReader<Box<dyn Read + Send>>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(open_bytes(&self.path, start)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if is_address(&self.path) {
            return Ok(remote::read_range(&self.path, start..start + length as u64)?);
        }
        let mut bytes = Vec::new();
        open_bytes(&self.path, start)?.take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF(format!("the file ends before byte {}", start + length as u64)));
        }
        Ok(bytes.into())
    }
}
