//! What became of a batch: documents that go on, and everything that is to be written about the others.

use super::counts::Counts;
use crate::input::Failure;
use crate::output::row::{RowWriter, failed_input_line, failed_line, rejected_line};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch};
use textmill_core::batch::{Strings, string};
use textmill_core::column::{ID, ORDINAL, TEXT};
use textmill_core::event::{Action, Event};
use textmill_plugin::drive::map::Mapped;

/// Number of the input among the stages, in ledger rows.
pub const INPUT_STAGE: usize = usize::MAX;

/// A row of the ledger.
#[derive(Clone, Debug)]
pub struct LedgerRow {
    /// Ordinal of the document.
    pub ordinal: u64,
    /// Its id.
    pub id: String,
    /// Number of the stage, or [`INPUT_STAGE`].
    pub stage: usize,
    /// The event.
    pub event: Event,
    /// Id of the other document.
    pub other: Option<String>,
}

/// A line of an output that is sorted by ordinal.
#[derive(Clone, Debug)]
pub struct Line {
    /// Ordinal of the document.
    pub ordinal: u64,
    /// The line, with its end.
    pub bytes: Vec<u8>,
}

/// What became of a batch so far.
pub struct Outcome {
    /// The documents that go on.
    pub documents: RecordBatch,
    /// Lines for `rejected.jsonl`.
    pub rejected: Vec<Line>,
    /// Lines for `failed.jsonl`.
    pub failed: Vec<Line>,
    /// Rows for the ledger.
    pub ledger: Vec<LedgerRow>,
    /// Counters.
    pub counts: Counts,
}

/// Gives the id of a document by its ordinal.
pub type Ids<'a> = &'a (dyn Fn(u64) -> Option<String> + Sync);

impl Outcome {
    /// Starts with documents that nothing has been done to.
    pub fn new(documents: RecordBatch, stages: usize) -> Self {
        Self {
            documents,
            rejected: Vec::new(),
            failed: Vec::new(),
            ledger: Vec::new(),
            counts: Counts::new(stages),
        }
    }

    /// Takes in what the reading reported.
    pub fn take_input(&mut self, events: Vec<Event>, failures: Vec<(u64, Failure)>) {
        let read = self.documents.num_rows() as u64;
        let counts = &mut self.counts.input;
        counts.documents_in += read + failures.len() as u64;
        counts.documents_out += read;
        counts.failed += failures.len() as u64;
        for event in &events {
            counts.event(&event.rule, event.action);
        }
        for (ordinal, failure) in failures {
            counts.event(failure.rule, Action::Fail);
            let event = Event::new(0, Action::Fail, failure.rule).note(failure.note.clone());
            self.failed.push(Line { ordinal, bytes: failed_input_line(&failure) });
            self.ledger.push(LedgerRow { ordinal, id: failure.id, stage: INPUT_STAGE, event, other: None });
        }
        let batch = self.documents.clone();
        self.write_ledger(&batch, INPUT_STAGE, events, &|_| None);
    }

    /// Takes in what a stage made of the documents.
    pub fn take_stage(&mut self, stage: usize, name: &str, mapped: Mapped, nanos: u64, ids: Ids<'_>) {
        let before = std::mem::replace(&mut self.documents, mapped.documents);
        let counts = &mut self.counts.stages[stage];
        counts.documents_in += before.num_rows() as u64;
        counts.documents_out += self.documents.num_rows() as u64;
        counts.bytes_in += text_bytes(&before);
        counts.bytes_out += text_bytes(&self.documents);
        counts.nanos += nanos;
        let mut edited = None;
        for event in &mapped.events {
            counts.event(&event.rule, event.action);
            if event.action == Action::Edit && edited != Some(event.row) {
                counts.edited += 1;
                edited = Some(event.row);
            }
        }
        let rows = RowWriter::new(&before);
        // A document ends once, whatever else is said about it, and a failure outweighs a drop.
        for of_row in mapped.events.chunk_by(|a, b| a.row == b.row) {
            let find = |action| of_row.iter().find(|e| e.action == action);
            let row = of_row[0].row as usize;
            let ordinal = ordinal_at(&before, row);
            if let Some(event) = find(Action::Fail) {
                counts.failed += 1;
                self.failed.push(Line { ordinal, bytes: failed_line(&rows, row, name, event) });
            } else if let Some(event) = find(Action::Drop) {
                counts.dropped += 1;
                let other = event.other.and_then(ids);
                let bytes = rejected_line(&rows, row, name, event, other.as_deref());
                self.rejected.push(Line { ordinal, bytes });
            }
        }
        self.write_ledger(&before, stage, mapped.events, ids);
    }

    /// Puts everything in input order, and what is about one document in the order of the stages: stages
    /// add to an outcome one after the other, and how far a batch reaches must not show.
    pub fn sort(&mut self) {
        self.rejected.sort_by_key(|line| line.ordinal);
        self.failed.sort_by_key(|line| line.ordinal);
        self.ledger.sort_by_key(|row| row.ordinal);
    }

    fn write_ledger(&mut self, batch: &RecordBatch, stage: usize, events: Vec<Event>, ids: Ids<'_>) {
        self.ledger.extend(events.into_iter().map(|event| {
            let row = event.row as usize;
            LedgerRow {
                ordinal: ordinal_at(batch, row),
                id: string(batch, ID, row).unwrap_or_default().to_owned(),
                stage,
                other: event.other.and_then(ids),
                event,
            }
        }));
    }
}

/// Ordinal of a row.
pub fn ordinal_at(batch: &RecordBatch, row: usize) -> u64 {
    let ordinals = batch.column_by_name(ORDINAL).and_then(|c| c.as_primitive_opt::<UInt64Type>());
    ordinals.filter(|o| row < o.len()).map_or(0, |o| o.value(row))
}

/// Bytes of text in a batch.
pub fn text_bytes(batch: &RecordBatch) -> u64 {
    let texts = batch.column_by_name(TEXT).and_then(|c| Strings::of(c.as_ref()));
    let Some(texts) = texts else { return 0 };
    (0..batch.num_rows()).map(|row| texts.get(row).map_or(0, str::len) as u64).sum()
}
