//! Reads TOML as far as possible: reports every syntax error that is not a consequence of another one, and
//! reads the rest of the file. The meaning of keys is not checked here.

mod messages;

use super::problem::Problem;
use super::tree::{Node, tree};
use std::cell::Cell;
use std::ops::Range;
use toml::de::DeTable;

/// What could be read of a file.
pub(super) struct Read {
    /// Everything except what is broken.
    pub tree: Node,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Whether the tree lacks something that the file contains.
    pub gaps: bool,
}

/// The maximum number of errors that are shown for a file: with that many, it is not TOML at all.
const MOST: usize = 20;
/// The maximum number of bytes that are parsed again in the search for errors, so that any file takes less
/// than a second.
const AGAIN: usize = 16 << 20;

/// Parses a text repeatedly, within a budget of bytes.
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

    /// Whether a text has no error. When the budget is used up, it is assumed to have none.
    fn is_sound(&self, text: &str) -> bool {
        self.is_tired() || self.errors(text).is_empty()
    }

    /// The first error of a text: the parser's message and its place.
    fn first_error(&self, text: &str) -> Option<(String, Range<usize>)> {
        let span = |e: &toml::de::Error| e.span().unwrap_or(0..text.len());
        let errors = self.errors(text);
        let errors = errors.iter().map(|e| (e.message().to_owned(), span(e)));
        errors.min_by_key(|(_, span)| (span.start, span.end))
    }
}

/// Reads a file; `file` is its number in the places of the result.
///
/// The parser goes on after an error, but then reports most of what follows as wrong. So each statement with
/// an error is blanked out, or patched temporarily if it goes on over several lines, and the rest is parsed
/// again, until there is no error left.
pub(super) fn read(source: &str, file: usize) -> Read {
    let mut text = source.to_owned();
    let mut problems = Vec::new();
    let mut broken: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    let reader = Reader { left: Cell::new(AGAIN) };
    while let Some((message, at)) = reader.first_error(&text) {
        let statement = Statement::around(&text, at.start, &reader);
        let mut problem = messages::describe(&text, &message, at.clone(), &statement, file);
        if message == messages::DUPLICATE {
            problem = messages::with_first(problem, &text, &statement, file);
        }
        problems.push(problem);
        let is_over = text.get(statement.range.clone()).is_none_or(|s| s.trim().is_empty());
        if is_over || problems.len() == MOST || reader.is_tired() {
            text.clear();
            break;
        }
        if let Some(more) = messages::more_than_equals(&text, &statement) {
            // What follows is read as the value, even over several lines.
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
    // Keys below a header that cannot be read belong to no table.
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

/// Patches an item of an array or an inline table without moving anything, so that the items after it are
/// checked, too.
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

/// A key with its value, or the header of a table, with all the lines that it covers.
struct Statement {
    /// Its byte range, in whole lines.
    range: Range<usize>,
    /// Whether it begins on a line before the one with the error, and is not closed by then.
    is_open: bool,
}

impl Statement {
    /// The statement around the error at this byte.
    fn around(text: &str, at: usize, reader: &Reader) -> Self {
        let at = floor(text, at);
        let line = line_start(text, at);
        if reader.is_sound(&text[..line]) {
            return Self { range: line..line_end(text, at), is_open: false };
        }
        // Something is not closed before this line. It begins at the last line before which the text is
        // sound.
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

    /// Whether the statement is the header of a table.
    fn is_header(&self, text: &str) -> bool {
        text[self.range.clone()].trim_start().starts_with('[')
    }
}

/// Whether a statement seems to begin on this line. A line inside an array or a string may look like that,
/// too.
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

/// Whether a name may contain the character without quotes. Dots separate names.
fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || "-_.".contains(c)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The start of the next table's header, or the end of the text.
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

/// The byte after the newline.
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

/// Replaces everything except newlines with spaces, so that all other offsets stay the same.
fn blank(text: &mut String, range: Range<usize>) {
    let spaces: String = text[range.clone()].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range, &spaces);
}

#[cfg(test)]
mod tests;
