//! Normalisation: maps text to the hashes of its words without building the normalised text.
//!
//! Folded words are what FineWeb's deduplication compares. They are lower-cased. Punctuation, symbols and
//! white space separate words and are dropped. Diacritics of Latin letters up to U+017F are dropped, and so
//! are marks that NFC does not combine with a letter. Unlike in FineWeb, digits are kept, since pages that
//! differ only in their figures are different pages. Marks of other letters, such as the tones of Vietnamese,
//! are kept, too. Plain words are lower-cased runs of letters, digits and `_`, the `\w+` of regular
//! expressions.
//!
//! In both, a text has the same words in NFC and in NFD. The exception is a plain word with a letter that has
//! two marks of which NFC combines only one. Letters of scripts written without spaces (Chinese, Japanese,
//! Thai, Lao, Khmer, Burmese, Tibetan) are words of their own, so that five of them make a shingle.

use crate::letters::{Class, Letters};

/// Multiplies to 128 bits and folds the two halves of the product (the building block of wyhash by Wang Yi,
/// public domain).
#[inline]
pub fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

const BLOCK_KEY: u64 = 0xa076_1d64_78bd_642f;
const LENGTH_KEY: u64 = 0xe703_7ed1_a0b4_28db;

/// The state of a word hash, which reads eight bytes at a time.
#[derive(Clone, Copy)]
pub struct WordHash {
    state: u64,
    length: u64,
}

impl WordHash {
    const START: Self = Self { state: LENGTH_KEY, length: 0 };

    /// Adds up to eight bytes, the first one in the lowest bits. Only the last block of a word may be shorter
    /// than eight bytes.
    #[inline]
    fn block(&mut self, block: u64, length: u64) {
        self.state = mix(self.state ^ block, BLOCK_KEY);
        self.length += length;
    }

    #[inline]
    fn finish(self) -> u64 {
        mix(self.state ^ self.length, LENGTH_KEY)
    }

    /// The hash of a word of up to 16 bytes, given as two blocks. Branch-free.
    #[inline]
    pub fn of_short(one: u64, two: u64, length: u64) -> u64 {
        let first = mix(Self::START.state ^ one, BLOCK_KEY);
        let second = mix(first ^ two, BLOCK_KEY);
        let is_second = u64::from(length > 8).wrapping_neg();
        Self { state: first ^ (first ^ second) & is_second, length }.finish()
    }

    /// The hash of a word.
    pub fn of(bytes: &[u8]) -> u64 {
        let mut hash = Self::START;
        let (blocks, rest) = bytes.as_chunks::<8>();
        for block in blocks {
            hash.block(u64::from_le_bytes(*block), 8);
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last.iter_mut().zip(rest).for_each(|(into, from)| *into = *from);
            hash.block(u64::from_le_bytes(last), rest.len() as u64);
        }
        hash.finish()
    }
}

/// Calls `take` with the hash of each folded word of `text`, in order.
///
/// `scratch` is a buffer for words that are not ASCII. Meant for short texts: a
/// [tokenizer](crate::tokenizer::Tokenizer) finds the words of documents faster.
#[inline]
pub fn words(text: &str, scratch: &mut Vec<u8>, take: impl FnMut(u64)) {
    each_word::<false>(text, scratch, take);
}

/// Appends `text` to `into` with each number replaced by `0`, as FineWeb does. A number is a run of digits,
/// optionally followed by a point and more digits.
pub fn without_numbers(text: &str, into: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let run = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let mut end = run(number);
        if let Some(fraction) = number.get(end..).and_then(|after| after.strip_prefix('.')) {
            let more = run(fraction);
            end += if more > 0 { more + 1 } else { 0 };
        }
        into.push_str(before);
        into.push('0');
        rest = number.get(end..).unwrap_or_default();
    }
    into.push_str(rest);
}

/// Calls `take` with the hash of each letter of the folded words of `text`, and with the hash of a space
/// between words.
pub fn characters(text: &str, mut take: impl FnMut(u64)) {
    let letters = Letters::get();
    let mut letter = Vec::with_capacity(8);
    let (mut any, mut parted) = (false, false);
    for c in letters.composed(text) {
        match letters.class(c) {
            Class::Mark => {}
            Class::Separator => parted = any,
            Class::Letter | Class::Single => {
                if parted {
                    take(WordHash::of(b" "));
                }
                letter.clear();
                letters.push(c, &mut letter);
                take(WordHash::of(&letter));
                (any, parted) = (true, false);
            }
        }
    }
}

/// Like [`words`], but for plain words if `PLAIN`, else for folded ones.
#[inline]
pub fn each_word<const PLAIN: bool>(text: &str, scratch: &mut Vec<u8>, mut take: impl FnMut(u64)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&first) = bytes.get(at) {
        if first < 0x80 && !first.is_ascii_alphanumeric() && !(PLAIN && first == b'_') {
            at += 1;
            continue;
        }
        let start = at;
        let mut hash = WordHash::START;
        loop {
            let (block, length) = ascii_block::<PLAIN>(bytes, at);
            if length > 0 {
                hash.block(block, length as u64);
            }
            at += length;
            if length < 8 {
                break;
            }
        }
        if bytes.get(at).is_none_or(|byte| *byte < 0x80) {
            take(hash.finish());
        } else {
            at = wide::<PLAIN>(text, start, at, scratch, &mut take);
        }
    }
}

/// The lower-cased ASCII letters and digits (and `_` if `PLAIN`) from `at` on, at most eight, as a block, and
/// how many there are.
#[inline]
fn ascii_block<const PLAIN: bool>(bytes: &[u8], at: usize) -> (u64, usize) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let word = match bytes.get(at..at + 8) {
        Some(eight) => eight.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        None => bytes
            .get(at..)
            .unwrap_or_default()
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    // Setting bit 5 lower-cases letters and leaves digits as they are. The sums below cannot carry from byte
    // to byte, since the high bits are masked off first. Each sum sets the high bit of a byte if the byte is
    // at least the bound.
    let lower = word | (0x20 * ONES);
    let (low_bits, lower_bits) = (word & !HIGH, lower & !HIGH);
    let at_least = |bytes: u64, bound: u8| bytes + u64::from(0x80 - bound) * ONES;
    let letters = at_least(lower_bits, b'a') & !at_least(lower_bits, b'z' + 1);
    let digits = at_least(low_bits, b'0') & !at_least(low_bits, b'9' + 1);
    let lines = if PLAIN { at_least(low_bits, b'_') & !at_least(low_bits, b'_' + 1) & HIGH } else { 0 };
    let stop = !(letters | digits | lines) & HIGH | word & HIGH;
    // `_` has no lower case: undo its change.
    let lower = lower ^ (lines >> 2);
    let length = (stop.trailing_zeros() / 8) as usize;
    let kept = if length == 8 { u64::MAX } else { (1 << (8 * length)) - 1 };
    (lower & kept, length)
}

/// Hashes the words from `start` up to the next separator, where some characters are not ASCII. The part
/// before `at` is known to be ASCII word characters. Returns the offset after the separator.
fn wide<const PLAIN: bool>(
    text: &str,
    start: usize,
    at: usize,
    scratch: &mut Vec<u8>,
    take: &mut impl FnMut(u64),
) -> usize {
    let letters = if PLAIN { Letters::plain() } else { Letters::get() };
    scratch.clear();
    scratch.extend_from_slice(text.as_bytes().get(start..at).unwrap_or_default());
    scratch.make_ascii_lowercase();
    let mut characters = letters.composed(text.get(at..).unwrap_or_default());
    if characters.begins_joined() && scratch.pop().is_some() {
        characters = letters.composed(text.get(at - 1..).unwrap_or_default());
    }
    while let Some(c) = characters.next() {
        match letters.class(c) {
            Class::Letter => letters.push(c, scratch),
            Class::Mark => {}
            Class::Separator => {
                if !scratch.is_empty() {
                    take(WordHash::of(scratch));
                }
                return text.len() - characters.rest();
            }
            Class::Single => {
                if !scratch.is_empty() {
                    take(WordHash::of(scratch));
                    scratch.clear();
                }
                letters.push(c, scratch);
                take(WordHash::of(scratch));
                scratch.clear();
            }
        }
    }
    if !scratch.is_empty() {
        take(WordHash::of(scratch));
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
    use proptest::prelude::*;

    fn hashes(text: &str) -> Vec<u64> {
        let mut out = Vec::new();
        words(text, &mut Vec::new(), |hash| out.push(hash));
        out
    }

    #[test]
    fn case_punctuation_and_accents_do_not_count() {
        assert_eq!(hashes("The Café, déjà vu!"), hashes("  the   cafe - deja\nvu"));
        assert_eq!(hashes("cafe\u{301}"), hashes("café"));
        assert_eq!(hashes("co\u{ad}operate"), hashes("cooperate"));
        assert_eq!(hashes("МОСКВА Ёлка"), hashes("москва ёлка"));
        assert_eq!(hashes("ΟΔΟΣ"), hashes("οδος"));
        assert_eq!(hashes("İstanbul"), hashes("istanbul"));
    }

    /// The words of `text` in NFC and in NFD: folded ones, then plain ones.
    fn of_both_forms(text: &str) -> [[Vec<u64>; 2]; 2] {
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned();
        let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned();
        let plain = |text: &str| {
            let mut out = Vec::new();
            each_word::<true>(text, &mut Vec::new(), |hash| out.push(hash));
            out
        };
        [[hashes(&composed), hashes(&decomposed)], [plain(&composed), plain(&decomposed)]]
    }

    #[test]
    fn the_normal_form_does_not_count() {
        for text in [
            "Tiếng Việt được ưa chuộng ở Huế",
            "Ο ουρανός είναι ᾳ",
            "Маленький ёжик",
            "한국어 문장입니다",
            "がんばれ パン ヷ",
            "বাংলা ভাষো কৌশল",
            "ഭാഷ കൊല്ലം",
            "ಕೋಟೆ",
            "தொகை",
            "أآؤئ",
            "ऩऱऴ क़",
            "naïve Ångström \u{212B} \u{2126}",
        ] {
            let [folded, plain] = of_both_forms(text);
            assert_eq!(folded[0], folded[1], "{text}");
            assert_eq!(plain[0], plain[1], "{text}");
        }
        assert_ne!(hashes("ma\u{323}\u{302}t"), hashes("mat"), "a tone of Vietnamese is part of the word");
        assert_ne!(hashes("и\u{306}"), hashes("и"));
        assert_eq!(hashes("и\u{331}\u{306}"), hashes("й"));
        assert_eq!(hashes("\u{212B}"), hashes("å"));
    }

    #[test]
    fn every_character_has_one_word_in_all_normal_forms() {
        let nfd = DecomposingNormalizerBorrowed::new_nfd();
        for c in '\u{80}'..='\u{2F7FF}' {
            if nfd.is_normalized(c.encode_utf8(&mut [0; 4])) {
                continue;
            }
            for text in [format!("{c}"), format!("a{c}b"), format!("한{c}x")] {
                let [folded, plain] = of_both_forms(&text);
                assert_eq!(folded[0], folded[1], "{text} {c:?}");
                assert_eq!(plain[0], plain[1], "{text} {c:?}");
            }
        }
    }

    #[test]
    fn digits_count() {
        assert_ne!(hashes("room 12"), hashes("room 13"));
        assert_ne!(hashes("1 2"), hashes("12"));
    }

    #[test]
    fn words_are_told_apart() {
        let words = ["a", "b", "ab", "ba", "aaaaaaaa", "aaaaaaaaa", "aaaaaaaab", "0", "é2", "e", "ø"];
        for (n, one) in words.iter().enumerate() {
            assert_eq!(hashes(one).len(), 1, "{one}");
            assert!(words[n + 1..].iter().all(|other| hashes(other) != hashes(one)), "{one}");
        }
    }

    #[test]
    fn scripts_without_spaces_part_by_character() {
        assert_eq!(hashes("東京タワー").len(), 5);
        assert_eq!(hashes("abc東京x").len(), 4);
        assert_eq!(hashes("สวัสดี").len(), 6);
        assert_eq!(hashes("한국어 문장").len(), 2);
        assert_eq!(hashes("हिन्दी").len(), 1);
    }

    #[test]
    fn nothing_but_marks_is_no_word() {
        for text in ["", " \n", "…—!?", "\u{301}\u{301}", "\u{200d}", "\u{1F600}"] {
            assert_eq!(hashes(text), Vec::<u64>::new(), "{text:?}");
        }
    }

    /// The same rules, written for clarity.
    fn plain(text: &str) -> Vec<u64> {
        let (mut out, mut word) = (Vec::new(), Vec::new());
        let letters = Letters::get();
        let mut end = |word: &mut Vec<u8>| {
            if !word.is_empty() {
                out.push(WordHash::of(word));
                word.clear();
            }
        };
        for c in letters.composed(text) {
            match letters.class(c) {
                Class::Letter => letters.push(c, &mut word),
                Class::Mark => {}
                Class::Separator => end(&mut word),
                Class::Single => {
                    end(&mut word);
                    letters.push(c, &mut word);
                    end(&mut word);
                }
            }
        }
        end(&mut word);
        out
    }

    proptest! {
        #[test]
        fn fast_and_plain_agree(text in "[a-cA-Z0-9@\\[`{/:\u{0}-\u{20}éÉß\u{301}漢字ก ,.’]{0,60}") {
            prop_assert_eq!(hashes(&text), plain(&text));
        }

        #[test]
        fn any_text_has_the_words_of_its_normal_forms(
            text in "[a-cIАи가각ᄀかকেက\u{300}-\u{33f}\u{345}\u{653}\u{93c}\u{9be}\u{9d7}\u{1161}\u{11a8}\u{3099} .]{0,12}",
        ) {
            let [folded, _] = of_both_forms(&text);
            prop_assert_eq!(&folded[0], &folded[1]);
        }

        #[test]
        fn any_text_agrees(text in "\\PC{0,40}") {
            prop_assert_eq!(hashes(&text), plain(&text));
        }
    }
}
