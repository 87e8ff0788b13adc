//! What a pipeline can set.

use crate::bands::{Bands, FINEWEB};
use crate::passages::options::{Action, LONGEST_WINDOW, Unit};
use crate::set::Measure;
use crate::shingle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_plugin::error::Result;
use textmill_plugin::options::Checks;

/// The default threshold.
const THRESHOLD: f64 = 0.75;

/// Options of `dedupe`; every step of the plan gets them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// `near`: drop near-duplicates and exact copies. `exact`: drop only exact copies. `against`: drop only documents that are
    /// similar to one of the index named by `against`. `passages`: remove or report parts of documents that several documents
    /// share.
    pub mode: Mode,
    /// Which of several duplicates is kept.
    pub keep: Keep,
    /// Column with the date for `keep = "earliest"`: ISO 8601, with any precision.
    pub date_column: Option<String>,
    /// Column with the number for `keep = "best"`: the document with the highest is kept.
    pub score_column: Option<String>,
    /// Lowest similarity at which a document is dropped. Default: 0.75. If it is given, the bands are chosen so that a pair
    /// at the threshold is compared with a probability of 0.99.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    #[schemars(example = THRESHOLD)]
    pub threshold: Option<f64>,
    /// How similarity is measured.
    pub metric: Metric,
    /// How chains are treated, in which each document is similar to the next.
    pub linkage: Linkage,
    /// What counts as a word.
    pub words: Words,
    /// Whether numbers count.
    pub numbers: Numbers,
    /// What shingles are made of.
    pub shingles: Shingles,
    /// Words or characters per shingle.
    #[schemars(range(min = 1, max = shingle::MOST))]
    pub shingle_size: usize,
    /// Bands of a signature. Together with `rows`, overrides the bands derived from the threshold.
    #[schemars(range(min = 1, max = 512))]
    pub bands: Option<usize>,
    /// Rows (minima) per band.
    #[schemars(range(min = 1, max = 64))]
    pub rows: Option<usize>,
    /// With `mode = "exact"`: column whose values are compared instead of the text. Documents without a value stay.
    pub by: Option<String>,
    /// Whether URLs in the column `by` are normalized first: fragment, tracking parameters and `www.` are ignored.
    pub canonical_urls: bool,
    /// An index that an earlier run saved: its documents count as kept, before all others.
    pub against: Option<String>,
    /// File in which the kept documents are saved for later runs, together with those of `against`.
    pub index: Option<String>,
    /// Mode `passages`: what a passage is: `line`, `paragraph` (lines between blank lines) or `sentences` (a window of
    /// consecutive sentences). Default: `paragraph`.
    pub unit: Option<Unit>,
    /// Unit `sentences`: sentences per window. Default: 3.
    #[schemars(range(min = 1, max = LONGEST_WINDOW))]
    pub window: Option<u32>,
    /// Mode `passages`: a passage counts as repeated if it occurs in more than this many documents. Default: 1.
    #[schemars(range(min = 1))]
    pub more_than: Option<u32>,
    /// Mode `passages`: minimum number of words; shorter passages are left alone. Default: 5.
    #[schemars(range(min = 1))]
    pub min_words: Option<u32>,
    /// Mode `passages`: repetitions count only among documents with the same value in this column, such as "source";
    /// documents without a value are left alone. Default: the whole corpus.
    pub scope_column: Option<String>,
    /// Mode `passages`: whether the document that keeps a repeated passage loses further copies of it. Default: true.
    pub within_document: Option<bool>,
    /// Mode `passages`: `remove` repeated passages from the text, or `report` them in the column `shared_passages`.
    /// Default: `remove`.
    pub action: Option<Action>,
}

/// What counts as a duplicate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The same words in the same order, or similarity at or above the threshold.
    #[default]
    Near,
    /// The same words in the same order, or the same value in a column.
    Exact,
    /// Similarity to a document of an index at or above the threshold.
    Against,
    /// Lines, paragraphs or sentences that several documents share.
    Passages,
}

/// Which of several duplicates is kept. Ties are broken by input order.
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
    /// The one with the highest number in `score-column`; documents without one come last.
    Best,
    /// None, in mode `passages`: a repeated passage is removed from every document.
    None,
}

/// How similarity is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Shared shingles divided by the distinct shingles of both documents together.
    #[default]
    Jaccard,
    /// Shared shingles divided by those of the shorter document: a page is similar to a longer one that contains it.
    Containment,
}

/// How chains are treated, in which each document is similar to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// A document is dropped only for a kept document that it is itself similar to.
    #[default]
    Strict,
    /// All linked documents form one cluster, of which one is kept, even if the ends of a chain differ.
    Components,
}

/// What counts as a word. In scripts without spaces, each letter is a word in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Words {
    /// Runs of letters and digits, lower-cased; Latin letters up to U+017F without diacritics.
    #[default]
    Folded,
    /// Runs of letters, digits and `_`, lower-cased.
    Plain,
}

/// Whether numbers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Numbers count: pages that differ in a number are different.
    #[default]
    Keep,
    /// Every number is replaced by 0, as in FineWeb.
    Zero,
}

/// What shingles are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shingles {
    /// Word n-grams.
    #[default]
    Words,
    /// Character n-grams of letters and digits, with one space between words.
    Characters,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            keep: Keep::default(),
            date_column: None,
            score_column: None,
            threshold: None,
            metric: Metric::default(),
            linkage: Linkage::default(),
            words: Words::default(),
            numbers: Numbers::default(),
            shingles: Shingles::default(),
            shingle_size: shingle::SHINGLE_WORDS,
            bands: None,
            rows: None,
            by: None,
            canonical_urls: true,
            against: None,
            index: None,
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
    /// The threshold: the given one, or the default.
    pub fn threshold(&self) -> f64 {
        self.threshold.unwrap_or(THRESHOLD)
    }

    /// The bands: the given ones, or those derived from the given threshold, or FineWeb's.
    pub fn bands(&self) -> Bands {
        match (self.bands, self.rows) {
            (Some(bands), Some(rows)) => Bands { bands, rows },
            _ => self.threshold.map_or(FINEWEB, Bands::for_threshold),
        }
    }

    /// The similarity measure of the chosen metric.
    pub fn measure(&self) -> Measure {
        match self.metric {
            Metric::Jaccard => Measure::Jaccard,
            Metric::Containment => Measure::Containment,
        }
    }

    /// Whether shingles are compared.
    pub fn is_near(&self) -> bool {
        matches!(self.mode, Mode::Near | Mode::Against)
    }

    /// Describes the options that the rows of an index depend on. A run can use an index only if its own
    /// description is the same.
    pub fn meaning(&self) -> String {
        let compared = match (&self.by, self.is_near()) {
            (Some(by), _) => format!("column {by}, canonical-urls {}", self.canonical_urls),
            (None, true) => {
                let [words, numbers] = [format!("{:?}", self.words), format!("{:?}", self.numbers)];
                format!(
                    "{:?} shingles of {}, words {words}, numbers {numbers}",
                    self.shingles, self.shingle_size
                )
            }
            (None, false) => format!("text, words {:?}, numbers {:?}", self.words, self.numbers),
        };
        format!("dedupe 2, {}", compared.to_lowercase())
    }

    /// Checks what the schema cannot express: that the options are compatible.
    ///
    /// # Errors
    /// Fails with every mistake, each with the name of its option.
    pub fn check(&self) -> Result {
        let mut checks = Checks::new();
        checks.require(self.keep != Keep::Earliest || self.date_column.is_some(), "keep", || {
            "is `earliest`, which needs a `date-column`, such as \"published\"".into()
        });
        checks.require(self.keep != Keep::Best || self.score_column.is_some(), "keep", || {
            "is `best`, which needs a `score-column`, such as \"quality\"".into()
        });
        for (name, value) in [("bands", self.bands), ("rows", self.rows)] {
            checks.require(self.bands.is_some() == self.rows.is_some() || value.is_none(), name, || {
                "has no effect alone: give both `bands` and `rows`".into()
            });
            checks.require(value.is_none() || self.metric == Metric::Jaccard, name, || {
                "does not apply to `metric = \"containment\"`, which samples shingles".into()
            });
        }
        checks.require(self.by.is_none() || self.mode == Mode::Exact, "by", || {
            "compares values of a column, which only `mode = \"exact\"` does".into()
        });
        checks.require(self.mode != Mode::Against || self.against.is_some(), "mode", || {
            "is `against`, which needs `against`, the path of an index that an earlier run saved".into()
        });
        let names = [("against", self.against.is_some()), ("index", self.index.is_some())];
        for (name, is_given) in names {
            checks.require(!is_given || self.keep == Keep::First, name, || {
                "needs `keep = \"first\"`: what an earlier run has kept cannot be dropped later".into()
            });
            checks.require(!is_given || self.linkage == Linkage::Strict, name, || {
                "needs `linkage = \"strict\"`: otherwise a new document could join two clusters of earlier runs".into()
            });
        }
        let whole = [
            ("threshold", self.threshold.is_some()),
            ("bands", self.bands.is_some()),
            ("against", self.against.is_some()),
            ("index", self.index.is_some()),
            ("date-column", self.date_column.is_some()),
            ("score-column", self.score_column.is_some()),
        ];
        for (name, is_given) in whole {
            checks.require(!is_given || self.mode != Mode::Passages, name, || {
                "applies to whole documents, but `mode = \"passages\"` compares parts of them".into()
            });
        }
        crate::passages::options::check(self, &mut checks);
        checks.finish()
    }
}
