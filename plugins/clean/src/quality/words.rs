//! Words whose pages the user does not want, matched as in C4: as whole words, ignoring case. The list is the
//! user's.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::sync::Arc;
use textmill_plugin::error::{Error, ErrorKind};

use crate::lines::unspaced;

/// The compiled words. Cheap to clone.
#[derive(Clone)]
pub struct BadWords(Option<Arc<AhoCorasick>>);

impl BadWords {
    /// Compiles a list. An empty list matches nothing.
    ///
    /// # Errors
    /// If the list is too long for an automaton.
    pub fn new(words: &[String]) -> Result<Self, Error> {
        // The automaton ignores the case of ASCII letters only; other words are added in each form.
        let mut forms: Vec<String> = Vec::new();
        for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
            forms.push(word.to_lowercase());
            if !word.is_ascii() {
                forms.extend([word.to_owned(), word.to_uppercase(), capitalised(word)]);
            }
        }
        forms.iter_mut().for_each(|form| form.make_ascii_lowercase());
        forms.sort_unstable();
        forms.dedup();
        if forms.is_empty() {
            return Ok(Self(None));
        }
        // Words may overlap, and either may be the whole word, so overlapping matches are needed.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&forms)
            .map_err(|e| {
                Error::new(ErrorKind::Options, format!("`quality.bad-words` cannot be compiled: {e}"))
            })?;
        Ok(Self(Some(Arc::new(automaton))))
    }

    /// An empty list, which matches nothing.
    #[cfg(test)]
    pub fn none() -> Self {
        Self(None)
    }

    /// How many times the words occur in a text.
    pub fn count(&self, text: &str) -> usize {
        let Some(automaton) = &self.0 else { return 0 };
        automaton
            .find_overlapping_iter(text)
            .filter(|found| is_whole(text, found.start(), found.end()))
            .count()
    }
}

/// Whether the span is not part of a longer word at either end. Scripts without spaces have no word
/// boundaries, and C4 requires none there.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let is_open = |inner: Option<char>, outer: Option<char>| {
        let goes_on = outer.is_some_and(|c| (c.is_alphanumeric() || c == '_') && !unspaced(c));
        goes_on && inner.is_some_and(|c| c.is_alphanumeric() && !unspaced(c))
    };
    let word = &text[start..end];
    !is_open(word.chars().next(), text[..start].chars().next_back())
        && !is_open(word.chars().next_back(), text[end..].chars().next())
}

/// A word with its first letter in upper case and the others in lower case.
fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>());
    first.unwrap_or_default() + &chars.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_found_in_any_case() {
        let words = ["tar", "tar pitch", "Öl", "油", " "].map(str::to_owned);
        let words = BadWords::new(&words).unwrap();
        for (text, count) in [
            ("Tar on the quay, and TAR_ again", 1),
            ("a tart start, guitar, tartar, star", 0),
            ("(tar pitch)", 2),
            ("ÖL, öl und Öl, nicht Ölung", 3),
            ("石油価格", 1),
            ("", 0),
        ] {
            assert_eq!(words.count(text), count, "{text}");
        }
        assert_eq!(BadWords::new(&[]).unwrap().count("tar"), 0);
    }
}
