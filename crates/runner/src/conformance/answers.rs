//! Writes down the answers of an operator for another process, which compares them with its own.

use super::subject::Subject;
use super::test::{Line, Notes, Verdict};
use textmill_plugin::error::Result;
use textmill_plugin::harness::Outcome;

/// Runs the documents in one batch and writes down the results.
///
/// # Errors
/// If the stage fails as a whole.
pub fn write(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let outcome = subject.run(&subject.batch()?)?;
    notes.write(&Line::Answers(lines(&outcome)));
    Ok(Verdict::ok(""))
}

/// An outcome as lines: one per document, and the report. Equal lines mean equal outcomes, to the last digit.
pub fn lines(outcome: &Outcome) -> Vec<String> {
    let verdicts = outcome.verdicts.iter();
    let mut lines: Vec<String> = verdicts
        .map(|v| {
            let columns = serde_json::Value::Object(v.columns.clone());
            format!("document `{}`: {:?}, columns {columns}, events {:?}", v.id, v.after, v.events)
        })
        .collect();
    lines.extend(outcome.report.iter().map(|report| format!("report: {report}")));
    lines
}

/// The first difference between two answers: the lines, cut to where they differ.
pub fn difference(one: &[String], other: &[String]) -> Option<String> {
    if one.len() != other.len() {
        return Some(format!("{} lines of answers, and {}", one.len(), other.len()));
    }
    let (one, other) = one.iter().zip(other).find(|(a, b)| a != b)?;
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let head = one.split(':').next().unwrap_or_default();
    let from = |text: &str| {
        let start = text.floor_char_boundary(same.saturating_sub(20));
        let end = text.floor_char_boundary((same + 60).min(text.len()));
        text.get(start..end).unwrap_or_default().to_owned()
    };
    Some(format!("{head}: `…{}…`, and `…{}…`", from(one), from(other)))
}
