//! Lines of JSON read by serde_json: what the short way does not take. Here stands what is accepted at all,
//! and every error.

use super::jsonl::Line;
use super::parsed::{Parsed, Row, Span};
use super::parser::Context;
use crate::config::Input;
use crate::json::members;
use serde_json::Value;
use textmill_core::column::MEDIA_TYPE;

#[derive(Default)]
struct Record {
    id: String,
    source: String,
    media_type: Option<String>,
    text: String,
    /// Members of the JSON object that were not asked for, as text, with their commas between.
    carried: String,
    columns: Vec<Value>,
}

/// Parses a line, without its end and white space around it.
pub(super) fn parse(context: &Context<'_>, line: &Line, bytes: &[u8], out: &mut Parsed) {
    let record = match record(context.input, line.number, bytes) {
        Ok(record) => record,
        Err((rule, note)) => return out.fail(line.failure(context, rule, note)),
    };
    let id = match record.id.is_empty() {
        true => out.say(&context.file.id_of(line.number)),
        false => out.say(&record.id),
    };
    let source = match record.source.is_empty() {
        true => context.source,
        false => out.say(&record.source),
    };
    let media_type = record.media_type.map_or(context.media_type, |kind| Some(out.say(&kind)));
    let carried = if record.carried.is_empty() { Span::default() } else { out.say(&record.carried) };
    let text = out.own(record.text.as_bytes());
    let row = Row { id, source, media_type, carried, text };
    out.push(row, record.columns, |note| line.failure(context, "wrong-type", note));
}

fn record(input: &Input, number: u64, line: &[u8]) -> Result<Record, (&'static str, String)> {
    let line = std::str::from_utf8(line).map_err(|e| ("invalid-utf8", format!("line {number}: {e}")))?;
    let bad = |what: &str, e: &serde_json::Error| {
        // Positions within the line would be given as line 1.
        let words = e.to_string();
        let words = words.split(" at line ").next().unwrap_or_default().to_owned();
        ("bad-json", format!("{what} in line {number}: {words}"))
    };
    let object = members(line).map_err(|e| bad("there is not one JSON object", &e))?;
    let mut record = Record { columns: vec![Value::Null; input.columns.len()], ..Record::default() };
    let mut text = None;
    for (key, value) in object.0 {
        let raw = value.get();
        if let Some(at) = input.columns.iter().position(|(name, _)| *name == key) {
            record.columns[at] = serde_json::from_str(raw).map_err(|e| bad(&format!("field `{key}`"), &e))?;
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
        if key == MEDIA_TYPE
            && is_string
            && record.media_type.is_none()
            && input.media_type.is_none()
            && let Ok(kind) = string()
        {
            record.media_type = Some(kind);
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
    record.text =
        text.ok_or_else(|| ("no-text", format!("line {number} has no field `{}`", input.text_field)))?;
    Ok(record)
}
