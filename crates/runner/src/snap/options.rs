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

/// Precedes the version of an operator's output, as given by `Describe::version`.
const OUTPUT_VERSION: &str = ", output version ";

/// The options of all stages with their values, including defaults.
pub fn options(prepared: &Prepared) -> String {
    let mut lines = Vec::new();
    for stage in &prepared.stages {
        let plugin = &stage.plugin.descriptor;
        let operator = &stage.operator;
        let line = format!("{}: {} {}, {operator}", stage.name, plugin.name, plugin.version);
        // The first version is not shown.
        lines.push(match plugin.operator(Some(operator)).map(|operator| operator.semantics_version) {
            Some(version) if version > 1 => format!("{line}{OUTPUT_VERSION}{version}"),
            _ => line,
        });
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
            Some(old) => {
                let text =
                    another_output(key, old, value).unwrap_or_else(|| format!("{key}: {old} -> {value}"));
                changes.push(change(key, text));
            }
            None => changes.push(change(key, format!("{key}: {value}, which is new"))),
        }
    }
    for (key, value) in old.iter().filter(|(key, _)| !after.contains_key(key)) {
        changes.push(change(key, format!("{key}: was {value}, now removed")));
    }
    changes
}

/// The text for a stage whose operator declares a different version of its output. `None` for any other
/// change.
fn another_output(stage: &str, old: &str, new: &str) -> Option<String> {
    let read = |line: &str| match line.rsplit_once(OUTPUT_VERSION) {
        Some((of, version)) => Some((of.to_owned(), version.parse::<u32>().ok()?)),
        None => Some((line.to_owned(), 1)),
    };
    let ((old, before), (new, after)) = (read(old)?, read(new)?);
    let plugin = |of: &str| of.split_once(' ').map(|(name, _)| name.to_owned());
    // An option's value may be any text. The line of a stage is the only one whose name has no dots.
    if before == after || stage.contains('.') || plugin(&old) != plugin(&new) {
        return None;
    }
    let name = plugin(&new)?;
    let versions = if old == new { String::new() } else { format!("{old} -> {new}; ") };
    Some(format!("{stage}: {versions}the output of plugin `{name}` went from version {before} to {after}"))
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

    #[test]
    fn an_output_of_another_version_is_told() {
        let told = |old: &str, new: &str| changed(old, new).into_iter().map(|c| c.text).collect::<Vec<_>>();
        let first = "a: some 1, only\na.one: 1, output version 2";
        let second = first.replace("only", "only, output version 2");
        assert_eq!(told(first, &second), ["a: the output of plugin `some` went from version 1 to 2"]);
        let third = second.replace("some 1, only, output version 2", "some 2, only, output version 3");
        assert_eq!(
            told(&second, &third),
            ["a: some 1, only -> some 2, only; the output of plugin `some` went from version 2 to 3"]
        );
        let other = second.replace("some 1", "other 1");
        assert_eq!(told(first, &other), ["a: some 1, only -> other 1, only, output version 2"]);
        let option = first.replace("one: 1, output version 2", "one: 1, output version 3");
        assert_eq!(told(first, &option), ["a.one: 1, output version 2 -> 1, output version 3"]);
    }
}
