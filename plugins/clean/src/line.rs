//! The lines of a page with what the rules ask of them, computed once. Decides nothing.

use crate::blocks::{self, Begins, Counts};
use std::sync::OnceLock;

/// One line of the normalised text.
#[derive(Clone, Debug)]
pub struct Line {
    /// First byte of the line.
    pub start: usize,
    /// One past the last byte, without the line end.
    pub end: usize,
    chars: u32,
    letters: u32,
    words: u32,
    capitals: u32,
    digits: u32,
    commas: u32,
    bars: u32,
    breaks: u32,
    twin: u32,
    /// Ends like a sentence, closing quotation marks and brackets aside.
    pub sentence: bool,
    /// Ends with a full stop (of any script), not with a question or exclamation mark.
    pub full_stop: bool,
    /// Ends with an ellipsis, as a cut text does.
    pub cut: bool,
    /// Ends with a colon.
    pub colon: bool,
    /// Begins with a list bullet.
    pub bullet: bool,
    /// Begins with an opening quotation mark.
    pub quote: bool,
    /// Begins with a small letter.
    pub small: bool,
    /// Has capitals and no small letters.
    pub shouted: bool,
}

impl Line {
    /// Splits `text` into lines.
    pub fn all(text: &str) -> Vec<Line> {
        Self::all_and_begins(text).0
    }

    /// The same, and where phrases may begin in the text.
    pub fn all_and_begins(text: &str) -> (Vec<Line>, Begins) {
        let mut lines = Vec::with_capacity(text.len() / 24 + 1);
        let begins = blocks::lines(text, |start, end, counts| lines.push(Line::counted(start, end, counts)));
        for line in &mut lines {
            let content = &text[line.start..line.end];
            if line.chars == 0 && !content.is_empty() {
                line.count(content);
            }
            line.opening(content);
            line.closing(content);
        }
        find_twins(text, &mut lines);
        (lines, begins)
    }

    /// The line's text.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// Nothing stands on the line.
    pub fn blank(&self) -> bool {
        self.chars == 0
    }

    /// Characters.
    pub fn chars(&self) -> usize {
        self.chars as usize
    }

    /// Letters of any script.
    pub fn letters(&self) -> usize {
        self.letters as usize
    }

    /// Words; for scripts without spaces, characters divided by what a word takes there.
    pub fn words(&self) -> usize {
        self.words as usize
    }

    /// Words that begin with a capital.
    pub fn capitals(&self) -> usize {
        self.capitals as usize
    }

    /// Decimal digits, ASCII only.
    pub fn digits(&self) -> usize {
        self.digits as usize
    }

    /// Commas of any script.
    pub fn commas(&self) -> usize {
        self.commas as usize
    }

    /// Signs that part the items of a bar: `|`, `/`, `>`, `·`, `»`, `›`.
    pub fn bars(&self) -> usize {
        self.bars as usize
    }

    /// Number of places inside the line where a sentence ends and another begins.
    pub fn breaks(&self) -> usize {
        self.breaks as usize
    }

    /// Number of the first line with the same text.
    pub fn twin(&self) -> usize {
        self.twin as usize
    }

    /// A line whose bytes are counted; of one that is not all ASCII, nothing yet.
    #[inline(always)]
    fn counted(start: usize, end: usize, counts: Counts) -> Line {
        let Counts { lower, upper, digits, words, capitals, commas, bars, breaks, is_wide } = counts;
        let chars = if is_wide { 0 } else { u32::try_from(end - start).unwrap_or(u32::MAX) };
        Line {
            start,
            end,
            chars,
            letters: lower + upper,
            words,
            capitals,
            digits,
            commas,
            bars,
            breaks,
            twin: 0,
            sentence: false,
            full_stop: false,
            cut: false,
            colon: false,
            bullet: false,
            quote: false,
            small: false,
            shouted: upper > 0 && lower == 0,
        }
    }

    /// Counts characters, words and sentence breaks.
    fn count(&mut self, content: &str) {
        let wide = wide_kinds();
        let mut state = 0u64;
        // Letters beyond ASCII, and whether some had a case.
        let (mut wide_letters, mut wide_lower, mut wide_upper) = (0usize, false, false);
        // Tenths of words of scripts without spaces.
        let mut tenths = 0usize;
        let mut sums = [0usize; 8];
        let mut chars = 0usize;
        let bytes = content.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            // ASCII: eight counters in a word, emptied before one of them can overflow.
            let run = &bytes[at..bytes.len().min(at + 255)];
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
            // `at` stands on a character boundary: ASCII before it, or a whole character.
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
        // No line of 4 GiB is counted to its end.
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.chars = small(chars);
        self.letters = small(sums[LETTERS_LOWER] + sums[LETTERS_UPPER] + wide_letters);
        self.words = small(sums[WORDS] + tenths / 10);
        self.capitals = small(sums[CAPITALS]);
        self.digits = small(sums[DIGITS]);
        self.commas = small(sums[COMMAS]);
        self.bars = small(sums[BARS]);
        self.breaks = small(sums[BREAKS]);
        self.shouted = (wide_upper || sums[LETTERS_UPPER] > 0) && !wide_lower && sums[LETTERS_LOWER] == 0;
    }

    fn opening(&mut self, content: &str) {
        // Most lines begin with a letter of ASCII, and one of these with it alone.
        if let Some(first) = content.bytes().next().filter(u8::is_ascii_alphabetic)
            && first != b'o'
        {
            self.small = first.is_ascii_lowercase();
            return;
        }
        let mut chars = content.chars();
        let Some(first) = chars.next() else { return };
        self.small = first.is_lowercase();
        self.quote = matches!(first, '"' | '“' | '„' | '«' | '‘' | '\'' | '「' | '『' | '”' | '»' | '‚');
        let gap = chars.next().is_none_or(|c| c == ' ');
        self.bullet = matches!(first, '•' | '▪' | '●' | '◦' | '■' | '►' | '▸' | '▶' | '‣' | '⁃' | '·' | '○')
            || gap && matches!(first, '-' | '*' | '–' | '+' | '»' | '›' | '>' | 'o');
    }

    fn closing(&mut self, content: &str) {
        let tail = match content.as_bytes().last() {
            Some(last) if last.is_ascii_alphanumeric() => return,
            Some(b'.' | b'!' | b'?' | b':') => content,
            _ => content.trim_end_matches([
                '"', '\'', '”', '’', '“', '»', '«', ')', ']', '」', '』', '›', '‹', '）', '】', ' ', '*',
                '‘', '〉', '》',
            ]),
        };
        let Some(last) = tail.chars().next_back() else { return };
        self.full_stop = matches!(last, '.' | '。' | '۔' | '।' | '．' | '։' | '።' | '။' | '॥' | '｡');
        self.sentence = self.full_stop || matches!(last, '!' | '?' | '！' | '？' | '؟' | ';' | '՞');
        self.cut = last == '…' || tail.ends_with("...");
        if self.cut {
            self.full_stop = false;
            self.sentence = false;
        }
        self.colon = matches!(last, ':' | '：');
    }
}

/// Finds the first line of each text, by a table of them that is never more than half full.
fn find_twins(text: &str, lines: &mut [Line]) {
    const NONE: (u32, u32) = (0, u32::MAX);
    let size = (lines.len() * 2).next_power_of_two();
    let mut table = vec![NONE; size];
    for (number, at) in (0..lines.len()).zip(0..u32::MAX) {
        let content = lines[number].text(text);
        let hash = crate::quick::hash(content.as_bytes());
        let (mark, mut slot) = (hash as u32, (hash >> 32) as usize & (size - 1));
        lines[number].twin = loop {
            let (other, first) = table[slot];
            if first == NONE.1 {
                table[slot] = (mark, at);
                break at;
            }
            if other == mark && lines[first as usize].text(text) == content {
                break first;
            }
            slot = (slot + 1) & (size - 1);
        };
    }
}

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 3;
const SPACE: u8 = 4;
const STOP: u8 = 5;
const QUOTE: u8 = 6;
const BAR: u8 = 7;
const COMMA: u8 = 8;
/// How many kinds of bytes there are.
const KINDS: usize = 9;
/// A letter without a case; only beyond ASCII, where there are no digits, spaces and so on.
const CASELESS: u8 = 3;
/// A letter of a script without spaces: half a word, or a fifth.
const HALF_WORD: u8 = 4;
const FIFTH_OF_WORD: u8 = 5;

/// The kind of a character beyond ASCII: 0 for what is no letter.
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

/// The kinds of the characters of the basic plane, by their number: three look-ups in tables of the standard library each would
/// take most of the time of pages that are not English.
fn wide_kinds() -> &'static [u8] {
    static KINDS: OnceLock<Vec<u8>> = OnceLock::new();
    KINDS.get_or_init(|| (0..0x1_0000).map(|n| char::from_u32(n).map_or(0, wide_kind)).collect())
}

/// What a byte of each kind makes of the state after a sentence end: 0 none, 1 just ended, 2 ended
/// and a space, 3 ended in a script without spaces.
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

/// Places of the counters in a packed word, a byte each.
const LETTERS_LOWER: usize = 0;
const LETTERS_UPPER: usize = 1;
const WORDS: usize = 2;
const CAPITALS: usize = 3;
const DIGITS: usize = 4;
const COMMAS: usize = 5;
const BARS: usize = 6;
const BREAKS: usize = 7;

/// What a byte adds to the counters, and the state after it: whether a word is open, and twice what [`AFTER`] says. A state is known by where
/// it stands in a word that holds the states after all eight: to go on is to shift that word, which does not wait for memory.
struct Steps {
    /// By the kind of the byte and the state.
    add: [u64; KINDS << CLASS_SHIFT],
    /// By the byte.
    next: [u64; 256],
}

/// Bits of a state in such a word.
const FIELD: u64 = 6;
/// Bits below the kind in what is added.
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

/// The class of bytes that end a run of ASCII: line ends, and those of other characters.
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

/// What an ASCII byte is to the count.
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

/// Whether `c` belongs to a script written without spaces between words.
pub fn unspaced(c: char) -> bool {
    unspaced_weight(c) > 0
}

/// Tenths of a word that a character makes: two ideographs or kana a word, five Thai, Lao, Khmer
/// or Burmese letters.
fn unspaced_weight(c: char) -> usize {
    match u32::from(c) {
        0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff => 5,
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Line {
        Line::all(text).swap_remove(0)
    }

    #[test]
    fn ends_and_breaks() {
        assert!(one("It opened.").sentence);
        assert!(one("“It opened,” she said.”").full_stop);
        assert!(!one("A bridge opens").sentence);
        assert!(one("It opened. Then it rained. Nobody left").breaks == 2);
        assert_eq!(one("Mr. Smith met e.g. nobody").breaks, 1);
        assert!(one("A cut text...").cut && !one("A cut text...").sentence);
        assert!(one("橋が開通した。").full_stop);
        assert_eq!(one("橋が開通した。雨が降った。").breaks, 1);
    }

    #[test]
    fn blocks_count_as_bytes_do() {
        let pieces = [
            "a",
            "B",
            "7",
            " ",
            ". ",
            "!",
            "? C",
            "|",
            ",",
            "\"",
            "('",
            "-",
            "\n",
            "\u{7f}",
            "é",
            "ab cd. Ef ",
        ];
        let mut seed = 1u32;
        for _ in 0..300 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as usize
            };
            let length = next() % 200;
            let text: String = (0..length).map(|_| pieces[next() % pieces.len()]).collect();
            for line in Line::all(&text) {
                let mut byte_by_byte = line.clone();
                byte_by_byte.count(line.text(&text));
                assert_eq!(format!("{line:?}"), format!("{byte_by_byte:?}"), "{text:?}");
            }
        }
    }

    #[test]
    fn words_of_scripts_without_spaces() {
        assert_eq!(one("土曜日の朝、橋が").words, 3);
        assert_eq!(one("three little words").words, 3);
    }

    #[test]
    fn lines_of_a_text() {
        let lines = Line::all("a\n\nb\n");
        assert_eq!(lines.len(), 3);
        assert!(lines[1].blank());
        assert!(one("• x").bullet && one("- x").bullet && !one("-x").bullet);
        assert!(one("BRIDGE OPENS 5").shouted && !one("Bridge").shouted);
    }
}
