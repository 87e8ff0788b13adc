//! The fate of a document: the line of the run folder that holds it.

use super::find::find;
use super::lines::{Ending, cannot, content, files, is_parquet, is_plain};
use super::run_folder::RunFolder;
use crate::failure::Failure;
use crate::json::write_text;
use arrow_array::BooleanArray;
use memchr::memmem::Finder;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use textmill_core::batch::Strings;
use textmill_core::column::ID;
use textmill_core::value::value_at;

/// How a document ended, and its final state.
#[derive(Clone, Debug)]
pub struct Fate {
    /// How it ended.
    pub ending: Ending,
    /// The document as it is in the run folder.
    pub document: Map<String, Value>,
}

impl Fate {
    /// Finds a document by its id; `None` if the run has no such document.
    ///
    /// # Errors
    /// If a file of the run cannot be read.
    pub fn of(run: &RunFolder, id: &str) -> Result<Option<Self>, Failure> {
        for (ending, path) in files(run)? {
            if let Some(line) = line_of(&path, id)? {
                return Ok(Some(Self { ending, document: line }));
            }
        }
        Ok(None)
    }

    /// The string in a field of the document.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.document.get(name)?.as_str()
    }
}

/// Finds the line with an id, or the row of a Parquet file.
fn line_of(path: &Path, id: &str) -> Result<Option<Map<String, Value>>, Failure> {
    if is_parquet(path) {
        return row_of(path, id).map_err(cannot(path));
    }
    // Every line of a run begins with its id, and inside a line there is no line feed.
    let mut start = b"\n{\"id\":".to_vec();
    write_text(&mut start, id);
    let line = match is_plain(path) {
        true => line_at(path, &start).map_err(cannot(path))?,
        false => find_line(content(path)?, &start).map_err(cannot(path))?,
    };
    line.map(|line| serde_json::from_slice(&line).map_err(cannot(path))).transpose()
}

/// Finds the line in an uncompressed file, on all cores and without reading the whole file into memory.
fn line_at(path: &Path, start: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut head = vec![0; start.len() - 1];
    let begins = file.read_exact(&mut head).is_ok() && head == start[1..];
    let at = match begins {
        true => 0,
        false => match find(path, start, 0)? {
            Some(at) => at + 1,
            None => return Ok(None),
        },
    };
    file.seek(SeekFrom::Start(at))?;
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line)?;
    Ok(Some(line.trim_ascii_end().to_vec()))
}

/// Bytes that are read at a time.
const BLOCK: usize = 4 << 20;

/// The first line that begins with `start`, whose own first byte is the line feed before the line.
fn find_line(mut content: impl Read, start: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    let finder = Finder::new(start);
    // Put a line feed before the first line, too.
    let mut held = vec![b'\n'];
    loop {
        let read = (&mut content).take(BLOCK as u64).read_to_end(&mut held)?;
        if let Some(at) = finder.find(&held) {
            held.drain(..=at);
            let mut searched = 0;
            loop {
                if let Some(end) = memchr::memchr(b'\n', &held[searched..]) {
                    held.truncate(searched + end);
                    return Ok(Some(held));
                }
                searched = held.len();
                if (&mut content).take(BLOCK as u64).read_to_end(&mut held)? == 0 {
                    return Ok(Some(held));
                }
            }
        }
        if read == 0 {
            return Ok(None);
        }
        // Keep what may be the beginning of a match.
        held.drain(..held.len().saturating_sub(start.len()));
    }
}

/// The row of a Parquet file with an id.
fn row_of(path: &Path, id: &str) -> Result<Option<Map<String, Value>>, Box<dyn std::error::Error>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), [ID]);
    let wanted = id.to_owned();
    let compare = move |batch: arrow_array::RecordBatch| {
        let ids = Strings::of(batch.column(0).as_ref());
        let is_wanted = |row| Some(ids.and_then(|ids| ids.get(row)) == Some(wanted.as_str()));
        Ok((0..batch.num_rows()).map(is_wanted).collect::<BooleanArray>())
    };
    let filter = RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, compare))]);
    for batch in builder.with_row_filter(filter).build()? {
        let batch = batch?;
        if batch.num_rows() > 0 {
            let schema = batch.schema();
            let names = schema.fields().iter().map(|field| field.name().clone());
            return Ok(Some(names.zip(batch.columns()).map(|(name, c)| (name, value_at(c, 0))).collect()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::find_line;

    /// Returns only a few bytes at a time.
    struct Drip<'a>(&'a [u8]);

    impl std::io::Read for Drip<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(to.len()).min(3);
            to[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn a_line_is_found_by_its_beginning() {
        let text = b"{\"id\":\"a\",\"x\":1}\n{\"id\":\"ab\",\"x\":2}\n{\"id\":\"c\",\"y\":\"{\\\"id\\\":\\\"d\\\"\"}";
        let find = |id: &str| {
            let start = format!("\n{{\"id\":\"{id}\"");
            let found = find_line(Drip(text), start.as_bytes()).unwrap();
            found.map(|line| String::from_utf8(line).unwrap())
        };
        assert_eq!(find("a").unwrap(), "{\"id\":\"a\",\"x\":1}");
        assert_eq!(find("ab").unwrap(), "{\"id\":\"ab\",\"x\":2}");
        assert!(find("c").unwrap().ends_with("d\\\"\"}"));
        assert_eq!(find("d"), None);
    }
}
