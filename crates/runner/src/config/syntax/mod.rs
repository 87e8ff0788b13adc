//! TOML, read as far as it can be read: every syntax error that is not the consequence of another, and the rest of the
//! file. What keys mean is none of its business.

mod told;

use super::problem::Problem;
use super::tree::{Node, tree};
use std::cell::Cell;
use std::ops::Range;
use toml::de::DeTable;

/// What could be read of a file.
pub(super) struct Read {
    /// Everything but what is broken.
    pub tree: Node,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Whether the tree lacks something that stands in the file.
    pub gaps: bool,
}

/// Errors shown of a file, at most: by then it is no TOML at all.
const MOST: usize = 20;
/// Bytes that are read again in looking for errors, at most, so that the time stays within a second for any file.
const AGAIN: usize = 16 << 20;

/// Reads a text again and again, as often as there is time for.
struct Reader {
    left: Cell<usize>,
}

impl Reader {
    fn errors(&self, text: &str) -> Vec<toml::de::Error> {
        self.left.set(self.left.get().saturating_sub(text.len() + 1));
        DeTable::parse_recoverable(text).1
    }

    fn is_tired(&self) -> bool {
        self.left.get() == 0
    }

    /// Whether a text has no error; where there is no time to look, that is taken for granted.
    fn is_sound(&self, text: &str) -> bool {
        self.is_tired() || self.errors(text).is_empty()
    }

    /// The first error of a text: what the parser says, and where.
    fn first_error(&self, text: &str) -> Option<(String, Range<usize>)> {
        let span = |e: &toml::de::Error| e.span().unwrap_or(0..text.len());
        let errors = self.errors(text);
        let errors = errors.iter().map(|e| (e.message().to_owned(), span(e)));
        errors.min_by_key(|(_, span)| (span.start, span.end))
    }
}

/// Reads a file. Places are in the file of this number.
///
/// The parser goes on after an error, but takes most of what follows for wrong. So a statement with an error is taken
/// out, or mended for the time being where it goes on over several lines, and the rest is read again, until there is no
/// error.
pub(super) fn read(source: &str, file: usize) -> Read {
    let mut text = source.to_owned();
    let mut problems = Vec::new();
    let mut broken: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    let reader = Reader { left: Cell::new(AGAIN) };
    while let Some((message, at)) = reader.first_error(&text) {
        let statement = Statement::around(&text, at.start, &reader);
        let mut told = told::told(&text, &message, at.clone(), &statement, file);
        if message == told::DUPLICATE {
            told = told::with_first(told, &text, &statement, file);
        }
        problems.push(told);
        let is_over = text.get(statement.range.clone()).is_none_or(|s| s.trim().is_empty());
        if is_over || problems.len() == MOST || reader.is_tired() {
            text.clear();
            break;
        }
        if let Some(more) = told::more_than_equals(&text, &statement) {
            // What stands behind it is read as the value, over several lines, too.
            blank(&mut text, more);
            continue;
        }
        broken.push(statement.range.clone());
        let goes_on = last.is_none_or(|last| last < at.start) && !statement.is_open;
        last = Some(at.start);
        if !goes_on || !mend(&mut text, &message, at, &statement) {
            blank(&mut text, statement.range);
        }
    }
    let gaps = !problems.is_empty();
    // What stands under a header that cannot be read belongs to no table.
    broken.retain(|range| range.end <= text.len());
    for range in broken {
        let is_header = source[range.clone()].trim_start().starts_with('[');
        let end = if is_header { next_header(&text, range.end, &reader) } else { range.end };
        blank(&mut text, range.start..end);
    }
    let (table, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        let (table, _) = DeTable::parse_recoverable("");
        return Read { tree: tree(&table, file, &mut problems), problems, gaps: true };
    }
    Read { tree: tree(&table, file, &mut problems), problems, gaps }
}

/// Mends an item of an array or an inline table, without moving anything, so that the items behind it are looked at.
fn mend(text: &mut String, message: &str, at: Range<usize>, statement: &Statement) -> bool {
    let whole = &text[statement.range.clone()];
    let is_nested =
        whole.split_once('=').is_some_and(|(_, value)| value.trim_start().starts_with(['[', '{']));
    if !is_nested || statement.is_header(text) || at.end > statement.range.end {
        return false;
    }
    if message.starts_with("missing comma") {
        let before = at.start.saturating_sub(1);
        if !matches!(text.as_bytes().get(before), Some(b' ' | b'\t' | b'\n')) {
            return false;
        }
        text.replace_range(before..at.start, ",");
        return true;
    }
    let token = text.get(at.clone()).unwrap_or_default();
    let is_word = !token.is_empty() && token.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    if is_word {
        let spaces = " ".repeat(token.len() - 1);
        text.replace_range(at, &format!("0{spaces}"));
    }
    is_word
}

/// A key with its value, or the header of a table, with all lines that it takes.
struct Statement {
    /// Its bytes, whole lines.
    range: Range<usize>,
    /// Whether it begins on a line before that of its error, and is not closed there.
    is_open: bool,
}

impl Statement {
    /// The statement that has an error at this byte.
    fn around(text: &str, at: usize, reader: &Reader) -> Self {
        let at = floor(text, at);
        let line = line_start(text, at);
        if reader.is_sound(&text[..line]) {
            return Self { range: line..line_end(text, at), is_open: false };
        }
        // Something before is not closed: it began at the last line up to which all is well.
        let mut start = line;
        while start > 0 {
            start = line_start(text, start - 1);
            if begins(&text[start..line_end(text, start)]) && reader.is_sound(&text[..start]) {
                break;
            }
        }
        let indent = indent(&text[start..]);
        let mut end = line_end(text, start);
        let mut is_open = false;
        while end < text.len() {
            let next = &text[end..line_end(text, end)];
            if begins(next) && (next.trim_start().starts_with('[') || self::indent(next) <= indent) {
                is_open = at >= end;
                break;
            }
            end += next.len();
        }
        is_open |= at >= text.len();
        Self { range: start..end, is_open }
    }

    /// Whether it is the header of a table.
    fn is_header(&self, text: &str) -> bool {
        text[self.range.clone()].trim_start().starts_with('[')
    }
}

/// Whether a line looks as if a statement begins there. A line within an array or a string may look so, too.
fn begins(line: &str) -> bool {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix('[') {
        let name = rest.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
        return name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(is_bare);
    }
    let Some((key, _)) = line.split_once('=') else { return false };
    let key = key.trim().trim_matches(['"', '\'']);
    !key.is_empty() && key.chars().all(is_bare)
}

/// Whether a name may have the character without quotes; dots separate names.
fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || "-_.".contains(c)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The beginning of the next table, or the end.
fn next_header(text: &str, mut at: usize, reader: &Reader) -> usize {
    while at < text.len() {
        let end = line_end(text, at);
        let line = &text[at..end];
        if begins(line) && line.trim_start().starts_with('[') && reader.is_sound(&text[..at]) {
            return at;
        }
        at = end;
    }
    text.len()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The byte behind the newline.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Puts spaces in place of everything but newlines, so that places stay what they are.
fn blank(text: &mut String, range: Range<usize>) {
    let spaces: String = text[range.clone()].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range, &spaces);
}

#[cfg(test)]
mod tests;
