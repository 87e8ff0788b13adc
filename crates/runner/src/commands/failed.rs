//! Documents of a run that failed: of what most often, for the end of the run.

use crate::failure::Failure;
use crate::table::{beginning, count};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Why documents failed, most often.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failed {
    /// Documents that failed.
    documents: u64,
    /// Whether no other was read.
    all: bool,
    /// The stage where most failed of one reason.
    stage: String,
    /// The reason.
    rule: String,
    /// Documents that failed of it.
    times: u64,
    /// The first of them, with what was said of it.
    example: Option<(String, String)>,
}

impl Failed {
    /// By what a whole run folder says; none where no document failed.
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

    /// A line below the table of stages.
    pub fn shown(&self) -> String {
        format!("{} failed, {}", count(self.documents as usize, "document"), self.reason())
    }

    /// What the user is told where nothing but failures was left of the input.
    pub fn failure(&self, shown: &Path) -> Option<Failure> {
        let all = match self.documents {
            1 => "the only document".to_owned(),
            many => format!("all {many} documents"),
        };
        let hint = format!(
            "`{}` has the reason of each; mend the input, or the pipeline where it names the wrong fields, and run it again",
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

/// The first document that failed of a reason, and what was said of it.
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

/// Characters of what was said of a document that are shown.
const SHOWN: usize = 300;

/// The beginning of a text, in one line: a plugin may have much to say of how it failed.
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
