//! Values as short, readable YAML. Not a general YAML writer: long strings are cut, and numbers are rounded.

use crate::table::number;
use serde_json::Value;
use std::fmt::Write as _;
use textmill_plugin::harness::is_hidden;
use twox_hash::XxHash3_64;

/// Maximum width in characters of a line that holds a whole value.
const LINE: usize = 100;
/// Maximum number of characters of a string to show.
const STRING: usize = 400;

/// Writes `name: value`, on one line if there is room, else with one line for each part.
pub(super) fn entry(name: &str, value: &Value, out: &mut Vec<String>) {
    block(&format!("{}:", word(name)), value, 0, out);
}

/// A value on one line.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => word(&cut(text)),
        Value::Number(number) => {
            number.as_f64().filter(|_| number.is_f64()).map_or(number.to_string(), short)
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{}: {}", word(name), inline(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Writes a value after `head`, at nesting level `depth`.
fn block(head: &str, value: &Value, depth: usize, out: &mut Vec<String>) {
    let margin = "  ".repeat(depth);
    let short = inline(value);
    let fits = short.chars().count() + margin.len() + head.chars().count() <= LINE;
    match value {
        Value::Array(items) if !fits && !items.is_empty() => {
            out.push(format!("{margin}{head}"));
            // An item is never split over several lines, so that a list of a hundred names stays readable.
            out.extend(items.iter().map(|item| format!("{margin}  - {}", inline(item))));
        }
        Value::Object(members) if !fits && !members.is_empty() => {
            out.push(format!("{margin}{head}"));
            for (name, value) in members {
                block(&format!("{}:", word(name)), value, depth + 1, out);
            }
        }
        _ => out.push(format!("{margin}{head} {short}")),
    }
}

/// A fraction, rounded.
fn short(value: f64) -> String {
    let text = number(value);
    // Rounding would turn a very small value into zero.
    if text.parse::<f64>().is_ok_and(|shown| shown == 0.0) && value != 0.0 { value.to_string() } else { text }
}

/// The beginning of a long string, with a hash that differs if the rest differs.
fn cut(text: &str) -> String {
    match text.char_indices().nth(STRING) {
        Some((end, _)) => {
            let count = text.chars().count() - STRING;
            let sum = XxHash3_64::oneshot(text.as_bytes()) as u32;
            format!("{} … {count} more characters, #{sum:08x}", &text[..end])
        }
        None => text.to_owned(),
    }
}

/// A string as a YAML scalar: plain if that is unambiguous, else in quotes.
pub(super) fn word(text: &str) -> String {
    let inside = |c: char| c.is_alphanumeric() || " -_./()+'’%&*~$@".contains(c);
    let words = ["true", "false", "null", "yes", "no", "on", "off"];
    let plain = text.starts_with(|c: char| c.is_alphanumeric() || c == '/')
        && text.chars().all(inside)
        && !text.ends_with(' ')
        && text.parse::<f64>().is_err()
        && !text.starts_with("0x")
        && !words.contains(&text.to_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || is_hidden(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Reads a scalar on one line, which insta may have written.
pub(super) fn read_word(text: &str) -> String {
    match text.starts_with('"') {
        true => serde_json::from_str(text).unwrap_or_else(|_| text.trim_matches('"').to_owned()),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_short() {
        let long: Vec<String> = (0..12).map(|n| format!("a name of some length, {n}")).collect();
        let value = json!({
            "flag": true, "count": 3, "share": 0.123_456_789, "tiny": 1e-9, "none": null,
            "word": "plain", "date": "2024-05-01", "number": "12", "quoted": "a: b", "lines": "a\nb\u{200b}",
            "list": [1, 2, "x"], "empty": [], "names": long, "nested": {"names": long, "inner": {"a": 1}},
            "text": "x".repeat(450),
        });
        let mut out = Vec::new();
        for (name, value) in value.as_object().unwrap() {
            entry(name, value, &mut out);
        }
        insta::assert_snapshot!(out.join("\n"));
    }
}
