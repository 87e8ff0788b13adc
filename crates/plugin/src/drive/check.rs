//! Checks what an operator returns for a batch. Nothing is used before it has passed.
//!
//! A message that comes with a row says nothing about the batch around it: messages end up in outputs, which
//! must not depend on how documents were batched.

use super::bind::BoundOperator;
use crate::error::{Error, ErrorKind, Result};
use crate::operator::Output;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{Array, RecordBatch};
use textmill_core::batch::Strings;
use textmill_core::column::{ROW, TEXT};
use textmill_core::event::{Action, EventRef};

/// The input rows that an operator's output keeps, ascending: those with an output row and no fail event.
/// `positions` are their rows in the output.
pub struct Kept {
    /// Rows of the input.
    pub rows: Vec<u32>,
    /// Rows of the output.
    pub positions: Vec<u32>,
}

/// A part of the contract that an output can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// Every dropped document has an event that says why, and no output row.
    Reasons,
    /// Text after = text before + edits.
    Edits,
    /// Events have a rule, and their rows exist.
    Events,
    /// Everything else: columns, types, lengths, rows.
    Shape,
}

const DROPPED_AND_ANSWERED: &str = "it drops a document but returns it as well";
const NO_REASON: &str = "it drops a document without an event that says why";
const DROPPED_AND_EDITED: &str = "it edits a document that it drops";
const NOT_REBUILT: &str = "its edits do not turn the text it received into the text it answers";
const NOT_READ: &str = "it writes `text` without reading it";
const NOT_WRITTEN: &str = "edits text without writing it";
const NO_RULE: &str = "an event has no rule";
const NO_ROW: &str = "an event names row ";
/// How the host's import begins its messages about malformed events.
const BROKEN_EVENTS: &str = "its events break the contract";

impl Clause {
    /// The part of the contract that the message of a contract error is about.
    pub fn of(message: &str) -> Self {
        match message {
            DROPPED_AND_ANSWERED | NO_REASON => Self::Reasons,
            DROPPED_AND_EDITED | NOT_REBUILT | NOT_READ => Self::Edits,
            NO_RULE => Self::Events,
            _ if message.ends_with(NOT_WRITTEN) => Self::Edits,
            _ if message.starts_with(NO_ROW) || message.starts_with(BROKEN_EVENTS) => Self::Events,
            _ => Self::Shape,
        }
    }
}

/// Checks an output against the batch that was passed: columns, rows, events, and that the edits rebuild the
/// text.
///
/// # Errors
/// A sentence that says what breaks the contract, with the row if one is at fault.
pub fn check(operator: &BoundOperator, passed: &RecordBatch, output: &Output) -> Result<Kept> {
    columns(operator, output)?;
    let count = passed.num_rows();
    let mut fates = vec![Fate::default(); count];
    for event in output.events.iter() {
        let fate = fates.get_mut(event.row as usize);
        let fate = fate.ok_or_else(|| broken(format!("{NO_ROW}{} of a batch of {count}", event.row)))?;
        match event.action {
            Action::Drop => fate.dropped = true,
            Action::Fail => fate.failed = true,
            Action::Edit => fate.edited = true,
            Action::Annotate => {}
        }
        if event.rule.is_empty() {
            return Err(broken(NO_RULE.into()).at_row(Some(event.row)));
        }
    }
    if let Some(row) = fates.iter().position(|f| f.edited && f.dropped) {
        return Err(broken(DROPPED_AND_EDITED.into()).at_row(Some(row as u32)));
    }
    let kept = kept_rows(operator, count, output, &fates)?;
    edits(operator, passed, output, &kept, &fates)?;
    Ok(kept)
}

#[derive(Clone, Default)]
struct Fate {
    dropped: bool,
    failed: bool,
    edited: bool,
}

fn broken(message: String) -> Error {
    Error::new(ErrorKind::Contract, message)
}

/// Checks the output of a table step: its columns, and that its events only annotate or fail documents.
///
/// # Errors
/// A sentence that says what breaks the contract.
pub fn table(operator: &BoundOperator, count: usize, output: &Output) -> Result<()> {
    columns(operator, output)?;
    for event in output.events.iter() {
        if event.row as usize >= count {
            return Err(broken(format!("{NO_ROW}{} of a batch of {count}", event.row)));
        }
        if event.rule.is_empty() || !matches!(event.action, Action::Annotate | Action::Fail) {
            let message =
                "a step that returns a table may only annotate and fail documents, each under a rule";
            return Err(broken(message.into()).at_row(Some(event.row)));
        }
    }
    Ok(())
}

/// Checks that the output has the columns that were bound.
///
/// # Errors
/// If it has others.
pub fn columns(operator: &BoundOperator, output: &Output) -> Result<()> {
    let have = output.documents.schema();
    let want = &operator.answered;
    if have.fields().len() != want.fields().len() {
        return Err(broken(format!(
            "it answers {} columns, not {}",
            have.fields().len(),
            want.fields().len()
        )));
    }
    for (have, want) in have.fields().iter().zip(want.fields()) {
        if have.name() != want.name() || have.data_type() != want.data_type() {
            let have = format!("`{}` ({})", have.name(), have.data_type());
            return Err(broken(format!(
                "it answers {have} instead of `{}` ({})",
                want.name(),
                want.data_type()
            )));
        }
    }
    Ok(())
}

fn kept_rows(operator: &BoundOperator, count: usize, output: &Output, fates: &[Fate]) -> Result<Kept> {
    let answered = output.documents.num_rows();
    let mut kept = Kept { rows: Vec::with_capacity(answered), positions: Vec::with_capacity(answered) };
    let mut keep = |row: u32, position: usize| {
        let fate = &fates[row as usize];
        if fate.dropped {
            return Err(broken(DROPPED_AND_ANSWERED.into()).at_row(Some(row)));
        }
        if !fate.failed {
            kept.rows.push(row);
            kept.positions.push(position as u32);
        }
        Ok(())
    };
    if !operator.selects() {
        if answered != count {
            return Err(broken(format!(
                "it answers {answered} rows for a batch of {count}; answer each row, or declare that it selects rows, and say why \
                 one is dropped"
            )));
        }
        for row in 0..count {
            keep(row as u32, row)?;
        }
        return Ok(kept);
    }
    let rows = output.documents.column_by_name(ROW).and_then(|c| c.as_primitive_opt::<UInt32Type>());
    let rows = rows.ok_or_else(|| broken("its column `row` is not uint32".into()))?;
    if rows.null_count() > 0 {
        return Err(broken("its column `row` has nulls".into()));
    }
    let mut next = 0u32;
    for (position, &row) in rows.values().iter().enumerate() {
        if row as usize >= count {
            return Err(broken(format!("it answers row {row} of a batch of {count}")));
        }
        if row < next {
            return Err(broken(format!("its rows do not ascend at {row}")));
        }
        missing(next, row, fates)?;
        keep(row, position)?;
        next = row + 1;
    }
    missing(next, count as u32, fates)?;
    Ok(kept)
}

/// Checks that rows without an output row have an event that says why.
fn missing(from: u32, to: u32, fates: &[Fate]) -> Result<()> {
    for row in from..to {
        let fate = &fates[row as usize];
        if !fate.dropped && !fate.failed {
            return Err(broken(NO_REASON.into()).at_row(Some(row)));
        }
    }
    Ok(())
}

/// Checks, for every kept row, that text after = text before + edits.
fn edits(
    operator: &BoundOperator,
    passed: &RecordBatch,
    output: &Output,
    kept: &Kept,
    fates: &[Fate],
) -> Result<()> {
    let after = output.documents.column_by_name(TEXT).and_then(|c| Strings::of(c.as_ref()));
    let before = passed.column_by_name(TEXT).and_then(|c| Strings::of(c.as_ref()));
    let Some(after) = after else {
        return match fates.iter().position(|f| f.edited) {
            None => Ok(()),
            Some(row) => {
                let message = format!("operator `{}` {NOT_WRITTEN}", operator.descriptor.name);
                Err(broken(message).at_row(Some(row as u32)))
            }
        };
    };
    let before = before.ok_or_else(|| broken(NOT_READ.into()))?;
    let events = &output.events;
    let is_edit = |e: &EventRef<'_>| e.action == Action::Edit;
    let place = |e: &EventRef<'_>| (e.row, e.start, e.end);
    let sorted;
    // Nearly all operators return their edits in order, which saves the sort.
    let events = if events.iter().filter(is_edit).is_sorted_by_key(|e| place(&e)) {
        events
    } else {
        let mut edits: Vec<EventRef<'_>> = events.iter().filter(is_edit).collect();
        edits.sort_by_key(place);
        sorted = edits.into_iter().collect();
        &sorted
    };
    let mut edits = events.iter().filter(is_edit).peekable();
    for (&row, &position) in kept.rows.iter().zip(&kept.positions) {
        while edits.next_if(|e| e.row < row).is_some() {}
        let before = before.get(row as usize).unwrap_or("");
        let after = after.get(position as usize).unwrap_or("");
        if !rebuilds(before, after, std::iter::from_fn(|| edits.next_if(|e| e.row == row))) {
            return Err(broken(NOT_REBUILT.into()).at_row(Some(row)));
        }
    }
    Ok(())
}

/// Whether sorted edits turn one text into the other. Compares slices and builds nothing.
fn rebuilds<'e>(before: &str, mut after: &str, edits: impl Iterator<Item = EventRef<'e>>) -> bool {
    let mut at = 0usize;
    for event in edits {
        let (Some(start), Some(end)) = (event.start, event.end) else { return false };
        let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else { return false };
        let Some(unchanged) = before.get(at..start) else { return false };
        let replacement = event.replacement.unwrap_or("");
        let Some(rest) = after.strip_prefix(unchanged).and_then(|r| r.strip_prefix(replacement)) else {
            return false;
        };
        if end < start || !before.is_char_boundary(end) {
            return false;
        }
        after = rest;
        at = end;
    }
    before.get(at..) == Some(after)
}
