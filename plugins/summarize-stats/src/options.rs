//! What a pipeline can set.

use crate::stop_words::StopWords;
use crate::terms::{BLOCK, Limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of `summarize-stats`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Number of words, bigrams, sources, entities and speakers to list.
    pub top: usize,
    /// Whether distinct words are counted: vocabulary and top words.
    pub vocabulary: bool,
    /// Whether bigrams are counted; needs `vocabulary`.
    pub bigrams: bool,
    /// Whether entities and speakers are counted, if documents have the columns `entities` and `quotes`.
    pub names: bool,
    /// Whether documents are counted by date, if they have the column `published`.
    pub dates: bool,
    /// Built-in lists of function words to leave out of top words and bigrams: `en`, `de`, `fr`, `es`.
    pub stop_words: Vec<StopWords>,
    /// Maximum number of distinct words held in memory (per thread; about 100 bytes each, plus twice as many bigrams of about
    /// 30 bytes each). Up to it, counts are exact; beyond it, they come from a sample that is the same for every split of
    /// the corpus.
    #[schemars(range(min = LEAST_VOCABULARY))]
    pub max_vocabulary: usize,
}

/// With a cap of less than a few blocks, a single block could exceed it.
const LEAST_VOCABULARY: usize = 4 * BLOCK as usize;

impl Default for Options {
    fn default() -> Self {
        Self {
            top: 20,
            vocabulary: true,
            bigrams: true,
            names: true,
            dates: true,
            stop_words: vec![StopWords::English],
            max_vocabulary: 1 << 20,
        }
    }
}

impl Options {
    /// The limits of the vocabulary.
    pub fn limits(&self) -> Limits {
        Limits { words: self.max_vocabulary, bigrams: self.bigrams }
    }
}
