//! JSON Lines, plain or compressed: a line is a document, its other fields travel along as they are.

use super::files::{Compression, SourceFile};
use super::record::{Failure, Item, Record};
use crate::config::Input;
use crate::json::members;
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads the lines of a file.
pub struct JsonlReader {
    lines: Box<dyn BufRead + Send>,
    name: String,
    source: String,
    number: u64,
    offset: u64,
    line: Vec<u8>,
    done: bool,
}

impl JsonlReader {
    /// Opens a file; `read` counts the bytes that are read from it, before they are decompressed.
    ///
    /// # Errors
    /// An entry for `failed.jsonl` where the file cannot be opened.
    pub fn open(file: &SourceFile, compression: Compression, read: Arc<AtomicU64>) -> Result<Self, Failure> {
        let source = file.path.to_string_lossy().into_owned();
        let lines = open(file, compression, read).map_err(|error| Failure {
            id: file.name.clone(),
            source: source.clone(),
            offset: 0,
            rule: "unreadable-file",
            note: format!("cannot read the file: {error}"),
        })?;
        Ok(Self {
            lines,
            name: file.name.clone(),
            source,
            number: 0,
            offset: 0,
            line: Vec::new(),
            done: false,
        })
    }

    /// The next document or failure; blank lines are passed over.
    pub fn next(&mut self, input: &Input) -> Option<Item> {
        while !self.done {
            self.line.clear();
            self.number += 1;
            let start = self.offset;
            match self.lines.read_until(b'\n', &mut self.line) {
                Ok(0) => self.done = true,
                Ok(read) => {
                    self.offset += read as u64;
                    let mut line = self.line.as_slice();
                    if start == 0 {
                        line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
                    }
                    let line = line.trim_ascii();
                    if line.is_empty() {
                        continue;
                    }
                    return Some(match self.record(line, start, input) {
                        Ok(record) => Item::Document(record),
                        Err((rule, note)) => Item::Failed(self.failure(start, rule, note)),
                    });
                }
                Err(error) => {
                    // What was read of the line is lost with it; the lines before are safe.
                    self.done = true;
                    let note = format!("the file ends in an error: {error}");
                    return Some(Item::Failed(self.failure(start, "broken-file", note)));
                }
            }
        }
        None
    }

    fn failure(&self, offset: u64, rule: &'static str, note: String) -> Failure {
        Failure { id: self.default_id(), source: self.source.clone(), offset, rule, note }
    }

    fn default_id(&self) -> String {
        format!("{}#{}", self.name, self.number)
    }

    fn record(&self, line: &[u8], offset: u64, input: &Input) -> Result<Record, (&'static str, String)> {
        let number = self.number;
        let line = std::str::from_utf8(line).map_err(|e| ("invalid-utf8", format!("line {number}: {e}")))?;
        let bad = |what: &str, e: &serde_json::Error| {
            // Positions within the line would be given as line 1.
            let words = e.to_string();
            let words = words.split(" at line ").next().unwrap_or_default().to_owned();
            ("bad-json", format!("{what} in line {number}: {words}"))
        };
        let object = members(line).map_err(|e| bad("there is not one JSON object", &e))?;
        let mut record =
            Record { columns: vec![Value::Null; input.columns.len()], offset, ..Record::default() };
        let mut text = None;
        for (key, value) in object.0 {
            let raw = value.get();
            if let Some(at) = input.columns.iter().position(|(name, _)| *name == key) {
                record.columns[at] =
                    serde_json::from_str(raw).map_err(|e| bad(&format!("field `{key}`"), &e))?;
            }
            let string = || serde_json::from_str::<String>(raw);
            let is_string = raw.starts_with('"');
            if key == input.text_field {
                if !is_string {
                    return Err(("no-text", format!("field `{key}` in line {number} is not a string")));
                }
                if text.replace(string().map_err(|e| bad(&format!("field `{key}`"), &e))?).is_some() {
                    return Err(("bad-json", format!("line {number} has two fields `{key}`")));
                }
                continue;
            }
            if key == input.id_field && record.id.is_empty() {
                let is_number = raw.starts_with(|c: char| c == '-' || c.is_ascii_digit());
                match string() {
                    Ok(id) if is_string => {
                        record.id = id;
                        continue;
                    }
                    _ if is_number => {
                        record.id = raw.to_owned();
                        continue;
                    }
                    _ => {}
                }
            }
            if key == input.source_field
                && is_string
                && record.source.is_empty()
                && let Ok(source) = string()
            {
                record.source = source;
                continue;
            }
            if !record.carried.is_empty() {
                record.carried.push(',');
            }
            // Serialising a string cannot fail.
            record.carried.push_str(&serde_json::to_string::<str>(&key).unwrap_or_default());
            record.carried.push(':');
            record.carried.push_str(raw);
        }
        let text =
            text.ok_or_else(|| ("no-text", format!("line {number} has no field `{}`", input.text_field)))?;
        record.bytes = text.into_bytes();
        if record.id.is_empty() {
            record.id = self.default_id();
        }
        if record.source.is_empty() {
            record.source.clone_from(&self.source);
        }
        Ok(record)
    }
}

/// Counts the bytes that pass.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read(buffer)?;
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

fn open(
    file: &SourceFile,
    compression: Compression,
    read: Arc<AtomicU64>,
) -> io::Result<Box<dyn BufRead + Send>> {
    let raw = Counted { file: File::open(&file.path)?, read };
    const BUFFER: usize = 1 << 18;
    Ok(match compression {
        Compression::Plain => Box::new(BufReader::with_capacity(BUFFER, raw)),
        Compression::Gzip => {
            let decoder = flate2::read::MultiGzDecoder::new(BufReader::with_capacity(BUFFER, raw));
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        }
        Compression::Bzip2 => return Err(io::Error::from(io::ErrorKind::Unsupported)),
        Compression::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::new(raw)?;
            // Archives made with `--long=31` are common; the default limit is 2^27.
            decoder.window_log_max(31)?;
            Box::new(BufReader::with_capacity(BUFFER, decoder))
        }
    })
}
