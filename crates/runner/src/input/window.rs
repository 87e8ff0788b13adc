//! A window on the content of a file, from which whole records are cut.

use super::buffer_pool::BufferPool;
use std::io::{ErrorKind, Read};

/// Bytes that were read but not yet cut off.
pub struct Window {
    source: Box<dyn Read + Send>,
    data: Vec<u8>,
    offset: u64,
    ended: bool,
    error: Option<String>,
    pool: BufferPool,
}

impl Window {
    /// Creates a window on `source`, whose first byte is at `offset` in the file. It takes its buffers from
    /// `spares`.
    pub fn new(source: Box<dyn Read + Send>, offset: u64, pool: BufferPool) -> Self {
        Self { source, data: Vec::new(), offset, ended: false, error: None, pool }
    }

    /// Offset in the file of the first byte that was not yet cut off.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The bytes at hand.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Whether no more bytes follow those at hand.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Why no more bytes follow, if the reason is an error and not the end of the file.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Reads until `bytes` bytes are at hand or the source ends.
    pub fn fill(&mut self, bytes: usize) {
        if self.ended || self.data.len() >= bytes {
            return;
        }
        let mut have = self.data.len();
        self.widen(bytes);
        while let Some(room @ [_, ..]) = self.data.get_mut(have..) {
            match self.source.read(room) {
                Ok(0) => self.ended = true,
                Ok(read) => have += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.error = Some(error.to_string());
                }
            }
            if self.ended {
                break;
            }
        }
        self.data.truncate(have);
    }

    /// Extends the buffer to `bytes` bytes, preferably by reusing memory that is already initialized.
    fn widen(&mut self, bytes: usize) {
        let have = self.data.len();
        let spare = if self.data.capacity() < bytes { self.pool.take(bytes) } else { None };
        let mut wide =
            spare.unwrap_or_else(|| if have == 0 { vec![0; bytes] } else { std::mem::take(&mut self.data) });
        wide.resize(bytes, 0);
        if let Some(start) = wide.get_mut(..self.data.len()) {
            start.copy_from_slice(&self.data);
        }
        self.data = wide;
    }

    /// Reads until the data at hand has about doubled.
    pub fn grow(&mut self) {
        self.fill(self.data.len().saturating_mul(2).max(1 << 6));
    }

    /// Cuts off the first `bytes` bytes without copying them.
    pub fn take(&mut self, bytes: usize) -> Vec<u8> {
        let bytes = bytes.min(self.data.len());
        let rest = self.data.get(bytes..).unwrap_or_default().to_vec();
        self.data.truncate(bytes);
        self.offset += bytes as u64;
        std::mem::replace(&mut self.data, rest)
    }

    /// Skips `bytes` bytes, which may reach beyond those at hand.
    pub fn skip(&mut self, bytes: u64) {
        let mut left = bytes;
        while left > 0 {
            if self.data.is_empty() {
                self.fill(1 << 16);
                if self.data.is_empty() {
                    return;
                }
            }
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.data.len());
            self.data.drain(..here);
            self.offset += here as u64;
            left -= here as u64;
        }
    }

    /// Skips to the next line, and returns the length of the skipped rest of the line, without its line end.
    /// Keeps no more than one buffer of it in memory.
    pub fn skip_line(&mut self) -> u64 {
        let start = self.offset;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.data) {
                self.skip(end as u64 + 1);
                return self.offset - start - 1;
            }
            self.skip(self.data.len() as u64);
            self.fill(1 << 16);
            if self.data.is_empty() {
                return self.offset - start;
            }
        }
    }
}
