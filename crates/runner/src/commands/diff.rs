//! `textmill diff`.

use super::print;
use crate::cli::DiffArgs;
use crate::failure::Failure;
use crate::inspect::{Changed, Comparison, Ending, Ledger, Reason, RunFolder, compare};
use crate::journal::differences;
use crate::rehearsal::write_difference;
use crate::table::{drawn, table};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Compares two runs.
///
/// # Errors
/// If one of the folders is not a run, or if the runs differ, which sets the exit status.
pub fn diff(args: &DiffArgs) -> Result<(), Failure> {
    let (before, after) = (RunFolder::open(&args.before)?, RunFolder::open(&args.after)?);
    for run in [&before, &after] {
        Ledger::of(run).check()?;
    }
    let configuration = differences(&made_of(&before.run), &made_of(&after.run));
    let rules = rules(&before, &after);
    let mut found = compare(&before, &after)?;
    found.most.truncate(args.documents);
    let is_same = found.changed + found.added + found.removed == 0;
    if args.json {
        let known = json!({ "configuration": configuration, "rules": rules, "documents": found });
        print(&format!("{known:#}"))?;
    } else {
        print(shown(&configuration, &rules, &found).trim_end())?;
    }
    if is_same { Ok(()) } else { Err(Failure::Negative) }
}

/// The settings and software that a run was made with, with stages and plugins keyed by name.
fn made_of(run: &Value) -> Value {
    let by_name = |list: Option<&Value>| -> Value {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        items
            .filter_map(|item| {
                let mut own = item.as_object()?.clone();
                let name = own.remove("name")?.as_str()?.to_owned();
                own.remove("path");
                // Determined by the plugin.
                own.remove("thresholds-schema");
                Some((name, own.into()))
            })
            .collect::<Map<String, Value>>()
            .into()
    };
    let pipeline = run.get("pipeline");
    let part = |name: &str| pipeline.and_then(|pipeline| pipeline.get(name));
    let mut input = part("input").cloned().unwrap_or_default();
    if let Some(input) = input.as_object_mut() {
        input.remove("max-document-bytes");
    }
    let stages = part("stages").and_then(Value::as_array).into_iter().flatten();
    let order: Vec<&Value> = stages.filter_map(|stage| stage.get("name")).collect();
    let mut made = json!({
        "input": input,
        "order": order,
        "stages": by_name(part("stages")),
        "plugins": by_name(run.get("plugins")),
        "textmill": run.get("textmill"),
    });
    // A run to the end of the input has no limit to show.
    if let (Some(made), Some(limit)) =
        (made.as_object_mut(), run.get("limit").filter(|limit| !limit.is_null()))
    {
        made.insert("limit".into(), limit.clone());
    }
    made
}

/// The rules whose counts differ between two runs: stage, rule, action, before, after.
fn rules(before: &RunFolder, after: &RunFolder) -> Vec<Value> {
    let counts = |run: &RunFolder| -> Map<String, Value> {
        let stages = run.summary.get("stages").and_then(Value::as_array).into_iter().flatten();
        let named =
            |stage: &Value| Some((stage.get("stage")?.as_str()?.to_owned(), stage.get("rules")?.clone()));
        let input = run.summary.pointer("/input/rules").map(|rules| ("input".to_owned(), rules.clone()));
        input.into_iter().chain(stages.filter_map(named)).collect()
    };
    let (old, new) = (counts(before), counts(after));
    let mut out = Vec::new();
    let stages: Vec<&String> =
        old.keys().chain(new.keys().filter(|stage| !old.contains_key(*stage))).collect();
    for stage in stages {
        let rules =
            |run: &Map<String, Value>| run.get(stage).and_then(Value::as_object).cloned().unwrap_or_default();
        let (old, new) = (rules(&old), rules(&new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for rule in names {
            for action in ["edit", "drop", "annotate", "fail"] {
                let count = |rules: &Map<String, Value>| {
                    rules.get(rule).and_then(|counts| counts.get(action)?.as_u64()).unwrap_or_default()
                };
                let (before, after) = (count(&old), count(&new));
                if before != after {
                    out.push(json!({
                        "stage": stage, "rule": rule, "action": action, "before": before, "after": after,
                    }));
                }
            }
        }
    }
    out
}

fn shown(configuration: &[String], rules: &[Value], found: &Comparison) -> String {
    let mut out = String::new();
    if configuration.is_empty() {
        out.push_str("the configuration is the same\n");
    } else {
        out.push_str("configuration\n");
        configuration.iter().for_each(|line| _ = writeln!(out, "  {line}"));
    }
    if !rules.is_empty() {
        let _ = writeln!(out, "\n{}", rules_table(rules));
    }
    let Comparison { same, changed, added, removed, .. } = found;
    let _ =
        writeln!(out, "\ndocuments: {same} the same, {changed} changed, {added} added, {removed} removed");
    if found.reordered > 0 {
        let all = if found.reordered == *same { "they have" } else { "the same, but with" };
        let _ = writeln!(out, "  {}: {all} their columns in another order", found.reordered);
    }
    for (from, to, count) in &found.moves {
        let _ = writeln!(out, "  {count}: {}", moved(from, to));
    }
    for (what, ids, count) in [("added", &found.added_ids, *added), ("removed", &found.removed_ids, *removed)]
    {
        ids.iter().take(LISTED).for_each(|id| _ = writeln!(out, "  {what}: {id}"));
        if count > LISTED as u64 {
            let _ = writeln!(out, "  … and {} more {what}", count - LISTED as u64);
        }
    }
    for change in &found.most {
        document(change, &mut out);
    }
    let hidden = changed - found.most.len() as u64;
    if hidden > 0 && *changed > 0 {
        let _ = writeln!(out, "\n{hidden} more changed less; `--documents` shows more");
    }
    out
}

/// The maximum number of added or removed documents that are listed.
const LISTED: usize = 10;

fn rules_table(rules: &[Value]) -> String {
    let mut out = table(&["stage", "action", "rule", "before", "after", "change"], 3);
    for rule in rules {
        let text = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let count = |key: &str| rule.get(key).and_then(Value::as_i64).unwrap_or_default();
        let (before, after) = (count("before"), count("after"));
        out.add_row(vec![
            text("stage"),
            text("action"),
            text("rule"),
            before.to_string(),
            after.to_string(),
            format!("{:+}", after - before),
        ]);
    }
    drawn(&out)
}

fn moved(from: &Reason, to: &Reason) -> String {
    if from == to {
        return match from.ending {
            Ending::Written => "written, with another text or other columns".to_owned(),
            _ => format!("{}, with another text or on other evidence", words(from)),
        };
    }
    format!("{} -> {}", words(from), words(to))
}

fn words(reason: &Reason) -> String {
    match (&reason.stage, &reason.rule) {
        (Some(stage), Some(rule)) => format!("{} by `{rule}` in `{stage}`", reason.ending.name()),
        _ => reason.ending.name().to_owned(),
    }
}

/// The maximum number of lines of a document's difference that are shown.
const LINES: usize = 20;
/// Lines of context around a change.
const AROUND: usize = 1;

fn document(change: &Changed, out: &mut String) {
    let _ = writeln!(out, "\n=== {}: {}", change.id, moved(&change.before, &change.after));
    if !change.columns.is_empty() {
        let _ = writeln!(out, "  columns that differ: {}", change.columns.join(", "));
    }
    write_difference(&change.text_before, &change.text_after, AROUND, LINES, "  ", out);
}
