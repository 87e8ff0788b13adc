//! What a test is: a name, a sentence and a function; and what it finds.

use super::subject::Subject;
use crate::host::LoadedPlugin;
use crate::table::count;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use textmill_plugin::error::Result;

/// A test.
pub struct Test {
    /// Name on the command line, in kebab case; its file has the same name.
    pub id: &'static str,
    /// What it requires, in a sentence.
    pub doc: &'static str,
    /// What to do if it fails, in a sentence.
    pub advice: &'static str,
    /// The function to run. An error counts as a failure.
    pub run: Run,
}

/// The function of a test, by what it needs.
#[derive(Clone, Copy)]
pub enum Run {
    /// The file, without loading it.
    File(fn(&Path, &Notes) -> Result<Verdict>),
    /// The loaded library.
    Plugin(fn(&LoadedPlugin, &Notes) -> Result<Verdict>),
    /// Each operator that can be a stage, even if it cannot be bound.
    Operator(fn(&Subject, &Notes) -> Result<Verdict>),
    /// Each operator that can be a stage and could be bound.
    Bound(fn(&Subject, &Notes) -> Result<Verdict>),
}

/// What a test found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// The plugin fulfils the contract.
    Ok {
        /// What was measured, in a few words; may be empty.
        #[serde(default)]
        note: String,
    },
    /// It does not.
    Failed {
        /// What was observed, one sentence each.
        seen: Vec<String>,
    },
    /// The test does not apply to this plugin or operator.
    Skipped {
        /// Why.
        why: String,
    },
}

/// Maximum number of observations to list; the rest are counted.
const TOLD_AT_MOST: usize = 10;

impl Verdict {
    /// The plugin passes.
    pub fn ok(note: impl Into<String>) -> Self {
        Self::Ok { note: note.into() }
    }

    /// The plugin fails.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::Failed { seen: vec![what.into()] }
    }

    /// The test does not apply.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped { why: why.into() }
    }

    /// The plugin passes if nothing was observed.
    pub fn of(seen: Vec<String>, note: impl Into<String>) -> Self {
        if seen.is_empty() {
            return Self::ok(note);
        }
        let mut seen = merged(seen);
        let more = seen.len().saturating_sub(TOLD_AT_MOST);
        seen.truncate(TOLD_AT_MOST);
        if more > 0 {
            seen.push(format!("and {more} more like these"));
        }
        Self::Failed { seen }
    }
}

/// Merges observations on several documents that differ only in numbers: keeps the first, with the number of
/// the others.
fn merged(seen: Vec<String>) -> Vec<String> {
    let of_document = |what: &str| {
        let (_, rest) = what.strip_prefix("document `")?.split_once('`')?;
        // Lengths and positions differ from document to document.
        Some(rest.replace(|c: char| c.is_ascii_digit(), ""))
    };
    let mut told: Vec<(String, Option<String>, usize)> = Vec::new();
    for what in seen {
        let key = of_document(&what);
        match told.iter_mut().find(|(_, of, _)| key.is_some() && *of == key) {
            Some((.., others)) => *others += 1,
            None => told.push((what, key, 0)),
        }
    }
    let line = |(what, _, others): (String, Option<String>, usize)| match others {
        0 => what,
        n => format!("{what} (and {} alike)", count(n, "more document")),
    };
    told.into_iter().map(line).collect()
}

/// The file to which a test's process writes what it is doing and what it found, one line of JSON each. If
/// the process dies, the last complete line tells what it was doing.
pub struct Notes(Mutex<File>);

/// A line of the notes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// What the process is doing.
    Doing(String),
    /// The plugin's descriptor, as JSON, with the version of the ABI.
    Plugin(Box<PluginLine>),
    /// The answers for the documents, one line each, for comparison with another process.
    Answers(Vec<String>),
    /// The verdict.
    Verdict(Verdict),
}

/// What is known about a plugin once its library is open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PluginLine {
    /// Its descriptor.
    pub descriptor: textmill_plugin::descriptor::PluginDescriptor,
    /// Version of the ABI that it was built with.
    pub abi: (u32, u32),
}

impl Notes {
    /// Creates notes that are written to an open file.
    pub fn new(file: File) -> Self {
        Self(Mutex::new(file))
    }

    /// Notes what is being done.
    pub fn doing(&self, what: impl Into<String>) {
        self.write(&Line::Doing(what.into()));
    }

    /// Writes a line. If this fails, the reader finds no verdict, and reports that.
    pub fn write(&self, line: &Line) {
        if let (Ok(mut file), Ok(mut text)) = (self.0.lock(), serde_json::to_string(line)) {
            text.push('\n');
            let _ = file.write_all(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_alike_of_several_documents_is_told_once() {
        let seen = [
            "document `a`: x 1",
            "document `b`: y",
            "document `c`: x 1",
            "other",
            "document `d`: x 23",
            "other",
        ];
        let Verdict::Failed { seen } = Verdict::of(seen.map(str::to_owned).to_vec(), "") else {
            panic!("something was seen");
        };
        assert_eq!(
            seen,
            ["document `a`: x 1 (and 2 more documents alike)", "document `b`: y", "other", "other"]
        );
        let many = (0..30).map(|n| format!("document `a`: {}", "x".repeat(n))).collect();
        let Verdict::Failed { seen } = Verdict::of(many, "") else { panic!("something was seen") };
        assert_eq!(seen.last().map(String::as_str), Some("and 20 more like these"));
    }
}
