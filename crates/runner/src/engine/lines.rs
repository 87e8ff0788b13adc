//! Output lines that are sorted by ordinal, stored back to back in one buffer: they may be megabytes, so they
//! are copied as rarely as possible.

use crate::output::finish::{FRAME_HEAD, frame};

/// Lines with the ordinals of their documents.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// Ordinal and end offset of each line.
    ends: Vec<(u64, usize)>,
}

impl Lines {
    /// Reserves space for more bytes.
    pub fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    /// Adds the line that `write` appends, including its newline.
    pub fn push(&mut self, ordinal: u64, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push((ordinal, self.bytes.len()));
    }

    /// Appends other lines.
    pub fn append(&mut self, other: Self) {
        if self.ends.is_empty() {
            *self = other;
            return;
        }
        let before = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|(ordinal, end)| (*ordinal, before + end)));
    }

    /// Sorts by ordinal; lines of the same document keep their order.
    pub fn sort(&mut self) {
        if self.ends.is_sorted_by_key(|(ordinal, _)| *ordinal) {
            return;
        }
        let mut lines: Vec<(u64, &[u8])> = self.iter().collect();
        lines.sort_by_key(|(ordinal, _)| *ordinal);
        let mut sorted = Self::default();
        sorted.reserve(self.bytes.len());
        lines.into_iter().for_each(|(ordinal, line)| sorted.push(ordinal, |out| out.extend_from_slice(line)));
        *self = sorted;
    }

    /// The lines, with the ordinals of their documents.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |(ordinal, end)| {
            let line = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            (*ordinal, line)
        })
    }

    /// The number of lines.
    pub fn count(&self) -> u64 {
        self.ends.len() as u64
    }

    /// The total size of the lines in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Returns the buffer with all lines.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Encodes the lines as frames.
    pub fn frames(&self) -> Vec<u8> {
        // Allocated at full size: the frames may be large, and stay in memory for a while.
        let mut frames = Vec::with_capacity(self.bytes.len() + self.ends.len() * FRAME_HEAD);
        self.iter().for_each(|(ordinal, line)| frame(ordinal, line, &mut frames));
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(of: &[(u64, &str)]) -> Lines {
        let mut lines = Lines::default();
        of.iter()
            .for_each(|(ordinal, line)| lines.push(*ordinal, |out| out.extend_from_slice(line.as_bytes())));
        lines
    }

    #[test]
    fn they_are_sorted_by_document() {
        let mut all = lines(&[]);
        all.append(lines(&[(3, "d\n"), (4, "e\n")]));
        all.append(lines(&[(1, "a\n"), (3, "longer\n"), (1, "b\n")]));
        all.sort();
        let sorted = [(1, "a\n"), (1, "b\n"), (3, "d\n"), (3, "longer\n"), (4, "e\n")];
        assert_eq!(all.iter().collect::<Vec<_>>(), sorted.map(|(ordinal, line)| (ordinal, line.as_bytes())));
        assert_eq!(all.frames(), lines(&sorted).frames());
        assert_eq!((all.count(), all.bytes()), (5, 15));
        assert_eq!(all.into_bytes(), b"a\nb\nd\nlonger\ne\n");
    }
}
