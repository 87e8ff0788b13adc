//! Counts what is in a line. [`super::blocks`] counts lines that are all ASCII, many bytes at a time; this
//! module counts all others.

use super::unspaced_weight;
use crate::lines::blocks::{self, Counts, Open};
use std::sync::OnceLock;

/// The counts of a line; each saturates at `u32::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Characters.
    pub chars: u32,
    /// Letters of any script.
    pub letters: u32,
    /// Words; in scripts without spaces, characters divided by how many make a word.
    pub words: u32,
    /// Words that begin with a capital.
    pub capitals: u32,
    /// Decimal digits, ASCII only.
    pub digits: u32,
    /// Commas of any script.
    pub commas: u32,
    /// Signs that separate the items of a bar: `|`, `/`, `>`, `·`, `»`, `›`.
    pub bars: u32,
    /// Places inside the line where a sentence ends and another begins.
    pub breaks: u32,
}

impl Tally {
    /// The counts of an ASCII line of `length` bytes.
    #[inline(always)]
    pub(super) fn of(counts: &Counts, length: usize) -> Self {
        let &Counts { lower, upper, words, capitals, digits, commas, bars, breaks, .. } = counts;
        let chars = u32::try_from(length).unwrap_or(u32::MAX);
        Self { chars, letters: lower + upper, words, capitals, digits, commas, bars, breaks }
    }

    /// Counts what is in a line. Returns whether it has capitals and no small letters.
    pub(super) fn count(&mut self, content: &str) -> bool {
        self.count_with(content, RUN)
    }

    /// Like [`Self::count`], but counts a block at a time where `least` ASCII bytes follow one another.
    pub(super) fn count_with(&mut self, content: &str, least: usize) -> bool {
        let wide = wide_kinds();
        let mut state = 0u64;
        // Number of letters beyond ASCII, and whether any is a small letter or a capital.
        let (mut wide_letters, mut wide_lower, mut wide_upper) = (0usize, false, false);
        // Words of scripts without spaces, in tenths.
        let mut tenths = 0usize;
        let mut sums = [0usize; 8];
        let mut chars = 0usize;
        let bytes = content.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let number = (state & 63) / FIELD;
            let (word, stopped) = (number & 1 == 1, number >> 1);
            if stopped < 3 && bytes.get(at..at.saturating_add(least)).is_some_and(<[u8]>::is_ascii) {
                let mut open = Open { word, ended: stopped > 0, parted: stopped == 2 };
                let (counts, length) = blocks::run(&bytes[at..], &mut open);
                let Counts { lower, upper, words, capitals, digits, commas, bars, breaks, .. } = counts;
                let counts = [lower, upper, words, capitals, digits, commas, bars, breaks];
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count as usize);
                let stopped = u64::from(open.ended) + u64::from(open.parted);
                state = (u64::from(open.word) | (stopped << 1)) * FIELD;
                chars += length;
                at += length;
                continue;
            }
            // ASCII: eight counters packed into a word, emptied before one of them can overflow.
            let run = &bytes[at..bytes.len().min(at + least.min(255))];
            let (mut packed, mut length) = (0u64, 0usize);
            for &byte in run {
                let class = CLASS[usize::from(byte)];
                if class == OTHER {
                    break;
                }
                packed += STEPS.add[usize::from(class) | (state & 63) as usize];
                state = STEPS.next[usize::from(byte)].wrapping_shr(state as u32);
                length += 1;
            }
            for (sum, count) in sums.iter_mut().zip(packed.to_le_bytes()) {
                *sum += usize::from(count);
            }
            chars += length;
            at += length;
            if length == run.len() {
                continue;
            }
            // `at` is a character boundary: before it is ASCII or a whole character.
            let Some(c) = content[at..].chars().next() else { break };
            at += c.len_utf8();
            chars += 1;
            let number = (state & 63) / FIELD;
            let (mut in_word, mut stopped) = (number & 1, number >> 1);
            match wide.get(c as usize).copied().unwrap_or_else(|| wide_kind(c)) {
                kind @ (LOWER | UPPER | CASELESS) => {
                    wide_letters += 1;
                    wide_lower |= kind == LOWER;
                    wide_upper |= kind == UPPER;
                    sums[WORDS] += usize::from(in_word == 0);
                    sums[CAPITALS] += usize::from(kind == UPPER && in_word == 0);
                    sums[BREAKS] += usize::from(stopped >= 2 && kind != LOWER);
                    (in_word, stopped) = (1, 0);
                }
                kind @ (HALF_WORD | FIFTH_OF_WORD) => {
                    wide_letters += 1;
                    tenths += if kind == HALF_WORD { 5 } else { 2 };
                    sums[BREAKS] += usize::from(stopped == 3);
                    stopped = 0;
                }
                _ => match c {
                    '。' | '！' | '？' => stopped = 3,
                    '؟' | '۔' | '।' | '…' => stopped = 1,
                    '“' | '”' | '’' | '‘' | '«' | '」' | '』' => {}
                    '»' => sums[BARS] += 1,
                    '·' | '›' => {
                        sums[BARS] += 1;
                        stopped = 0;
                    }
                    '、' | '،' | '，' => {
                        sums[COMMAS] += 1;
                        stopped = 0;
                    }
                    _ => stopped = 0,
                },
            }
            state = (in_word | stopped << 1) * FIELD;
        }
        // Counts beyond 32 bits saturate.
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.chars = small(chars);
        self.letters = small(sums[LETTERS_LOWER] + sums[LETTERS_UPPER] + wide_letters);
        self.words = small(sums[WORDS] + tenths / 10);
        self.capitals = small(sums[CAPITALS]);
        self.digits = small(sums[DIGITS]);
        self.commas = small(sums[COMMAS]);
        self.bars = small(sums[BARS]);
        self.breaks = small(sums[BREAKS]);
        (wide_upper || sums[LETTERS_UPPER] > 0) && !wide_lower && sums[LETTERS_LOWER] == 0
    }
}

/// Number of ASCII bytes from which counting a block is faster than counting byte by byte.
const RUN: usize = 16;

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 3;
const SPACE: u8 = 4;
const STOP: u8 = 5;
const QUOTE: u8 = 6;
const BAR: u8 = 7;
const COMMA: u8 = 8;
/// Number of kinds of bytes.
const KINDS: usize = 9;
/// A letter without case. Like the kinds below, it only occurs beyond ASCII, where digits, spaces and so on
/// do not.
const CASELESS: u8 = 3;
/// A letter of a script without spaces: half a word, or a fifth of one.
const HALF_WORD: u8 = 4;
const FIFTH_OF_WORD: u8 = 5;

/// The kind of a character beyond ASCII; 0 if it is not a letter.
fn wide_kind(c: char) -> u8 {
    match unspaced_weight(c) {
        _ if !c.is_alphabetic() => 0,
        5 => HALF_WORD,
        2 => FIFTH_OF_WORD,
        _ if c.is_lowercase() => LOWER,
        _ if c.is_uppercase() => UPPER,
        _ => CASELESS,
    }
}

/// The kinds of the characters of the basic plane, indexed by code point. Three lookups in tables of the
/// standard library for each character would take most of the time on pages that are not English.
fn wide_kinds() -> &'static [u8] {
    static KINDS: OnceLock<Vec<u8>> = OnceLock::new();
    KINDS.get_or_init(|| (0..0x1_0000).map(|n| char::from_u32(n).map_or(0, wide_kind)).collect())
}

/// The sentence state after a byte, by the kind of the byte and the state before it: 0 no end, 1 just ended,
/// 2 ended and followed by a space, 3 ended in a script without spaces.
const AFTER: [[u8; 4]; KINDS] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 2, 2, 2],
    [1, 1, 1, 1],
    [0, 1, 2, 3],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
];

/// Places of the counters in a packed word, one byte each.
const LETTERS_LOWER: usize = 0;
const LETTERS_UPPER: usize = 1;
const WORDS: usize = 2;
const CAPITALS: usize = 3;
const DIGITS: usize = 4;
const COMMAS: usize = 5;
const BARS: usize = 6;
const BREAKS: usize = 7;

/// What a byte adds to the counters, and the state after it. A state holds whether a word is open, plus twice
/// the sentence state of [`AFTER`]. It is represented by its bit offset in a word that holds the next states
/// of all eight: a step is a shift of that word, which does not wait for memory.
struct Steps {
    /// By the kind of the byte, and the state.
    add: [u64; KINDS << CLASS_SHIFT],
    /// By the byte.
    next: [u64; 256],
}

/// Bits of a state in such a word.
const FIELD: u64 = 6;
/// Bits below the kind in an index of [`Steps::add`].
const CLASS_SHIFT: u32 = 6;

static STEPS: Steps = {
    let mut steps = Steps { add: [0; KINDS << CLASS_SHIFT], next: [0; 256] };
    let mut next = [0u64; KINDS];
    let mut state = 0;
    while state < 8 {
        let mut kind = 0;
        while kind < KINDS {
            let (in_word, stopped) = (state & 1 == 1, state >> 1);
            let is_alnum = kind == LOWER as usize || kind == UPPER as usize || kind == DIGIT as usize;
            let mut add = 0u64;
            if kind == LOWER as usize {
                add += 1 << (8 * LETTERS_LOWER);
            }
            if kind == UPPER as usize {
                add += 1 << (8 * LETTERS_UPPER);
            }
            if is_alnum && !in_word {
                add += 1 << (8 * WORDS);
            }
            if kind == UPPER as usize && !in_word {
                add += 1 << (8 * CAPITALS);
            }
            if kind == DIGIT as usize {
                add += 1 << (8 * DIGITS);
            }
            if kind == COMMA as usize {
                add += 1 << (8 * COMMAS);
            }
            if kind == BAR as usize {
                add += 1 << (8 * BARS);
            }
            if stopped == 2 && is_alnum && kind != LOWER as usize {
                add += 1 << (8 * BREAKS);
            }
            let word = is_alnum || in_word && kind != SPACE as usize;
            let place = state as u64 * FIELD;
            steps.add[kind << CLASS_SHIFT | place as usize] = add;
            next[kind] |= ((word as u64 | (AFTER[kind][stopped] as u64) << 1) * FIELD) << place;
            kind += 1;
        }
        state += 1;
    }
    let mut byte = 0;
    while byte < 128 {
        steps.next[byte] = next[kind(byte as u8) as usize];
        byte += 1;
    }
    steps
};

/// The class of bytes that end a run of ASCII: line ends, and bytes of other characters.
const OTHER: u16 = u16::MAX;

/// The kind of each byte, shifted by [`CLASS_SHIFT`].
static CLASS: [u16; 256] = {
    let mut table = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        if byte != b'\n' {
            table[byte as usize] = (kind(byte) as u16) << CLASS_SHIFT;
        }
        byte += 1;
    }
    table
};

/// The kind of an ASCII byte.
const fn kind(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => LOWER,
        b'A'..=b'Z' => UPPER,
        b'0'..=b'9' => DIGIT,
        b' ' => SPACE,
        b'.' | b'!' | b'?' => STOP,
        b'|' | b'/' | b'>' => BAR,
        b',' => COMMA,
        b'"' | b'\'' | b'(' | b')' | b'[' | b']' => QUOTE,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_count_as_bytes_do() {
        let pieces = [
            "word",
            "Word ",
            " ",
            ". ",
            "!",
            "? C",
            "|",
            ", ",
            "\"",
            "('",
            "-7 ",
            "é",
            "“",
            "”",
            "…",
            "。",
            "本",
            "Я",
            "»",
            "a longer run of letters and spaces. It ends! ",
        ];
        let mut seed = 1u32;
        for _ in 0..2000 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as usize
            };
            let length = next() % 30;
            let text: String = (0..length).map(|_| pieces[next() % pieces.len()]).collect();
            let (mut by_byte, mut by_run) = (Tally::default(), Tally::default());
            let is_shouted = by_byte.count_with(&text, usize::MAX);
            for least in [1, 5, RUN] {
                assert_eq!((by_run.count_with(&text, least), by_run), (is_shouted, by_byte), "{text:?}");
            }
        }
    }
}
