//! The files that an output consists of: one file, or numbered parts. Does not decide where a part ends.

use std::fmt::Display;
use std::fs::File;
use std::path::{Path, PathBuf};
use textmill_plugin::error::{Error, ErrorKind, Result};

/// Names of the files of an output.
pub struct PartNames<'a> {
    /// Folder of the files.
    pub folder: &'a Path,
    /// The part of the name before the number.
    pub stem: &'a str,
    /// The part of the name after the number, with its dot.
    pub suffix: &'a str,
    /// Whether parts are numbered; if not, there is one file.
    pub numbered: bool,
}

impl PartNames<'_> {
    /// The path of a part; parts are counted from zero.
    pub fn path(&self, number: usize) -> PathBuf {
        let Self { folder, stem, suffix, numbered } = self;
        folder.join(if *numbered { format!("{stem}-{number:05}{suffix}") } else { format!("{stem}{suffix}") })
    }
}

/// Creates a file, or truncates one that an interrupted run left.
pub fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(cannot("write", path))
}

/// Opens a file for reading.
pub fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(cannot("read", path))
}

/// Waits until files are on disk.
pub fn sync(paths: &[PathBuf]) -> Result<()> {
    paths.iter().try_for_each(|path| open(path)?.sync_all().map_err(cannot("write", path)))
}

/// Wraps an error in one that names the file.
pub fn cannot<'a, E: Display>(what: &'a str, path: &'a Path) -> impl Fn(E) -> Error + 'a {
    move |error| Error::new(ErrorKind::Storage, format!("cannot {what} `{}`: {error}", path.display()))
}
