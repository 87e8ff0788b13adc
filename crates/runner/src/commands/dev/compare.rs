//! Shows what has changed between two builds: document by document, and in numbers.

use super::rehearse::{DocumentResult, Rehearsal};
use crate::rehearsal::{common, cut, write_difference};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The maximum number of lines of a difference that are shown.
const LINES: usize = 40;
/// Lines of context around a change.
const AROUND: usize = 1;
/// Shows what has changed, or that nothing has.
pub(super) fn compare(former: &Rehearsal, fresh: &Rehearsal) -> String {
    let before: BTreeMap<&str, &DocumentResult> =
        former.documents.iter().map(|t| (t.id.as_str(), t)).collect();
    let after: BTreeSet<&str> = fresh.documents.iter().map(|t| t.id.as_str()).collect();
    let mut out = String::new();
    let mut changes = Changes::default();
    for told in &fresh.documents {
        match before.get(told.id.as_str()) {
            Some(old) if *old == told => changes.same += 1,
            Some(old) => document(old, told, &mut changes, &mut out),
            None => {
                changes.came += 1;
                let _ = writeln!(out, "=== {}: new in the sample, {}\n", told.id, told.end.shown());
            }
        }
    }
    for old in former.documents.iter().filter(|old| !after.contains(old.id.as_str())) {
        changes.went += 1;
        let _ = writeln!(out, "=== {}: no longer in the sample\n", old.id);
    }
    let names: BTreeSet<&String> = former.reports.keys().chain(fresh.reports.keys()).collect();
    for name in names {
        let shown =
            |reports: &BTreeMap<String, Value>| reports.get(name).map_or(String::new(), |r| format!("{r:#}"));
        let (old, new) = (shown(&former.reports), shown(&fresh.reports));
        if old != new {
            changes.reports += 1;
            let _ = writeln!(out, "=== report of `{name}`");
            write_difference(&old, &new, AROUND, LINES, "", &mut out);
            out.push('\n');
        }
    }
    let _ = write!(out, "{}", changes.shown(former, fresh));
    out
}

/// The counts of the changes.
#[derive(Default)]
struct Changes {
    same: usize,
    changed: usize,
    verdicts: usize,
    texts: usize,
    columns: usize,
    events: usize,
    came: usize,
    went: usize,
    reports: usize,
}

impl Changes {
    fn shown(&self, former: &Rehearsal, fresh: &Rehearsal) -> String {
        let Self { same, changed, verdicts, texts, columns, events, came, went, reports } = self;
        if changed + came + went + reports == 0 {
            return format!("{}; nothing changed", fresh.summary());
        }
        let mut parts = vec![format!(
            "{changed} changed (verdict {verdicts}, text {texts}, columns {columns}, events {events}), {same} as before"
        )];
        let of_reports = if *reports == 1 { "report changed" } else { "reports changed" };
        for (count, what) in [(came, "new"), (went, "gone"), (reports, of_reports)] {
            if *count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        format!("before: {}\nnow:    {}\n{}", former.summary(), fresh.summary(), parts.join(", "))
    }
}

fn document(old: &DocumentResult, new: &DocumentResult, changes: &mut Changes, out: &mut String) {
    changes.changed += 1;
    if old.end == new.end {
        let _ = writeln!(out, "=== {}: {}", new.id, new.end.shown());
    } else {
        changes.verdicts += 1;
        let _ = writeln!(out, "=== {}: {} -> {}", new.id, old.end.shown(), new.end.shown());
    }
    if old.text != new.text {
        changes.texts += 1;
        out.push_str("--- text\n");
        write_difference(&old.text, &new.text, AROUND, LINES, "", out);
    }
    if old.columns != new.columns {
        changes.columns += 1;
        out.push_str("--- columns\n");
        let names: BTreeSet<&String> = old.columns.keys().chain(new.columns.keys()).collect();
        for name in names {
            let line = |columns: &BTreeMap<String, Value>| columns.get(name).map(|v| format!("{name}: {v}"));
            replaced(line(&old.columns).as_deref(), line(&new.columns).as_deref(), out);
        }
    }
    if old.events != new.events {
        changes.events += 1;
        out.push_str("--- events\n");
        write_difference(&old.events.join("\n"), &new.events.join("\n"), AROUND, LINES, "", out);
    }
    out.push('\n');
}

/// Writes a replaced line, its old and new version, shortened to the part that differs. Writes nothing if
/// they are equal.
fn replaced(old: Option<&str>, new: Option<&str>, out: &mut String) {
    if old == new {
        return;
    }
    let from = common(old.unwrap_or_default(), new.unwrap_or_default());
    for (sign, line) in [('-', old), ('+', new)] {
        if let Some(line) = line {
            let _ = writeln!(out, "{sign} {}", cut(line, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rehearse::End;
    use super::*;
    use serde_json::json;

    fn told(id: &str, text: &str) -> DocumentResult {
        DocumentResult { id: id.into(), text: text.into(), ..DocumentResult::default() }
    }

    fn rehearsal(documents: Vec<DocumentResult>) -> Rehearsal {
        Rehearsal { documents, ..Rehearsal::default() }
    }

    #[test]
    fn nothing_changed_is_said() {
        let make = || rehearsal(vec![told("a", "one"), told("b", "two")]);
        let shown = compare(&make(), &make());
        assert_eq!(shown, "2 documents: 2 written, 0 dropped, 0 failed; nothing changed");
    }

    #[test]
    fn each_change_is_shown_at_its_document() {
        let long = |word: &str| format!("{}{word}{}", "x".repeat(300), "y".repeat(300));
        let lines = |n: usize| (0..n).map(|n| format!("line {n}\n")).collect::<String>();
        let mut former = rehearsal(vec![
            told("same", "one\ntwo"),
            told("line", "one\ntwo\nthree\nfour\nfive"),
            told("long", &long("old")),
            told("many", &lines(100)),
            told("dropped", "one"),
            told("columns", "one"),
            told("events", "one"),
            told("gone", "one"),
        ]);
        former.documents[5].columns = BTreeMap::from([("a".into(), json!(1)), ("b".into(), json!("same"))]);
        former.documents[6].events = vec!["s: edit x 1..2".into(), "s: edit x 3..4".into()];
        former.reports.insert("counts".into(), json!({"documents": 8, "words": 3}));
        let mut fresh = rehearsal(former.documents[..7].to_vec());
        fresh.documents[1].text = "one\ntwo\nthree!\nfour\nfive".into();
        fresh.documents[2].text = long("new");
        fresh.documents[3].text = String::new();
        fresh.documents[4].end = End::Dropped("by `short` in `s` (value 1, threshold 2)".into());
        fresh.documents[5].columns =
            BTreeMap::from([("b".into(), json!("same")), ("c".into(), json!([1, 2]))]);
        fresh.documents[6].events.remove(0);
        fresh.documents.push(told("new", "one\u{7}"));
        fresh.reports.insert("counts".into(), json!({"documents": 8, "words": 4}));
        insta::assert_snapshot!(compare(&former, &fresh));
    }
}
