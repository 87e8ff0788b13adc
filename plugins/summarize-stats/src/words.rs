//! Words: where they begin and end, and their lower-cased form. No counting.
//!
//! A word is a run of letters, digits and combining marks. An apostrophe between letters and a point or comma
//! between digits are parts of a word (`don't`, `3.14`); hyphens separate words. Each Chinese or Japanese
//! character is a word. Thai, Lao, Khmer and Burmese are not segmented: a run between spaces is one word.

use crate::letters::{Class, Letters};

/// A word's place in a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is made of.
    pub kind: Kind,
}

/// What a word is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ASCII only.
    Ascii,
    /// Other characters as well.
    Wide,
    /// One character of a script whose characters are counted singly.
    Single,
}

/// The words of a text in order.
pub struct Words<'a> {
    text: &'a str,
    at: usize,
    letters: &'static Letters,
}

impl<'a> Words<'a> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, letters: Letters::get() }
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|rest| rest.chars().next())
    }

    /// Whether the word continues with the character at `at`, after the byte `before` and then `mark`: an
    /// apostrophe joins letters, a point or comma joins digits.
    fn joins(&self, before: u8, mark: u8, at: usize) -> bool {
        match self.text.as_bytes().get(at) {
            None => false,
            Some(next) if mark == b'\'' => {
                !before.is_ascii_digit()
                    && (next.is_ascii_alphabetic()
                        || (*next >= 0x80
                            && self.char_at(at).is_some_and(|c| self.letters.class(c) == Class::Letter)))
            }
            Some(next) => before.is_ascii_digit() && next.is_ascii_digit(),
        }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    #[inline]
    fn next(&mut self) -> Option<Word> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        loop {
            let byte = *bytes.get(at)?;
            if byte < 0x80 {
                if byte.is_ascii_alphanumeric() {
                    break;
                }
                at += 1;
            } else {
                let c = self.char_at(at)?;
                match self.letters.class(c) {
                    Class::Letter => break,
                    Class::Single => {
                        let word = Word { start: at, end: at + c.len_utf8(), kind: Kind::Single };
                        self.at = word.end;
                        return Some(word);
                    }
                    Class::Mark | Class::Separator => {}
                }
                at += c.len_utf8();
            }
        }
        let start = at;
        let mut kind = Kind::Ascii;
        // The last byte taken, for the joining rules. Bytes that are not ASCII count as letters.
        let mut before = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii_alphanumeric() {
                at += ascii_run(bytes, at).max(1);
                before = bytes.get(at - 1).copied().unwrap_or(byte);
            } else if byte < 0x80 {
                if !matches!(byte, b'\'' | b'.' | b',') || !self.joins(before, byte, at + 1) {
                    break;
                }
                before = b'\'';
                at += 1;
            } else {
                let Some(c) = self.char_at(at) else { break };
                let taken = if c == '\u{2019}' {
                    self.joins(before, b'\'', at + c.len_utf8())
                } else {
                    matches!(self.letters.class(c), Class::Letter | Class::Mark)
                };
                if !taken {
                    break;
                }
                before = byte;
                kind = Kind::Wide;
                at += c.len_utf8();
            }
        }
        self.at = at;
        Some(Word { start, end: at, kind })
    }
}

/// Length of the run of ASCII letters and digits from `at` on, at most eight. Returns 0 if fewer than eight
/// bytes of the text are left.
#[inline]
fn ascii_run(bytes: &[u8], at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) else { return 0 };
    let word = u64::from_le_bytes(*eight);
    // Setting bit 5 lower-cases letters. The high bits are masked off, so that no sum carries into the next
    // byte. Each sum sets the high bit of a byte if the byte is at least the bound.
    let digits_of = word & !HIGH;
    let letters_of = (word | (0x20 * ONES)) & !HIGH;
    let at_least = |bytes: u64, bound: u8| bytes + u64::from(0x80 - bound) * ONES;
    let letters = at_least(letters_of, b'a') & !at_least(letters_of, b'z' + 1);
    let digits = at_least(digits_of, b'0') & !at_least(digits_of, b'9' + 1);
    let stop = (!(letters | digits) | word) & HIGH;
    (stop.trailing_zeros() / 8) as usize
}

/// Writes the lower-cased word to `into`, which is emptied first. A curly apostrophe becomes a straight one.
#[inline]
pub fn lower(text: &str, word: Word, into: &mut Vec<u8>) {
    into.clear();
    let Some(form) = text.get(word.start..word.end) else { return };
    match word.kind {
        Kind::Ascii => {
            into.extend_from_slice(form.as_bytes());
            // Among the characters of an ASCII word, only capitals have bit 5 unset.
            into.iter_mut().for_each(|byte| *byte |= 0x20);
        }
        Kind::Single => into.extend_from_slice(form.as_bytes()),
        Kind::Wide => {
            let letters = Letters::get();
            for c in form.chars() {
                if c == '\u{2019}' {
                    into.push(b'\'');
                } else {
                    letters.push(c, into);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<String> {
        let mut form = Vec::new();
        Words::new(text)
            .map(|word| {
                lower(text, word, &mut form);
                String::from_utf8(form.clone()).unwrap()
            })
            .collect()
    }

    #[test]
    fn words_join_and_part_as_told() {
        assert_eq!(
            forms("Don't pay 3.14 or 1,000.50, 'tis well-known."),
            ["don't", "pay", "3.14", "or", "1,000.50", "tis", "well", "known"]
        );
        assert_eq!(forms("It’s l’été À LA MODE"), ["it's", "l'été", "à", "la", "mode"]);
        assert_eq!(forms("the 1990's e.g. a.b end'"), ["the", "1990", "s", "e", "g", "a", "b", "end"]);
        assert_eq!(forms("…—?!  "), Vec::<String>::new());
    }

    #[test]
    fn scripts() {
        assert_eq!(forms("東京タワー2024年"), ["東", "京", "タ", "ワ", "ー", "2024", "年"]);
        assert_eq!(forms("हिन्दी भाषा"), ["हिन्दी", "भाषा"]);
        assert_eq!(forms("ВОЛГА волга"), ["волга", "волга"]);
        assert_eq!(forms("한국어 문장"), ["한국어", "문장"]);
        assert_eq!(forms("مرحبا بالعالم"), ["مرحبا", "بالعالم"]);
    }

    #[test]
    fn every_word_lies_on_character_boundaries() {
        let text = "a\u{301}é’ß’x'’y\u{200d}z漢'字";
        for word in Words::new(text) {
            assert!(text.get(word.start..word.end).is_some());
        }
    }
}
