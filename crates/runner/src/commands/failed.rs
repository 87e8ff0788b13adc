//! The documents of a run that failed and the most frequent reason, for the summary at the end of the run.

use crate::failure::Failure;
use crate::table::{beginning, count};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The most frequent reason why documents failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failed {
    /// The number of documents that failed.
    documents: u64,
    /// Whether all documents that were read failed.
    all: bool,
    /// The stage of the most frequent reason.
    stage: String,
    /// The rule that is the reason.
    rule: String,
    /// The number of documents that failed for this reason.
    times: u64,
    /// The id of the first of them, and its note.
    example: Option<(String, String)>,
}

impl Failed {
    /// Reads a complete run folder; `None` if no document failed.
    pub fn of(folder: &Path) -> Option<Self> {
        let summary: Value =
            serde_json::from_slice(&std::fs::read(folder.join("summary.json")).ok()?).ok()?;
        let number = |name: &str| summary.pointer(&format!("/documents/{name}")).and_then(Value::as_u64);
        let (read, documents) = (number("read")?, number("failed").filter(|failed| *failed > 0)?);
        let input = summary.get("input").map(|counts| ("input", counts));
        let stages = summary.get("stages").and_then(Value::as_array).into_iter().flatten();
        let stages = stages.filter_map(|stage| Some((stage.get("stage")?.as_str()?, stage)));
        let mut most: Option<(&str, &str, u64)> = None;
        for (stage, counts) in input.into_iter().chain(stages) {
            for (rule, counts) in counts.get("rules").and_then(Value::as_object).into_iter().flatten() {
                let times = counts.get("fail").and_then(Value::as_u64).unwrap_or_default();
                if times > most.map_or(0, |(.., times)| times) {
                    most = Some((stage, rule, times));
                }
            }
        }
        let (stage, rule, times) = most?;
        let (stage, rule) = (stage.to_owned(), rule.to_owned());
        let example = first(&folder.join("failed.jsonl"), &stage, &rule);
        Some(Self { documents, all: read == documents, stage, rule, times, example })
    }

    /// The line below the table of stages.
    pub fn shown(&self) -> String {
        format!("{} failed, {}", count(self.documents as usize, "document"), self.reason())
    }

    /// The failure to report if every document of the input failed.
    pub fn failure(&self, shown: &Path) -> Option<Failure> {
        let all = match self.documents {
            1 => "the only document".to_owned(),
            many => format!("all {many} documents"),
        };
        let hint = format!(
            "`{}` has the reason for each; fix the input, or the field names in the pipeline, and run it again",
            shown.join("failed.jsonl").display()
        );
        self.all.then(|| Failure::new(format!("{all} failed, {}", self.reason())).hint(hint))
    }

    fn reason(&self) -> String {
        let Self { stage, rule, times, .. } = self;
        let example = self.example.as_ref().map(|(id, note)| match note.is_empty() {
            true => format!(", such as `{id}`"),
            false => format!(", such as `{id}`: {note}"),
        });
        let often = match self.documents {
            1 => String::new(),
            _ => format!("most often ({times}) "),
        };
        format!("{often}by `{rule}` of `{stage}`{}", example.unwrap_or_default())
    }
}

/// The id and note of the first document that failed for a given reason.
fn first(path: &Path, stage: &str, rule: &str) -> Option<(String, String)> {
    let of = |line: &Value, name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
    for line in BufReader::new(File::open(path).ok()?).lines() {
        let line: Value = serde_json::from_str(&line.ok()?).ok()?;
        if of(&line, "stage").as_deref() == Some(stage) && of(&line, "rule").as_deref() == Some(rule) {
            return Some((of(&line, "id")?, short(&of(&line, "note").unwrap_or_default())));
        }
    }
    None
}

/// The maximum number of characters of a note that are shown.
const SHOWN: usize = 300;

/// The beginning of a text, as a single line: a plugin's note may be long.
fn short(note: &str) -> String {
    beginning(&note.split_whitespace().collect::<Vec<_>>().join(" "), SHOWN).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn folder(read: u64) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let rules = |bad: u64| json!({"bad-json": {"fail": bad}, "no-text": {"fail": 1, "drop": 9}});
        let summary = json!({
            "documents": {"read": read, "failed": 4},
            "input": {"rules": rules(1)},
            "stages": [{"stage": "clean", "rules": rules(2)}],
        });
        std::fs::write(folder.path().join("summary.json"), summary.to_string()).unwrap();
        let lines = ["input", "clean", "clean"].iter().enumerate().map(|(number, stage)| {
            json!({"id": format!("d{number}"), "stage": stage, "rule": "bad-json", "note": "it is cut off"})
        });
        let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
        std::fs::write(folder.path().join("failed.jsonl"), lines.join("\n")).unwrap();
        folder
    }

    #[test]
    fn long_notes_are_cut() {
        assert_eq!(short("panicked at a.rs:\n  no text"), "panicked at a.rs: no text");
        assert_eq!(short(&"é".repeat(SHOWN + 1)), format!("{}…", "é".repeat(SHOWN)));
    }

    #[test]
    fn the_commonest_reason_is_named() {
        let some = Failed::of(folder(5).path()).unwrap();
        let reason = "most often (2) by `bad-json` of `clean`, such as `d1`: it is cut off";
        assert_eq!(some.shown(), format!("4 documents failed, {reason}"));
        assert!(some.failure(Path::new("out")).is_none());
        let all = Failed::of(folder(4).path()).unwrap().failure(Path::new("out")).unwrap();
        assert!(all.render(false).starts_with(&format!(
            "error: all 4 documents failed, {reason}\n  hint: `out/failed.jsonl` has"
        )));
        assert_eq!(all.exit_status(), 1);
    }
}
