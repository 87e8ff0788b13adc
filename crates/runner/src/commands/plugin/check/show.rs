//! How the verdicts of `textmill plugin check` are shown: as a table with the failures below it, or as JSON.

use super::{Report, Row};
use crate::cli::PluginCheckArgs;
use crate::conformance::{TESTS, Verdict, find};
use crate::table::{beginning, duration, table};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// The tests, each with its description.
pub(super) fn list() -> String {
    let mut out = String::new();
    for test in TESTS {
        let _ = writeln!(out, "{}\n    {}", test.id, test.doc);
    }
    out.trim_end().to_owned()
}

/// The table, followed by the details of each failure.
pub(super) fn text(report: &Report) -> String {
    let mut rows = table(&["test", "operator", "verdict", "time", "seen"], 3);
    for column in rows.column_iter_mut().skip(4) {
        column.set_cell_alignment(comfy_table::CellAlignment::Left);
    }
    for row in &report.rows {
        let (word, seen) = match &row.verdict {
            Verdict::Ok { note } => ("ok", note.clone()),
            Verdict::Failed { .. } => ("FAILED", "see below".to_owned()),
            Verdict::Skipped { why } => ("skipped", why.clone()),
        };
        let operator = row.operator.clone().unwrap_or_default();
        let time = duration(row.elapsed.as_nanos() as u64);
        rows.add_row(vec![row.test.to_owned(), operator, word.to_owned(), time, first_line(&seen)]);
    }
    let mut out = String::new();
    let name = report.plugin.as_ref().map(|p| format!("{} {}, ", p.descriptor.name, p.descriptor.version));
    let _ = writeln!(out, "{}{}", name.unwrap_or_default(), report.library.display());
    for line in rows.to_string().lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for row in &report.rows {
        let Verdict::Failed { seen } = &row.verdict else { continue };
        let operator = row.operator.as_ref().map(|name| format!(" (operator `{name}`)")).unwrap_or_default();
        let _ = writeln!(out, "\nFAILED {}{operator}", row.test);
        for what in seen {
            let _ = writeln!(out, "  {}", what.replace('\n', "\n    "));
        }
        // Findings that have their own hint, or that only say what cannot be tested, need no advice.
        let is_told = |what: &String| what.contains("; hint: ") || what.starts_with("it cannot be tested");
        if let Some(test) = find(row.test).filter(|_| !seen.iter().all(is_told)) {
            let _ = writeln!(out, "  what to do: {}", test.advice);
        }
        let _ = writeln!(out, "  run it again: {}", row.command);
    }
    // A reason is shown once, even if it concerns several tests.
    let mut told: Vec<&str> = Vec::new();
    for row in &report.rows {
        let Verdict::Skipped { why } = &row.verdict else { continue };
        if first_line(why) != *why && !told.contains(&why.as_str()) {
            told.push(why);
            let _ = writeln!(out, "\nskipped {}\n  {}", row.test, why.replace('\n', "\n    "));
        }
    }
    let count = |wanted: fn(&Verdict) -> bool| report.rows.iter().filter(|row| wanted(&row.verdict)).count();
    let ok = count(|v| matches!(v, Verdict::Ok { .. }));
    let failed = count(|v| matches!(v, Verdict::Failed { .. }));
    let skipped = count(|v| matches!(v, Verdict::Skipped { .. }));
    let _ = write!(out, "\n{ok} ok, {failed} failed, {skipped} skipped (seed {})", report.seed);
    out
}

/// The whole report as JSON.
pub(super) fn json(report: &Report) -> String {
    let row = |row: &Row| {
        let mut out = json!({"test": row.test, "operator": row.operator});
        if let (Some(out), Ok(Value::Object(verdict))) =
            (out.as_object_mut(), serde_json::to_value(&row.verdict))
        {
            out.extend(verdict);
            out.insert("seconds".into(), row.elapsed.as_secs_f64().into());
            out.insert("command".into(), row.command.clone().into());
            if let (Verdict::Failed { .. }, Some(test)) = (&row.verdict, find(row.test)) {
                out.insert("advice".into(), test.advice.into());
            }
        }
        out
    };
    let plugin = report.plugin.as_ref();
    let whole = json!({
        "library": report.library.display().to_string(),
        "plugin": plugin.map(|p| &p.descriptor.name),
        "version": plugin.map(|p| &p.descriptor.version),
        "abi": plugin.map(|p| format!("{}.{}", p.abi.0, p.abi.1)),
        "seed": report.seed,
        "failed": report.rows.iter().filter(|row| matches!(row.verdict, Verdict::Failed { .. })).count(),
        "tests": report.rows.iter().map(row).collect::<Vec<_>>(),
    });
    format!("{whole:#}")
}

/// The command that runs a test again.
pub(super) fn command(args: &PluginCheckArgs, library: &Path, test: &str, operator: Option<&str>) -> String {
    let mut words = vec!["textmill".to_owned(), "plugin".into(), "check".into()];
    words.push(quoted(&library.display().to_string()));
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), quoted(&value)]);
    option("--only", test.to_owned());
    if let Some(operator) = operator {
        option("--operator", operator.to_owned());
    }
    option("--seed", args.seed.to_string());
    if let Some(options) = &args.options {
        option("--options", options.clone());
    }
    if let Some(input) = &args.input {
        option("--input", input.display().to_string());
    }
    // Only options that differ from their defaults, which are repeated here from the definition of the
    // command line.
    for (name, value, usual) in [
        ("--time-limit", args.time_limit.to_string(), "120"),
        ("--huge", args.huge.clone(), "10MB"),
        ("--memory", args.memory.clone(), "4GiB"),
    ] {
        if value != usual {
            option(name, value);
        }
    }
    words.join(" ")
}

/// A word, quoted for a shell if needed.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn first_line(text: &str) -> String {
    const SHOWN: usize = 90;
    beginning(text.lines().next().unwrap_or_default(), SHOWN).into_owned()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quoted("target/libx.so"), "target/libx.so");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("{\"a\": 1}"), "'{\"a\": 1}'");
        assert_eq!(quoted(""), "''");
    }
}
