//! The words and symbols of a text, each with a hash, for counting n-grams. Knows nothing about thresholds.
//!
//! A word is a run of letters, digits and marks, together with the inner symbols of numbers, contractions and
//! addresses (`3.14`, `don't`, `a@b.c`). Any other character that is not white space is a token of its own.
//! In scripts without spaces, every character is a word.

use crate::lines::unspaced;
use crate::quick::hash;

/// A word or a symbol.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Hash of its bytes.
    pub hash: u64,
    /// Length in characters.
    pub chars: u32,
    /// Whether it is a word, not a symbol.
    pub is_word: bool,
    /// Whether it has a letter.
    pub has_letter: bool,
}

/// The tokens of `text`, in order, and the set of Gopher's stop words among them, one bit each.
pub fn tokens(text: &str) -> (Vec<Token>, u32) {
    let mut found = Vec::with_capacity(text.len() / 5);
    let mut stops = 0u32;
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut token =
            Token { hash: 0, chars: 1, is_word: c.is_alphanumeric(), has_letter: c.is_alphabetic() };
        let mut end = start + c.len_utf8();
        if token.is_word && !unspaced(c) {
            while let Some(&(at, next)) = chars.peek() {
                let goes_on = next.is_alphanumeric() && !unspaced(next)
                    || is_mark(next)
                    || JOINERS.contains(&next)
                        && text[at + next.len_utf8()..].starts_with(char::is_alphanumeric);
                if !goes_on {
                    break;
                }
                token.chars += 1;
                token.has_letter |= next.is_alphabetic();
                end = at + next.len_utf8();
                chars.next();
            }
        }
        let piece = &text[start..end];
        token.hash = hash(piece.as_bytes());
        if token.is_word && piece.len() <= 4 {
            stops |= STOP_WORDS.iter().position(|w| piece.eq_ignore_ascii_case(w)).map_or(0, |at| 1 << at);
        }
        found.push(token);
    }
    (found, stops)
}

/// Symbols that a word may have inside, as in the tokenizers that the published thresholds were found with.
const JOINERS: [char; 7] = ['\'', '’', '.', ',', '_', '@', '&'];

/// Gopher's stop words (Rae et al. 2021, appendix A.1).
const STOP_WORDS: [&str; 8] = ["the", "be", "to", "of", "and", "that", "have", "with"];

/// Whether a character is a mark that belongs to the letter before it.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036f | 0x0483..=0x0489 | 0x0591..=0x05bd | 0x0610..=0x061a | 0x064b..=0x065f | 0x0900..=0x0903 | 0x093a..=0x094f | 0x200c..=0x200d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_signs() {
        let (found, stops) = tokens("Don't stop — 3 boats, and THE 橋!");
        let shape: Vec<(u32, bool)> = found.iter().map(|t| (t.chars, t.is_word)).collect();
        let wanted = [
            (5, true),
            (4, true),
            (1, false),
            (1, true),
            (5, true),
            (1, false),
            (3, true),
            (3, true),
            (1, true),
            (1, false),
        ];
        assert_eq!(shape, wanted);
        assert_eq!(stops, 1 << 0 | 1 << 4);
    }
}
