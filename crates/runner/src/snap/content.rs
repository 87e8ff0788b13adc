//! What a stage did to a document, as lines. The first line is the verdict on the document; `--- text`, `---
//! columns` and `--- events` begin the sections.

use super::text::{evidence, struck};
use super::yaml;
use crate::table::count;
use serde_json::Value;
use textmill_core::edit::{Edit, sort_and_check};
use textmill_core::event::{Action, Event};
use textmill_plugin::harness::visible;

/// The content for a document that a stage did not change. No file is kept for it.
const UNTOUCHED: &str = "kept, untouched";
/// The prefix of the content for a document that does not reach a stage. No file is kept for it.
const ABSENT: &str = "does not get here: ";
/// The content for a stage without a report. No file is kept for it.
const NO_REPORT: &str = "no report";
/// Number of lines of a dropped document to show.
const DROPPED_LINES: usize = 3;

/// Whether a content says that nothing happened, which is equivalent to no snapshot.
pub fn is_nothing(content: &str) -> bool {
    let content = content.trim_end();
    content == UNTOUCHED
        || content == NO_REPORT
        || content.starts_with(ABSENT) && content.lines().count() == 1
}

/// Whether a content says that the document did not reach the stage.
pub(super) fn is_absent(content: &str) -> bool {
    content.starts_with(ABSENT)
}

/// Whether a content says that the document was dropped or failed in the stage.
pub(super) fn is_end(content: &str) -> bool {
    content.starts_with("dropped by ") || content.starts_with("failed by ")
}

/// Whether two contents are equivalent. A different threshold does not count if value and decision are the
/// same: otherwise it would affect every document that the rule has ever looked at.
pub fn is_same(old: &str, new: &str) -> bool {
    old == new || is_nothing(old) && is_nothing(new) || {
        without_thresholds(old).eq(without_thresholds(new))
    }
}

/// The lines without the thresholds of events: in the verdict, in tags, and in the events section.
fn without_thresholds(content: &str) -> impl Iterator<Item = String> {
    let mut in_events = false;
    content.lines().enumerate().map(move |(number, line)| {
        in_events |= line == "--- events";
        let from = match line.starts_with(['~', '*', '>']) {
            _ if number == 0 || in_events => Some(0),
            true => line.rfind("    ["),
            false => None,
        };
        let Some((text, told)) = from.and_then(|from| line.split_at_checked(from)) else {
            return line.to_owned();
        };
        let mut parts = told.split("threshold ");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(format!("{text}{first}"), |out, part| {
            let end = part.find([',', ']']).unwrap_or(part.len());
            out + "threshold " + &part[end..]
        })
    })
}

/// What a stage did to a document.
#[derive(Clone, Debug, Default)]
pub struct Content<'a> {
    /// The text that the stage received.
    pub before: &'a str,
    /// The columns that it wrote or changed.
    pub columns: Vec<(String, Value)>,
    /// Its events on the document.
    pub events: Vec<&'a Event>,
}

impl Content<'_> {
    /// How the document was dropped or failed here, if it was. `id_of` maps ordinals to document ids.
    pub fn end(&self, id_of: &dyn Fn(u64) -> Option<String>) -> Option<String> {
        let ending = |event: &&&Event| matches!(event.action, Action::Drop | Action::Fail);
        self.events.iter().find(ending).map(|event| line(event, self.before, id_of))
    }

    /// The content as text.
    pub fn shown(&self, id_of: &dyn Fn(u64) -> Option<String>) -> String {
        let end = self.end(id_of);
        let mut edits: Vec<Edit> = self.events.iter().filter_map(|event| event.to_edit()).collect();
        let text = match sort_and_check(self.before, &mut edits) {
            Ok(()) if !edits.is_empty() => struck(self.before, &edits),
            _ => end.iter().flat_map(|_| beginning(self.before)).collect(),
        };
        let mut columns = Vec::new();
        for (name, value) in &self.columns {
            yaml::entry(name, value, &mut columns);
        }
        let mut events: Vec<String> = self
            .events
            .iter()
            .filter(|event| event.to_edit().is_none())
            .map(|event| line(event, self.before, id_of))
            .collect();
        // The verdict already says this.
        if let Some(at) = events.iter().position(|event| Some(event) == end.as_ref()) {
            events.remove(at);
        }
        let untouched = end.is_none() && text.is_empty() && columns.is_empty() && events.is_empty();
        if untouched {
            return UNTOUCHED.into();
        }
        let mut lines = vec![end.unwrap_or_else(|| "kept".into())];
        for (section, content) in [("text", text), ("columns", columns), ("events", events)] {
            if !content.is_empty() {
                lines.push(format!("--- {section}"));
                lines.extend(content);
            }
        }
        lines.join("\n")
    }
}

/// The content for a document that does not reach a stage, because it ended as `how` says in `stage`.
pub(super) fn absent(how: &str, stage: &str) -> String {
    format!("{ABSENT}{how}, in `{stage}`")
}

/// The content of a report.
pub(super) fn report(report: Option<&Value>) -> String {
    let Some(report) = report else { return NO_REPORT.into() };
    let mut lines = vec!["report".to_owned()];
    match report {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| yaml::entry(name, value, &mut lines));
        }
        other => lines.push(yaml::inline(other)),
    }
    lines.join("\n")
}

/// The first lines of a text that goes no further.
fn beginning(text: &str) -> Vec<String> {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let mut out: Vec<String> = lines()
        .take(DROPPED_LINES)
        .map(|line| format!("  {}", super::text::piece(line).trim_end()))
        .collect();
    let rest = lines().count().saturating_sub(DROPPED_LINES);
    if rest > 0 {
        out.push(format!("  … {} …", count(rest, "line")));
    }
    out
}

/// An event as one line.
fn line(event: &Event, before: &str, id_of: &dyn Fn(u64) -> Option<String>) -> String {
    let mut out = match event.action {
        Action::Drop => format!("dropped by `{}`", event.rule),
        Action::Fail => format!("failed by `{}`", event.rule),
        action => format!("{} `{}`", action.name(), event.rule),
    };
    let span = |start: u64, end: u64| before.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?);
    let passage = event.start.zip(event.end).and_then(|(start, end)| span(start, end));
    if let Some(passage) = passage.filter(|passage| !passage.is_empty()) {
        let short: String = passage.chars().take(60).collect();
        let more = if short.len() < passage.len() { "…" } else { "" };
        out.push_str(&format!(" at \"{}{more}\"", visible(&short.replace('\n', "\\n"))));
    }
    let mut because = Vec::new();
    let evidence = evidence(event.value, event.threshold, event.note.as_deref());
    if !evidence.is_empty() {
        because.push(evidence);
    }
    if let Some(other) = event.other {
        let word = if event.action == Action::Drop { "twin" } else { "other document" };
        because.push(format!("{word} `{}`", id_of(other).unwrap_or_else(|| "unknown".into())));
    }
    if !because.is_empty() {
        out.push_str(&format!(": {}", because.join(", ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_threshold_alone_is_no_difference() {
        let content = |value: u32, threshold: u32, words: u32| {
            format!(
                "dropped by `short`: value {value}, threshold {threshold}, a note\n--- text\n\
                 ~ a threshold {words}    [menu: value 2, threshold {threshold}] [x ×2]\n  kept, threshold {words}\n\
                 --- columns\nwords: 3\n--- events\nannotate `y`: value 1, threshold {threshold}"
            )
        };
        assert!(is_same(&content(1, 2, 3), &content(1, 4, 3)));
        assert!(!is_same(&content(1, 2, 3), &content(2, 2, 3)));
        assert!(!is_same(&content(1, 2, 3), &content(1, 2, 4)));
        assert!(is_same(UNTOUCHED, &absent("dropped", "a")) && is_same(NO_REPORT, NO_REPORT));
        assert!(!is_same(UNTOUCHED, "kept\n--- columns\nwords: 3"));
    }
}
