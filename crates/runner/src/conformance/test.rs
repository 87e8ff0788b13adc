//! What a test is: a name, a sentence, and what it does; and what it finds.

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
    /// Name on the command line, in kebab case: that of its file.
    pub id: &'static str,
    /// What it asks for, in a sentence.
    pub doc: &'static str,
    /// What to do where it fails, in a sentence.
    pub advice: &'static str,
    /// What it does. An error is a failure, too.
    pub run: Run,
}

/// What a test does, by what it needs.
#[derive(Clone, Copy)]
pub enum Run {
    /// The file, not loaded.
    File(fn(&Path, &Notes) -> Result<Verdict>),
    /// The library, loaded.
    Plugin(fn(&LoadedPlugin, &Notes) -> Result<Verdict>),
    /// Each operator that can be a stage, which may be one that cannot be bound.
    Operator(fn(&Subject, &Notes) -> Result<Verdict>),
    /// Each operator that can be a stage and has been bound once.
    Bound(fn(&Subject, &Notes) -> Result<Verdict>),
}

/// What a test found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// The plugin keeps to the contract, with a figure or two.
    Ok {
        /// What was measured, in a few words; may be empty.
        #[serde(default)]
        note: String,
    },
    /// It does not.
    Failed {
        /// What was seen, a sentence each.
        seen: Vec<String>,
    },
    /// The test says nothing of this plugin or operator.
    Skipped {
        /// Why.
        why: String,
    },
}

/// What was seen is told this often, and then counted.
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

    /// The plugin passes where nothing was seen.
    pub fn of(seen: Vec<String>, note: impl Into<String>) -> Self {
        if seen.is_empty() {
            return Self::ok(note);
        }
        let mut seen = alike(seen);
        let more = seen.len().saturating_sub(TOLD_AT_MOST);
        seen.truncate(TOLD_AT_MOST);
        if more > 0 {
            seen.push(format!("and {more} more of the kind"));
        }
        Self::Failed { seen }
    }
}

/// Tells once what is said alike of several documents, but for figures: of the first, with the number of the others.
fn alike(seen: Vec<String>) -> Vec<String> {
    let of_document = |what: &str| {
        let (_, rest) = what.strip_prefix("document `")?.split_once('`')?;
        // Lengths and places differ from one to the next.
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

/// Where a test's process writes what it is doing and what it found, a line of JSON each. The last line that came
/// through tells what a process was doing when it died.
pub struct Notes(Mutex<File>);

/// A line of the notes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// What is being done now.
    Doing(String),
    /// The plugin's descriptor, as JSON, with the version of the ABI.
    Plugin(Box<PluginLine>),
    /// What became of the documents, a line for each, for comparison with another process.
    Answers(Vec<String>),
    /// What was found.
    Verdict(Verdict),
}

/// What is known of a plugin once its library is open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PluginLine {
    /// What it says of itself.
    pub descriptor: textmill_plugin::descriptor::PluginDescriptor,
    /// Version of the ABI that it was built with.
    pub abi: (u32, u32),
}

impl Notes {
    /// Notes in an open file.
    pub fn new(file: File) -> Self {
        Self(Mutex::new(file))
    }

    /// Says what is being done now.
    pub fn doing(&self, what: impl Into<String>) {
        self.write(&Line::Doing(what.into()));
    }

    /// Writes a line. A file that cannot be written leaves the reader without a verdict, which it reports.
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
        assert_eq!(seen.last().map(String::as_str), Some("and 20 more of the kind"));
    }
}
