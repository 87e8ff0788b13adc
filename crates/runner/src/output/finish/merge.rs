//! Merges lines from several runs of frames, each sorted by ordinal, into one file in input order.

use super::parts::{cannot, create, open};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use textmill_plugin::error::{Error, Result};

/// Bytes before a line: its ordinal and its length.
pub const FRAME_HEAD: usize = 16;

/// Appends a line as a frame: ordinal and length as little-endian 64-bit numbers, then the bytes of the line,
/// including its line end.
pub fn frame(ordinal: u64, line: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(&ordinal.to_le_bytes());
    into.extend_from_slice(&(line.len() as u64).to_le_bytes());
    into.extend_from_slice(line);
}

/// Frames in ascending order of ordinals.
#[derive(Debug)]
pub enum Frames<'a> {
    /// In a file.
    File(PathBuf),
    /// In memory, in pieces, with the path that their file would have.
    Pieces(PathBuf, &'a [Vec<u8>]),
}

/// Merges `runs` into the file `target`, ordered by ordinal; lines with the same ordinal follow the order of
/// the runs. Returns the number of lines. The runs are kept.
///
/// # Errors
/// If a file cannot be read or written, a frame is torn, or a run is out of order.
pub fn merge_lines(runs: Vec<Frames<'_>>, target: &Path) -> Result<u64> {
    let mut runs = runs.into_iter().map(Run::open).collect::<Result<Vec<_>>>()?;
    let mut heads = BinaryHeap::new();
    for (number, run) in runs.iter_mut().enumerate() {
        heads.extend(run.head()?.map(|ordinal| Reverse((ordinal, number))));
    }
    let mut out = BufWriter::with_capacity(1 << 18, create(target)?);
    let mut lines = 0;
    while let Some(Reverse((_, number))) = heads.pop() {
        let Some(run) = runs.get_mut(number) else { continue };
        run.copy_line(&mut out, target)?;
        lines += 1;
        heads.extend(run.head()?.map(|ordinal| Reverse((ordinal, number))));
    }
    out.flush().map_err(cannot("write", target))?;
    Ok(lines)
}

/// Frames that are being read.
struct Run<'a> {
    path: PathBuf,
    reader: Reader<'a>,
    last: u64,
    /// Length in bytes of the next line.
    length: u64,
    /// Number of bytes that are not read yet.
    left: u64,
}

enum Reader<'a> {
    File(BufReader<File>),
    /// The rest of the current piece, and the following pieces.
    Pieces(&'a [u8], std::slice::Iter<'a, Vec<u8>>),
}

impl Read for Reader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut ready = self.fill_buf()?;
        let some = ready.read(into)?;
        self.consume(some);
        Ok(some)
    }
}

impl BufRead for Reader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::File(file) => file.fill_buf(),
            Self::Pieces(ready, rest) => {
                while let Some(next) = rest.as_slice().first().filter(|_| ready.is_empty()) {
                    rest.next();
                    *ready = next;
                }
                Ok(ready)
            }
        }
    }

    fn consume(&mut self, some: usize) {
        match self {
            Self::File(file) => file.consume(some),
            Self::Pieces(ready, _) => *ready = ready.get(some..).unwrap_or_default(),
        }
    }
}

impl<'a> Run<'a> {
    fn open(frames: Frames<'a>) -> Result<Self> {
        let (path, reader, left) = match frames {
            Frames::File(path) => {
                let file = open(&path)?;
                let left = file.metadata().map_err(cannot("read", &path))?.len();
                (path, Reader::File(BufReader::with_capacity(1 << 18, file)), left)
            }
            Frames::Pieces(path, pieces) => {
                let left = pieces.iter().map(|piece| piece.len() as u64).sum();
                (path, Reader::Pieces(&[], pieces.iter()), left)
            }
        };
        Ok(Self { path, reader, last: 0, length: 0, left })
    }

    /// Reads the head of the next frame and returns its ordinal; `None` at the end of the run.
    fn head(&mut self) -> Result<Option<u64>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut head = [0; FRAME_HEAD];
        self.left = self.left.checked_sub(FRAME_HEAD as u64).ok_or_else(|| self.torn())?;
        self.reader.read_exact(&mut head).map_err(cannot("read", &self.path))?;
        let (ordinal, length) = head.split_at(FRAME_HEAD / 2);
        let ordinal = number(ordinal);
        self.length = number(length);
        self.left = self.left.checked_sub(self.length).ok_or_else(|| self.torn())?;
        if ordinal < self.last {
            let message = format!("ordinal {ordinal} stands after {}", self.last);
            return Err(cannot("merge", &self.path)(message));
        }
        self.last = ordinal;
        Ok(Some(ordinal))
    }

    fn copy_line(&mut self, out: &mut impl Write, target: &Path) -> Result<()> {
        // Not `io::copy`, which would make system calls for each line to copy from file to file.
        let mut left = self.length;
        while left > 0 {
            let ready = self.reader.fill_buf().map_err(cannot("read", &self.path))?;
            let some = usize::try_from(left).map_or(ready.len(), |left| left.min(ready.len()));
            if some == 0 {
                return Err(self.torn());
            }
            out.write_all(&ready[..some]).map_err(cannot("write", target))?;
            self.reader.consume(some);
            left -= some as u64;
        }
        Ok(())
    }

    fn torn(&self) -> Error {
        cannot("read", &self.path)("it ends within a line")
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    fn merged(runs: &[Vec<u8>]) -> Result<(u64, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = |number: usize| folder.path().join(number.to_string());
        for (number, run) in runs.iter().enumerate() {
            fs::write(path(number), run).unwrap();
        }
        let target = folder.path().join("merged");
        let lines = merge_lines((0..runs.len()).map(path).map(Frames::File).collect(), &target);
        let file = lines.as_ref().ok().map(|_| fs::read(&target).unwrap());
        // Pieces with arbitrary boundaries, including empty ones, give the same result.
        let pieces = |run: &Vec<u8>| -> Vec<Vec<u8>> {
            [&run[..0]].into_iter().chain(run.chunks(7)).map(<[u8]>::to_vec).collect()
        };
        let pieces: Vec<Vec<Vec<u8>>> = runs.iter().map(pieces).collect();
        let frames = pieces.iter().enumerate().map(|(number, run)| Frames::Pieces(path(number), run));
        let in_memory = merge_lines(frames.collect(), &target);
        assert_eq!(in_memory.is_ok(), lines.is_ok());
        let (lines, file) = (lines?, file.unwrap_or_default());
        assert_eq!((in_memory?, fs::read(target).unwrap()), (lines, file.clone()));
        Ok((lines, file))
    }

    fn run(lines: &[(u64, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        lines.iter().for_each(|(ordinal, line)| frame(*ordinal, line.as_bytes(), &mut out));
        out
    }

    #[test]
    fn ties_go_to_the_earlier_run() {
        let runs = [
            run(&[(1, "b\n"), (1, "c\n"), (7, "f\n")]),
            run(&[]),
            run(&[(0, "a\n"), (1, "d\n"), (6, "e\n")]),
        ];
        assert_eq!(merged(&runs).unwrap(), (6, b"a\nb\nc\nd\ne\nf\n".to_vec()));
        assert_eq!(merged(&[]).unwrap(), (0, Vec::new()));
    }

    #[test]
    fn a_torn_frame_is_an_error() {
        let whole = run(&[(1, "one\n"), (2, "two\n")]);
        for length in 0..whole.len() {
            let torn = merged(&[whole[..length].to_vec()]);
            assert_eq!(torn.is_ok(), length == 0 || length == whole.len() / 2, "{length}");
        }
        let mut huge = run(&[(1, "one\n")]);
        huge[8..16].fill(0xff);
        assert!(merged(&[huge]).unwrap_err().message.ends_with("it ends within a line"));
    }

    #[test]
    fn a_run_out_of_order_is_an_error() {
        let error = merged(&[run(&[(2, "a\n"), (1, "b\n")])]).unwrap_err();
        assert!(error.message.ends_with("ordinal 1 stands after 2"), "{}", error.message);
    }

    proptest! {
        #[test]
        fn merging_is_a_stable_sort(runs in prop::collection::vec(prop::collection::vec(0u64..20, 0..20), 0..5)) {
            let mut expected = Vec::new();
            let mut files = Vec::new();
            for (number, mut ordinals) in runs.into_iter().enumerate() {
                ordinals.sort();
                let mut file = Vec::new();
                for (at, ordinal) in ordinals.into_iter().enumerate() {
                    let line = format!("{ordinal} {number} {at}\n");
                    frame(ordinal, line.as_bytes(), &mut file);
                    expected.push((ordinal, line));
                }
                files.push(file);
            }
            expected.sort_by_key(|(ordinal, _)| *ordinal);
            let text: String = expected.iter().map(|(_, line)| line.as_str()).collect();
            prop_assert_eq!(merged(&files).unwrap(), (expected.len() as u64, text.into_bytes()));
        }
    }
}
