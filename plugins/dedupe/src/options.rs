//! What a pipeline can set.

use crate::passages::options::{Action, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_plugin::error::Result;
use textmill_plugin::options::Checks;

/// Options of `dedupe`; every step of the plan gets them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// `near`: drop documents that are much alike, and copies. `exact`: drop copies alone.
    pub mode: Mode,
    /// Which of several twins is kept.
    pub keep: Keep,
    /// Column with the date that `keep = "earliest"` goes by: ISO 8601, as precise as known.
    pub date_column: Option<String>,
    /// Least estimated share of word 5-grams in common (Jaccard similarity) at which a document is dropped. Pairs much
    /// below 0.72 rarely come to be compared.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub threshold: f64,
    /// Mode `passages`: what a passage is, `line`, `paragraph` (a run of lines between blank ones) or `sentences` (a window of
    /// consecutive sentences). Without it, `paragraph`.
    pub unit: Option<Unit>,
    /// Unit `sentences`: how many stand in a window. Without it, 3.
    #[schemars(range(min = 1, max = 64))]
    pub window: Option<u32>,
    /// Mode `passages`: a passage is repeated when it stands in more than so many documents. Without it, 1.
    #[schemars(range(min = 1))]
    pub more_than: Option<u32>,
    /// Mode `passages`: fewest words of a passage; shorter ones are left alone. Without it, 5.
    #[schemars(range(min = 1))]
    pub min_words: Option<u32>,
    /// Mode `passages`: documents are counted among those with the same value in this column, such as "source"; one without a
    /// value is left alone. Without it, the whole corpus.
    pub scope_column: Option<String>,
    /// Mode `passages`: whether the document that keeps a repeated passage loses further copies of it. Without it, true.
    pub within_document: Option<bool>,
    /// Mode `passages`: `remove` repeated passages from the text, or `report` them in the column `shared_passages`. Without
    /// it, `remove`.
    pub action: Option<Action>,
}

/// What counts as a duplicate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The same words in the same order, or estimated similarity at or above the threshold.
    #[default]
    Near,
    /// The same words in the same order.
    Exact,
    /// Lines, paragraphs or sentences that several documents have, in place of documents.
    Passages,
}

/// Which of several twins is kept. Ties go by input order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The first in input order.
    #[default]
    First,
    /// The one with the most characters of text.
    Longest,
    /// The one with the earliest date; documents without one come last.
    Earliest,
    /// None, in mode `passages`: a repeated passage is removed from every document.
    None,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Near,
            keep: Keep::First,
            date_column: None,
            threshold: 0.75,
            unit: None,
            window: None,
            more_than: None,
            min_words: None,
            scope_column: None,
            within_document: None,
            action: None,
        }
    }
}

impl Options {
    /// Checks what the schema cannot say, and once more what it says: not every host looks at it.
    ///
    /// # Errors
    /// Every mistake, with the name of the option.
    pub fn check(&self) -> Result {
        let mut checks = Checks::new();
        checks.require(self.threshold > 0.0 && self.threshold <= 1.0, "threshold", || {
            format!("must be above 0 and at most 1, and is `{}`", self.threshold)
        });
        checks.require(self.keep != Keep::Earliest || self.date_column.is_some(), "keep", || {
            "is `earliest`, which needs a `date-column`, such as \"published\"".into()
        });
        crate::passages::options::check(self, &mut checks);
        checks.finish()
    }
}
