//! Options of mode `passages`: their values, their defaults, and which of them are compatible.

use crate::options::{Keep, Mode, Options};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_plugin::options::Checks;

/// Default number of sentences in a window, as in C4.
const WINDOW: u32 = 3;
/// Default for the fewest words of a passage. The README says on which pages it was measured.
const MIN_WORDS: u32 = 5;
/// Default of `more-than`: any second document makes a passage a repeat.
const MORE_THAN: u32 = 1;

/// Most sentences in a window.
pub const LONGEST_WINDOW: u32 = 64;

/// What a passage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A line.
    Line,
    /// A run of lines between blank lines.
    #[default]
    Paragraph,
    /// A window of `window` consecutive sentences.
    Sentences,
}

impl Unit {
    /// The name of the rule that removes repeats.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Line => "repeated-line",
            Self::Paragraph => "repeated-paragraph",
            Self::Sentences => "repeated-sentences",
        }
    }

    /// The name of a single unit.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Paragraph => "paragraph",
            Self::Sentences => "sentence",
        }
    }
}

/// What is done with repeated passages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Remove them from the text.
    #[default]
    Remove,
    /// List them in the column `shared_passages` and leave the text as it is.
    Report,
}

/// The options of the mode, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What a passage is.
    pub unit: Unit,
    /// Sentences in a window; 1 for other units.
    pub window: usize,
    /// A passage is repeated if more documents than this have it.
    pub more_than: u64,
    /// Fewest words of a passage.
    pub min_words: u64,
    /// Column whose values divide the corpus into scopes; without it, the whole corpus is one.
    pub scope_column: Option<String>,
    /// Whether the first document keeps the passage.
    pub keeps_first: bool,
    /// Whether the document that keeps a passage loses further copies of it.
    pub within_document: bool,
    /// What becomes of repeats.
    pub action: Action,
}

impl Settings {
    /// Reads the options of the mode.
    pub fn of(options: &Options) -> Self {
        let unit = options.unit.unwrap_or_default();
        let window = if unit == Unit::Sentences { options.window.unwrap_or(WINDOW).max(1) } else { 1 };
        Self {
            unit,
            window: window as usize,
            more_than: options.more_than.unwrap_or(MORE_THAN).into(),
            min_words: options.min_words.unwrap_or(MIN_WORDS).into(),
            scope_column: options.scope_column.clone(),
            keeps_first: options.keep != Keep::None,
            within_document: options.within_document.unwrap_or(true),
            action: options.action.unwrap_or_default(),
        }
    }
}

/// Checks the options of the mode: in mode `passages`, that they are compatible; in other modes, that none of
/// them is set.
pub fn check(options: &Options, checks: &mut Checks) {
    let set = [
        ("unit", options.unit.is_some()),
        ("window", options.window.is_some()),
        ("more-than", options.more_than.is_some()),
        ("min-words", options.min_words.is_some()),
        ("scope-column", options.scope_column.is_some()),
        ("within-document", options.within_document.is_some()),
        ("action", options.action.is_some()),
    ];
    if options.mode != Mode::Passages {
        for (name, is_set) in set {
            checks.require(!is_set, name, || "belongs to `mode = \"passages\"`, which is not set".into());
        }
        checks.require(options.keep != Keep::None, "keep", || {
            "is `none`, which belongs to `mode = \"passages\"`; of whole documents one is kept".into()
        });
        return;
    }
    let settings = Settings::of(options);
    checks.require(matches!(options.keep, Keep::First | Keep::None), "keep", || {
        "must be `first` or `none` with `mode = \"passages\"`".into()
    });
    checks.require(options.window.is_none() || settings.unit == Unit::Sentences, "window", || {
        "counts sentences, and belongs to `unit = \"sentences\"`".into()
    });
    let reports = settings.action == Action::Report;
    checks.require(!reports || settings.keeps_first, "keep", || {
        "is `none`, and `action = \"report\"` removes nothing".into()
    });
    checks.require(
        options.within_document.is_none() || (!reports && settings.keeps_first),
        "within-document",
        || "is about the document that keeps a passage: it needs `action = \"remove\"` and `keep = \"first\"`".into(),
    );
}
