//! Character tables: how a character affects word boundaries, and its lower-case form without diacritics.
//!
//! Characters are composed as in NFC, so that a text has the same words in every canonical normal form.

use icu_normalizer::properties::{CanonicalCompositionBorrowed, CanonicalDecompositionBorrowed, Decomposed};
use std::str::Chars;
use std::sync::LazyLock;

/// Lookup tables for the Basic Multilingual Plane, built once per process. One lookup replaces several
/// searches for each character of a text that is not ASCII.
pub struct Letters {
    classes: Box<[Class]>,
    /// Whether the character may combine with the one after it ([`LEADS`]) or the one before it ([`JOINS`]).
    joining: Box<[u8]>,
    /// The folded form; 0 if it is not one character of the Basic Multilingual Plane.
    folded: Box<[u16]>,
}

const LEADS: u8 = 1;
const JOINS: u8 = 2;

static LETTERS: LazyLock<Letters> = LazyLock::new(|| Letters::new(classify, fold));
static PLAIN: LazyLock<Letters> = LazyLock::new(|| Letters::new(classify_plainly, lower));
const COMPOSITION: CanonicalCompositionBorrowed<'static> = CanonicalCompositionBorrowed::new();
const DECOMPOSITION: CanonicalDecompositionBorrowed<'static> = CanonicalDecompositionBorrowed::new();

impl Letters {
    fn new(classify: impl Fn(char) -> Class, fold: impl Fn(char) -> Option<u16>) -> Self {
        let plane = |code| char::from_u32(code);
        let classes: Box<[Class]> =
            (0..0x1_0000).map(|code| plane(code).map_or(Class::Separator, &classify)).collect();
        let mut joining: Box<[u8]> =
            classes.iter().map(|class| if *class == Class::Mark { JOINS } else { 0 }).collect();
        for c in (0..0x1_0000).filter_map(plane) {
            if let Decomposed::Expansion(first, second) = DECOMPOSITION.decompose(c)
                && COMPOSITION.compose(first, second) == Some(c)
            {
                for (part, does) in [(first, LEADS), (second, JOINS)] {
                    joining.get_mut(part as usize).into_iter().for_each(|joining| *joining |= does);
                }
            }
        }
        let folded = (0..0x1_0000).map(|code| plane(code).map(normal).and_then(&fold).unwrap_or(0));
        Self { classes, joining, folded: folded.collect() }
    }

    /// The tables for folded words.
    pub fn get() -> &'static Self {
        &LETTERS
    }

    /// The tables for plain words: `_` is a letter, diacritics are kept, and marks that stand alone separate
    /// words.
    pub fn plain() -> &'static Self {
        &PLAIN
    }

    /// How a character affects word boundaries.
    #[inline]
    pub fn class(&self, c: char) -> Class {
        self.classes.get(c as usize).copied().unwrap_or_else(|| classify(c))
    }

    /// The characters of a text, composed as in NFC: letters with their accents, Korean syllables, vowels of
    /// Indian scripts. Marks after a composed character may be left out.
    #[inline]
    pub fn composed<'a>(&'a self, text: &'a str) -> Composed<'a> {
        let mut chars = text.chars();
        Composed { letters: self, next: chars.next(), chars }
    }

    /// Whether a character may combine with the one before it.
    #[inline]
    fn joins(&self, c: char) -> bool {
        self.joining.get(c as usize).is_none_or(|joining| joining & JOINS != 0)
    }

    /// Whether a character may combine with the one after it.
    #[inline]
    fn leads(&self, c: char) -> bool {
        self.joining.get(c as usize).is_none_or(|joining| joining & LEADS != 0)
    }

    /// Appends the form of a letter that these tables give, as UTF-8: lower-cased, and without diacritics for
    /// folded words.
    #[inline]
    pub fn push(&self, c: char, into: &mut Vec<u8>) {
        match self.folded.get(c as usize) {
            Some(&code @ 1..0x80) => into.push(code as u8),
            Some(&code @ 0x80..0x800) => {
                into.extend_from_slice(&[0xC0 | (code >> 6) as u8, 0x80 | (code & 0x3F) as u8]);
            }
            Some(&code) if code != 0 => into.extend_from_slice(&[
                0xE0 | (code >> 12) as u8,
                0x80 | (code >> 6 & 0x3F) as u8,
                0x80 | (code & 0x3F) as u8,
            ]),
            _ => {
                let mut utf8 = [0; 4];
                for c in c.to_lowercase() {
                    into.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
                }
            }
        }
    }
}

/// Iterates over the characters of a text. Made by [`Letters::composed`].
pub struct Composed<'a> {
    letters: &'a Letters,
    next: Option<char>,
    chars: Chars<'a>,
}

impl Composed<'_> {
    /// Number of bytes that are still to be read.
    pub fn rest(&self) -> usize {
        self.chars.as_str().len() + self.next.map_or(0, char::len_utf8)
    }

    /// Whether the next character may combine with one before the text.
    #[inline]
    pub fn begins_joined(&self) -> bool {
        self.next.is_some_and(|next| self.letters.joins(next))
    }

    /// Combines a character with those after it. `next` is one that joins.
    #[cold]
    fn join(&mut self, mut c: char) -> char {
        while let Some(next) = self.next.filter(|next| self.letters.joins(*next)) {
            match COMPOSITION.compose(c, next) {
                Some(both) => c = both,
                // A later mark may still combine: marks at different positions of a letter may come in any
                // order.
                None if self.letters.class(next) == Class::Mark => {}
                None => break,
            }
            self.next = self.chars.next();
        }
        c
    }
}

impl Iterator for Composed<'_> {
    type Item = char;

    #[inline]
    fn next(&mut self) -> Option<char> {
        let c = self.next?;
        self.next = self.chars.next();
        Some(match self.next {
            Some(next) if self.letters.joins(next) & self.letters.leads(c) => self.join(c),
            _ => c,
        })
    }
}

/// How a character affects word boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Part of a word.
    Letter,
    /// Occurs inside words and is dropped: accents, points, joiners, soft hyphens.
    Mark,
    /// A word of its own.
    Single,
    /// Separates words.
    Separator,
}

fn classify(c: char) -> Class {
    match u32::from(c) {
        0..=0x7F => {
            if c.is_ascii_alphanumeric() {
                Class::Letter
            } else {
                Class::Separator
            }
        }
        0xAD
        | 0x0300..=0x036F
        | 0x0483..=0x0489
        | 0x0591..=0x05C7
        | 0x0610..=0x061A
        | 0x064B..=0x065F
        | 0x06D6..=0x06DC
        | 0x06DF..=0x06E8
        | 0x06EA..=0x06ED
        | 0x093C
        | 0x094D
        | 0x09BC
        | 0x09CD
        | 0x0A3C
        | 0x0A4D
        | 0x0ABC
        | 0x0ACD
        | 0x0B3C
        | 0x0B4D
        | 0x0BCD
        | 0x0C4D
        | 0x0CBC
        | 0x0CCD
        | 0x0D4D
        | 0x0DCA
        | 0x0E47..=0x0E4E
        | 0x1AB0..=0x1AFF
        | 0x1DC0..=0x1DFF
        | 0x200C..=0x200D
        | 0x2060
        | 0x20D0..=0x20FF
        | 0x3099..=0x309A
        | 0xFE00..=0xFE0F
        | 0xFE20..=0xFE2F
        | 0xFEFF => Class::Mark,
        0x3041..=0x30FF
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9F
        | 0x1B000..=0x1B16F
        | 0x20000..=0x3FFFD
        | 0x0E01..=0x0EFF
        | 0x0F40..=0x0FBC
        | 0x1000..=0x109F
        | 0x1780..=0x17D3
            if c.is_alphanumeric() =>
        {
            Class::Single
        }
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Separator,
    }
}

/// Classifies like `\w` of regular expressions, except for letters of scripts without spaces.
fn classify_plainly(c: char) -> Class {
    match classify(c) {
        Class::Single => Class::Single,
        _ if c == '_' || c.is_alphanumeric() => Class::Letter,
        _ => Class::Separator,
    }
}

/// The character that NFC has for `c`, without marks that NFC separates from it.
fn normal(c: char) -> char {
    match DECOMPOSITION.decompose(c) {
        Decomposed::Singleton(other) => normal(other),
        Decomposed::Expansion(first, second)
            if COMPOSITION.compose(first, second) != Some(c) && classify(second) == Class::Mark =>
        {
            normal(first)
        }
        _ => c,
    }
}

/// The lower case of a letter, if it is one character of the Basic Multilingual Plane.
fn lower(c: char) -> Option<u16> {
    let mut lower = c.to_lowercase();
    let one = lower.next()?;
    if lower.next().is_some() {
        return None;
    }
    u16::try_from(u32::from(one)).ok()
}

/// The lower case of a letter without diacritics, if it is one character of the Basic Multilingual Plane.
fn fold(c: char) -> Option<u16> {
    let folded = match u32::from(c) {
        code @ 0xC0..=0x17F => FOLDED.get(code as usize - 0xC0).copied()?,
        // Final sigma is the same letter in another position.
        0x03C2 => 'σ',
        _ => return lower(c),
    };
    u16::try_from(u32::from(folded)).ok()
}

/// Letters U+00C0 to U+017F in lower case and without their diacritics.
#[rustfmt::skip]
const FOLDED: [char; 192] = [
    'a', 'a', 'a', 'a', 'a', 'a', 'æ', 'c', 'e', 'e', 'e', 'e', 'i', 'i', 'i', 'i',
    'ð', 'n', 'o', 'o', 'o', 'o', 'o', '×', 'ø', 'u', 'u', 'u', 'u', 'y', 'þ', 'ß',
    'a', 'a', 'a', 'a', 'a', 'a', 'æ', 'c', 'e', 'e', 'e', 'e', 'i', 'i', 'i', 'i',
    'ð', 'n', 'o', 'o', 'o', 'o', 'o', '÷', 'ø', 'u', 'u', 'u', 'u', 'y', 'þ', 'y',
    'a', 'a', 'a', 'a', 'a', 'a', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'c', 'd', 'd',
    'đ', 'đ', 'e', 'e', 'e', 'e', 'e', 'e', 'e', 'e', 'e', 'e', 'g', 'g', 'g', 'g',
    'g', 'g', 'g', 'g', 'h', 'h', 'ħ', 'ħ', 'i', 'i', 'i', 'i', 'i', 'i', 'i', 'i',
    'i', 'ı', 'ĳ', 'ĳ', 'j', 'j', 'k', 'k', 'ĸ', 'l', 'l', 'l', 'l', 'l', 'l', 'ŀ',
    'ŀ', 'ł', 'ł', 'n', 'n', 'n', 'n', 'n', 'n', 'ŉ', 'ŋ', 'ŋ', 'o', 'o', 'o', 'o',
    'o', 'o', 'œ', 'œ', 'r', 'r', 'r', 'r', 'r', 'r', 's', 's', 's', 's', 's', 's',
    's', 's', 't', 't', 't', 't', 'ŧ', 'ŧ', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    'u', 'u', 'u', 'u', 'w', 'w', 'y', 'y', 'y', 'z', 'z', 'z', 'z', 'z', 'z', 'ſ',
];

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut bytes = Vec::new();
        text.chars().for_each(|c| Letters::get().push(c, &mut bytes));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn folding() {
        assert_eq!(folded("AZaz09"), "azaz09");
        assert_eq!(folded("ÀÉÎõüÿŽß"), "aeiouyzß");
        assert_eq!(folded("МОСКВАЁ"), "москваё");
        assert_eq!(folded("ΟΔΌΣς"), "οδόσσ");
        assert_eq!(folded("漢字한ก"), "漢字한ก");
        assert_eq!(folded("\u{1E9E}\u{10400}"), "ß\u{10428}");
    }

    #[test]
    fn every_character_is_written_as_valid_text() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            assert!(!folded(c.encode_utf8(&mut [0; 4])).is_empty() || c == '\0', "{c:?}");
        }
    }

    #[test]
    fn classes() {
        for (class, characters) in [
            (Class::Letter, "aZ0éßжعक한"),
            (Class::Mark, "\u{301}\u{ad}\u{200d}\u{94d}"),
            (Class::Single, "漢かカก၁"),
            (Class::Separator, " ,.—…_€😀\u{a0}"),
        ] {
            for c in characters.chars() {
                assert_eq!(Letters::get().class(c), class, "{c:?}");
            }
        }
    }
}
