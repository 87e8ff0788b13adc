//! Readability indices from integer totals, and the syllables of English words.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Totals over the documents to which an index applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Documents.
    pub documents: u64,
    /// Words.
    pub words: u64,
    /// Sentences.
    pub sentences: u64,
    /// Syllables, where they are counted.
    pub syllables: u64,
    /// Words of more than six characters.
    pub long_words: u64,
}

impl Totals {
    /// Adds other totals.
    pub fn merge(&mut self, from: Self) {
        self.documents += from.documents;
        self.words += from.words;
        self.sentences += from.sentences;
        self.syllables += from.syllables;
        self.long_words += from.long_words;
    }

    /// Flesch reading ease (Flesch 1948) and Flesch-Kincaid grade (Kincaid et al. 1975), for English.
    pub fn flesch(self) -> Value {
        let per_sentence = self.words as f64 / self.sentences as f64;
        let per_word = self.syllables as f64 / self.words as f64;
        json!({
            "documents": self.documents,
            "words": self.words,
            "sentences": self.sentences,
            "syllables": self.syllables,
            "flesch_reading_ease": rounded(206.835 - 1.015 * per_sentence - 84.6 * per_word, 100.0),
            "flesch_kincaid_grade": rounded(0.39 * per_sentence + 11.8 * per_word - 15.59, 100.0),
        })
    }

    /// LIX (Björnsson 1968): words per sentence plus percentage of words of more than six letters, for
    /// languages written with spaces.
    pub fn lix(self) -> Value {
        let per_sentence = self.words as f64 / self.sentences as f64;
        let long = 100.0 * self.long_words as f64 / self.words as f64;
        json!({
            "documents": self.documents,
            "words": self.words,
            "sentences": self.sentences,
            "long_words": self.long_words,
            "lix": rounded(per_sentence + long, 100.0),
        })
    }
}

/// A figure rounded to a multiple of one in `parts`; null if it is not finite, as after a division by zero.
pub fn rounded(value: f64, parts: f64) -> Value {
    if value.is_finite() { json!((value * parts).round() / parts) } else { Value::Null }
}

/// Number of syllables of a lower-cased English word: runs of vowels, minus silent endings, plus vowel pairs
/// that are two syllables. At least one; 0 for anything without ASCII letters (numbers, other scripts).
pub fn syllables(word: &[u8]) -> u8 {
    if !word.iter().any(u8::is_ascii_lowercase) {
        return 0;
    }
    let vowel = |byte: u8| matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let mut count = 0_u8;
    let mut before = false;
    for byte in word {
        let now = vowel(*byte);
        if now && !before {
            count = count.saturating_add(1);
        }
        before = now;
    }
    let word = word.strip_suffix(b"'s").unwrap_or(word);
    let silent = match word {
        // -le after a consonant is pronounced (`table`). So is a lone e (`the`), by the minimum of one below.
        [.., before, b'l', b'e'] => vowel(*before),
        [.., before, b'e'] => !vowel(*before),
        // -ed is pronounced only after t and d.
        [.., before, b'e', b'd'] => !vowel(*before) && !matches!(before, b't' | b'd'),
        // -es is pronounced after a sibilant.
        [.., before, b'e', b's'] => {
            !vowel(*before) && !matches!(before, b's' | b'x' | b'z' | b'h' | b'c' | b'g')
        }
        _ => false,
    };
    // `ia` and `io` after a letter are two syllables more often than one, but not in -tion, -cial, -gious.
    let parted = word
        .windows(3)
        .filter(|three| {
            matches!(three, [before, b'i', b'a' | b'o'] if !matches!(before, b't' | b'c' | b's' | b'g' | b'x'))
        })
        .count();
    count.saturating_sub(u8::from(silent)).saturating_add(u8::try_from(parted).unwrap_or(u8::MAX)).max(1)
}

/// Words that are frequent in English prose, about one word in six, and rare in most other languages.
const MARKERS: [&[u8]; 11] =
    [b"the", b"and", b"of", b"to", b"that", b"for", b"with", b"this", b"from", b"are", b"by"];
/// At least one marker in this many words makes a text of unknown language English.
const WORDS_PER_MARKER: u64 = 20;

/// What the indices need to know about a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits(u8);

impl Traits {
    const MARKER: u8 = 0x80;

    /// The traits of a lower-cased word.
    pub fn of(word: &[u8]) -> Self {
        let marker = word.len() <= 4 && MARKERS.contains(&word);
        Self(syllables(word).min(Self::MARKER - 1) | if marker { Self::MARKER } else { 0 })
    }

    /// Restores traits from [`Self::code`].
    pub fn from_code(code: u8) -> Self {
        Self(code)
    }

    /// All traits in one byte.
    pub fn code(self) -> u8 {
        self.0
    }

    /// Number of its syllables, at most 127.
    pub fn syllables(self) -> u64 {
        u64::from(self.0 & !Self::MARKER)
    }

    /// Whether it is one of the words that mark a text as English.
    pub fn is_marker(self) -> bool {
        self.0 & Self::MARKER != 0
    }
}

/// Whether a text is probably English, if `markers` of its `words` words are markers.
pub fn looks_english(words: u64, markers: u64) -> bool {
    markers.saturating_mul(WORDS_PER_MARKER) >= words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traits_of_words() {
        let of = |word: &str| Traits::from_code(Traits::of(word.as_bytes()).code());
        assert!(of("the").is_marker() && !of("them").is_marker());
        assert_eq!(of("harbour").syllables(), 2);
        assert_eq!(Traits::of("banana".repeat(100).as_bytes()).syllables(), 127);
    }

    #[test]
    fn syllables_of_common_words() {
        for (word, count) in [
            ("the", 1),
            ("table", 2),
            ("stone", 1),
            ("jumped", 1),
            ("wanted", 2),
            ("churches", 2),
            ("makes", 1),
            ("radio", 3),
            ("nation", 2),
            ("special", 2),
            ("reader", 2),
            ("rhythm", 1),
            ("don't", 1),
            ("committee", 3),
            ("2024", 0),
        ] {
            let told = syllables(word.as_bytes());
            assert_eq!(told, count, "{word}");
        }
    }

    #[test]
    fn indices_from_totals() {
        let totals = Totals { documents: 1, words: 100, sentences: 5, syllables: 150, long_words: 20 };
        assert_eq!(totals.flesch()["flesch_reading_ease"], json!(59.64));
        assert_eq!(totals.flesch()["flesch_kincaid_grade"], json!(9.91));
        assert_eq!(totals.lix()["lix"], json!(40.0));
        assert_eq!(Totals::default().lix()["lix"], Value::Null);
    }
}
