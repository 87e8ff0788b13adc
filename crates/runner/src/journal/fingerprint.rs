//! What a run is made of, to tell it from other runs.

use crate::table::beginning;
use arrow_array::TimestampNanosecondArray;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Everything that the output depends on: pipeline, plugins, inputs.
pub type Fingerprint = Value;

/// Maximum number of differences to show.
const MOST: usize = 8;

/// Describes where two fingerprints differ; empty if they agree.
pub fn differences(before: &Fingerprint, now: &Fingerprint) -> Vec<String> {
    let mut found = Vec::new();
    compare("", before, now, &mut found);
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    found
}

fn compare(place: &str, before: &Value, now: &Value, found: &mut Vec<String>) {
    let inner = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    match (before, now) {
        // If there are very many inputs, the fingerprint has only a digest of them.
        (Value::Object(a), Value::Object(b))
            if place == "inputs" && a.values().chain(b.values()).all(Value::is_object) =>
        {
            inputs(a, b, found);
        }
        (Value::Object(a), Value::Object(b)) => {
            let (a, b) = (with_file_keys(a), with_file_keys(b));
            for (name, value) in a.iter() {
                match b.get(name) {
                    Some(other) => compare(&inner(name), value, other, found),
                    None => found.push(format!("`{}` was {}, now removed", inner(name), shown(value))),
                }
            }
            for (name, value) in b.iter().filter(|(name, _)| !a.contains_key(*name)) {
                found.push(format!("`{}` is new: {}", inner(name), shown(value)));
            }
        }
        (Value::Null, now) if !now.is_null() => {
            found.push(format!("`{place}` was not set, and is {}", shown(now)));
        }
        (before, Value::Null) if !before.is_null() => {
            found.push(format!("`{place}` was {}, and is not set", shown(before)));
        }
        _ if before != now => found.push(format!("`{place}` was {}, and is {}", shown(before), shown(now))),
        _ => {}
    }
}

fn inputs(before: &Map<String, Value>, now: &Map<String, Value>, found: &mut Vec<String>) {
    for (file, then) in before {
        let Some(now) = now.get(file) else {
            found.push(format!("the input `{file}` was removed"));
            continue;
        };
        if then == now {
            continue;
        }
        let version = |file: &Value| file.get("version").and_then(moment);
        found.push(match version(then).zip(version(now)).filter(|(then, now)| then != now) {
            Some((then, now)) => format!("the input `{file}` was modified: at {then}, and now at {now}"),
            None => format!("the input `{file}` was modified: it was {}, and is {}", shown(then), shown(now)),
        });
    }
    let added = now.keys().filter(|file| !before.contains_key(*file));
    found.extend(added.map(|file| format!("the input `{file}` was added")));
}

/// The members of a stage, with its limits under the keys that they have in a pipeline file.
fn with_file_keys(members: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    let limits = members.get("isolation").and_then(|isolation| {
        Some((isolation.get("time-limit-ms")?.as_u64()?, isolation.get("memory-limit").cloned()?))
    });
    let Some((millis, memory)) = limits else { return Cow::Borrowed(members) };
    let mut members = members.clone();
    let time = if millis % 1000 == 0 { format!("{}s", millis / 1000) } else { format!("{millis}ms") };
    members.insert("isolation".into(), "process".into());
    members.insert("time-limit".into(), time.into());
    if !memory.is_null() {
        members.insert("memory-limit".into(), memory);
    }
    Cow::Owned(members)
}

/// Formats a time in nanoseconds since 1970, which is the version of a local file.
fn moment(version: &Value) -> Option<String> {
    let nanos: i64 = version.as_str()?.parse().ok()?;
    let time = TimestampNanosecondArray::from(vec![nanos]).with_timezone("+00:00");
    let formatter = ArrayFormatter::try_new(&time, &FormatOptions::default()).ok()?;
    formatter.value(0).try_to_string().ok()
}

fn shown(value: &Value) -> String {
    beginning(&value.to_string(), 80).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_that_was_touched_says_when() {
        let of = |version: &str| json!({"inputs": {"a.txt": {"bytes": 3, "version": version}}});
        assert_eq!(
            differences(&of("1714521600000000001"), &of("1714521660500000000")),
            ["the input `a.txt` was modified: at 2024-05-01T00:00:00.000000001Z, and now at \
                 2024-05-01T00:01:00.500Z"]
        );
        assert_eq!(differences(&of("\"etag\""), &of("\"other\"")).len(), 1);
    }

    #[test]
    fn what_differs_is_named() {
        let before =
            json!({"stages": {"near": {"threshold": 0.8}}, "inputs": {"a.txt": {"bytes": 3}, "b.txt": {}}});
        let now =
            json!({"stages": {"near": {"threshold": 0.9}}, "inputs": {"a.txt": {"bytes": 3}, "c.txt": {}}});
        assert!(differences(&before, &before).is_empty());
        assert_eq!(
            differences(&before, &now),
            [
                "`stages.near.threshold` was 0.8, and is 0.9",
                "the input `b.txt` was removed",
                "the input `c.txt` was added",
            ]
        );
        assert_eq!(
            differences(&json!({"top": null, "least": 1}), &json!({"top": 0.9, "least": null})),
            ["`top` was not set, and is 0.9", "`least` was 1, and is not set"]
        );
        let limits = json!({"isolation": {"time-limit-ms": 10_000, "memory-limit": null}});
        let tighter = json!({"isolation": {"time-limit-ms": 1500, "memory-limit": null}});
        assert_eq!(
            differences(&json!({}), &limits),
            ["`isolation` is new: \"process\"", "`time-limit` is new: \"10s\""]
        );
        assert_eq!(differences(&limits, &tighter), ["`time-limit` was \"10s\", and is \"1500ms\""]);
    }
}
