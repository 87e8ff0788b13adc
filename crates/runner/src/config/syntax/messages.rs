//! Messages for syntax errors: the parser's words, or better ones if the statement shows what was meant.

use super::{Statement, floor, line_end, tree};
use crate::config::TABLES;
use crate::config::problem::Problem;
use crate::config::schema::key_schema;
use crate::config::tree::{Kind, Node, Place};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The parser's message for a duplicate key.
pub(super) const DUPLICATE: &str = "duplicate key";

/// The problem for a syntax error at a place of a file.
pub(super) fn describe(
    text: &str,
    message: &str,
    at: Range<usize>,
    statement: &Statement,
    file: usize,
) -> Problem {
    let whole = &text[statement.range.clone()];
    let first = whole.lines().next().unwrap_or_default();
    let shift = statement.range.start;
    let place = |range: Range<usize>| Place::file(file, shift + range.start..shift + range.end);
    let (begin, end) = (first.len() - first.trim_start().len(), first.trim_end().len());
    if message == DUPLICATE {
        let at = Place::file(file, at.start..at.end);
        let span = at.span().map_or(0..0, |span| span.start..span.end);
        let key = text.get(span).unwrap_or_default();
        let hint = match statement.is_header(text) {
            true if first.trim().starts_with("[[") => {
                format!("write `[[{key}]]` each time, with two brackets")
            }
            true => "a table must be written in one place: put all of its keys there".to_owned(),
            false => "keep one of them".to_owned(),
        };
        return Problem::at(&at, format!("`{key}` is given twice")).hint(hint);
    }
    if statement.is_header(text) {
        let name = first.trim().trim_matches(['[', ']']).trim();
        let written =
            if first.trim().starts_with("[[") { format!("[[{name}]]") } else { format!("[{name}]") };
        let problem = Problem::at(&place(begin..end), "the header of a table is not closed");
        if message.starts_with("unclosed") && !name.is_empty() {
            return problem.hint(format!("write `{written}`"));
        }
    }
    let Some(equals) = first.find('=').filter(|_| !statement.is_header(text)) else {
        let problem = |message: String| Problem::at(&place(begin..end), message);
        if statement.is_header(text) || first.trim().starts_with('#') {
            return as_said(text, message, at, file);
        }
        return match first.trim().split_once(':') {
            Some((key, value)) if message.starts_with("key with") || message.contains("unquoted key") => {
                let written = with_equals(&text[..shift], key.trim(), value.trim());
                problem("there is no `=` between key and value".into()).hint(format!("write `{written}`"))
            }
            _ if message.starts_with("key with") => {
                let line = first.trim();
                match line.split_once(char::is_whitespace) {
                    Some((key, value)) => problem("there is no `=` between key and value".into())
                        .hint(format!("write `{key} = {}`", value.trim())),
                    None => problem(format!("`{line}` has no value")).hint(format!("write `{line} = …`")),
                }
            }
            _ => as_said(text, message, at, file),
        };
    };
    let key = first[..equals].trim();
    let value = first[equals + 1..].trim_end();
    let lead = value.len() - value.trim_start().len();
    let value_at = equals + 1 + lead;
    let value = value.trim_start();
    if statement.is_open {
        let (what, close, width) = match value {
            _ if value.starts_with("\"\"\"") => ("string", "\"\"\"", 3),
            _ if value.starts_with("'''") => ("string", "'''", 3),
            _ if value.starts_with('[') => ("array", "]", 1),
            _ if value.starts_with('{') => ("inline table", "}", 1),
            _ => return as_said(text, message, at, file),
        };
        let message = format!("the {what} of `{key}` begins here and is not closed");
        return Problem::at(&place(value_at..value_at + width), message)
            .hint(format!("add `{close}` at its end"));
    }
    if let Some(more) = more_than_equals(text, statement) {
        let right = value.trim_start_matches(EQUALS);
        let is_begun = right.starts_with(['"', '\'', '[', '{']);
        let bare = right.split(" #").next().unwrap_or(right).trim_end();
        let right = match is_begun || DeValue::parse(bare).is_ok() {
            true => right.to_owned(),
            false => meant(bare).written(),
        };
        let at = place(equals..more.end - shift);
        let problem = Problem::at(&at, "there must be exactly one `=` between key and value");
        return problem.hint(format!("write `{key} = {right}`"));
    }
    match value.chars().next() {
        None | Some('#') => {
            let problem = Problem::at(&place(begin..equals + 1), format!("`{key}` has no value"));
            problem.hint("write a value after `=`, or remove the line")
        }
        Some(quote @ ('"' | '\''))
            if message.contains("string, expected") && at.start >= shift + value_at =>
        {
            let problem = Problem::at(&place(value_at..end), format!("the string of `{key}` is not closed"));
            problem.hint(format!("add `{quote}` at its end"))
        }
        Some('"') if message.starts_with("missing escaped value") => {
            let back = floor(text, at.start.saturating_sub(1));
            let end = text
                .get(at.start..)
                .and_then(|rest| rest.chars().next())
                .map_or(back, |c| at.start + c.len_utf8());
            let escape = text.get(back..end).unwrap_or_default();
            let problem =
                Problem::at(&Place::file(file, back..end), format!("`{escape}` is not an escape sequence"));
            problem.hint("write `\\\\` for a backslash, or put the string in single quotes")
        }
        Some('\'') if message.starts_with("unexpected key or value") => {
            let problem = Problem::at(&place(value_at..end), "a single quote ends the string too early");
            let inner = value.trim_matches('\'');
            problem.hint(format!("put it in double quotes: `{key} = {}`", quoted(inner)))
        }
        Some('"' | '\'' | '{' | '[') => in_array(text, message, at, file),
        Some(_) => {
            let bare = value.split(" #").next().unwrap_or(value).trim_end();
            if DeValue::parse(bare).is_ok() {
                return as_said(text, message, at, file);
            }
            if let Some((second, key)) = second_key(bare) {
                let at = place(value_at + second..value_at + bare.len());
                let problem = Problem::at(&at, format!("`{key}` begins on the line of another key"));
                return problem.hint("put each key on its own line");
            }
            let meant = meant(bare);
            let why = if let Meant::String(_) = meant { ": a string needs quotes" } else { "" };
            let message = format!("`{bare}` is not a TOML value{why}");
            let problem = Problem::at(&place(value_at..value_at + bare.len()), message);
            problem.hint(format!("write `{key} = {}`", meant.written()))
        }
    }
}

/// A statement of another language, `key: value`, as TOML. `before` is the text that comes before it.
fn with_equals(before: &str, key: &str, value: &str) -> String {
    match key {
        _ if !value.is_empty() => {
            let value = match DeValue::parse(value).is_ok() {
                true => value.to_owned(),
                false => meant(value).written(),
            };
            let header = last_header(before).trim();
            let is_list = key_schema(header, key).is_some_and(|schema| schema["$ref"] == "#/$defs/texts");
            if is_list && !value.starts_with('[') {
                format!("{key} = [{value}]")
            } else {
                format!("{key} = {value}")
            }
        }
        "stage" => "[[stage]]".to_owned(),
        _ if TABLES.contains(&key) => format!("[{key}]"),
        _ => format!("{key} = …"),
    }
}

/// Characters of operators that other languages use for `=`, such as `==` and `=>`, and the white space
/// around them.
const EQUALS: [char; 4] = ['=', '>', ' ', '\t'];

/// The bytes between the first `=` of a statement and its value, if further signs follow the `=`.
pub(super) fn more_than_equals(text: &str, statement: &Statement) -> Option<Range<usize>> {
    let line = text[statement.range.clone()].lines().next().filter(|_| !statement.is_header(text))?;
    let (key, value) = line.split_once('=')?;
    if key.contains(['"', '\'', '#']) || !value.trim_start().starts_with(['=', '>']) {
        return None;
    }
    let start = statement.range.start + key.len() + 1;
    Some(start..start + value.len() - value.trim_start_matches(EQUALS).len())
}

/// The problem for a wrong item of an array or an inline table, in the parser's words if nothing better is
/// known.
fn in_array(text: &str, message: &str, at: Range<usize>, file: usize) -> Problem {
    let problem = as_said(text, message, at.clone(), file);
    if message.starts_with("missing comma") || message.starts_with("extra assignment") {
        return Problem { message: "a comma is missing before this".into(), ..problem }
            .hint("put a `,` between every two items");
    }
    if message.starts_with("string values must be quoted") || message.starts_with("invalid") {
        let bare = text.get(at.clone()).unwrap_or_default();
        if let Some((_, second)) =
            bare.split_once(char::is_whitespace).filter(|(f, _)| DeValue::parse(f).is_ok())
        {
            let end = at.start + bare.len();
            let place = Place::file(file, end - second.len()..end);
            return Problem::at(&place, "a comma is missing before this")
                .hint("put a `,` between every two items");
        }
        if !bare.trim().is_empty() {
            return Problem { message: format!("`{bare}` is not a TOML value"), ..problem }
                .hint(format!("write `{}`", meant(bare).written()));
        }
    }
    problem
}

fn as_said(text: &str, message: &str, at: Range<usize>, file: usize) -> Problem {
    let start = floor(text, at.start);
    let end = floor(text, at.end).max(start);
    let hint = match message {
        _ if message.starts_with("cannot extend") => "write all of its keys in one place",
        _ if message.contains("unquoted key") => {
            "lines are `key = value` or `[table]`, and a key with other characters needs quotes"
        }
        _ if message.contains("comment character") => "remove the control character",
        _ => return Problem::at(&Place::file(file, start..end), format!("this is not TOML: {message}")),
    };
    Problem::at(&Place::file(file, start..end), format!("this is not TOML: {message}")).hint(hint)
}

/// The offset and the key of a second `key = value` that follows a value.
fn second_key(value: &str) -> Option<(usize, &str)> {
    let before = value[..value.find('=')?].trim_end();
    let key = before.rsplit(char::is_whitespace).next()?;
    let at = before.len() - key.len();
    (DeValue::parse(before[..at].trim()).is_ok() && key.chars().all(super::is_bare)).then_some((at, key))
}

/// What the author meant to write.
enum Meant {
    String(String),
    /// A boolean or a number.
    Other(String),
}

impl Meant {
    /// The value in TOML syntax.
    fn written(self) -> String {
        match self {
            Self::String(text) => quoted(&text),
            Self::Other(text) => text,
        }
    }
}

fn meant(bare: &str) -> Meant {
    match bare.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => return Meant::Other("true".into()),
        "false" | "no" | "off" | "none" | "null" => return Meant::Other("false".into()),
        _ => {}
    }
    let mut groups = bare.split(',');
    let is_group = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    if !first.is_empty()
        && is_group(first)
        && groups.clone().count() > 0
        && groups.all(|g| g.len() == 3 && is_group(g))
    {
        return Meant::Other(bare.replace(',', "_"));
    }
    let number = bare.replace(',', ".");
    let digits = number.trim_start_matches('0');
    let digits = if digits.starts_with(|c: char| c.is_ascii_digit()) { digits } else { number.as_str() };
    if number.starts_with(|c: char| c.is_ascii_digit() || c == '.') && digits.parse::<f64>().is_ok() {
        let lead = if digits.starts_with('.') { "0" } else { "" };
        return Meant::Other(format!("{lead}{digits}"));
    }
    Meant::String(bare.trim_matches(['"', '\'', '“', '”', '„', '‘', '’', '«', '»', '`']).to_owned())
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Adds to the problem of a duplicate key the place where the key was given first.
pub(super) fn with_first(problem: Problem, text: &str, statement: &Statement, file: usize) -> Problem {
    let Some(key) = problem.place.as_ref().and_then(Place::span).map(|span| span.start..span.end) else {
        return problem;
    };
    let before = &text[..statement.range.start];
    let own = &text[statement.range.clone()];
    // The statement together with the header of the table that it is in.
    let header = if statement.is_header(text) { "" } else { last_header(before) };
    let alone = format!("{header}\n{own}");
    let (alone, _) = DeTable::parse_recoverable(&alone);
    let (before, _) = DeTable::parse_recoverable(before);
    let mut ignored = Vec::new();
    let (alone, before) = (tree(&alone, file, &mut ignored), tree(&before, file, &mut ignored));
    // Within an inline table, the first of the two keys is in the statement itself.
    let shift = |at: usize| (at + statement.range.start).checked_sub(header.len() + 1);
    let within = text.get(key.clone()).and_then(|word| entry_named(&alone, word)).and_then(|place| {
        let span = place.span()?;
        Some(shift(span.start)?..shift(span.end)?)
    });
    let within = within.filter(|first| first.end <= key.start && statement.range.contains(&first.start));
    let place = within.map(|first| Place::file(file, first)).or_else(|| first(&before, &alone));
    match place {
        Some(place) => problem.other(&place, "it is given here first"),
        None => problem,
    }
}

/// The place of a key, anywhere in a tree.
fn entry_named(node: &Node, key: &str) -> Option<Place> {
    match &node.kind {
        Kind::Table(entries) => entries.iter().find_map(|entry| {
            if entry.key == key { Some(entry.place.clone()) } else { entry_named(&entry.node, key) }
        }),
        Kind::List(items) => items.iter().find_map(|item| entry_named(item, key)),
        _ => None,
    }
}

/// The last line that is the header of a table.
fn last_header(text: &str) -> &str {
    let mut at = text.len();
    while at > 0 {
        let start = super::line_start(text, at - 1);
        let line = &text[start..line_end(text, start)];
        if super::begins(line)
            && line.trim_start().starts_with('[')
            && DeTable::parse_recoverable(line).1.is_empty()
        {
            return line;
        }
        at = start;
    }
    ""
}

/// Follows a path of single keys, and returns the place of its innermost key in another tree.
fn first(tree: &Node, path: &Node) -> Option<Place> {
    let Kind::Table(entries) = &last(path).kind else { return None };
    let entry = entries.first()?;
    let found = last(tree).entry(&entry.key)?;
    match &last(&entry.node).kind {
        Kind::Table(inner) if !inner.is_empty() => first(&found.node, &entry.node),
        _ => Some(found.place.clone()),
    }
}

/// The last table of an array of tables, or else the node itself.
fn last(node: &Node) -> &Node {
    match &node.kind {
        Kind::List(items) => items.last().unwrap_or(node),
        _ => node,
    }
}
