//! `textmill test`.

use super::super::print;
use super::find::pipelines;
use super::finished::basis;
use super::{examined, folder, read, record};
use crate::cli::TestArgs;
use crate::config::LockPolicy;
use crate::failure::Failure;
use crate::snap::{Change, Finished, Group, Key, SnapshotFolder, State, causes, changed, heading, shown};
use crate::table::count;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// The maximum number of lines of a change that are shown.
const LINES: usize = 60;

/// Compares pipelines with their accepted snapshots.
///
/// # Errors
/// If something differs, or if a pipeline does not run.
pub(in super::super) fn test(
    args: &TestArgs,
    quiet: bool,
    verbose: bool,
    locked: bool,
) -> Result<(), Failure> {
    let mut passed = true;
    for path in pipelines(&args.pipelines)? {
        match test_one(&path, args.ci, verbose, locked) {
            Ok(outcome) => {
                passed &= outcome.passed;
                if !quiet {
                    print(outcome.shown.trim_end())?;
                }
            }
            // The other pipelines are still tested.
            Err(failure) => {
                passed = false;
                anstream::eprintln!("{}\n", failure.render(true));
            }
        }
    }
    if passed { Ok(()) } else { Err(Failure::Negative) }
}

/// The result of a test.
struct Outcome {
    passed: bool,
    shown: String,
}

fn test_one(path: &Path, ci: bool, verbose: bool, locked: bool) -> Result<Outcome, Failure> {
    let lock_policy = LockPolicy::of(Some(path), locked)?;
    let draft = read(path)?;
    if !ci {
        // An unfinished test leaves nothing that could be accepted.
        Finished::forget(&folder(&draft.pipeline, Vec::new(), Vec::new()))?;
    }
    let (examined, documents) = examined(draft, &lock_policy)?;
    // Taken before the test: changes made during it have not been tested.
    let basis = basis(&examined);
    let prepared = examined.prepared;
    let (recorded, options) = record(&prepared, documents, verbose)?;
    let number = recorded.documents.len();
    let folder = folder(&prepared.pipeline, recorded.documents, recorded.stages);
    let mut changes = Vec::new();
    for (key, content) in &recorded.contents {
        changes.extend(folder.compare(*key, content)?);
    }
    let of_options = folder.compare(Key::Options, &options)?;
    let orphans = folder.orphans()?;
    let report = Report {
        path,
        number,
        folder: &folder,
        changes: &changes,
        of_options: &of_options,
        orphans: &orphans,
    };
    let shown = report.shown(ci);
    let passed = changes.is_empty() && orphans.is_empty();
    if !ci {
        let mut held = changes;
        held.extend(of_options);
        folder.hold(&held)?;
        Finished { basis, orphans }.keep(&folder, !held.is_empty())?;
    }
    Ok(Outcome { passed, shown })
}

struct Report<'a> {
    path: &'a Path,
    /// The number of documents.
    number: usize,
    folder: &'a SnapshotFolder,
    changes: &'a [Change],
    of_options: &'a Option<Change>,
    orphans: &'a [String],
}

impl Report<'_> {
    fn shown(&self, ci: bool) -> String {
        let mut out = String::new();
        let name = self.path.display();
        let all = count(self.number, "document");
        let options = self.options();
        if self.changes.is_empty() && self.orphans.is_empty() {
            let _ = writeln!(out, "{name}: {all}, all as accepted");
            if !options.is_empty() {
                let _ = writeln!(
                    out,
                    "options that have changed without affecting a document:\n  {}",
                    options.join("\n  ")
                );
                if !ci {
                    let _ = writeln!(out, "`textmill accept {name}` records them");
                }
            }
            return out;
        }
        let first = self.of_options.as_ref().is_some_and(|change| change.old.is_none());
        let _ = writeln!(out, "{}", heading(&format!("{name}: {}", self.summary())));
        if !options.is_empty() {
            let _ = writeln!(out, "options that have changed since:\n  {}", options.join("\n  "));
        }
        out.push('\n');
        for group in Group::of(self.changes) {
            let change = group.head;
            if first {
                // If everything is new, the contents are read in the review.
                let verdict = change.new.lines().next().unwrap_or_default();
                let _ = writeln!(
                    out,
                    "new: {}: {verdict} ({})",
                    change.title(),
                    count(change.new.lines().count(), "line")
                );
                continue;
            }
            one(&group, self.changes, LINES, &mut out);
            out.push('\n');
        }
        if first {
            out.push('\n');
        }
        if !self.orphans.is_empty() {
            let _ = writeln!(out, "{}", heading("snapshots that are no longer produced"));
            for orphan in self.orphans {
                let _ = writeln!(out, "  {}", self.folder.path().join(orphan).display());
            }
            let first = if ci { format!("`textmill test {name}`, then ") } else { String::new() };
            let _ = writeln!(out, "{first}`textmill accept --delete-orphans {name}` removes them\n");
        }
        match (ci, self.changes.is_empty()) {
            (_, true) => {}
            (true, _) => {
                let _ = writeln!(out, "nothing was written; `textmill test {name}` makes these pending");
            }
            (false, _) => {
                let _ = writeln!(
                    out,
                    "`textmill review {name}` goes through them one by one, `textmill accept {name}` takes all"
                );
            }
        }
        out
    }

    fn options(&self) -> Vec<String> {
        let Some(Change { old: Some(old), new, .. }) = self.of_options else { return Vec::new() };
        changed(old, new).into_iter().map(|change| change.text).collect()
    }

    /// The differences, in numbers.
    fn summary(&self) -> String {
        let of = |key: &Key| match key {
            Key::Document(document, _) => Some(*document),
            _ => None,
        };
        let documents: BTreeSet<usize> = self.changes.iter().filter_map(|change| of(&change.key)).collect();
        let reports = self.changes.iter().filter(|change| matches!(change.key, Key::Report(_))).count();
        let mut parts = Vec::new();
        if !documents.is_empty() {
            let differ = if documents.len() == 1 { "differs" } else { "differ" };
            parts.push(format!("{} of {} {differ}", documents.len(), count(self.number, "document")));
        }
        if reports > 0 {
            parts.push(format!(
                "{} {}",
                count(reports, "report"),
                if reports == 1 { "differs" } else { "differ" }
            ));
        }
        if !self.orphans.is_empty() {
            parts.push(count(self.orphans.len(), "orphan"));
        }
        parts.join(", ")
    }
}

/// Shows a change with its causes and its consequences.
pub(super) fn one(group: &Group<'_>, changes: &[Change], most: usize, out: &mut String) {
    let change = group.head;
    let state = match change.state() {
        State::New => ", new",
        State::Gone => ", now nothing",
        State::Changed => "",
    };
    let _ = writeln!(out, "{}", heading(&format!("=== {}{state}", change.title())));
    let causes = causes(change, changes);
    if !causes.is_empty() {
        let rules = if causes.len() == 1 { "rule" } else { "rules" };
        let _ = writeln!(out, "{rules}: {}", causes.join(", "));
    }
    out.push_str(&shown(change, most));
    let behind: Vec<String> =
        group.followers.iter().filter_map(|change| Some(format!("`{}`", change.stage.as_ref()?))).collect();
    if !behind.is_empty() {
        let _ = writeln!(out, "it no longer reaches {}", behind.join(", "));
    }
}
