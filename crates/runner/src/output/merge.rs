//! Lines that come in several runs, each sorted by ordinal, merged into one file in input order.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Collects lines part by part in files of their own.
pub struct MergedLines {
    target: PathBuf,
    parts: Vec<Part>,
}

struct Part {
    path: PathBuf,
    file: BufWriter<File>,
    /// Ordinal and length of each line.
    index: Vec<(u64, u32)>,
}

impl MergedLines {
    /// Lines for the file `target`.
    pub fn new(target: PathBuf) -> Self {
        Self { target, parts: Vec::new() }
    }

    /// A new run of ordinals begins.
    ///
    /// # Errors
    /// Where a file cannot be made.
    pub fn begin_part(&mut self) -> io::Result<()> {
        let path = self.target.with_extension(format!("part-{}", self.parts.len()));
        let file = BufWriter::new(File::create(&path)?);
        self.parts.push(Part { path, file, index: Vec::new() });
        Ok(())
    }

    /// Appends a line to the run. Ordinals ascend within a run.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn push(&mut self, ordinal: u64, line: &[u8]) -> io::Result<()> {
        let part = self.parts.last_mut().ok_or_else(|| io::Error::other("no part was begun"))?;
        let length =
            u32::try_from(line.len()).map_err(|_| io::Error::other("a line is longer than 4 GiB"))?;
        debug_assert!(part.index.last().is_none_or(|&(last, _)| last <= ordinal));
        part.index.push((ordinal, length));
        part.file.write_all(line)
    }

    /// Merges the runs into the target and removes them; gives the number of lines.
    ///
    /// # Errors
    /// Where a file cannot be read or written.
    pub fn finish(self) -> io::Result<u64> {
        let mut runs = Vec::new();
        for part in self.parts {
            part.file.into_inner().map_err(io::IntoInnerError::into_error)?;
            let reader = BufReader::new(File::open(&part.path)?);
            runs.push((part.index.into_iter().peekable(), reader, part.path));
        }
        let mut out = BufWriter::new(File::create(&self.target)?);
        let mut lines = 0;
        // Ties go to the earlier run: the stage before.
        while let Some((_, _, at)) = runs
            .iter_mut()
            .enumerate()
            .filter_map(|(at, (index, _, _))| index.peek().map(|&(ordinal, length)| (ordinal, length, at)))
            .min_by_key(|&(ordinal, _, at)| (ordinal, at))
        {
            let (index, reader, _) = &mut runs[at];
            if let Some((_, length)) = index.next() {
                io::copy(&mut reader.take(length.into()), &mut out)?;
                lines += 1;
            }
        }
        out.into_inner().map_err(io::IntoInnerError::into_error)?;
        for (_, _, path) in runs {
            remove(&path)?;
        }
        Ok(lines)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}
