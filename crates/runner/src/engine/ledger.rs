//! The ledger rows of a morsel: the events of its stages and the documents that they are about. This module
//! writes nothing.

use super::outcome::Others;
use crate::input::Failure;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, LargeStringArray, RecordBatch, UInt64Array};
use std::sync::Arc;
use textmill_core::batch::Strings;
use textmill_core::column::{ID, ORDINAL};
use textmill_core::event::{Action, Event, EventRef, Events};

/// The number that stands for the input as a stage in ledger rows.
pub const INPUT_STAGE: usize = usize::MAX;

/// A row of the ledger.
#[derive(Clone, Copy, Debug)]
pub struct LedgerRow<'l> {
    /// Ordinal of the document.
    pub ordinal: u64,
    /// Its id.
    pub id: &'l str,
    /// Number of the stage, or `INPUT_STAGE`.
    pub stage: usize,
    /// The event.
    pub event: EventRef<'l>,
    /// Id of the other document, if the event names one.
    pub other: Option<&'l str>,
}

/// Rows of the ledger. A single page can have a million, so their columns stay as the stages returned them:
/// within a batch, they are in document order. Appended rows may break that order; [`Ledger::sort`] restores
/// it.
#[derive(Debug, Default)]
pub struct Ledger {
    parts: Vec<Part>,
    /// The places of all rows in document order, if that differs from the order of the parts.
    order: Option<Vec<Place>>,
}

/// What one stage reported about one batch.
#[derive(Debug)]
struct Part {
    stage: usize,
    events: Events,
    ids: Option<ArrayRef>,
    ordinals: Option<UInt64Array>,
    others: Others,
}

/// The position of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    ordinal: u64,
    part: u32,
    event: u32,
}

impl Part {
    fn ordinal(&self, row: u32) -> u64 {
        let ordinals = self.ordinals.as_ref().map_or(&[][..], |ordinals| ordinals.values());
        ordinals.get(row as usize).copied().unwrap_or_default()
    }

    fn row<'l>(&'l self, event: EventRef<'l>) -> LedgerRow<'l> {
        let ids = self.ids.as_ref().and_then(|ids| Strings::of(ids.as_ref()));
        LedgerRow {
            ordinal: self.ordinal(event.row),
            id: ids.and_then(|ids| ids.get(event.row as usize)).unwrap_or_default(),
            stage: self.stage,
            event,
            other: event.other.and_then(|other| self.others.get(&other)).map(String::as_str),
        }
    }
}

impl Ledger {
    /// Adds what a stage reported about the documents of a batch, with the ids of the other documents that it
    /// names.
    pub fn take(&mut self, batch: &RecordBatch, stage: usize, events: Events, others: Others) {
        if events.is_empty() {
            return;
        }
        let ordinals = batch.column_by_name(ORDINAL).and_then(|c| c.as_primitive_opt::<UInt64Type>());
        let (ids, ordinals) = (batch.column_by_name(ID).cloned(), ordinals.cloned());
        self.parts.push(Part { stage, events, ids, ordinals, others });
    }

    /// Adds records of the input that could not be read as documents, with their ordinals.
    pub fn take_failures(&mut self, failures: &[(u64, Failure)]) {
        let event = |(row, (_, failure)): (u32, &(u64, Failure))| {
            Event::new(row, Action::Fail, failure.rule).note(failure.note.clone())
        };
        let events: Vec<Event> = (0..).zip(failures).map(event).collect();
        if events.is_empty() {
            return;
        }
        let ids: LargeStringArray = failures.iter().map(|(_, failure)| Some(failure.id.as_str())).collect();
        let ordinals: UInt64Array = failures.iter().map(|(ordinal, _)| *ordinal).collect();
        let (ids, ordinals): (Option<ArrayRef>, _) = (Some(Arc::new(ids)), Some(ordinals));
        self.parts.push(Part {
            stage: INPUT_STAGE,
            events: events.into(),
            ids,
            ordinals,
            others: Others::new(),
        });
    }

    /// Appends the rows of another ledger.
    pub fn append(&mut self, other: Self) {
        self.parts.extend(other.parts);
    }

    /// Sorts the rows by document; rows of the same document keep their order.
    pub fn sort(&mut self) {
        let ordinals = || self.parts.iter().flat_map(|p| p.events.rows().iter().map(|&row| p.ordinal(row)));
        if ordinals().is_sorted() {
            return;
        }
        let places = |(part, p): (u32, &Part)| {
            let place = move |(event, ordinal)| Place { ordinal, part, event };
            (0..).zip(p.events.rows().iter().map(|&row| p.ordinal(row))).map(place).collect::<Vec<_>>()
        };
        let mut order: Vec<Place> = (0..).zip(&self.parts).flat_map(places).collect();
        order.sort_unstable();
        self.order = Some(order);
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = LedgerRow<'_>> {
        let in_parts = self.parts.iter().filter(|_| self.order.is_none());
        let in_parts = in_parts.flat_map(|part| part.events.iter().map(|event| part.row(event)));
        let in_order = self.order.iter().flatten().filter_map(|place| {
            let part = self.parts.get(place.part as usize)?;
            Some(part.row(part.events.get(place.event as usize)?))
        });
        in_parts.chain(in_order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::{DataType, Field, Schema};

    fn batch(ordinals: &[u64]) -> RecordBatch {
        let ids: LargeStringArray = ordinals.iter().map(|ordinal| Some(format!("d{ordinal}"))).collect();
        let schema = Schema::new(vec![
            Field::new(ID, DataType::LargeUtf8, false),
            Field::new(ORDINAL, DataType::UInt64, false),
        ]);
        let columns: Vec<ArrayRef> = vec![Arc::new(ids), Arc::new(UInt64Array::from(ordinals.to_vec()))];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    #[test]
    fn rows_are_by_document_and_then_by_stage() {
        let said = |rows: &[u32], rule: &'static str| -> Events {
            let event = |&row| Event::new(row, Action::Annotate, rule).other(9);
            rows.iter().map(event).collect::<Vec<_>>().into()
        };
        let mut ledger = Ledger::default();
        let failure = Failure {
            rule: "bad-json",
            id: "x".into(),
            source: "a.jsonl".into(),
            offset: 1,
            note: "no JSON".into(),
        };
        ledger.take_failures(&[(5, failure)]);
        ledger.take(&batch(&[3, 4]), 0, said(&[0, 0, 1], "one"), Others::from([(9, "d9".to_owned())]));
        let mut later = Ledger::default();
        later.take(&batch(&[4, 6]), 1, said(&[0, 1], "two"), Others::new());
        later.take(&batch(&[7]), 1, Events::new(), Others::new());
        ledger.append(later);
        ledger.sort();
        let shown: Vec<String> =
            ledger.rows().map(|r| format!("{} {} {} {:?}", r.ordinal, r.id, r.event.rule, r.other)).collect();
        let wanted = [
            "3 d3 one Some(\"d9\")",
            "3 d3 one Some(\"d9\")",
            "4 d4 one Some(\"d9\")",
            "4 d4 two None",
            "5 x bad-json None",
            "6 d6 two None",
        ];
        assert_eq!(shown, wanted);
    }
}
