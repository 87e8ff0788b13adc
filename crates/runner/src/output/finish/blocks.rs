//! Cuts a file of lines into ranges that end at line ends, without reading all of it.

use super::parts::{cannot, open};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use textmill_plugin::error::Result;

/// Number of bytes to search for a line end at a time.
const STEP: u64 = 64 * 1024;

/// Where a range ends.
#[derive(Clone, Copy)]
pub enum Cut {
    /// At the first line end that makes it this many bytes or more.
    AtLeast(u64),
    /// At the last line end that makes it no more than this many bytes, or after its first line if that is
    /// longer.
    AtMost(u64),
}

/// An iterator over ranges that together cover the whole file; none for an empty one. The last range ends
/// with the file.
pub struct Ranges {
    path: PathBuf,
    file: File,
    cut: Cut,
    start: u64,
    length: u64,
}

impl Ranges {
    /// Creates the ranges of the file at `path`.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn of(path: &Path, cut: Cut) -> Result<Self> {
        let file = open(path)?;
        let length = file.metadata().map_err(cannot("read", path))?.len();
        Ok(Self { path: path.to_owned(), file, cut, start: 0, length })
    }

    fn end(&mut self) -> io::Result<u64> {
        match self.cut {
            Cut::AtLeast(bytes) => self.line_end_after(self.start.saturating_add(bytes.max(1))),
            Cut::AtMost(bytes) => {
                let most = self.start.saturating_add(bytes.max(1));
                if most >= self.length {
                    return Ok(self.length);
                }
                match self.line_end_before(most)? {
                    Some(end) => Ok(end),
                    None => self.line_end_after(most),
                }
            }
        }
    }

    /// The first line end at or after `place`, or the end of the file.
    fn line_end_after(&mut self, place: u64) -> io::Result<u64> {
        // A line ends at `place` if the byte before it is a line feed.
        let mut at = place.saturating_sub(1);
        while at < self.length {
            let bytes = self.bytes(at..self.length.min(at + STEP))?;
            if let Some(found) = bytes.iter().position(|&byte| byte == b'\n') {
                return Ok(at + found as u64 + 1);
            }
            at += bytes.len() as u64;
        }
        Ok(self.length)
    }

    /// The last line end after the start of the range and not after `place`.
    fn line_end_before(&mut self, place: u64) -> io::Result<Option<u64>> {
        let mut end = place;
        while end > self.start {
            let start = self.start.max(end.saturating_sub(STEP));
            let bytes = self.bytes(start..end)?;
            if let Some(found) = bytes.iter().rposition(|&byte| byte == b'\n') {
                return Ok(Some(start + found as u64 + 1));
            }
            end = start;
        }
        Ok(None)
    }

    fn bytes(&mut self, range: Range<u64>) -> io::Result<Vec<u8>> {
        // Never longer than `STEP`.
        let mut bytes = vec![0; (range.end - range.start) as usize];
        self.file.seek(SeekFrom::Start(range.start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Iterator for Ranges {
    type Item = Result<Range<u64>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.start >= self.length {
            return None;
        }
        let start = self.start;
        let end = self.end().map_err(cannot("read", &self.path));
        self.start = *end.as_ref().unwrap_or(&self.length);
        Some(end.map(|end| start..end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn ends(text: &[u8], cut: Cut) -> Vec<u64> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        fs::write(&path, text).unwrap();
        Ranges::of(&path, cut).unwrap().map(|range| range.unwrap().end).collect()
    }

    #[test]
    fn ranges_end_where_lines_end() {
        let text = b"aa\nbb\ncccccc\nd\n";
        assert_eq!(ends(text, Cut::AtLeast(3)), [3, 6, 13, 15]);
        assert_eq!(ends(text, Cut::AtLeast(4)), [6, 13, 15]);
        assert_eq!(ends(text, Cut::AtMost(6)), [6, 13, 15]);
        assert_eq!(ends(text, Cut::AtMost(5)), [3, 6, 13, 15]);
        assert_eq!(ends(text, Cut::AtMost(1)), [3, 6, 13, 15]);
        assert_eq!(ends(text, Cut::AtMost(u64::MAX)), [15]);
        assert_eq!(ends(b"", Cut::AtMost(5)), [] as [u64; 0]);
        assert_eq!(ends(b"aa\nbb", Cut::AtLeast(1)), [3, 5]);
    }

    #[test]
    fn lines_longer_than_a_step_are_found() {
        let mut text = vec![b'x'; 3 * STEP as usize];
        text.push(b'\n');
        let text = [text.clone(), text].concat();
        let line = 3 * STEP + 1;
        for cut in [Cut::AtLeast(10), Cut::AtMost(10), Cut::AtMost(line), Cut::AtMost(2 * line - 1)] {
            assert_eq!(ends(&text, cut), [line, 2 * line]);
        }
    }
}
