//! Finds the rules that caused a change, from the lines in which two contents differ.

use super::change::Change;
use super::folder::Key;
use crate::rehearsal::{Sign, differing};
use std::collections::BTreeSet;

/// Describes the rules that caused a change: those in its own lines, or else those that changed the same
/// document in the nearest stage before. `changes` are all changes of the pipeline.
pub fn causes(change: &Change, changes: &[Change]) -> Vec<String> {
    let own = rules(change);
    if !own.is_empty() {
        return own.into_iter().map(|rule| format!("`{rule}`")).collect();
    }
    let Key::Document(document, stage) = change.key else { return Vec::new() };
    // What reaches a stage has passed those before it.
    let before = changes.iter().filter(|other| {
        matches!(other.key, Key::Document(of, at) if of == document && at < stage) && !rules(other).is_empty()
    });
    let nearest = before.max_by_key(|other| other.key);
    let Some(other) = nearest else { return Vec::new() };
    let stage = other.stage.as_deref().unwrap_or_default();
    rules(other).into_iter().map(|rule| format!("`{rule}` in `{stage}`")).collect()
}

/// The rules in the lines that differ.
fn rules(change: &Change) -> BTreeSet<String> {
    if !matches!(change.key, Key::Document(..)) {
        return BTreeSet::new();
    }
    // If the verdict differs, everything else follows from that.
    let verdict = |content: &str| content.lines().next().map(rules_of).unwrap_or_default();
    let (old, new) = (verdict(change.old.as_deref().unwrap_or_default()), verdict(&change.new));
    if old != new {
        return if new.is_empty() { old } else { new }.into_iter().collect();
    }
    let lines = differing(change.old.as_deref().unwrap_or_default(), &change.new, 0);
    let differ = lines.iter().filter(|line| matches!(line.sign, Sign::Removed | Sign::Added));
    differ.flat_map(|line| rules_of(&line.text)).collect()
}

/// The rules in a line: in tags after a line of text, or in backticks after an action.
fn rules_of(line: &str) -> Vec<String> {
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').unwrap_or(text.len());
        (end > 0).then(|| text[..end].to_owned())
    };
    if line.starts_with(['~', '*', '>']) {
        let Some(tags) = line.rfind("    [").map(|at| &line[at..]) else { return Vec::new() };
        let mut found: Vec<String> = tags.split(" [").filter_map(word).collect();
        found.dedup();
        return found;
    }
    let done = [
        "dropped by `",
        "failed by `",
        "annotate `",
        "edit `",
        "does not get here: dropped by `",
        "does not get here: failed by `",
    ];
    done.iter().filter_map(|done| word(line.strip_prefix(done)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(stage: usize, old: &str, new: &str) -> Change {
        Change {
            key: Key::Document(0, stage),
            what: "d".into(),
            stage: Some(format!("s{stage}")),
            old: Some(old.into()),
            new: new.into(),
        }
    }

    #[test]
    fn rules_are_found_in_the_lines_that_differ() {
        let first = change(
            1,
            "kept\n--- text\n  a [b]    [not-a-rule]\n~ x    [same]\n~ gone    [old-rule: value 1]",
            "kept\n--- text\n  a [b]    [not-a-rule]\n~ x    [same]\n* [-a-]b    [one ×2] [two: value 1, note]",
        );
        let second = change(2, "kept\n--- columns\nwords: 1", "kept\n--- columns\nwords: 2");
        let third = change(3, "kept", "dropped by `short`: value 1, threshold 2");
        let changes = [first.clone(), second.clone(), third.clone()];
        assert_eq!(causes(&first, &changes), ["`old-rule`", "`one`", "`two`"]);
        assert_eq!(causes(&second, &changes), ["`old-rule` in `s1`", "`one` in `s1`", "`two` in `s1`"]);
        assert_eq!(causes(&third, &changes), ["`short`"]);
        assert!(causes(&second, std::slice::from_ref(&second)).is_empty());
    }
}
