//! What a run is made of, to tell it from other runs.

use crate::table::beginning;
use arrow_array::TimestampNanosecondArray;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use serde_json::Value;

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
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in a {
                match b.get(name) {
                    Some(other) => compare(&inner(name), value, other, found),
                    None => found.push(format!("`{}` was {}, now removed", inner(name), shown(value))),
                }
            }
            for (name, value) in b.iter().filter(|(name, _)| !a.contains_key(*name)) {
                found.push(format!("`{}` is new: {}", inner(name), shown(value)));
            }
        }
        _ if before != now => {
            if let (Some(file), Some(then), Some(now)) = (
                place.strip_suffix(".version").filter(|file| file.starts_with("inputs.")),
                moment(before),
                moment(now),
            ) {
                found.push(format!("`{file}` was modified at {then}, and now at {now}"));
                return;
            }
            found.push(format!("`{place}` was {}, and is {}", shown(before), shown(now)));
        }
        _ => {}
    }
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
            [
                "`inputs.a.txt` was modified at 2024-05-01T00:00:00.000000001Z, and now at 2024-05-01T00:01:00.500Z"
            ]
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
                "`inputs.b.txt` was {}, now removed",
                "`inputs.c.txt` is new: {}",
            ]
        );
    }
}
