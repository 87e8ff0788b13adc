//! What a pipeline can set for `extract`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How `03/04/2024` is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DayFirst {
    /// Inferred from other dates on the page; if they do not tell, month first on English pages, day first on others.
    #[default]
    Auto,
    /// Day, month, year.
    Yes,
    /// Month, day, year.
    No,
}

/// Options of `extract`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Find the headline: column `title`. Even if this is off, the headline is located to find dates and bylines.
    pub title: bool,
    /// Find the dates of publication and update: columns `published` and `updated`.
    pub dates: bool,
    /// Find the authors: column `byline`.
    pub byline: bool,
    /// Find the dateline: column `dateline`.
    pub dateline: bool,
    /// Find quotations and their speakers: column `quotes`.
    pub quotes: bool,
    /// Find named persons, organisations and places: column `entities`.
    pub entities: bool,
    /// Find web addresses: column `links`.
    pub links: bool,
    /// Detect the language: column `language`.
    pub language: bool,
    /// How a date such as 03/04/2024 is read.
    pub day_first: DayFirst,
    /// Use the date of the last update as the date of publication if the page gives no other.
    pub updated_as_published: bool,
    /// Quotations with fewer words are reported only if their speaker is found.
    pub min_quote_words: u64,
    /// Maximum number of quotations per document.
    pub max_quotes: u64,
    /// Maximum number of entities per document; the most frequent are kept.
    pub max_entities: u64,
    /// Maximum number of links per document.
    pub max_links: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: true,
            dates: true,
            byline: true,
            dateline: true,
            quotes: true,
            entities: true,
            links: true,
            language: true,
            day_first: DayFirst::Auto,
            updated_as_published: true,
            min_quote_words: 4,
            max_quotes: 1000,
            max_entities: 100,
            max_links: 200,
        }
    }
}
