//! The outcome of a batch: the documents that go on, and everything to be written about the others.

use super::counts::Counts;
use super::ledger::{INPUT_STAGE, Ledger};
use super::lines::Lines;
use crate::input::Failure;
use crate::output::row::{RowWriter, failed_input_line, failed_line, rejected_line};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use std::collections::BTreeMap;
use textmill_core::batch::Strings;
use textmill_core::column::{ORDINAL, TEXT};
use textmill_core::event::{Action, Event, EventRef, Events};
use textmill_plugin::drive::map::Mapped;
use textmill_plugin::error::Result;

/// The outcome of a batch so far.
pub struct Outcome {
    /// The documents that go on.
    pub documents: RecordBatch,
    /// Lines for `rejected.jsonl`.
    pub rejected: Lines,
    /// Lines for `failed.jsonl`.
    pub failed: Lines,
    /// Rows for the ledger.
    pub ledger: Ledger,
    /// Counters.
    pub counts: Counts,
}

/// Ids of the other documents that events name, by ordinal.
pub type Others = BTreeMap<u64, String>;

impl Outcome {
    /// Starts with documents that no stage has processed.
    pub fn new(documents: RecordBatch, stages: usize) -> Self {
        Self {
            documents,
            rejected: Lines::default(),
            failed: Lines::default(),
            ledger: Ledger::default(),
            counts: Counts::new(stages),
        }
    }

    /// Adds what reading the input reported.
    pub fn take_input(&mut self, events: Vec<Event>, failures: Vec<(u64, Failure)>) {
        let read = self.documents.num_rows() as u64;
        let counts = &mut self.counts.input;
        counts.documents_in += read + failures.len() as u64;
        counts.documents_out += read;
        counts.failed += failures.len() as u64;
        for event in &events {
            counts.event(&event.rule, event.action);
        }
        for (ordinal, failure) in &failures {
            counts.event(failure.rule, Action::Fail);
            self.failed.push(*ordinal, |out| failed_input_line(out, failure));
        }
        self.ledger.take_failures(&failures);
        self.ledger.take(&self.documents, INPUT_STAGE, events.into(), Others::new());
    }

    /// Adds the result of a stage.
    pub fn take_stage(&mut self, stage: usize, name: &str, mapped: Mapped, nanos: u64, others: Others) {
        let before = std::mem::replace(&mut self.documents, mapped.documents);
        let counts = &mut self.counts.stages[stage];
        counts.documents_in += before.num_rows() as u64;
        counts.documents_out += self.documents.num_rows() as u64;
        counts.bytes_in += text_bytes(&before);
        counts.bytes_out += text_bytes(&self.documents);
        counts.nanos += nanos;
        self.take_events(&before, stage, name, mapped.events, others);
    }

    /// Adds what a stage reported about documents that have not passed it yet. Documents that failed go no
    /// further; the stage's counters count only those as having reached it.
    ///
    /// # Errors
    /// If the remaining documents cannot be selected.
    pub fn take_early(&mut self, stage: usize, name: &str, events: Events, nanos: u64) -> Result<()> {
        self.counts.stages[stage].nanos += nanos;
        if events.is_empty() {
            return Ok(());
        }
        let before = self.documents.clone();
        let failed = events.failed();
        let (lost, kept): (Vec<u32>, Vec<u32>) =
            (0..before.num_rows() as u32).partition(|row| failed.contains(row));
        if !lost.is_empty() {
            let counts = &mut self.counts.stages[stage];
            counts.documents_in += lost.len() as u64;
            let texts = before.column_by_name(TEXT).and_then(|c| Strings::of(c.as_ref()));
            let bytes = |row: u32| texts.and_then(|t| t.get(row as usize)).map_or(0, str::len) as u64;
            counts.bytes_in += lost.iter().map(|&row| bytes(row)).sum::<u64>();
            self.documents = take_record_batch(&before, &UInt32Array::from(kept))?;
        }
        self.take_events(&before, stage, name, events, Others::new());
        Ok(())
    }

    /// Adds events, which are in the order of their rows: events of the same document are adjacent, so that
    /// it is counted once.
    fn take_events(
        &mut self,
        before: &RecordBatch,
        stage: usize,
        name: &str,
        events: Events,
        others: Others,
    ) {
        let counts = &mut self.counts.stages[stage];
        let mut edited = None;
        for event in events.iter() {
            counts.event(event.rule, event.action);
            if event.action == Action::Edit && edited != Some(event.row) {
                counts.edited += 1;
                edited = Some(event.row);
            }
        }
        let rows = RowWriter::new(before);
        self.rejected.reserve(dropped_bytes(before, &events));
        for event in ends(&events) {
            let row = event.row as usize;
            let ordinal = ordinal_at(before, row);
            if event.action == Action::Fail {
                counts.failed += 1;
                self.failed.push(ordinal, |out| failed_line(out, &rows, row, name, event));
            } else {
                counts.dropped += 1;
                let other = event.other.and_then(|ordinal| others.get(&ordinal)).map(String::as_str);
                self.rejected.push(ordinal, |out| rejected_line(out, &rows, row, name, event, other));
            }
        }
        self.ledger.take(before, stage, events, others);
    }

    /// Adds the outcome of the next batch of the same morsel, except its documents.
    pub fn append(&mut self, other: Self) {
        self.rejected.append(other.rejected);
        self.failed.append(other.failed);
        self.ledger.append(other.ledger);
        self.counts.add(&other.counts);
    }

    /// Sorts everything into input order, and entries about the same document into the order of the stages.
    /// Stages add to an outcome one after the other, and batch boundaries must not show in the output.
    pub fn sort(&mut self) {
        self.rejected.sort();
        self.failed.sort();
        self.ledger.sort();
    }
}

/// The event that ends each document that goes no further. A document ends once, whatever else is reported
/// about it, and a failure takes precedence over a drop. Events must be in the order of their rows, as
/// `drive::map` returns them; otherwise a document could end twice.
fn ends(events: &Events) -> Vec<EventRef<'_>> {
    debug_assert!(events.rows().is_sorted(), "events are in the order of their rows");
    let mut ends: Vec<EventRef<'_>> = Vec::new();
    for event in events.iter().filter(|event| matches!(event.action, Action::Drop | Action::Fail)) {
        match ends.last_mut().filter(|end| end.row == event.row) {
            Some(end) if end.action == Action::Drop && event.action == Action::Fail => *end = event,
            Some(_) => {}
            None => ends.push(event),
        }
    }
    ends
}

/// The ordinal of a row.
pub fn ordinal_at(batch: &RecordBatch, row: usize) -> u64 {
    let ordinals = batch.column_by_name(ORDINAL).and_then(|c| c.as_primitive_opt::<UInt64Type>());
    ordinals.filter(|o| row < o.len()).map_or(0, |o| o.value(row))
}

/// The bytes of text in a batch.
pub fn text_bytes(batch: &RecordBatch) -> u64 {
    let texts = batch.column_by_name(TEXT).and_then(|c| Strings::of(c.as_ref()));
    let Some(texts) = texts else { return 0 };
    (0..batch.num_rows()).map(|row| texts.get(row).map_or(0, str::len) as u64).sum()
}

/// The approximate size of the lines of dropped documents, in bytes.
fn dropped_bytes(batch: &RecordBatch, events: &Events) -> usize {
    let texts = batch.column_by_name(TEXT).and_then(|c| Strings::of(c.as_ref()));
    let dropped = events.iter().filter(|event| event.action == Action::Drop);
    let bytes =
        |event: EventRef<'_>| texts.and_then(|texts| texts.get(event.row as usize)).map_or(0, str::len);
    // Escapes add a few percent to the text.
    dropped.map(|event| bytes(event) * 17 / 16 + 256).sum()
}
