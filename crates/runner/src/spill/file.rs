//! A file that is read and written at offsets through `&self`, and whose errors name it.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use textmill_plugin::error::{Error, ErrorKind, Result};

/// An open file.
#[derive(Debug)]
pub(super) struct PlacedFile {
    path: PathBuf,
    #[cfg(unix)]
    file: File,
    #[cfg(not(unix))]
    file: std::sync::Mutex<File>,
}

impl PlacedFile {
    /// Creates a file, or truncates an existing one.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path);
        Ok(Self::of(path, file.map_err(|e| failed("create", path, &e))?))
    }

    /// Opens an existing file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        Ok(Self::of(path, file.map_err(|e| failed("open", path, &e))?))
    }

    #[cfg(unix)]
    fn of(path: &Path, file: File) -> Self {
        Self { path: path.to_owned(), file }
    }

    #[cfg(not(unix))]
    fn of(path: &Path, file: File) -> Self {
        Self { path: path.to_owned(), file: std::sync::Mutex::new(file) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fills `bytes` from the file, starting at `offset`.
    pub(super) fn read(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        self.read_exact(bytes, offset).map_err(|e| failed("read", &self.path, &e))
    }

    /// Writes all `bytes` at `offset`.
    pub(super) fn write(&self, bytes: &[u8], offset: u64) -> Result<()> {
        self.write_all(bytes, offset).map_err(|e| failed("write to", &self.path, &e))
    }

    /// Length of the file in bytes.
    pub(super) fn length(&self) -> Result<u64> {
        self.with(|file| Ok(file.metadata()?.len())).map_err(|e| failed("look at", &self.path, &e))
    }

    /// Truncates the file.
    pub(super) fn cut(&self, length: u64) -> Result<()> {
        self.with(|file| file.set_len(length)).map_err(|e| failed("cut", &self.path, &e))
    }

    /// Waits until everything written is on disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.with(File::sync_data).map_err(|e| failed("write to", &self.path, &e))
    }

    #[cfg(unix)]
    fn with<T>(&self, act: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        act(&self.file)
    }

    #[cfg(unix)]
    fn read_exact(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, offset)
    }

    #[cfg(unix)]
    fn write_all(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
    }

    #[cfg(not(unix))]
    fn with<T>(&self, act: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        // A poisoned lock does no harm: the only state is the position, and each call sets it.
        act(&self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    #[cfg(not(unix))]
    fn read_exact(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        self.with(|mut file| {
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(bytes)
        })
    }

    #[cfg(not(unix))]
    fn write_all(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        use std::io::{Seek, SeekFrom, Write};
        self.with(|mut file| {
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(bytes)
        })
    }
}

/// The error for a file operation, for which no document is to blame.
fn failed(doing: &str, path: &Path, error: &io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    };
    Error::new(ErrorKind::Storage, format!("cannot {doing} `{}`: {why}", path.display()))
}
