//! Cuts WARC files into blocks of whole records (ISO 28500, WARC/1.0 and 1.1). Looks only at lengths; a
//! record with a wrong length loses only itself.

use super::cursor::{Block, Body};
use super::files::SourceFile;
use super::record::Failure;
use super::window::Window;
use memchr::memmem;
use std::ops::Range;

/// Maximum size of a record header in bytes, and the bytes that are kept of a body that is too large.
const HEAD: usize = 1 << 16;
const VERSION: &[u8] = b"WARC/1.";

/// Records of a file.
pub(super) struct Records {
    pub block: Block,
    pub records: Vec<Record>,
}

/// The location of a record in its block.
pub(super) struct Record {
    pub header: Range<usize>,
    pub body: Range<usize>,
    pub number: u64,
    /// Size of the body, if it is too large and therefore cut off.
    pub size: Option<u64>,
}

/// Cuts blocks of whole records.
pub struct WarcCutter {
    window: Window,
    number: u64,
    most: usize,
    again: Option<u64>,
}

/// What lies at a place in the window.
enum Look {
    /// Only line ends up to this place.
    Blank(usize),
    /// A record with its whole body: header and body.
    Record(Range<usize>, Range<usize>),
    /// A record with a body of this length, which is too large.
    Large(Range<usize>, u64),
    /// Not a record: the reason, its place, and where the search for the next record begins.
    Bad(String, usize, usize),
    /// The file breaks off within a record.
    Torn(usize),
    Nothing,
}

impl WarcCutter {
    /// Creates a cutter for the records in `window`, which follow `number` other records in the file.
    pub fn new(window: Window, number: u64, most: usize) -> Self {
        Self { window, number, most, again: None }
    }

    /// Offset of the next record, and the number of records before it.
    pub fn place(&self) -> (u64, u64) {
        (self.window.offset(), self.number)
    }

    /// The offset from which the file must be read again, if any: a record that was too large to keep turned
    /// out to have a wrong length, and other records may lie in what was skipped.
    pub fn again(&mut self) -> Option<u64> {
        self.again.take()
    }

    /// Continues in another window on the same file, at the next line that begins a record.
    pub fn go_on(&mut self, window: Window) {
        self.window = window;
        self.find_record();
    }

    /// Returns the next block, of about `bytes` bytes.
    pub fn next(&mut self, file: &SourceFile, bytes: usize) -> Option<Body> {
        self.window.fill(bytes.max(1));
        let (mut at, mut records, start) = (0, Vec::new(), self.number);
        while at < bytes.max(1) {
            let look = self.look(at);
            match look {
                Look::Blank(end) => at = end,
                Look::Record(header, body) => {
                    at = body.end;
                    self.number += 1;
                    records.push(Record { header, body, number: self.number, size: None });
                }
                // Anything else gets a piece of its own.
                _ if at > 0 => break,
                Look::Nothing => return None,
                Look::Large(header, length) => return Some(self.large(file, header, length)),
                Look::Bad(note, place, search) => return Some(self.bad(file, note, place, search)),
                Look::Torn(place) => {
                    let error = self.window.error().unwrap_or("it ends within a record");
                    let offset = self.window.offset() + place as u64;
                    let note = format!("the file ends in an error: {error}");
                    let failure = Failure::of_record(file, self.number + 1, offset, "broken-file", note);
                    return Some(Body::Last(Box::new(failure)));
                }
            }
        }
        let offset = self.window.offset();
        let block = Block { bytes: self.window.take(at), offset, number: start };
        Some(Body::Warc(Records { block, records }))
    }

    fn look(&mut self, at: usize) -> Look {
        let mut start = at;
        loop {
            self.window.fill(start + VERSION.len());
            match self.window.data().get(start) {
                Some(b'\r' | b'\n') if start - at < HEAD => start += 1,
                Some(b'\r' | b'\n') => return Look::Blank(start),
                Some(_) => break,
                None if start > at => return Look::Blank(start),
                None if self.window.error().is_some() => return Look::Torn(start),
                None => return Look::Nothing,
            }
        }
        let rest = self.window.data().get(start..).unwrap_or_default();
        if !rest.starts_with(VERSION) {
            if self.window.error().is_some() && VERSION.starts_with(rest) {
                return Look::Torn(start);
            }
            return Look::Bad("no record begins here".into(), start, start);
        }
        let header = loop {
            let head = self.window.data().get(start..).unwrap_or_default();
            let head = head.get(..HEAD).unwrap_or(head);
            if let Some(length) = header_end(head) {
                break start..start + length;
            }
            if head.len() == HEAD {
                let note = format!("the header of the record is longer than {HEAD} bytes");
                return Look::Bad(note, start, start + 1);
            }
            if self.window.ended() {
                return self.ends_within(start, start + 1, "the file ends within the header of the record");
            }
            self.window.grow();
        };
        let length = field(self.window.data().get(header.clone()).unwrap_or_default(), "content-length");
        let Some(length) = length.and_then(|length| length.parse::<u64>().ok()) else {
            return Look::Bad("the record does not say its `Content-Length`".into(), start, header.end);
        };
        if length > self.most as u64 {
            return Look::Large(header, length);
        }
        let body = header.end..header.end + length as usize;
        self.window.fill(body.end + 16);
        let Some(after) = self.window.data().get(body.end..) else {
            let note = format!("the record says that it has {length} bytes, and the file ends before");
            return self.ends_within(start, header.end, &note);
        };
        if !self.ends_record(after) {
            return Look::Bad(wrong_length(length), start, header.end);
        }
        Look::Record(header, body)
    }

    fn ends_within(&self, start: usize, search: usize, note: &str) -> Look {
        match self.window.error() {
            Some(_) => Look::Torn(start),
            None => Look::Bad(note.into(), start, search),
        }
    }

    /// Whether a record may end before `after`: line ends follow, and then a record or the end of the file.
    fn ends_record(&self, after: &[u8]) -> bool {
        let after = after.get(..16).unwrap_or(after);
        let lines = after.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let rest = after.get(lines..).unwrap_or_default();
        match (lines, rest.len()) {
            (_, 0) => lines > 0 || self.window.ended(),
            (0, _) => false,
            _ => rest.starts_with(VERSION) || VERSION.starts_with(rest),
        }
    }

    /// Returns a failure of the record at `place`, and continues at the next line at or after `search` that
    /// begins a record.
    fn bad(&mut self, file: &SourceFile, note: String, place: usize, search: usize) -> Body {
        let offset = self.window.offset() + place as u64;
        self.number += 1;
        self.window.skip(search as u64);
        self.find_record();
        Body::failed(Failure::of_record(file, self.number, offset, "bad-warc", note))
    }

    fn find_record(&mut self) {
        let finder = memmem::Finder::new(b"\nWARC/1.");
        loop {
            let data = self.window.data();
            if let Some(found) = finder.find(data) {
                self.window.skip(found as u64 + 1);
                return;
            }
            if self.window.ended() {
                self.window.skip(data.len() as u64);
                return;
            }
            // The start of the pattern may lie at the end of the data.
            self.window.skip(data.len().saturating_sub(VERSION.len()) as u64);
            self.window.fill(HEAD);
        }
    }

    /// Cuts a record whose body is too large. Its beginning is kept, which tells whether it would be a
    /// document.
    fn large(&mut self, file: &SourceFile, header: Range<usize>, length: u64) -> Body {
        let kept = length.min(HEAD as u64) as usize;
        self.window.fill(header.end + kept);
        let (start, offset) = (header.start, self.window.offset());
        let bytes = self.window.data().get(..header.end + kept).unwrap_or(self.window.data()).to_vec();
        let whole = (header.end as u64).saturating_add(length);
        self.window.skip(whole);
        self.window.fill(16);
        let place = offset + start as u64;
        let ends = self.window.offset() - offset < whole;
        self.number += 1;
        let failed = |rule, note| Failure::of_record(file, self.number, place, rule, note);
        match self.window.error() {
            Some(error) if ends => {
                let note = format!("the file ends in an error: {error}");
                return Body::Last(Box::new(failed("broken-file", note)));
            }
            _ if ends || !self.ends_record(self.window.data()) => {
                self.again = Some(offset + header.end as u64);
                return Body::failed(failed("bad-warc", wrong_length(length)));
            }
            _ => {}
        }
        let body = header.end..bytes.len();
        let records = vec![Record { header, body, number: self.number, size: Some(length) }];
        let block = Block { bytes, offset, number: self.number - 1 };
        Body::Warc(Records { block, records })
    }
}

fn wrong_length(length: u64) -> String {
    format!("the record says that it has {length} bytes, and no record begins after them")
}

/// Length of a header, including the empty line that ends it.
pub(super) fn header_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        let line = bytes.get(at..end).unwrap_or_default();
        if at > 0 && matches!(line, b"" | b"\r") {
            return Some(end + 1);
        }
        at = end + 1;
    }
    None
}

/// The value of a field in a header. The first line of a header is not a field.
pub(super) fn field<'h>(header: &'h [u8], name: &str) -> Option<&'h str> {
    header.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let (key, value) = line.split_at(colon);
        let same = key.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        same.then(|| std::str::from_utf8(value.get(1..)?.trim_ascii()).ok())?
    })
}
