//! The options of all stages as a snapshot with one line each, and which of them have changed since it was
//! accepted.

use super::yaml;
use crate::engine::Prepared;
use serde_json::Value;
use std::collections::BTreeMap;

/// An option that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionChange {
    /// The stage that it belongs to.
    pub stage: String,
    /// Its name as in `--set`, with the old and the new value.
    pub text: String,
}

/// The options of all stages with their values, including defaults.
pub fn options(prepared: &Prepared) -> String {
    let mut lines = Vec::new();
    for stage in &prepared.stages {
        let plugin = &stage.plugin.descriptor;
        let operator = &stage.operator;
        lines.push(format!("{}: {} {}, {operator}", stage.name, plugin.name, plugin.version));
        flatten(&stage.name, &stage.options, &mut lines);
    }
    if lines.is_empty() { "no stage".into() } else { lines.join("\n") }
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(key, value)| flatten(&format!("{name}.{key}"), value, lines));
        }
        // A stage without options.
        Value::Object(_) | Value::Null => {}
        value => lines.push(format!("{name}: {}", yaml::inline(value))),
    }
}

/// The differences between two such contents, in the order of the newer one.
pub fn changed(old: &str, new: &str) -> Vec<OptionChange> {
    let read = |text: &str| -> Vec<(String, String)> {
        let pair = |line: &str| line.split_once(": ").map(|(key, value)| (key.to_owned(), value.to_owned()));
        text.lines().filter_map(pair).collect()
    };
    let (old, new) = (read(old), read(new));
    let before: BTreeMap<&String, &String> = old.iter().map(|(key, value)| (key, value)).collect();
    let after: BTreeMap<&String, &String> = new.iter().map(|(key, value)| (key, value)).collect();
    let change = |key: &String, text: String| OptionChange {
        stage: key.split('.').next().unwrap_or_default().to_owned(),
        text,
    };
    let mut changes = Vec::new();
    for (key, value) in &new {
        match before.get(key) {
            Some(old) if *old == value => {}
            Some(old) => changes.push(change(key, format!("{key}: {old} -> {value}"))),
            None => changes.push(change(key, format!("{key}: {value}, which is new"))),
        }
    }
    for (key, value) in old.iter().filter(|(key, _)| !after.contains_key(key)) {
        changes.push(change(key, format!("{key}: was {value}, now removed")));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_by_name() {
        let old = "a: some 1, first\na.one: 1\na.two.three: x\nb: other 1, only";
        let new = "a: some 2, first\na.one: 2\na.four: [1, 2]\nb: other 1, only";
        let changes: Vec<String> =
            changed(old, new).into_iter().map(|c| format!("{} | {}", c.stage, c.text)).collect();
        assert_eq!(
            changes,
            [
                "a | a: some 1, first -> some 2, first",
                "a | a.one: 1 -> 2",
                "a | a.four: [1, 2], which is new",
                "a | a.two.three: was x, now removed",
            ]
        );
        assert!(changed(old, old).is_empty());
    }
}
