//! Cuts JSON Lines into blocks of whole lines, without parsing the lines.

use super::cursor::{Block, Body};
use super::files::SourceFile;
use super::record::{Failure, Limit};
use super::window::Window;

/// Cuts blocks of whole lines.
pub struct LineCutter {
    window: Window,
    number: u64,
    limit: Limit,
}

impl LineCutter {
    /// Creates a cutter for the lines in `window`, which follow `number` other lines in the file.
    pub fn new(window: Window, number: u64, limit: Limit) -> Self {
        Self { window, number, limit }
    }

    /// Offset of the next line, and the number of lines before it.
    pub fn place(&self) -> (u64, u64) {
        (self.window.offset(), self.number)
    }

    /// Returns the next block, of about `bytes` bytes.
    pub fn next(&mut self, file: &SourceFile, bytes: usize) -> Option<Body> {
        self.window.fill(bytes.max(1));
        loop {
            if let Some(end) = memchr::memrchr(b'\n', self.window.data()) {
                return Some(self.block(end + 1));
            }
            if self.window.ended() {
                break;
            }
            // As in the parser, the limit applies to a line without its line end.
            if self.window.data().len() > self.limit.bytes {
                let offset = self.window.offset();
                let size = self.window.skip_line();
                self.number += 1;
                let (rule, note) = self.limit.too_large(&format!("line {}", self.number), size);
                return Some(Body::failed(Failure::of_record(file, self.number, offset, rule, note)));
            }
            self.window.grow();
        }
        if let Some(error) = self.window.error() {
            // The incomplete line is lost; the lines before it are kept.
            let note = format!("the file ends in an error: {error}");
            let offset = self.window.offset();
            let failure = Failure::of_record(file, self.number + 1, offset, "broken-file", note);
            return Some(Body::Last(Box::new(failure)));
        }
        (!self.window.data().is_empty()).then(|| self.block(self.window.data().len()))
    }

    fn block(&mut self, bytes: usize) -> Body {
        let (offset, number) = self.place();
        let bytes = self.window.take(bytes);
        self.number += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Body::Lines(Block { bytes, offset, number })
    }
}
