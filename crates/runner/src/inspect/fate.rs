//! What became of a document: the line of the run folder that holds it now.

use super::run_folder::RunFolder;
use crate::failure::Failure;
use crate::json::write_text;
use arrow_array::BooleanArray;
use memchr::memmem::Finder;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use textmill_core::batch::Strings;
use textmill_core::column::ID;
use textmill_core::value::value_at;

/// Where a document ended.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It came through.
    Written(Map<String, Value>),
    /// A stage dropped it.
    Rejected(Map<String, Value>),
    /// It could not be processed.
    Failed(Map<String, Value>),
}

impl Fate {
    /// Looks for a document by its id; none where the run had no such document.
    ///
    /// # Errors
    /// Where a file of the run cannot be read.
    pub fn of(run: &RunFolder, id: &str) -> Result<Option<Self>, Failure> {
        for (name, fate) in [("rejected.jsonl", Self::Rejected as fn(_) -> _), ("failed.jsonl", Self::Failed)]
        {
            if let Some(line) = line_of(&run.file(name), id)? {
                return Ok(Some(fate(line)));
            }
        }
        for path in documents(run)? {
            if let Some(line) = line_of(&path, id)? {
                return Ok(Some(Self::Written(line)));
            }
        }
        Ok(None)
    }

    /// The document as it stands in the run folder.
    pub fn document(&self) -> &Map<String, Value> {
        match self {
            Self::Written(line) | Self::Rejected(line) | Self::Failed(line) => line,
        }
    }

    /// A string of it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.document().get(name)?.as_str()
    }
}

/// The files of documents, in order.
fn documents(run: &RunFolder) -> Result<Vec<PathBuf>, Failure> {
    let folder = run.file("");
    let entries = std::fs::read_dir(&folder)
        .map_err(|e| Failure::new(format!("cannot look into {}: {e}", folder.display())))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("documents")));
    paths.sort();
    Ok(paths)
}

/// The line of a file that begins with an id.
fn line_of(path: &Path, id: &str) -> Result<Option<Map<String, Value>>, Failure> {
    let fail =
        |error: &dyn std::fmt::Display| Failure::new(format!("cannot read {}: {error}", path.display()));
    let ending = path.extension().and_then(|ending| ending.to_str());
    if ending == Some("parquet") {
        return row_of(path, id).map_err(|e| fail(&e));
    }
    let file = File::open(path).map_err(|e| fail(&e))?;
    let content: Box<dyn Read> = match ending {
        Some("gz") => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file))),
        Some("zst") => Box::new(zstd::stream::read::Decoder::new(file).map_err(|e| fail(&e))?),
        _ => Box::new(file),
    };
    // Every line of a run begins so, and nowhere else can a line feed stand before it.
    let mut start = b"\n{\"id\":".to_vec();
    write_text(&mut start, id);
    let line = find_line(content, &start).map_err(|e| fail(&e))?;
    line.map(|line| serde_json::from_slice(&line).map_err(|e| fail(&e))).transpose()
}

/// Bytes that are read at a time.
const BLOCK: usize = 4 << 20;

/// The first line that begins with `start`, which begins with the line feed before it.
fn find_line(mut content: impl Read, start: &[u8]) -> std::io::Result<Option<Vec<u8>>> {
    let finder = Finder::new(start);
    // A line feed before the first line, too.
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
        // What may be the beginning of it.
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

    /// Gives a few bytes at a time.
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
