//! A file that only grows. What a checkpoint says of its length is good; what lies behind is cut away on resuming.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use textmill_plugin::error::{Error, ErrorKind, Result};

/// A file that only grows.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// None as long as [`Log::settle`] was not called for one that was deferred.
    file: Option<File>,
    /// What a deferred one has been given.
    pieces: Vec<Vec<u8>>,
    length: u64,
    /// Bytes that were there when the disk was last told to begin.
    told: u64,
    telling: Option<JoinHandle<std::io::Result<()>>>,
}

/// Bytes after which the disk is told to begin writing: at the end, little is left to wait for.
const TELL_EVERY: u64 = 64 << 20;

impl Log {
    /// Makes the file, empty.
    ///
    /// # Errors
    /// Where the file system refuses.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|e| storage("make", path, &e))?;
        Ok(Self { file: Some(file), ..Self::deferred(path) })
    }

    /// None yet: what is appended stays in memory until [`Log::settle`].
    pub fn deferred(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None, pieces: Vec::new(), length: 0, told: 0, telling: None }
    }

    /// Makes the file of a deferred one, with the first of the pieces that were appended, and forgets the others.
    ///
    /// # Errors
    /// Where it cannot be written.
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

    /// The pieces that were appended, of a deferred one.
    pub fn pieces(&self) -> &[Vec<u8>] {
        &self.pieces
    }

    /// Opens the file of an interrupted run and cuts it to `length`.
    ///
    /// # Errors
    /// Where it is shorter, or the file system refuses.
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
    /// Where they cannot be written, as on a full disk.
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

    /// Lets the disk begin, without waiting for it.
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

    /// What the disk said. It says it once: whoever asks later hears that all is well.
    fn heard(&mut self) -> Result<()> {
        let said = self.telling.take().and_then(|telling| telling.join().ok());
        said.unwrap_or(Ok(())).map_err(|e| storage("write", &self.path, &e))
    }

    /// Bytes written so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until everything is on the disk.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn sync(&mut self) -> Result<()> {
        self.heard()?;
        self.file.as_ref().map_or(Ok(()), File::sync_data).map_err(|e| storage("write", &self.path, &e))
    }
}

/// The error of a file of the run itself: nothing is wrong with a document or a stage.
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
        // As if interrupted after the fourth.
        let mut log = Log::reopen(&path, all(0..4).len() as u64).unwrap();
        (4..7).for_each(|number| log.append(piece(number)).unwrap());
        assert!(std::fs::read(&path).unwrap() == all(0..7));
    }
}
