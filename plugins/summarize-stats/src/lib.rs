//! The `summarize-stats` plugin: passes documents through and reports on the whole corpus.
//!
//! Sizes, words, sentences, paragraphs, vocabulary, readability, languages, sources, names and dates go into
//! `summary.json`. See the README for what each figure means and how exact it is.
#![forbid(unsafe_code)]

pub mod bigrams;
pub mod dates;
pub mod distinct;
pub mod hash;
pub mod letters;
pub mod options;
pub mod origin;
pub mod quantity;
pub mod readability;
mod report;
pub mod sentences;
pub mod state;
pub mod stop_words;
pub mod tally;
pub mod terms;
pub mod words;

#[cfg(test)]
mod tests;

use options::Options;
use state::{Document, State};
use textmill_plugin::prelude::*;

/// The operator.
struct SummarizeStats(Options);

impl Aggregate for SummarizeStats {
    type Options = Options;
    type State = State;

    fn describe() -> Describe {
        Describe::new("summarize-stats")
            .doc(
                "Passes documents through and reports on the corpus: sizes, words, vocabulary, readability, \
                 languages, sources, names, dates.",
            )
            .reads("text")
            .reads_optional("language")
            .reads_optional("published")
            .reads_optional("source")
            .reads_optional("url")
            .reads_optional("entities")
            .reads_optional("quotes")
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self(options))
    }

    fn update(&self, state: &mut State, row: &Row<'_>) -> Result<()> {
        let document = Document {
            text: row.text(),
            language: row.str("language"),
            published: row.str("published"),
            source: row.str("source"),
            url: row.str("url"),
            entities: if self.0.names { entities(&row.value("entities")) } else { Vec::new() },
            speakers: if self.0.names { speakers(&row.value("quotes")) } else { Vec::new() },
        };
        state.add(&document, &self.0);
        Ok(())
    }

    fn merge(&self, into: &mut State, from: State) -> Result<()> {
        into.merge(from, &self.0);
        Ok(())
    }

    fn finish(&self, state: State) -> Result<Value> {
        Ok(state.report(&self.0))
    }

    fn memory_bytes(&self, state: &State) -> u64 {
        state.memory_bytes()
    }
}

/// Name, kind and count of each entity of a document; entities without a name are left out.
fn entities(column: &Value) -> Vec<(String, String, u64)> {
    let rows = column.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .filter_map(|entity| {
            let text = |key: &str| entity.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default();
            let count = entity.get("count").and_then(Value::as_u64).unwrap_or(1);
            (!text("name").is_empty()).then(|| (text("name").to_owned(), text("kind").to_owned(), count))
        })
        .collect()
}

/// The speakers of the quotations of a document; quotations without a speaker are left out.
fn speakers(column: &Value) -> Vec<String> {
    let rows = column.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .filter_map(|quote| quote.get("speaker")?.as_str().map(str::trim))
        .filter(|speaker| !speaker.is_empty())
        .map(str::to_owned)
        .collect()
}

textmill_plugin::export!(aggregate::<SummarizeStats>());
