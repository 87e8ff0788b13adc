//! Runs a sample of the input through the pipeline and records how each document ended up.

use crate::engine::{Prepared, PreparedStage};
use crate::input::SourceFile;
use crate::progress::Progress;
use crate::rehearsal::{self, Watcher};
use crate::table;
use arrow_array::RecordBatch;
use serde_json::Value;
use std::collections::BTreeMap;
use textmill_core::batch::string;
use textmill_core::column::{ID, ORDINAL, TEXT};
use textmill_core::event::{Action, Event};
use textmill_core::value::value_at;
use textmill_plugin::drive::map::Mapped;
use textmill_plugin::error::Result;
use textmill_plugin::harness::event_line;

/// The result of a sample run.
#[derive(Default)]
pub(super) struct Rehearsal {
    /// The documents, in input order.
    pub documents: Vec<DocumentResult>,
    /// Reports, by stage.
    pub reports: BTreeMap<String, Value>,
}

/// The result for a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DocumentResult {
    /// Its id.
    pub id: String,
    /// How it ended.
    pub end: End,
    /// Its text at the end.
    pub text: String,
    /// The non-null columns written by stages, at the end.
    pub columns: BTreeMap<String, Value>,
    /// What the stages did to it, one line per event.
    pub events: Vec<String>,
}

/// How a document ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum End {
    /// It was written.
    #[default]
    Written,
    /// A stage dropped it; the string says how.
    Dropped(String),
    /// It failed; the string says how.
    Failed(String),
}

impl End {
    /// The end as one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Dropped(_) => "dropped",
            Self::Failed(_) => "failed",
        }
    }

    /// The end, with its reason.
    pub fn shown(&self) -> String {
        match self {
            Self::Written => self.word().to_owned(),
            Self::Dropped(how) | Self::Failed(how) => format!("{} {how}", self.word()),
        }
    }
}

impl Rehearsal {
    /// Counts the documents by their end.
    pub fn summary(&self) -> String {
        let count = |word: &str| self.documents.iter().filter(|told| told.end.word() == word).count();
        let [written, dropped, failed] = ["written", "dropped", "failed"].map(count);
        format!(
            "{}: {written} written, {dropped} dropped, {failed} failed",
            table::count(self.documents.len(), "document")
        )
    }
}

/// Runs the first `limit` documents through all stages.
///
/// # Errors
/// If a stage fails as a whole, or if the user stops the run.
pub(super) fn rehearse(
    prepared: &Prepared,
    files: &[SourceFile],
    limit: usize,
    host: &Progress,
) -> Result<Rehearsal> {
    let read = rehearsal::sample(&prepared.pipeline, files, limit)?;
    let batches: Vec<RecordBatch> = read.into_iter().map(|batch| batch.documents).collect();
    let mut tally = Tally::new(prepared, &batches);
    rehearsal::rehearse(prepared, batches, host, &mut tally)?;
    Ok(tally.rehearsal)
}

/// What is known about the documents so far.
struct Tally<'a> {
    prepared: &'a Prepared,
    rehearsal: Rehearsal,
    /// Index of each document in the list, by ordinal.
    places: BTreeMap<u64, usize>,
}

impl<'a> Tally<'a> {
    fn new(prepared: &'a Prepared, batches: &[RecordBatch]) -> Self {
        let mut tally = Self { prepared, rehearsal: Rehearsal::default(), places: BTreeMap::new() };
        for batch in batches {
            for row in 0..batch.num_rows() {
                let id = string(batch, ID, row).unwrap_or_default().to_owned();
                tally.places.insert(ordinal(batch, row), tally.rehearsal.documents.len());
                tally.rehearsal.documents.push(DocumentResult { id, ..DocumentResult::default() });
            }
        }
        tally
    }

    fn told(&mut self, batch: &RecordBatch, row: usize) -> Option<&mut DocumentResult> {
        self.places.get(&ordinal(batch, row)).and_then(|&at| self.rehearsal.documents.get_mut(at))
    }

    fn dropped(&self, stage: &str, event: &Event) -> End {
        let mut how = format!("by `{}` in `{stage}`", event.rule);
        if let (Some(value), Some(threshold)) = (event.value, event.threshold) {
            how.push_str(&format!(" (value {value}, threshold {threshold})"));
        }
        if let Some(other) = event.other.and_then(|other| self.places.get(&other)) {
            how.push_str(&format!(", kept is {}", self.rehearsal.documents[*other].id));
        }
        End::Dropped(how)
    }

    /// Records the text and the columns as they are in this batch, and the end of each document.
    fn ended(&mut self, batch: &RecordBatch, end: impl Fn(usize) -> End) {
        let names = &self.prepared.columns.names;
        for row in 0..batch.num_rows() {
            let text = string(batch, TEXT, row).unwrap_or_default().to_owned();
            let column = |name: &String| {
                let value = value_at(batch.column_by_name(name)?, row);
                (!value.is_null()).then(|| (name.clone(), value))
            };
            let columns = names.iter().filter_map(column).collect();
            if let Some(told) = self.told(batch, row) {
                (told.text, told.columns, told.end) = (text, columns, end(row));
            }
        }
    }
}

impl Watcher for Tally<'_> {
    fn stage(&mut self, stage: &PreparedStage, batches: &[RecordBatch], mapped: &[Mapped]) {
        let stage = stage.name.as_str();
        for (batch, mapped) in batches.iter().zip(mapped) {
            let mut ended: BTreeMap<usize, End> = BTreeMap::new();
            for event in &mapped.events.to_vec() {
                let row = event.row as usize;
                if row >= batch.num_rows() {
                    continue;
                }
                let line = event_line(event, string(batch, TEXT, row).unwrap_or_default());
                match event.action {
                    Action::Drop => drop(ended.entry(row).or_insert_with(|| self.dropped(stage, event))),
                    Action::Fail => {
                        let note = event.note.as_deref().unwrap_or(&event.rule);
                        ended.entry(row).or_insert_with(|| End::Failed(format!("in `{stage}`: {note}")));
                    }
                    Action::Edit | Action::Annotate => {}
                }
                if let Some(told) = self.told(batch, row) {
                    told.events.push(format!("{stage}: {line}"));
                }
            }
            self.ended(batch, |row| ended.get(&row).cloned().unwrap_or_default());
        }
    }

    fn report(&mut self, stage: &PreparedStage, report: Value) {
        self.rehearsal.reports.insert(stage.name.clone(), report);
    }

    fn end(&mut self, batches: &[RecordBatch]) {
        for batch in batches {
            self.ended(batch, |_| End::Written);
        }
    }
}

fn ordinal(batch: &RecordBatch, row: usize) -> u64 {
    let column = batch.column_by_name(ORDINAL).map(|column| value_at(column, row));
    column.and_then(|value| value.as_u64()).unwrap_or(u64::MAX)
}
