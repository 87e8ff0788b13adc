//! `textmill explain`.

use super::print;
use crate::cli::ExplainArgs;
use crate::failure::Failure;
use crate::inspect::{Ending, Entry, Fate, Filter, Ledger, Original, RunFolder, near_ids, original};
use crate::table::{self, bytes, number};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use textmill_core::edit::{Edit, apply, sort_and_check};
use textmill_plugin::descriptor::{Drops, Threshold};

/// Shows what happened to a document.
///
/// # Errors
/// If there is no such run, or no such document in it.
pub fn explain(args: &ExplainArgs) -> Result<(), Failure> {
    let run = RunFolder::open(&args.run)?;
    let filter = Filter { id: Some(args.id.clone()), ..Filter::default() };
    let entries = Ledger::of(&run).entries(&filter, usize::MAX)?;
    let Some(fate) = Fate::of(&run, &args.id)? else {
        return Err(no_document(&run, &args.run, &args.id));
    };
    if args.json {
        let known =
            json!({ "id": args.id, "fate": fate.ending, "events": entries, "document": fate.document });
        return print(&format!("{known:#}"));
    }
    let source = fate.text("source").unwrap_or_default();
    let read = original(&run, &args.id, source);
    let read = read.as_ref();
    let story =
        Story { run: &run, fate: &fate, entries: &entries, read, full: args.full, is_cut: Cell::default() };
    print(story.tell(&args.id)?.trim_end())
}

/// The failure to report if a run has no document with this id.
pub(super) fn no_document(run: &RunFolder, path: &Path, id: &str) -> Failure {
    let read = run.run.pointer("/documents/read").and_then(Value::as_u64);
    let limit = run.run.get("limit").and_then(Value::as_u64);
    if let Some(limit) = limit.filter(|limit| read.is_some_and(|read| read >= *limit)) {
        let limit = table::count(usize::try_from(limit).unwrap_or(usize::MAX), "document");
        let hint = format!(
            "the run ended at its limit of {limit} and may not have reached it: run without `--limit`"
        );
        return Failure::new(format!("the run `{}` has no document `{id}`", path.display())).hint(hint);
    }
    // If the ids cannot be read, the failure that is reported here matters more.
    let near = near_ids(run, id).unwrap_or_default();
    let hint = match near.as_slice() {
        [] => "ids are those in documents.jsonl, rejected.jsonl and failed.jsonl".to_owned(),
        [rest @ .., last] if !rest.is_empty() => format!("did you mean `{}` or `{last}`?", rest.join("`, `")),
        [only, ..] => format!("did you mean `{only}`?"),
    };
    Failure::new(format!("the run `{}` has no document `{id}`", path.display())).hint(hint)
}

/// The maximum number of lines of a passage that are shown.
const SHOWN_LINES: usize = 6;
const SHOWN_CHARS: usize = 110;

struct Story<'a> {
    run: &'a RunFolder,
    fate: &'a Fate,
    entries: &'a [Entry],
    /// What was read, if it is still available.
    read: Option<&'a Original>,
    full: bool,
    /// Whether anything was shown only in part.
    is_cut: Cell<bool>,
}

impl Story<'_> {
    fn tell(&self, id: &str) -> Result<String, Failure> {
        let mut out = String::new();
        let ending = match self.fate.ending {
            Ending::Written => "passed all stages",
            Ending::Rejected => "was dropped",
            Ending::Failed => "failed",
        };
        let _ = writeln!(out, "document `{id}` {ending}");
        let _ = writeln!(out, "from {}", self.fate.text("source").unwrap_or_default());
        let mut text = self.read.map(|read| Cow::Borrowed(read.text.as_str()));
        if text.is_none() && self.entries.iter().any(|entry| entry.action == "edit") {
            let _ = writeln!(
                out,
                "its input is missing or was modified since the run: only the positions of removed passages are shown"
            );
        }
        if self.read.is_some_and(|read| !read.is_utf8()) {
            let how = match self.fate.text("encoding") {
                Some(encoding) => format!("removed passages are shown decoded as {encoding}"),
                None => "removed passages are shown with a replacement character for each invalid sequence"
                    .to_owned(),
            };
            let _ = writeln!(out, "its bytes are not UTF-8: {how}");
        }
        let last = self.fate.text("stage");
        for stage in self.run.stages() {
            let of_stage: Vec<&Entry> = self.entries.iter().filter(|entry| entry.stage == stage).collect();
            if stage == "input" && of_stage.is_empty() {
                continue;
            }
            self.stage(stage, &of_stage, &mut text, &mut out)?;
            if Some(stage) == last && self.fate.ending != Ending::Written {
                break;
            }
        }
        self.ending(text.as_deref(), &mut out);
        if self.is_cut.get() {
            let _ = writeln!(out, "\npassages that end with … are shortened; `--full` shows them in full");
        }
        let noted = |with: bool| self.entries.iter().any(|entry| names_rules(entry, with));
        let meanings = [
            noted(false).then_some("a rule in brackets after an edit matched the passage as well"),
            noted(true).then_some("`with` names a rule that changed the same passage"),
        ];
        let meanings: Vec<&str> = meanings.into_iter().flatten().collect();
        if !meanings.is_empty() {
            let _ = writeln!(out, "\n{}", meanings.join("; "));
        }
        Ok(out)
    }

    fn stage(
        &self,
        stage: &str,
        entries: &[&Entry],
        text: &mut Option<Cow<'_, str>>,
        out: &mut String,
    ) -> Result<(), Failure> {
        if entries.is_empty() {
            let _ = writeln!(out, "\n{stage}: no edits");
            return Ok(());
        }
        let _ = writeln!(out, "\n{stage}");
        for entry in entries.iter().filter(|entry| entry.action != "edit" && span(entry).is_none()) {
            self.decision(entry, text.as_deref(), out)?;
        }
        // Edits and near misses, in the order of the text.
        let mut spots: Vec<&&Entry> = entries.iter().filter(|entry| span(entry).is_some()).collect();
        spots.sort_by_key(|entry| (entry.start, entry.end));
        for entry in &spots {
            match edit(entry) {
                Some(edit) => {
                    let before = text.as_deref().and_then(|text| self.before(text, edit.start..edit.end));
                    self.edit(&edit, entry, before.as_deref(), out);
                }
                None => self.decision(entry, text.as_deref(), out)?,
            }
        }
        let mut edits: Vec<Edit> = spots.into_iter().filter_map(|entry| edit(entry)).collect();
        if edits.is_empty() {
            return Ok(());
        }
        // If the input has changed since the run, the spans may not fit.
        if let Some(before) = text.take()
            && sort_and_check(&before, &mut edits).is_ok()
        {
            let after = apply(&before, &edits);
            let (had, has) = (bytes(before.len() as u64), bytes(after.len() as u64));
            let edits = table::count(edits.len(), "edit");
            let _ = writeln!(out, "  {edits}: {had} of text became {has}");
            *text = Some(Cow::Owned(after));
        }
        Ok(())
    }

    fn decision(&self, entry: &Entry, text: Option<&str>, out: &mut String) -> Result<(), Failure> {
        let what = match entry.action.as_str() {
            "drop" => "dropped by",
            "fail" => "failed by",
            _ if entry.threshold.is_some() => "kept by",
            _ => "noted by",
        };
        let place =
            span(entry).map(|span| format!(" at bytes {}..{}", span.start, span.end)).unwrap_or_default();
        let evidence = if what == "kept by" { self.evidence_kept(entry) } else { evidence(entry) };
        let _ = writeln!(out, "  {what} `{}`{place}{evidence}", entry.rule);
        if let Some(passage) = span(entry).and_then(|span| self.before(text?, span)) {
            self.passage("    = ", &passage, out);
        }
        let Some(other) = &entry.other else { return Ok(()) };
        let _ = writeln!(out, "  the other document is `{other}`");
        if let Some(twin) = Fate::of(self.run, other)? {
            let own = text.or_else(|| self.fate.text("text")).unwrap_or_default();
            self.passage("  this  | ", own, out);
            self.passage("  other | ", twin.text("text").unwrap_or_default(), out);
        }
        Ok(())
    }

    /// What a rule measured that came near its threshold, and on which side of it the rule acts.
    fn evidence_kept(&self, entry: &Entry) -> String {
        let (Some(value), Some(threshold)) = (entry.value, entry.threshold) else { return evidence(entry) };
        let act = if entry.start.is_some() { "removed" } else { "dropped" };
        let side = match self.run.thresholds(&entry.stage).iter().find(|own| own.rule == entry.rule) {
            Some(Threshold { drops: Drops::Below, .. }) => format!("{act} below"),
            Some(Threshold { drops: Drops::Above, .. }) => format!("{act} above"),
            None => "threshold".to_owned(),
        };
        let note = entry.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
        format!(": {} ({side} {}{note})", number(value), number(threshold))
    }

    fn edit(&self, edit: &Edit, entry: &Entry, before: Option<&str>, out: &mut String) {
        let place = format!("bytes {}..{}", edit.start, edit.end);
        let _ = writeln!(out, "  `{}` at {place}{}", entry.rule, evidence(entry));
        // If an edit only decoded a passage, the decoded passage equals its replacement and is not repeated.
        if let Some(before) = before.filter(|before| !before.is_empty() && *before != edit.replacement) {
            self.passage("    - ", before, out);
        }
        if !edit.replacement.is_empty() {
            self.passage("    + ", &edit.replacement, out);
        }
    }

    /// A passage of the text that a stage received, decoded if that text is still what was read.
    fn before<'t>(&self, text: &'t str, passage: Range<usize>) -> Option<Cow<'t, str>> {
        let as_read = text.get(passage.clone())?;
        let decoded = || {
            // Only while no stage has changed the text.
            let read = self.read.filter(|read| !read.is_utf8() && std::ptr::eq(read.text.as_str(), text))?;
            read.decoded(passage, self.fate.text("encoding")?)
        };
        Some(decoded().map_or(Cow::Borrowed(as_read), Cow::Owned))
    }

    fn ending(&self, text: Option<&str>, out: &mut String) {
        let written = self.fate.text("text").unwrap_or_default();
        if self.fate.ending != Ending::Written {
            let stage = self.fate.text("stage").unwrap_or_default();
            let size = bytes(written.len() as u64);
            let how = if self.fate.ending == Ending::Failed { "failed" } else { "dropped" };
            let _ = writeln!(out, "\n{how} in `{stage}`; it had {size} of text then");
            return;
        }
        let _ = writeln!(out, "\nwritten with {} of text", bytes(written.len() as u64));
        if text.is_some_and(|text| text != written) {
            let _ = writeln!(
                out,
                "the input has changed since the run: its text and these edits do not produce this text"
            );
        }
        self.passage("  | ", written, out);
        let own = ["id", "source", "text"];
        for (name, value) in self.fate.document.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
            let _ = writeln!(out, "  {name}: {}", self.line(&shown(value)));
        }
    }

    /// Writes some lines of a text, each after a mark.
    fn passage(&self, mark: &str, text: &str, out: &mut String) {
        let most = if self.full { usize::MAX } else { SHOWN_LINES };
        let count = text.lines().count();
        for line in text.lines().take(most) {
            let _ = writeln!(out, "{}", format!("{mark}{}", self.line(line)).trim_end());
        }
        if count > most {
            let _ = writeln!(out, "{mark}… and {}", table::count(count - most, "more line"));
            self.is_cut.set(true);
        } else if count == 0 {
            let _ = writeln!(out, "{mark}{text:?}");
        }
    }

    fn line<'t>(&self, line: &'t str) -> Cow<'t, str> {
        if self.full {
            return Cow::Borrowed(line);
        }
        let shown = table::beginning(line, SHOWN_CHARS);
        self.is_cut.set(self.is_cut.get() || matches!(shown, Cow::Owned(_)));
        shown
    }
}

/// What the rule measured, and its note.
fn evidence(entry: &Entry) -> String {
    let mut out = String::new();
    if let Some(value) = entry.value {
        let _ = write!(out, ": {}", number(value));
        if let Some(threshold) = entry.threshold {
            let _ = write!(out, ", the threshold is {}", number(threshold));
        }
    }
    if let Some(note) = &entry.note {
        let _ = write!(out, " ({note})");
    }
    out
}

/// Whether an edit's note names rules: those that changed the same passage, `with`, or others.
fn names_rules(entry: &Entry, with: bool) -> bool {
    let Some(note) = entry.note.as_deref().filter(|_| entry.action == "edit") else { return false };
    let is_rule = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    note.split("; ").any(|part| match part.strip_prefix("with ") {
        Some(names) => with && names.split(", ").all(is_rule),
        None => !with && part.split(", ").all(is_rule),
    })
}

/// The passage that the entry is about, in bytes of the text that the stage received.
fn span(entry: &Entry) -> Option<Range<usize>> {
    Some(usize::try_from(entry.start?).ok()?..usize::try_from(entry.end?).ok()?)
}

fn edit(entry: &Entry) -> Option<Edit> {
    let span = span(entry)?;
    let is_edit = entry.action == "edit";
    is_edit.then(|| Edit::replace(span, entry.replacement.clone().unwrap_or_default(), entry.rule.clone()))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\n', " "),
        other => other.to_string(),
    }
}
