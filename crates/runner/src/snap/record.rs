//! Records what each stage does to each document.

use super::content::{Content, absent, report};
use super::folder::Key;
use crate::engine::{Prepared, PreparedStage};
use crate::input::InputBatch;
use crate::rehearsal::{Watcher, ids};
use arrow_array::RecordBatch;
use serde_json::Value;
use std::collections::BTreeMap;
use textmill_core::batch::string;
use textmill_core::column::{HIDDEN, ID, ORDINAL, SOURCE, TEXT};
use textmill_core::event::{Action, Event};
use textmill_core::value::value_at;
use textmill_plugin::drive::map::Mapped;

/// The name for reading, as in the ledger. No stage can have this name.
const INPUT: &str = "input";

/// Records a rehearsal.
pub struct Recorder<'a> {
    prepared: &'a Prepared,
    /// Indices of the documents, by ordinal.
    numbers: BTreeMap<u64, usize>,
    documents: Vec<String>,
    /// How and where documents were dropped or failed.
    ended: BTreeMap<usize, (String, String)>,
    contents: BTreeMap<Key, String>,
}

/// The recorded results.
pub struct Recorded {
    /// Ids of the documents, in input order.
    pub documents: Vec<String>,
    /// Names of the stages; reading comes first.
    pub stages: Vec<String>,
    /// The content of every possible snapshot.
    pub contents: BTreeMap<Key, String>,
}

/// The names of everything that has snapshots: reading, then the stages.
pub fn stage_names<'a>(stages: impl Iterator<Item = &'a String>) -> Vec<String> {
    std::iter::once(INPUT.to_owned()).chain(stages.cloned()).collect()
}

impl<'a> Recorder<'a> {
    /// Creates a recorder, and records the reading.
    pub fn new(prepared: &'a Prepared, read: &[InputBatch]) -> Self {
        let ids = ids(read);
        let numbers = ids.iter().enumerate().map(|(number, (ordinal, _))| (*ordinal, number)).collect();
        let documents = ids.into_iter().map(|(_, id)| id).collect();
        let mut recorder =
            Self { prepared, numbers, documents, ended: BTreeMap::new(), contents: BTreeMap::new() };
        for batch in read {
            recorder.note(0, INPUT, &batch.documents, &batch.events, |_| Vec::new());
            for (ordinal, failure) in &batch.failures {
                let event = Event::new(0, Action::Fail, failure.rule).note(failure.note.clone());
                let content = Content { events: vec![&event], ..Content::default() };
                recorder.note_one(0, INPUT, *ordinal, &content);
            }
        }
        recorder
    }

    /// Returns the results.
    pub fn finish(mut self) -> Recorded {
        let stages = stage_names(self.prepared.stages.iter().map(|stage| &stage.name));
        for stage in 0..stages.len() {
            self.contents.entry(Key::Report(stage)).or_insert_with(|| report(None));
            for document in 0..self.documents.len() {
                let (how, place) = self.ended.get(&document).cloned().unwrap_or_default();
                self.contents.entry(Key::Document(document, stage)).or_insert_with(|| absent(&how, &place));
            }
        }
        Recorded { documents: self.documents, stages, contents: self.contents }
    }

    /// Records what a stage did to the documents of a batch. `columns` returns those that it wrote in a row.
    fn note(
        &mut self,
        stage: usize,
        name: &str,
        batch: &RecordBatch,
        events: &[Event],
        columns: impl Fn(usize) -> Vec<(String, Value)>,
    ) {
        let mut by_row: BTreeMap<usize, Vec<&Event>> = BTreeMap::new();
        for event in events {
            by_row.entry(event.row as usize).or_default().push(event);
        }
        for row in 0..batch.num_rows() {
            let content = Content {
                before: string(batch, TEXT, row).unwrap_or_default(),
                columns: columns(row),
                events: by_row.remove(&row).unwrap_or_default(),
            };
            self.note_one(stage, name, ordinal(batch, row), &content);
        }
    }

    fn note_one(&mut self, stage: usize, name: &str, ordinal: u64, content: &Content<'_>) {
        let Some(&document) = self.numbers.get(&ordinal) else { return };
        let id_of = |ordinal: u64| self.documents.get(*self.numbers.get(&ordinal)?).cloned();
        let (end, shown) = (content.end(&id_of), content.shown(&id_of));
        if let Some(how) = end {
            self.ended.insert(document, (how, name.to_owned()));
        }
        self.contents.insert(Key::Document(document, stage), shown);
    }

    fn number(&self, stage: &PreparedStage) -> usize {
        self.prepared.stages.iter().position(|s| s.name == stage.name).map_or(0, |at| at + 1)
    }

    /// Whether a column is shown in outputs.
    fn is_shown(&self, name: &str) -> bool {
        let own = [ID, SOURCE, TEXT];
        let excluded = &self.prepared.pipeline.output.exclude;
        !own.contains(&name) && !HIDDEN.contains(&name) && !excluded.iter().any(|(out, _)| out == name)
    }
}

impl Watcher for Recorder<'_> {
    fn stage(&mut self, stage: &PreparedStage, batches: &[RecordBatch], mapped: &[Mapped]) {
        let number = self.number(stage);
        for (batch, mapped) in batches.iter().zip(mapped) {
            let after = &mapped.documents;
            let schema = after.schema();
            let names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
            let names: Vec<&String> = names.into_iter().filter(|name| self.is_shown(name)).collect();
            let columns = |row: usize| {
                let Ok(place) = mapped.kept.binary_search(&(row as u32)) else {
                    return Vec::new();
                };
                let value = |batch: &RecordBatch, name: &str, row| {
                    batch.column_by_name(name).map_or(Value::Null, |column| value_at(column, row))
                };
                let pairs =
                    names.iter().map(|name| (value(batch, name, row), value(after, name, place), name));
                let changed = pairs.filter(|(before, now, _)| before != now);
                changed.map(|(_, now, name)| ((*name).clone(), now)).collect()
            };
            self.note(number, &stage.name, batch, &mapped.events.to_vec(), columns);
        }
    }

    fn report(&mut self, stage: &PreparedStage, made: Value) {
        self.contents.insert(Key::Report(self.number(stage)), report(Some(&made)));
    }

    fn end(&mut self, _: &[RecordBatch]) {}
}

fn ordinal(batch: &RecordBatch, row: usize) -> u64 {
    let column = batch.column_by_name(ORDINAL).map(|column| value_at(column, row));
    column.and_then(|value| value.as_u64()).unwrap_or(u64::MAX)
}
