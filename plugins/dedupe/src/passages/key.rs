//! Finds the passages of a text and hashes their words. Case, punctuation and white space do not count, as in
//! the other modes.

use super::options::{Settings, Unit};
use super::unit::each;
use crate::normalize::{mix, words};
use crate::sketch::Exact;
use std::collections::VecDeque;

/// Bytes of a key.
pub const KEY_BYTES: usize = 16;
/// A 128-bit hash of a passage's words and its scope.
pub type Key = [u8; KEY_BYTES];

/// A passage of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// A key that equal passages of one scope have in common.
    pub key: Key,
    /// Offset of the first byte.
    pub start: u64,
    /// Length in bytes.
    pub length: u32,
    /// Number of words of the document before it.
    pub word: u64,
    /// Number of its words.
    pub words: u32,
}

/// Documents among which passages are counted; by default the whole corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope(Option<Key>);

impl Scope {
    /// The documents with this value in a column. Values are compared byte for byte.
    pub fn of(value: &str) -> Self {
        let mut exact = Exact::default();
        exact.push(value.len() as u64);
        for part in value.as_bytes().chunks(8) {
            exact.push(part.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
        Self(exact.finish())
    }

    fn key(self, passage: Key) -> Key {
        let Self(Some(scope)) = self else { return passage };
        let (one, two) = halves(passage);
        let (scope_one, scope_two) = halves(scope);
        joined(mix(one ^ scope_one, 0xa0b4_28db_e703_7ed1), mix(two ^ scope_two, 0xd642_8dbd_a076_1d64 | 1))
    }
}

fn halves(key: Key) -> (u64, u64) {
    let whole = u128::from_le_bytes(key);
    (whole as u64, (whole >> 64) as u64)
}

fn joined(one: u64, two: u64) -> Key {
    (u128::from(one) | u128::from(two) << 64).to_le_bytes()
}

/// Finds the passages of texts. Keeps its buffers between documents.
#[derive(Clone, Debug)]
pub struct Finder {
    unit: Unit,
    window: usize,
    min_words: u64,
    scratch: Vec<u8>,
    open: VecDeque<Passage>,
}

impl Finder {
    /// A finder for these settings.
    pub fn new(settings: &Settings) -> Self {
        let Settings { unit, window, min_words, .. } = *settings;
        Self { unit, window, min_words, scratch: Vec::new(), open: VecDeque::with_capacity(window) }
    }

    /// Calls `take` with each passage of `text`, in order, unless it has too few words.
    ///
    /// Units without words are ignored: a window does not count them. A text with fewer sentences than a
    /// window is one window.
    pub fn find(&mut self, text: &str, scope: Scope, mut take: impl FnMut(Passage)) {
        let Self { unit, window, min_words, scratch, open } = self;
        let mut emit = |passage: Passage| {
            if u64::from(passage.words) >= *min_words {
                take(Passage { key: scope.key(passage.key), ..passage });
            }
        };
        open.clear();
        let mut before = 0_u64;
        let mut sentences = 0;
        each(text, *unit, |span| {
            let mut exact = Exact::default();
            let mut count = 0_u64;
            words(text.get(span.clone()).unwrap_or_default(), scratch, |word| {
                exact.push(word);
                count += 1;
            });
            let word = before;
            before += count;
            // Skips units without words, and those of more than 4 GiB.
            let (Some(key), Ok(length), Ok(words)) =
                (exact.finish(), u32::try_from(span.len()), u32::try_from(count))
            else {
                return;
            };
            let one = Passage { key, start: span.start as u64, length, word, words };
            if *window <= 1 {
                emit(one);
                return;
            }
            sentences += 1;
            if open.len() == *window {
                open.pop_front();
            }
            open.push_back(one);
            if open.len() == *window
                && let Some(whole) = joined_window(open)
            {
                emit(whole);
            }
        });
        if sentences > 0
            && sentences < *window
            && let Some(whole) = joined_window(open)
        {
            emit(whole);
        }
    }
}

/// Joins consecutive sentences into a passage.
fn joined_window(sentences: &VecDeque<Passage>) -> Option<Passage> {
    let (first, last) = (sentences.front()?, sentences.back()?);
    let mut exact = Exact::default();
    for sentence in sentences {
        let (one, two) = halves(sentence.key);
        exact.push(one);
        exact.push(two);
    }
    Some(Passage {
        key: exact.finish()?,
        start: first.start,
        length: u32::try_from(last.start + u64::from(last.length) - first.start).ok()?,
        word: first.word,
        words: u32::try_from(last.word + u64::from(last.words) - first.word).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, unit: Unit, window: usize, min_words: u64, scope: Scope) -> Vec<Passage> {
        let settings =
            Settings { unit, window, min_words, ..Settings::of(&crate::options::Options::default()) };
        let mut found = Vec::new();
        Finder::new(&settings).find(text, scope, |passage| found.push(passage));
        found
    }

    #[test]
    fn words_alone_count() {
        let lines = found(
            "The pier, at dawn!\n***\n the PIER at dawn\nthe pier at noon\n",
            Unit::Line,
            1,
            1,
            Scope::default(),
        );
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].key, lines[1].key);
        assert_ne!(lines[0].key, lines[2].key);
        assert_eq!(
            lines.iter().map(|one| (one.start, one.length, one.word, one.words)).collect::<Vec<_>>(),
            [(0, 18, 0, 4), (24, 16, 4, 4), (41, 16, 8, 4),]
        );
    }

    #[test]
    fn short_passages_are_left_out_and_counted_past() {
        let lines = found("one two three\nfour\nfive six seven", Unit::Line, 1, 3, Scope::default());
        assert_eq!(lines.iter().map(|one| one.word).collect::<Vec<_>>(), [0, 4]);
    }

    #[test]
    fn scopes_part_what_is_equal() {
        let key = |scope| found("the same line", Unit::Line, 1, 1, scope)[0].key;
        assert_eq!(key(Scope::of("harbour.example")), key(Scope::of("harbour.example")));
        let keys =
            [Scope::default(), Scope::of(""), Scope::of("a"), Scope::of("b"), Scope::of("harbour.example")]
                .map(key);
        for (n, one) in keys.iter().enumerate() {
            assert!(keys[n + 1..].iter().all(|other| other != one));
        }
    }

    #[test]
    fn windows_slide_over_sentences() {
        let text = "Aa bb. Cc dd. * Ee ff. Gg hh.";
        let at = |window| -> Vec<(u64, u32, u32)> {
            let found = found(text, Unit::Sentences, window, 1, Scope::default());
            found.iter().map(|one| (one.start, one.length, one.words)).collect()
        };
        assert_eq!(at(1).len(), 4);
        assert_eq!(at(3), [(0, 22, 6), (7, 22, 6)]);
        assert_eq!(at(5), [(0, 29, 8)]);
        assert!(found("* * *", Unit::Sentences, 3, 1, Scope::default()).is_empty());
    }
}
