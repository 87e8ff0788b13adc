//! Cuts CSV and TSV into blocks of whole rows, and reads the header.

use super::csv_rows::{End, cells, end};
use super::cursor::{Block, Body};
use super::files::SourceFile;
use super::json_reason::no_field;
use super::record::{Failure, Limit};
use super::window::Window;
use std::ops::Range;
use std::sync::Arc;

/// Rows of a file, with what is needed to parse them.
pub(super) struct Rows {
    pub block: Block,
    pub header: Arc<Header>,
    /// The rows as ranges of the block, without their line ends.
    pub rows: Vec<Range<usize>>,
}

/// The first row of a file.
pub(super) struct Header {
    pub names: Vec<String>,
    pub separator: u8,
}

/// Cuts blocks of whole rows.
pub struct CsvCutter {
    window: Window,
    header: Arc<Header>,
    number: u64,
    limit: Limit,
}

/// What lies at the start of the window.
enum Next {
    Row(usize),
    /// Nothing is left.
    Nothing,
    Failed(Box<Failure>),
    Last(Box<Failure>),
}

impl CsvCutter {
    /// Creates a cutter for the rows in `window`, which begins at the start of the file. `number` is the
    /// number of rows before the place where cutting continues (see [`Self::go_on`]).
    ///
    /// # Errors
    /// If the header cannot be read.
    pub fn new(
        window: Window,
        file: &SourceFile,
        separator: u8,
        number: u64,
        limit: Limit,
    ) -> Result<Self, Box<Failure>> {
        let header = Arc::new(Header { names: Vec::new(), separator });
        let mut cutter = Self { window, header, number: 0, limit };
        let bom = b"\xef\xbb\xbf";
        cutter.window.fill(bom.len());
        if cutter.window.data().starts_with(bom) {
            cutter.window.take(bom.len());
        }
        let row = loop {
            match cutter.row(file, 0) {
                Next::Row(length) => {
                    let row = cutter.window.take(length);
                    if !trimmed(&row).is_empty() {
                        break row;
                    }
                }
                Next::Nothing => break Vec::new(),
                Next::Failed(failure) | Next::Last(failure) => {
                    let note = format!("in the header: {}", failure.note);
                    return Err(Box::new(Failure::of_file(file, failure.rule, note)));
                }
            }
        };
        let mut names = Vec::new();
        if row.is_empty() {
            return Ok(cutter);
        }
        cells(trimmed(&row), separator, |cell| {
            names.push(String::from_utf8(cell.to_vec()));
        });
        let names: Result<Vec<String>, _> = names.into_iter().collect();
        let names = names.map_err(|_| {
            let note = "the names of the columns are not UTF-8".to_owned();
            Box::new(Failure::of_file(file, "bad-csv", note))
        })?;
        cutter.header = Arc::new(Header { names, separator });
        cutter.number = number;
        Ok(cutter)
    }

    /// Checks that exactly one column is named `text`.
    ///
    /// # Errors
    /// If there is none or more than one: then no row of the file can be a document.
    pub fn check(&self, file: &SourceFile, text: &str) -> Result<(), Box<Failure>> {
        let names = &self.header.names;
        let (rule, note) = match names.iter().filter(|name| *name == text).count() {
            0 if !names.is_empty() => ("no-text", self.no_column(text)),
            0 | 1 => return Ok(()),
            count => ("bad-csv", format!("there are {count} columns `{text}`")),
        };
        Err(Box::new(Failure::of_file(file, rule, note)))
    }

    fn no_column(&self, text: &str) -> String {
        const SIGNS: [(char, &str); 4] =
            [(',', "commas"), ('\t', "tabs"), (';', "semicolons"), ('|', "vertical bars")];
        let names = &self.header.names;
        let own = char::from(self.header.separator);
        let said = no_field("there is no column", text, names.iter().map(String::as_str));
        let [only] = names.as_slice() else { return said };
        let other = SIGNS.iter().find(|(sign, _)| *sign != own && only.contains(*sign));
        let Some((sign, words)) = other else { return said };
        let advice = match sign {
            ',' => "name the file `.csv`".to_owned(),
            '\t' => "name the file `.tsv`".to_owned(),
            _ => "write the file with commas or tabs".to_owned(),
        };
        format!(
            "there is no column `{text}`: the header is one cell with {words} in it, and what parts cells is a comma in `.csv` \
             and a tab in `.tsv`; {advice}"
        )
    }

    /// Continues in another window on the same file, past the header.
    pub fn go_on(&mut self, window: Window) {
        self.window = window;
    }

    /// Offset of the next row, and the number of rows before it.
    pub fn place(&self) -> (u64, u64) {
        (self.window.offset(), self.number)
    }

    /// Returns the next block, of about `bytes` bytes.
    pub fn next(&mut self, file: &SourceFile, bytes: usize) -> Option<Body> {
        self.window.fill(bytes.max(1));
        let mut rows = Vec::new();
        let mut at = 0;
        // Takes the rows that are complete; one that extends past the data at hand is left for the next
        // block.
        while at < bytes.max(1) {
            let data = limited(self.window.data().get(at..)?, self.limit.bytes);
            let End::At(length) = end(data, self.header.separator) else { break };
            rows.push(at..at + length);
            at += length;
        }
        if at == 0 {
            match self.row(file, self.number + 1) {
                Next::Row(length) => rows.push(0..length),
                Next::Nothing => return None,
                Next::Failed(failure) => {
                    self.number += 1;
                    return Some(Body::Failed(failure));
                }
                Next::Last(failure) => return Some(Body::Last(failure)),
            }
        }
        let (offset, number) = self.place();
        let bytes = self.window.take(rows.last().map_or(0, |row| row.end));
        for row in &mut rows {
            let length = trimmed(bytes.get(row.clone()).unwrap_or_default()).len();
            row.end = row.start + length;
        }
        rows.retain(|row| !row.is_empty());
        self.number += rows.len() as u64;
        let block = Block { bytes, offset, number };
        Some(Body::Rows(Rows { block, header: Arc::clone(&self.header), rows }))
    }

    /// Finds the end of the row at the start of the window, up to the size limit.
    fn row(&mut self, file: &SourceFile, number: u64) -> Next {
        loop {
            let data = self.window.data();
            let found = end(limited(data, self.limit.bytes), self.header.separator);
            let offset = self.window.offset();
            let failed = |(rule, note): (&'static str, String)| {
                Box::new(Failure::of_record(file, number, offset, rule, note))
            };
            let unclosed = || ("bad-csv", format!("a quote that opens in row {number} is not closed"));
            match found {
                End::At(length) => return Next::Row(length),
                // The quote may be a mistake, so the next line is taken as the start of a row.
                End::Quoted if data.len() > self.limit.bytes => {
                    let (rule, note) = unclosed();
                    let note = format!("{note} within {} bytes: {}", self.limit.bytes, self.limit.shown());
                    self.window.skip_line();
                    return Next::Failed(failed((rule, note)));
                }
                End::Open if data.len() > self.limit.bytes => {
                    let seen = self.limit.bytes as u64 + 1;
                    self.window.skip(seen);
                    let size = seen + self.window.skip_line();
                    return Next::Failed(failed(self.limit.too_large(&format!("row {number}"), size)));
                }
                _ if !self.window.ended() => self.window.grow(),
                _ if self.window.error().is_some() => {
                    let error = self.window.error().unwrap_or_default();
                    return Next::Last(failed((
                        "broken-file",
                        format!("the file ends in an error: {error}"),
                    )));
                }
                _ if data.is_empty() => return Next::Nothing,
                End::Quoted => {
                    self.window.skip_line();
                    return Next::Failed(failed(unclosed()));
                }
                End::Open => return Next::Row(data.len()),
            }
        }
    }
}

/// The bytes that a row may occupy: the limit and one byte for the line end. Makes the result independent of
/// how much more data is at hand.
fn limited(data: &[u8], most: usize) -> &[u8] {
    data.get(..most.saturating_add(1)).unwrap_or(data)
}

/// A row without its line end.
fn trimmed(row: &[u8]) -> &[u8] {
    let row = row.strip_suffix(b"\n").unwrap_or(row);
    row.strip_suffix(b"\r").unwrap_or(row)
}
