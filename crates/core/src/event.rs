//! Events: what a stage did to a document. [`Events`] holds those of a whole batch.

pub use crate::events::{Builder, EventRef, Events, schema};

use crate::edit::Edit;
use std::borrow::Cow;

/// What an event reports. The numeric codes are part of the plugin contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Action {
    /// A span of the text was replaced.
    Edit = 0,
    /// The document is dropped.
    Drop = 1,
    /// Something worth knowing; nothing was changed.
    Annotate = 2,
    /// The document could not be processed.
    Fail = 3,
}

impl Action {
    /// All actions, each at the index of its code.
    pub const ALL: [Self; 4] = [Self::Edit, Self::Drop, Self::Annotate, Self::Fail];

    /// The action with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The word that the ledger shows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Drop => "drop",
            Self::Annotate => "annotate",
            Self::Fail => "fail",
        }
    }
}

/// One event of a stage on one row of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Row of the batch that the stage received.
    pub row: u32,
    /// What happened.
    pub action: Action,
    /// Kebab-case id of the rule.
    pub rule: Cow<'static, str>,
    /// What the rule measured.
    pub value: Option<f64>,
    /// What it compared the value with.
    pub threshold: Option<f64>,
    /// First byte of the span in the text that the stage received.
    pub start: Option<u64>,
    /// One past the last byte of the span.
    pub end: Option<u64>,
    /// The text that replaces the span.
    pub replacement: Option<Cow<'static, str>>,
    /// Ordinal of another document, such as the duplicate that was kept.
    pub other: Option<u64>,
    /// A few words for the reader of the ledger.
    pub note: Option<Cow<'static, str>>,
}

impl Event {
    /// An event without measurements.
    pub fn new(row: u32, action: Action, rule: impl Into<Cow<'static, str>>) -> Self {
        Self {
            row,
            action,
            rule: rule.into(),
            value: None,
            threshold: None,
            start: None,
            end: None,
            replacement: None,
            other: None,
            note: None,
        }
    }

    /// The event of an edit.
    pub fn of_edit(row: u32, edit: Edit) -> Self {
        Self {
            value: edit.value,
            threshold: edit.threshold,
            start: Some(edit.start as u64),
            end: Some(edit.end as u64),
            replacement: Some(edit.replacement),
            note: edit.note,
            ..Self::new(row, Action::Edit, edit.rule)
        }
    }

    /// The edit that this event records, if it records one with a span.
    pub fn to_edit(&self) -> Option<Edit> {
        if self.action != Action::Edit {
            return None;
        }
        Some(Edit {
            start: usize::try_from(self.start?).ok()?,
            end: usize::try_from(self.end?).ok()?,
            replacement: self.replacement.clone().unwrap_or(Cow::Borrowed("")),
            rule: self.rule.clone(),
            value: self.value,
            threshold: self.threshold,
            note: self.note.clone(),
        })
    }

    /// The same event with a value and its threshold.
    #[must_use]
    pub fn measured(mut self, value: f64, threshold: f64) -> Self {
        self.value = Some(value);
        self.threshold = Some(threshold);
        self
    }

    /// The same event with a value, but no threshold.
    #[must_use]
    pub fn value(mut self, value: f64) -> Self {
        self.value = Some(value);
        self
    }

    /// The same event with another document's ordinal.
    #[must_use]
    pub fn other(mut self, ordinal: u64) -> Self {
        self.other = Some(ordinal);
        self
    }

    /// The same event with a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.note = Some(note.into());
        self
    }
}
