//! Renders an outcome as text for people: verdict, text, columns and events of each document.

use super::run::{Outcome, Verdict};
use serde_json::Value;
use std::fmt::Write as _;
use textmill_core::event::{Action, Event};

/// Texts and replacements longer than this many characters are cut in the middle.
const SHOWN_CHARS: usize = 6000;
/// The same for the texts in events.
const SHOWN_IN_EVENT: usize = 100;

/// Renders an outcome.
pub fn render(outcome: &Outcome) -> String {
    let mut out = String::new();
    for verdict in &outcome.verdicts {
        one(verdict, &mut out);
    }
    if let Some(report) = &outcome.report {
        let _ = writeln!(out, "=== report\n{report:#}");
    }
    out
}

pub(super) fn one(verdict: &Verdict, out: &mut String) {
    let end = match (verdict.end(), &verdict.after) {
        (Some(event), _) if event.action == Action::Drop => format!("dropped by `{}`", event.rule),
        (Some(event), _) => format!("failed by `{}`", event.rule),
        (None, Some(after)) if *after == verdict.before => "kept, text unchanged".to_owned(),
        (None, Some(_)) => "kept, text edited".to_owned(),
        (None, None) => "gone without an event".to_owned(),
    };
    let _ = writeln!(out, "=== {}: {end}", verdict.id);
    if let Some(after) = verdict.after.as_ref().filter(|after| **after != verdict.before) {
        let _ = writeln!(out, "--- text");
        for line in cut(after, SHOWN_CHARS).lines() {
            let _ = writeln!(out, "{}", visible(line));
        }
    }
    if !verdict.columns.is_empty() {
        let _ = writeln!(out, "--- columns");
        for (name, value) in &verdict.columns {
            column(name, value, out);
        }
    }
    if !verdict.events.is_empty() {
        let _ = writeln!(out, "--- events");
        for event in &verdict.events {
            row(event, &verdict.before, out);
        }
    }
    out.push('\n');
}

fn column(name: &str, value: &Value, out: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let _ = writeln!(out, "{name}:");
            for item in items {
                let _ = writeln!(out, "  - {item}");
            }
        }
        other => {
            let _ = writeln!(out, "{name}: {other}");
        }
    }
}

/// Renders an event as one line. `before` is the text that the stage received.
pub fn event_line(event: &Event, before: &str) -> String {
    let mut out = String::new();
    row(event, before, &mut out);
    out.truncate(out.trim_end().len());
    out
}

fn row(event: &Event, before: &str, out: &mut String) {
    let _ = write!(out, "{} {}", event.action.name(), event.rule);
    if let (Some(start), Some(end)) = (event.start, event.end) {
        let span = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let old = span.and_then(|(start, end)| before.get(start..end)).unwrap_or("?");
        let _ = write!(out, " {start}..{end} {:?}", cut(old, SHOWN_IN_EVENT));
        if let Some(new) = event.replacement.as_deref().filter(|r| !r.is_empty()) {
            let _ = write!(out, " -> {:?}", cut(new, SHOWN_IN_EVENT));
        }
    }
    if let Some(value) = event.value {
        let _ = write!(out, " value {value}");
    }
    if let Some(threshold) = event.threshold {
        let _ = write!(out, " threshold {threshold}");
    }
    if let Some(other) = event.other {
        let _ = write!(out, " other #{other}");
    }
    if let Some(note) = &event.note {
        let _ = write!(out, " ({note})");
    }
    out.push('\n');
}

/// Whether a character is invisible or looks like a space. A tab counts as visible.
pub fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\t'
        || matches!(c, '\u{ad}' | '\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A line with its invisible characters escaped.
pub fn visible(line: &str) -> String {
    line.chars().fold(String::with_capacity(line.len()), |mut shown, c| {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
        shown
    })
}

fn cut(text: &str, chars: usize) -> String {
    let count = text.chars().count();
    if count <= chars {
        return text.to_owned();
    }
    let head: String = text.chars().take(chars / 2).collect();
    let tail: String = text.chars().skip(count - chars / 2).collect();
    format!("{head} […{} characters…] {tail}", count - chars)
}
