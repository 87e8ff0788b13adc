//! Explains in plain words why a text is not the JSON that it should be, and what to do about it.
//! serde_json's own messages are written for programmers; they remain where no plainer wording is known.

use crate::table::beginning;
use serde_json::Error;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Maximum number of characters in an excerpt.
const SHOWN: usize = 30;
/// Maximum number of field names to show.
const NAMED: usize = 8;

/// Why a line is not a JSON object; `place` names the line.
pub(super) fn no_object(place: &str, line: &str, error: &Error) -> String {
    if !line.trim_start().starts_with('{') {
        return other_than_object(place, line.trim_start());
    }
    no_json(place, line, error)
}

fn other_than_object(place: &str, line: &str) -> String {
    if serde_json::from_str::<&RawValue>(line).is_ok() {
        let kind = kind_of(line);
        let advice =
            if line.starts_with('[') { "; `jq -c '.[]' FILE` makes a line of each of its items" } else { "" };
        return format!("{place} is {kind}, and no object such as {{\"text\": \"…\"}}{advice}");
    }
    match line.as_bytes().first() {
        Some(b'[') => format!(
            "{place} opens an array that does not end in it: of a file that is one array, `jq -c '.[]' FILE` makes lines with \
             an object each"
        ),
        Some(b'"' | b'}' | b']') => format!(
            "{place} is a part of something larger, `{}`: a line must hold a whole object, as `jq -c . FILE` writes them",
            excerpt(line)
        ),
        _ => format!(
            "{place} is not JSON, it begins with `{}`: a line must hold an object such as {{\"text\": \"…\"}}",
            excerpt(line)
        ),
    }
}

/// Why a text is not JSON; `place` names it, such as `line 3`.
pub(super) fn no_json(place: &str, text: &str, error: &Error) -> String {
    let words = error.to_string();
    // Cut off the position: it counts within this text, so it would always be line 1.
    let words = words.split(" at line ").next().unwrap_or_default();
    if error.is_eof() && !words.contains("hex escape") {
        return format!(
            "{place} ends before its object does: the file breaks off there, or its objects go over several lines, and \
             `jq -c . FILE` puts each in one"
        );
    }
    let (token, rest) = at(text, error.column());
    if let Some(advice) = foreign(token) {
        return format!("{place} has `{token}`, which JSON does not know: {advice}");
    }
    let quoted = rest.starts_with('\'');
    match words {
        "key must be a string" | "expected value" if quoted => format!(
            "{place} has single quotes: strings and names of JSON stand in double ones, as `json.dumps` of Python writes them"
        ),
        "key must be a string" if rest.starts_with(',') => {
            format!("{place} has a comma too many, at `{}`", excerpt(rest))
        }
        "key must be a string" => {
            format!("{place} has a name without double quotes around it, at `{}`", excerpt(rest))
        }
        "expected value" | "expected ident" | "invalid number" => {
            let found = if token.is_empty() { rest } else { token };
            format!("{place} has `{}` where a value of JSON must stand", excerpt(found))
        }
        "trailing comma" => format!("{place} has a comma behind its last value: take it away"),
        "trailing characters" => format!(
            "{place} continues after its object with `{}`: each object must be on its own line",
            excerpt(rest)
        ),
        "expected `,` or `}`" | "expected `,` or `]`" | "expected `:`" => {
            let missing = if words.ends_with("`:`") { "a colon" } else { "a comma or a closing bracket" };
            format!("{place} lacks {missing} before `{}`", excerpt(rest))
        }
        "invalid escape" => format!("{place} has a backslash before a sign that JSON does not know there"),
        words if words.starts_with("control character") => format!(
            "{place} has a tab or another control character inside a string, which JSON writes as `\\t` or `\\u0000`"
        ),
        words if words.contains("hex escape") => {
            format!("{place} has an escape `\\u` that is not a character, such as half of a surrogate pair")
        }
        words => format!("{place} is not JSON: {words}"),
    }
}

/// The note for a line that is not UTF-8.
pub(super) fn no_utf8(place: &str, line: &[u8], error: std::str::Utf8Error) -> String {
    let byte = line.get(error.valid_up_to()).copied().unwrap_or_default();
    let before = line.get(..error.valid_up_to()).unwrap_or_default();
    let before = String::from_utf8_lossy(before);
    let skipped = before.chars().count().saturating_sub(SHOWN / 2);
    let before: String = before.chars().skip(skipped).collect();
    format!(
        "{place} is not UTF-8, which JSON Lines must be: behind `{before}` stands the byte 0x{byte:02X}; convert the file, such as \
         with `iconv -f LATIN1 -t UTF-8` where it is in Latin-1"
    )
}

/// The note for a record without the text field; `names` are the fields that it has.
pub(super) fn no_field<'a>(what: &str, field: &str, names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let names: Vec<String> = names.take(NAMED).map(|name| format!("`{}`", excerpt(name))).collect();
    match names.as_slice() {
        [] => format!("{what} `{field}`, nor any other"),
        names => format!(
            "{what} `{field}`, but {}{more}; `text-field` in the table `[input]` names the one with the text",
            names.join(", ")
        ),
    }
}

/// The kind of a JSON value, judged by its first character.
pub(super) fn kind_of(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'[') => "an array",
        Some(b'{') => "an object",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// What to write in place of a word that other languages have and JSON has not.
fn foreign(token: &str) -> Option<&'static str> {
    match token.trim_start_matches(['+', '-']) {
        "NaN" | "nan" | "NAN" | "Infinity" | "inf" | "Inf" => {
            Some("write `null` or a string (Python's `json.dumps` refuses it with `allow_nan=False`)")
        }
        "None" | "undefined" | "NULL" | "Null" | "nil" => Some("write `null`"),
        "True" | "TRUE" => Some("write `true`"),
        "False" | "FALSE" => Some("write `false`"),
        _ => None,
    }
}

/// The word around a column as serde_json reports it, and the rest of the text from that column on.
fn at(text: &str, column: usize) -> (&str, &str) {
    let bytes = text.as_bytes();
    let is_part =
        |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-_.".contains(byte));
    let mut start = column.saturating_sub(1).min(bytes.len());
    let rest = text.get(text.floor_char_boundary(start)..).unwrap_or_default();
    while start > 0 && is_part(start - 1) {
        start -= 1;
    }
    let mut end = start;
    while is_part(end) {
        end += 1;
    }
    (text.get(start..end).unwrap_or_default(), rest)
}

fn excerpt(text: &str) -> Cow<'_, str> {
    beginning(text.trim(), SHOWN)
}

/// Replaces each lone-surrogate escape in a JSON text, which stands for no character, by U+FFFD. Returns the
/// text and the number of replacements, or `None` if there are none. Python writes such escapes for bytes
/// that it could not decode.
pub(super) fn without_lone_surrogates(json: &str) -> Option<(String, u32)> {
    let mut out = String::with_capacity(json.len());
    let (mut rest, mut found) = (json, 0);
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (plain, escape) = rest.split_at(at);
        out.push_str(plain);
        let code = |at: usize| {
            let unit = escape.get(at..at + 6)?.strip_prefix("\\u")?;
            u32::from_str_radix(unit, 16).ok().filter(|_| unit.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let length = match (code(0), code(6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                found += 1;
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            // The character after a backslash may be a backslash, too, which begins no escape.
            _ => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (kept, after) = escape.split_at(length);
        out.push_str(kept);
        rest = after;
    }
    out.push_str(rest);
    (found > 0).then_some((out, found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::members;

    fn said(line: &str) -> String {
        no_object("line 3", line, &members(line).err().unwrap())
    }

    #[test]
    fn what_is_wrong_is_said_in_plain_words() {
        let lines = [
            "[1, 2]",
            "\"x\"",
            "null",
            "7",
            "[",
            "plain words here, and a good many more of them",
            "  \"text\": \"a\",",
            "}",
            "{",
            "{\"text\":\"a\"",
            "{\"text\":\"a",
            "{\"text\":NaN}",
            "{\"n\":[1,-Infinity],\"text\":\"a\"}",
            "{\"n\":nan,\"text\":\"a\"}",
            "{\"text\":None}",
            "{\"text\":True}",
            "{\"text\":bare words}",
            "{\"n\":01,\"text\":\"a\"}",
            "{\"n\":tru,\"text\":\"a\"}",
            "{'text':'a'}",
            "{\"text\":'a'}",
            "{text:\"a\"}",
            "{\"text\":\"a\",}",
            "{\"text\":\"a\",,\"n\":1}",
            "{\"text\":\"a\"} {\"text\":\"b\"}",
            "{\"text\":\"a\" \"n\":1}",
            "{\"text\" \"a\"}",
            "{\"text\":\"\\x\"}",
            "{\"text\":\"a\tb\"}",
            "{\"\\ud800\":1}",
            "{\"\\u12\":1}",
        ];
        let shown: Vec<String> = lines.iter().map(|line| format!("{line}\n  {}", said(line))).collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn fields_are_named() {
        let many: Vec<String> = (0..10).map(|number| format!("f{number}")).collect();
        assert_eq!(
            no_field("line 1 has no field", "text", many.iter().map(String::as_str)),
            "line 1 has no field `text`, but `f0`, `f1`, `f2`, `f3`, `f4`, `f5`, `f6`, `f7` and 2 more; `text-field` in the \
             table `[input]` names the one with the text"
        );
        assert_eq!(
            no_field("there is no column", "text", [].into_iter()),
            "there is no column `text`, nor any other"
        );
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_kept() {
        let mended = |json: &str| without_lone_surrogates(json);
        assert_eq!(mended(r#""a\ud83d\ude00\\ud800\n""#), None);
        assert_eq!(mended(r#""\ud83d""#), Some((r#""\ufffd""#.into(), 1)));
        assert_eq!(
            mended(r#""\uDCE9\ud83d\uDE00\ud83d\u0041\\\ude00é""#),
            Some((r#""\ufffd\ud83d\uDE00\ufffd\u0041\\\ufffdé""#.into(), 3))
        );
        assert_eq!(mended(r#""\ud8é\"#), None);
    }
}
