//! Reads the JSON lines that the fast path does not accept, with serde_json. This module defines which lines
//! are valid, and reports every error.

use super::json_reason::{kind_of, no_field, no_json, no_object, no_utf8, without_lone_surrogates};
use super::jsonl::Line;
use super::parsed::{Parsed, Row, Span};
use super::parser::Context;
use crate::config::Input;
use crate::json::members;
use serde::Deserialize;
use serde_json::Value;
use textmill_core::column::MEDIA_TYPE;

#[derive(Default)]
struct Record {
    id: String,
    source: String,
    media_type: Option<String>,
    text: String,
    /// Number of lone-surrogate escapes in the text and in the declared columns.
    surrogates: u32,
    /// The members of the JSON object that were not asked for, as JSON text, with commas between them.
    carried: String,
    columns: Vec<Value>,
}

/// Parses a line that has no line end and no surrounding white space.
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
    let row = Row { id, source, media_type, carried, text, surrogates: record.surrogates };
    out.push(row, record.columns, |note| line.failure(context, "wrong-type", note));
}

fn record(input: &Input, number: u64, line: &[u8]) -> Result<Record, (&'static str, String)> {
    let place = format!("line {number}");
    let utf8 = std::str::from_utf8(line);
    let line = utf8.map_err(|e| ("invalid-utf8", no_utf8(&place, line, e)))?;
    let bad = |key: &str, raw: &str, e: &serde_json::Error| {
        ("bad-json", no_json(&format!("field `{key}` in {place}"), raw, e))
    };
    let object = members(line).map_err(|e| ("bad-json", no_object(&place, line, &e)))?;
    let mut record = Record { columns: vec![Value::Null; input.columns.len()], ..Record::default() };
    let mut text = None;
    for (key, value) in &object.0 {
        let raw = value.get();
        if let Some(at) = input.columns.iter().position(|(name, _)| name == key) {
            let (value, surrogates) = read(raw).map_err(|e| bad(key, raw, &e))?;
            record.columns[at] = value;
            record.surrogates += surrogates;
        }
        let string = || serde_json::from_str::<String>(raw);
        let is_string = raw.starts_with('"');
        if *key == input.text_field {
            if !is_string {
                let kind = kind_of(raw);
                return Err(("no-text", format!("field `{key}` in {place} is {kind} and no string")));
            }
            let (found, surrogates) = read(raw).map_err(|e| bad(key, raw, &e))?;
            record.surrogates += surrogates;
            if text.replace(found).is_some() {
                return Err(("bad-json", format!("{place} has two fields `{key}`")));
            }
            continue;
        }
        if *key == input.id_field && record.id.is_empty() {
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
        if *key == input.source_field
            && is_string
            && record.source.is_empty()
            && let Ok(source) = string()
        {
            record.source = source;
            continue;
        }
        if *key == MEDIA_TYPE
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
        record.carried.push_str(&serde_json::to_string::<str>(key).unwrap_or_default());
        record.carried.push(':');
        record.carried.push_str(raw);
    }
    record.text = text.ok_or_else(|| {
        let names = object.0.iter().map(|(key, _)| key.as_ref());
        ("no-text", no_field(&format!("{place} has no field"), &input.text_field, names))
    })?;
    Ok(record)
}

/// Deserializes a value. Also returns the number of lone surrogates in it, which are read as U+FFFD.
fn read<T: for<'de> Deserialize<'de>>(raw: &str) -> Result<(T, u32), serde_json::Error> {
    serde_json::from_str(raw).map(|value| (value, 0)).or_else(|error| match without_lone_surrogates(raw) {
        Some((mended, found)) => serde_json::from_str(&mended).map(|value| (value, found)),
        None => Err(error),
    })
}
