//! The files that make up a pipeline, by number: the one on the command line is 0, and the files that it
//! extends follow.

use super::tree::Place;
use std::path::{Path, PathBuf};

/// A file and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path, as the user gave it or as the extending file names it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Source {
    /// The folder that paths in it are relative to.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Line and column of a byte offset, both from 1. The column counts characters.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
    }
}

/// The folder that a path at this place is relative to. `None` for the command line, whose paths are relative
/// to the current folder.
pub(super) fn folder_of<'a>(sources: &'a [Source], place: &Place) -> Option<&'a Path> {
    match place {
        Place::File(span) => sources.get(span.file).map(Source::folder),
        Place::Set(_) => None,
    }
}
