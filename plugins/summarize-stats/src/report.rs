//! The report: the state as JSON, every list sorted by count, then by name.

use crate::letters::is_counted_singly;
use crate::options::Options;
use crate::readability::rounded;
use crate::state::{LONGEST_WORD, State};
use crate::stop_words::StopWords;
use crate::tally::{Tally, one_in, top};
use serde_json::{Map, Value, json};

impl State {
    /// The report.
    pub fn report(mut self, options: &Options) -> Value {
        let mut report = Map::new();
        let mut put = |key: &str, value: Value| report.insert(key.to_owned(), value);
        put("documents", json!(self.documents));
        put("bytes", self.bytes.report());
        put("characters", self.characters.report());
        put("words", self.words.report());
        put("sentences", self.sentences.report());
        put("paragraphs", self.paragraphs.report());
        put("readability", json!({"english": self.english.flesch(), "spaced_scripts": self.spaced.lix()}));
        put("languages", documents(&self.languages, usize::MAX, "language"));
        put("documents_without_language", json!(self.without_language));
        put("sources", documents(&self.origins, options.top, "source"));
        if options.vocabulary {
            self.terms.close(options.limits());
            let (size, exact) = self.terms.vocabulary();
            let (sampled, bigrams_sampled) = self.terms.sampled_one_in();
            let tabulated = self.words.total() - self.overlong;
            put(
                "vocabulary",
                json!({
                    "size": size,
                    "exact": exact,
                    "sampled_one_in": sampled,
                    "bigrams_sampled_one_in": bigrams_sampled,
                    "type_token_ratio": rounded(size as f64 / tabulated as f64, 1e6),
                    "overlong_words": self.overlong,
                    "longest_word": LONGEST_WORD,
                }),
            );
            let stop = |word: &str| StopWords::hold(&options.stop_words, word);
            let words: Vec<_> = self.terms.words().collect();
            let words = top_without(words, options.top, |word| !stop(word));
            put(
                "top_words",
                words.iter().map(|(word, count)| json!({"word": word, "count": count})).collect(),
            );
            if options.bigrams {
                let bigrams = top_without(self.terms.bigrams(), options.top, |(first, second)| {
                    !stop(first) && !stop(second)
                });
                let row = |((first, second), count): &((&str, &str), u64)| {
                    // Characters that are each a word are written without a space between them.
                    let single = |word: &str| word.chars().all(is_counted_singly);
                    let space = if single(first) && single(second) { "" } else { " " };
                    json!({"bigram": format!("{first}{space}{second}"), "count": count})
                };
                put("top_bigrams", bigrams.iter().map(row).collect());
            }
        }
        if options.names {
            let entities = top(self.entities.counts(), options.top);
            let row = |(name, count): &(&str, u64)| {
                let (kind, name) = name.split_once('\t').unwrap_or_default();
                json!({"name": name, "kind": kind, "count": count})
            };
            put("entities", list(entities.iter().map(row).collect(), &self.entities));
            let speakers = top(self.speakers.counts(), options.top);
            let rows = speakers.iter().map(|(name, count)| json!({"name": name, "quotes": count})).collect();
            put("speakers", list(rows, &self.speakers));
        }
        if options.dates {
            put("dates", self.dates.report());
        }
        Value::Object(report)
    }
}

/// A list of names by number of documents.
fn documents(tally: &Tally, most: usize, name: &str) -> Value {
    let rows = top(tally.counts(), most);
    list(rows.iter().map(|(key, count)| json!({name: key, "documents": count})).collect(), tally)
}

/// The listed rows, how many names there are in all, and how they were sampled.
fn list(rows: Vec<Value>, tally: &Tally) -> Value {
    json!({"top": rows, "distinct": tally.len(), "sampled_one_in": one_in(tally.level())})
}

/// The `most` most frequent rows that `keep` accepts.
fn top_without<T: Ord + Copy>(rows: Vec<(T, u64)>, most: usize, keep: impl Fn(&T) -> bool) -> Vec<(T, u64)> {
    // The stop word lists have a few hundred words, so that 1024 rows more are enough for words. If they are
    // not (bigrams), the depth is multiplied by four until it is enough.
    let mut depth = most.saturating_add(1024);
    loop {
        let found: Vec<_> =
            top(rows.iter().copied(), depth).into_iter().filter(|(row, _)| keep(row)).take(most).collect();
        if found.len() == most || depth >= rows.len() {
            return found;
        }
        depth = depth.saturating_mul(4);
    }
}
