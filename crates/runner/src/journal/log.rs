//! An append-only file. The length in a checkpoint is valid; what lies beyond it is cut off on resuming.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use textmill_plugin::error::{Error, ErrorKind, Result};

/// An append-only file.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// `None` for a deferred log, until [`Log::settle`].
    file: Option<File>,
    /// The data appended to a deferred log.
    pieces: Vec<Vec<u8>>,
    length: u64,
    /// The length when the last background sync was started.
    told: u64,
    telling: Option<JoinHandle<std::io::Result<()>>>,
}

/// Bytes after which a background sync is started, so that little is left to wait for at the end.
const TELL_EVERY: u64 = 64 << 20;

impl Log {
    /// Creates the file, empty.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|e| storage("make", path, &e))?;
        Ok(Self { file: Some(file), ..Self::deferred(path) })
    }

    /// Creates a log without a file: what is appended stays in memory until [`Log::settle`].
    pub fn deferred(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None, pieces: Vec::new(), length: 0, told: 0, telling: None }
    }

    /// Creates the file of a deferred log with its first `pieces` pieces, and drops the others.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn settle(&mut self, pieces: usize) -> Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        let mut settled = Self::create(&self.path)?;
        for piece in self.pieces.iter().take(pieces) {
            settled.write(piece)?;
        }
        *self = settled;
        Ok(())
    }

    /// The pieces that were appended to a deferred log.
    pub fn pieces(&self) -> &[Vec<u8>] {
        &self.pieces
    }

    /// Opens the file of an interrupted run and truncates it to `length`.
    ///
    /// # Errors
    /// If it is shorter, or the file system refuses.
    pub fn reopen(path: &Path, length: u64) -> Result<Self> {
        let open = OpenOptions::new().write(true).open(path).and_then(|mut file| {
            let there = file.metadata()?.len();
            if there < length {
                let message = format!("it has {there} bytes where {length} were written");
                return Err(std::io::Error::other(message));
            }
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        });
        let file = open.map_err(|e| storage("go on with", path, &e))?;
        Ok(Self { file: Some(file), length, told: length, ..Self::deferred(path) })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// If they cannot be written, for example because the disk is full.
    pub fn append(&mut self, bytes: Vec<u8>) -> Result<()> {
        if self.file.is_some() {
            return self.write(&bytes);
        }
        self.length += bytes.len() as u64;
        self.pieces.extend(Some(bytes).filter(|bytes| !bytes.is_empty()));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(bytes).map_err(|e| storage("write", &self.path, &e))?;
        }
        self.length += bytes.len() as u64;
        self.tell_disk()
    }

    /// Starts a background sync if enough was written, without waiting for it.
    fn tell_disk(&mut self) -> Result<()> {
        let busy = self.telling.as_ref().is_some_and(|telling| !telling.is_finished());
        if busy || self.length - self.told < TELL_EVERY {
            return Ok(());
        }
        self.heard()?;
        if let Some(Ok(file)) = self.file.as_ref().map(File::try_clone) {
            self.told = self.length;
            self.telling = std::thread::Builder::new().spawn(move || file.sync_data()).ok();
        }
        Ok(())
    }

    /// The result of the last background sync. An error is reported only once.
    fn heard(&mut self) -> Result<()> {
        let said = self.telling.take().and_then(|telling| telling.join().ok());
        said.unwrap_or(Ok(())).map_err(|e| storage("write", &self.path, &e))
    }

    /// Number of bytes written so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until everything is on disk.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn sync(&mut self) -> Result<()> {
        self.heard()?;
        self.file.as_ref().map_or(Ok(()), File::sync_data).map_err(|e| storage("write", &self.path, &e))
    }
}

/// The error for a file of the run itself, for which no document or stage is to blame.
pub fn storage(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Storage, format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reopened_log_goes_on_after_what_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let piece = |number: u8| vec![number; if number % 3 == 1 { 100 } else { 1_004_321 }];
        let all = |numbers: std::ops::Range<u8>| numbers.map(piece).collect::<Vec<_>>().concat();
        let mut log = Log::create(&path).unwrap();
        (0..5).for_each(|number| log.append(piece(number)).unwrap());
        assert_eq!(log.length(), all(0..5).len() as u64);
        log.sync().unwrap();
        // As if the run had been interrupted after the fourth piece.
        let mut log = Log::reopen(&path, all(0..4).len() as u64).unwrap();
        (4..7).for_each(|number| log.append(piece(number)).unwrap());
        assert!(std::fs::read(&path).unwrap() == all(0..7));
    }
}
