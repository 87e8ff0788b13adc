//! Reads the documents of a run one by one, as lines of JSON: written, rejected and failed ones.

use super::run_folder::{RunFolder, damaged};
use crate::failure::Failure;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use textmill_core::value::value_at;

/// How a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// It was written.
    Written,
    /// A stage dropped it.
    Rejected,
    /// It could not be processed.
    Failed,
}

impl Ending {
    /// The ending as one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}

/// The files of a run that hold documents. Rejected and failed documents come first, since those files are
/// short.
///
/// # Errors
/// If the folder cannot be listed.
pub(super) fn files(run: &RunFolder) -> Result<Vec<(Ending, PathBuf)>, Failure> {
    let folder = run.file("");
    let entries = std::fs::read_dir(&folder).map_err(cannot(&folder))?;
    let mut written: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    written
        .retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("documents")));
    written.sort();
    let ended = [(Ending::Rejected, "rejected.jsonl"), (Ending::Failed, "failed.jsonl")];
    let ended = ended.into_iter().map(|(ending, name)| (ending, run.file(name)));
    Ok(ended.chain(written.into_iter().map(|path| (Ending::Written, path))).collect())
}

/// Whether a file is Parquet and not a file of lines.
pub(super) fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "parquet")
}

/// Whether a file consists of uncompressed lines.
pub(super) fn is_plain(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "jsonl")
}

/// The contents of a file, decompressed.
///
/// # Errors
/// If it cannot be opened.
pub(super) fn content(path: &Path) -> Result<Box<dyn Read>, Failure> {
    let file = File::open(path).map_err(|error| damaged(path, &error))?;
    Ok(match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file))),
        Some("zst") => Box::new(zstd::stream::read::Decoder::new(file).map_err(cannot(path))?),
        _ => Box::new(file),
    })
}

/// The error for a file that cannot be read.
pub(super) fn cannot<E: Display>(path: &Path) -> impl Fn(E) -> Failure {
    move |error| Failure::new(format!("cannot read {}: {error}", path.display()))
}

/// Passes every document of a run to `take`: how it ended, its id, and its line.
///
/// # Errors
/// If a file cannot be read, or if it is not what a run writes.
pub fn each_line(run: &RunFolder, mut take: impl FnMut(Ending, &str, &[u8])) -> Result<(), Failure> {
    let mut counts = [Ending::Rejected, Ending::Failed, Ending::Written].map(|ending| (ending, 0u64, None));
    for (ending, path) in files(run)? {
        let count = counts.iter_mut().find(|(own, ..)| *own == ending);
        let mut none = (ending, 0, None);
        let (_, count, last) = count.unwrap_or(&mut none);
        *last = Some(path.clone());
        if is_parquet(&path) {
            each_row(&path, |id, line| {
                *count += 1;
                take(ending, id, line);
            })?;
            continue;
        }
        let mut lines = BufReader::with_capacity(1 << 20, content(&path)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(cannot(&path))? == 0 {
                break;
            }
            let id = id_of(&line).ok_or_else(|| damaged(&path, &"a line has no id"))?;
            if !line.ends_with(b"\n") {
                return Err(damaged(&path, &"its last line is cut off"));
            }
            *count += 1;
            take(ending, &id, line.trim_ascii_end());
        }
    }
    // Without this check, a missing file, or one that is cut at the end of a line, would look like missing
    // documents.
    for (ending, count, last) in counts {
        let told = run.run.get("documents").and_then(|totals| totals.get(ending.name())?.as_u64());
        if let Some(told) = told.filter(|told| *told != count) {
            let path = last.unwrap_or_else(|| run.file("documents.jsonl"));
            let why = match path.exists() {
                true => format!("it holds {count} of the {told} documents that `run.json` counts"),
                false => format!("it is missing, but `run.json` counts {told} documents in it"),
            };
            return Err(damaged(&path, &why));
        }
    }
    Ok(())
}

fn each_row(path: &Path, mut take: impl FnMut(&str, &[u8])) -> Result<(), Failure> {
    let file = File::open(path).map_err(cannot(path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|b| b.build());
    for batch in reader.map_err(cannot(path))? {
        let batch = batch.map_err(cannot(path))?;
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let columns = schema.fields().iter().zip(batch.columns());
            let line: Map<String, Value> =
                columns.map(|(field, column)| (field.name().clone(), value_at(column, row))).collect();
            let id = line.get("id").and_then(Value::as_str).unwrap_or_default();
            take(id, &serde_json::to_vec(&line).map_err(cannot(path))?);
        }
    }
    Ok(())
}

/// The id that a line begins with.
fn id_of(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"{\"id\":")?;
    let mut escaped = false;
    let end = rest.iter().skip(1).position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    serde_json::from_slice(rest.get(..end + 2)?).ok()
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn ids_are_read_with_their_escapes() {
        assert_eq!(id_of(b"{\"id\":\"a\",\"x\":\"b\"}\n").as_deref(), Some("a"));
        assert_eq!(id_of(b"{\"id\":\"a\\\"\\\\\",\"x\":1}").as_deref(), Some("a\"\\"));
        assert_eq!(id_of(b"{\"id\":\"\"}").as_deref(), Some(""));
        assert_eq!(id_of(b"{\"id\":\"a"), None);
        assert_eq!(id_of(b"{\"x\":\"a\"}"), None);
    }
}
