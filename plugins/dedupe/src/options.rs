//! What a pipeline can set.

use crate::bands::{Bands, FINEWEB};
use crate::passages::options::{Action, LONGEST_WINDOW, Unit};
use crate::set::Measure;
use crate::shingle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_plugin::error::Result;
use textmill_plugin::options::Checks;

/// The threshold where none is given.
const THRESHOLD: f64 = 0.75;

/// Options of `dedupe`; every step of the plan gets them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// `near`: drop documents that are much alike, and copies. `exact`: drop copies alone. `against`: drop what is like a
    /// document of the index that `against` names, and nothing else. `passages`: remove or report parts of documents that
    /// several have.
    pub mode: Mode,
    /// Which of several twins is kept.
    pub keep: Keep,
    /// Column with the date that `keep = "earliest"` goes by: ISO 8601, as precise as known.
    pub date_column: Option<String>,
    /// Column with the number that `keep = "best"` goes by: the highest is kept.
    pub score_column: Option<String>,
    /// Least share of shingles in common at which a document is dropped (0.75 where it is not given). The bands follow from
    /// it, so that a pair at the threshold is compared with a probability of 0.99.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    #[schemars(example = THRESHOLD)]
    pub threshold: Option<f64>,
    /// How alikeness is measured.
    pub metric: Metric,
    /// What becomes of chains, in which each document is like the next.
    pub linkage: Linkage,
    /// What a word is.
    pub words: Words,
    /// Whether numbers count.
    pub numbers: Numbers,
    /// What shingles are made of.
    pub shingles: Shingles,
    /// Words, or characters, to a shingle.
    #[schemars(range(min = 1, max = shingle::MOST))]
    pub shingle_size: usize,
    /// Bands of a signature; with `rows`, in place of those that follow from the threshold.
    #[schemars(range(min = 1, max = 512))]
    pub bands: Option<usize>,
    /// Minima to a band.
    #[schemars(range(min = 1, max = 64))]
    pub rows: Option<usize>,
    /// With `mode = "exact"`: column whose values are compared, in place of the text. Documents without one stay.
    pub by: Option<String>,
    /// Whether values of `by` that are addresses are compared in one form: without fragment, tracking parameters, `www.`.
    pub canonical_urls: bool,
    /// An index that an earlier run saved: its documents count as kept, before all others.
    pub against: Option<String>,
    /// File that the kept documents are saved to, with those of `against`, for later runs.
    pub index: Option<String>,
    /// Mode `passages`: what a passage is, `line`, `paragraph` (a run of lines between blank ones) or `sentences` (a window of
    /// consecutive sentences). Without it, `paragraph`.
    pub unit: Option<Unit>,
    /// Unit `sentences`: how many stand in a window. Without it, 3.
    #[schemars(range(min = 1, max = LONGEST_WINDOW))]
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
    /// The same words in the same order, or similarity at or above the threshold.
    #[default]
    Near,
    /// The same words in the same order, or the same value in a column.
    Exact,
    /// Similarity to a document of an index at or above the threshold.
    Against,
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
    /// The one with the highest number in `score-column`; documents without one come last.
    Best,
    /// None, in mode `passages`: a repeated passage is removed from every document.
    None,
}

/// How alikeness is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Shingles in both documents among those in either.
    #[default]
    Jaccard,
    /// Shingles in both among those of the shorter one: a page is like another that holds it and more.
    Containment,
}

/// What becomes of chains, in which each document is like the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// A document is dropped only for a kept one that it is itself like.
    #[default]
    Strict,
    /// All documents that are linked are one cluster, of which one is kept, however little its ends are alike.
    Components,
}

/// What a word is. Letters of scripts without spaces are words of their own in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Words {
    /// Letters and digits in lower case, those of Latin up to U+017F without diacritics.
    #[default]
    Folded,
    /// Letters, digits and `_` in lower case.
    Plain,
}

/// Whether numbers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Pages that differ in a number are different pages.
    #[default]
    Keep,
    /// Every number counts as 0, as in FineWeb.
    Zero,
}

/// What shingles are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shingles {
    /// Runs of words.
    #[default]
    Words,
    /// Runs of letters and digits, a space between words.
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
    /// The threshold.
    pub fn threshold(&self) -> f64 {
        self.threshold.unwrap_or(THRESHOLD)
    }

    /// The bands: those that are given, else those that follow from a threshold that is given, else FineWeb's.
    pub fn bands(&self) -> Bands {
        match (self.bands, self.rows) {
            (Some(bands), Some(rows)) => Bands { bands, rows },
            _ => self.threshold.map_or(FINEWEB, Bands::for_threshold),
        }
    }

    /// How alikeness is measured.
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

    /// What an index depends on.
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

    /// Checks what the schema cannot say: that options go together.
    ///
    /// # Errors
    /// Every mistake, with the name of the option.
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
                "is of use only with the other of `bands` and `rows`".into()
            });
            checks.require(value.is_none() || self.metric == Metric::Jaccard, name, || {
                "says nothing of `metric = \"containment\"`, which compares by sampled shingles".into()
            });
        }
        checks.require(self.by.is_none() || self.mode == Mode::Exact, "by", || {
            "compares values of a column, which `mode = \"exact\"` alone does".into()
        });
        checks.require(self.mode != Mode::Against || self.against.is_some(), "mode", || {
            "is `against`, which needs `against`, the path of an index that an earlier run saved".into()
        });
        let names = [("against", self.against.is_some()), ("index", self.index.is_some())];
        for (name, is_given) in names {
            checks.require(!is_given || self.keep == Keep::First, name, || {
                "cannot take back what an earlier run has kept: it goes with `keep = \"first\"` alone".into()
            });
            checks.require(!is_given || self.linkage == Linkage::Strict, name, || {
                "goes with `linkage = \"strict\"` alone: a new document can join two clusters of earlier ones".into()
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
                "is about whole documents, and `mode = \"passages\"` compares parts of them".into()
            });
        }
        crate::passages::options::check(self, &mut checks);
        checks.finish()
    }
}
