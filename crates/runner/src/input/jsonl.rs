//! JSON Lines: each line is a document, and its other fields travel along as they are written. This is the
//! fast path, which decodes only what was asked for. Lines that it does not accept go to `jsonl_slow`.

use super::cursor::Block;
use super::json_scan::{Member, hex, object};
use super::jsonl_slow;
use super::parsed::{Parsed, Row, Span, Text};
use super::parser::Context;
use super::record::{Failure, Limit};
use memchr::{memchr, memchr_iter};
use serde_json::Value;
use std::fmt::Write;
use textmill_core::column::MEDIA_TYPE;

/// Parses the lines of a block.
pub(super) fn parse(context: &Context<'_>, block: Block, out: &mut Parsed) {
    let buffer = out.buffers.len();
    let sound = simdutf8::basic::from_utf8(&block.bytes).ok();
    let ends = memchr_iter(b'\n', &block.bytes).chain([block.bytes.len()]);
    let mut start = 0;
    for (number, end) in (block.number + 1..).zip(ends) {
        let line = Line { number, offset: block.offset + start as u64, start, buffer };
        let bytes = block.bytes.get(start..end).unwrap_or_default();
        line.parse(context, bytes, sound.and_then(|text| text.get(start..end)), out);
        start = end + 1;
    }
    out.buffers.push(block.bytes);
}

/// The place of the line that is being parsed.
pub(super) struct Line {
    /// Its line number in the file, from 1.
    pub number: u64,
    /// Offset of its first byte in the file.
    pub offset: u64,
    start: usize,
    buffer: usize,
}

impl Line {
    fn parse(&self, context: &Context<'_>, bytes: &[u8], sound: Option<&str>, out: &mut Parsed) {
        if bytes.len() > context.input.max_document_bytes {
            let what = format!("line {}", self.number);
            let (rule, note) = Limit::of(context.input).too_large(&what, bytes.len() as u64);
            return out.fail(self.failure(context, rule, note));
        }
        let mut trimmed = bytes;
        if self.offset == 0 {
            trimmed = trimmed.strip_prefix(b"\xef\xbb\xbf").unwrap_or(trimmed);
        }
        let skipped = bytes.len() - trimmed.trim_ascii_start().len();
        let trimmed = trimmed.trim_ascii();
        if trimmed.is_empty() {
            return;
        }
        if let Some(text) = sound.and_then(|text| text.get(skipped..skipped + trimmed.len())) {
            let words = out.words.len();
            if self.quick(context, text, skipped, out).is_some() {
                return;
            }
            out.words.truncate(words);
        }
        jsonl_slow::parse(context, self, trimmed, out);
    }

    pub(super) fn failure(&self, context: &Context<'_>, rule: &'static str, note: String) -> Failure {
        Failure::of_record(context.file, self.number, self.offset, rule, note)
    }

    fn quick(&self, context: &Context<'_>, line: &str, skipped: usize, out: &mut Parsed) -> Option<()> {
        let input = context.input;
        let mut values = vec![Value::Null; out.shape.columns.len()];
        let (mut id, mut source, mut media_type, mut text) = (None, None, None, None);
        // The carried members must be contiguous in `words`, so the other values are added after them.
        let start = out.words.len();
        object(line, |member| {
            if let Some(value) = out.shape.column(member.key).and_then(|at| values.get_mut(at)) {
                *value = serde_json::from_str(member.value).ok()?;
            }
            let is_string = member.value.starts_with('"');
            if member.key == input.text_field {
                return (is_string && text.replace(member).is_none()).then_some(());
            }
            if member.key == input.id_field && id.is_none() {
                if is_string {
                    // An empty id counts as missing; a later member may provide one.
                    if member.value.len() > 2 {
                        id = Some(member);
                    }
                    return Some(());
                }
                if member.value.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
                    id = Some(member);
                    return Some(());
                }
            }
            if member.key == input.source_field && source.is_none() && is_string {
                if member.value.len() > 2 {
                    source = Some(member);
                }
                return Some(());
            }
            if member.key == MEDIA_TYPE && media_type.is_none() && is_string && input.media_type.is_none() {
                media_type = Some(member);
                return Some(());
            }
            if out.words.len() > start {
                out.words.push(',');
            }
            match member.whole {
                Some(whole) => out.words.push_str(whole),
                None => {
                    out.words.push('"');
                    out.words.push_str(member.key);
                    out.words.push_str("\":");
                    out.words.push_str(member.value);
                }
            }
            Some(())
        })?;
        let text = text?;
        let carried = Span { start, end: out.words.len() };
        let media_type = match media_type {
            Some(member) => Some(say(&member, out)),
            None => context.media_type,
        };
        let source = source.map_or(context.source, |member| say(&member, out));
        let id = match id {
            Some(member) => say(&member, out),
            None => out.say(&context.file.id_of(self.number)),
        };
        let at = self.start + skipped + text.at + 1;
        let span = Span { start: at, end: at + text.value.len() - 2 };
        let text = Text { buffer: self.buffer, span, escaped: text.escaped };
        let row = Row { id, source, media_type, carried, text, surrogates: 0 };
        out.push(row, values, |note| self.failure(context, "wrong-type", note));
        Some(())
    }
}

/// Appends a string without its quotes, or the digits of a number, to `words`.
fn say(member: &Member<'_>, out: &mut Parsed) -> Span {
    let inside = member.value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(member.value);
    if !member.escaped {
        return out.say(inside);
    }
    let start = out.words.len();
    unescape(inside, &mut out.words);
    Span { start, end: out.words.len() }
}

/// Decodes the inside of a JSON string. It was validated before; anything invalid becomes U+FFFD.
pub(super) fn unescape(inside: &str, out: &mut impl Write) {
    let mut rest = inside;
    while let Some(run) = memchr(b'\\', rest.as_bytes()) {
        let (plain, escape) = rest.split_at(run);
        // Writing to a string or a column cannot fail.
        let _ = out.write_str(plain);
        let (sign, length) = decode(escape.as_bytes());
        let _ = out.write_char(sign);
        rest = escape.get(length..).unwrap_or_default();
    }
    let _ = out.write_str(rest);
}

/// Decodes an escape sequence. Returns the character and the length of the sequence.
fn decode(escape: &[u8]) -> (char, usize) {
    let sign = match escape.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let code = escape.get(2..6).and_then(hex).unwrap_or(0xfffd);
            let low = escape.get(8..12).and_then(hex).unwrap_or(0);
            return match char::from_u32(code) {
                Some(sign) => (sign, 6),
                None => {
                    let code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
                    (char::from_u32(code).unwrap_or('\u{fffd}'), 12)
                }
            };
        }
        Some(sign) if sign.is_ascii() => char::from(*sign),
        _ => '\u{fffd}',
    };
    (sign, 2)
}
