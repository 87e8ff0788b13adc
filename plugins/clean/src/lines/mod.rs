//! The lines of a page, with what the rules need of them, computed once. Decides nothing.

pub mod blocks;
mod edges;
mod tally;

use crate::quick::Keyed;
use crate::scratch::Scratch;
use blocks::Counts;
pub use edges::is_like_text;
use edges::{ENDS_WITH_DIGIT, FULL_STOP, OPENINGS, closing, is_unstopped, opening};
pub use tally::Tally;

/// A line of the normalised text, with the properties that the rules look up most often. Its other counts are
/// in its [`Tally`].
#[derive(Clone, Debug)]
pub struct Line {
    /// First byte of the line.
    pub start: usize,
    /// One past the last byte, without the line end.
    pub end: usize,
    words: u32,
    twin: u32,
    /// For the first line with this text: how many lines have it. For a later one: how many of them precede
    /// it.
    copies: u32,
    /// Flags and small numbers, as laid out in [`flags`].
    flags: u32,
}

macro_rules! flags {
    ($($(#[doc = $doc:literal])+ $method:ident $name:ident $bit:literal;)+) => {
        /// Flags of a line, one bit each; the small numbers lie above them.
        mod flags {
            $(pub const $name: u32 = 1 << $bit;)+
        }

        impl Line {
            $($(#[doc = $doc])+
            #[inline]
            pub fn $method(&self) -> bool {
                self.flags & flags::$name != 0
            })+
        }
    };
}

flags! {
    /// Ends like a sentence, closing quotation marks and brackets aside.
    sentence SENTENCE 0;
    /// Ends with a full stop (of any script), not with a question or exclamation mark.
    full_stop FULL_STOP 1;
    /// Ends with an ellipsis, as a truncated text does.
    cut CUT 2;
    /// Ends with a colon.
    colon COLON 3;
    /// Begins with a list bullet.
    bullet BULLET 4;
    /// Begins with an opening quotation mark.
    quote QUOTE 5;
    /// Begins with a small letter.
    small SMALL 6;
    /// Is empty.
    blank BLANK 7;
    /// Has capitals and no small letters.
    shouted SHOUTED 8;
    /// Whether it may contain ` by `. If not set, it does not.
    may_by MAY_BY 9;
    /// Whether it may contain, after a space, an ASCII sign that separates the parts of a path. If not set,
    /// it does not.
    may_path MAY_PATH 10;
    /// Whether it contains a character beyond ASCII.
    is_non_ascii NON_ASCII 11;
    /// Whether it contains a letter.
    has_letters LETTERS 12;
    /// Has 30 characters or more, as lines of a wrapped paragraph do.
    is_filled FILLED 13;
    /// Has 50 characters or more, as no item of a menu does.
    is_long LONG 14;
    /// Stands for all lines in the middle of a long menu, which are judged as one. Counts as blank.
    is_menu MENU 15;
}

/// Offsets of the small numbers in the flags of a line, by their lowest bit; each number is at most
/// [`NUMBER`].
const DIGITS: u32 = 16;
const BREAKS: u32 = 20;
const OPENING: u32 = 24;
const ENDING: u32 = 28;
const NUMBER: u32 = 15;
/// Fewest characters of a filled line.
const FILLED_CHARS: u32 = 30;
/// Fewest characters of a long line.
const LONG_CHARS: u32 = 50;

impl Line {
    /// Splits `text` into lines.
    pub fn all(text: &str) -> Vec<Line> {
        let mut scratch = Scratch::default();
        Self::take(text, &mut scratch);
        scratch.lines
    }

    /// Writes the lines of `text`, their tallies, the numbers of the lines that are not copies, and where
    /// phrases may begin into `scratch`.
    ///
    /// Each menu of `scratch` becomes a single line.
    pub fn take(text: &str, scratch: &mut Scratch) {
        let Scratch { lines, tallies, begins, menus, twins, distinct, .. } = scratch;
        lines.clear();
        tallies.clear();
        let skipped = menus.iter().map(|menu| menu.span.clone());
        blocks::lines(text, begins, skipped, |start, end, counts| {
            let (tally, flags) = match counts {
                Some(counts) => (Tally::of(&counts, end - start), of_counts(&counts)),
                None => (Tally::default(), flags::MENU | flags::BLANK),
            };
            lines.push(Line::new(start, end, &tally, flags));
            tallies.push(tally);
        });
        distinct.resize(lines.len(), (0, 0));
        let (mut count, keyed) = (0, Keyed::new());
        let mut twins = Twins::new(text.as_bytes(), lines.len(), twins);
        for number in 0..lines.len() {
            let line = &mut lines[number];
            if line.is_menu() {
                (line.twin, line.copies) = (number as u32, 1);
                continue;
            }
            let content = &text.as_bytes()[line.start..line.end];
            if let (Some(&first), Some(&last)) = (content.first(), content.last()) {
                if line.is_non_ascii()
                    && let Some(tally) = tallies.get_mut(number)
                {
                    let is_shouted = tally.count(line.text(text));
                    let flags = line.flags & (flags::MAY_BY | flags::MAY_PATH | flags::NON_ASCII);
                    let flags = flags | flag(is_shouted, flags::SHOUTED);
                    *line = Line::new(line.start, line.end, tally, flags);
                }
                // Most lines begin with an ASCII letter: the table suffices for these, except for `o`, which
                // may be a bullet.
                line.flags |= if first.is_ascii_alphabetic() && first != b'o' {
                    OPENINGS[usize::from(first)] | flag(first.is_ascii_lowercase(), flags::SMALL)
                } else {
                    opening(first, line.text(text))
                };
                line.flags |= match last {
                    _ if last.is_ascii_alphabetic() => 0,
                    b'0'..=b'9' => ENDS_WITH_DIGIT << ENDING,
                    _ => match closing(line.text(text)) {
                        0 if line.is_long() && is_unstopped(line, text) => FULL_STOP,
                        flags => flags,
                    },
                };
            }
            let hash = keyed.hash(text.as_bytes(), line.start..line.end);
            let twin = twins.find(number, hash, lines);
            // Always written, and the count advances only if wanted: avoids an unpredictable branch.
            distinct[count] = (number as u32, hash as u32);
            count += usize::from(twin == number);
        }
        distinct.truncate(count);
    }

    /// The line's text.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// Number of words; in scripts without spaces, the number of characters divided by how many make a word.
    #[inline]
    pub fn words(&self) -> usize {
        self.words as usize
    }

    /// Number of ASCII decimal digits, at most 15.
    pub fn digits(&self) -> usize {
        self.number(DIGITS)
    }

    /// Number of places inside the line where a sentence ends and another begins, at most 15.
    pub fn breaks(&self) -> usize {
        self.number(BREAKS)
    }

    /// The kind of its start, as the model knows it: 5 a list bullet, 4 a quotation mark, 3 a small letter, 2
    /// another letter or sign, 1 a digit, 0 an ASCII sign.
    #[inline]
    pub fn start_kind(&self) -> u8 {
        match () {
            () if self.bullet() => 5,
            () if self.quote() => 4,
            () if self.small() => 3,
            () => self.number(OPENING) as u8,
        }
    }

    /// The kind of its end, as the model knows it: 5 a full stop, 4 another sentence end, 3 a colon, 2 an
    /// ellipsis, 1 a digit, 0 anything else.
    #[inline]
    pub fn end_kind(&self) -> u8 {
        self.number(ENDING) as u8
    }

    /// Number of the first line with the same text.
    #[inline]
    pub fn first_copy(&self) -> usize {
        self.twin as usize
    }

    /// For the first line with this text: how many lines have it. For a later one: how many of them precede
    /// it.
    #[inline]
    pub fn copies(&self) -> usize {
        self.copies as usize
    }

    #[inline]
    fn number(&self, at: u32) -> usize {
        (self.flags >> at & NUMBER) as usize
    }

    /// A line with the counts of `tally` and further flags.
    #[inline(always)]
    fn new(start: usize, end: usize, tally: &Tally, flags: u32) -> Line {
        let flags = flags
            | flag(start == end, flags::BLANK)
            | flag(tally.letters > 0, flags::LETTERS)
            | flag(tally.chars >= FILLED_CHARS, flags::FILLED)
            | flag(tally.chars >= LONG_CHARS, flags::LONG)
            | (tally.digits.min(NUMBER) << DIGITS)
            | (tally.breaks.min(NUMBER) << BREAKS);
        Line { start, end, words: tally.words, twin: 0, copies: 0, flags }
    }
}

/// `flag` if `is` holds, otherwise 0.
#[inline(always)]
fn flag(is: bool, flag: u32) -> u32 {
    u32::from(is) * flag
}

/// The flags that follow from the counts of an ASCII line.
#[inline(always)]
fn of_counts(counts: &Counts) -> u32 {
    flag(counts.upper > 0 && counts.lower == 0, flags::SHOUTED)
        | flag(counts.may_by, flags::MAY_BY)
        | flag(counts.may_path, flags::MAY_PATH)
        | flag(counts.is_non_ascii, flags::NON_ASCII)
}

/// Finds the first line with each text, using a hash table that is never more than half full.
struct Twins<'t> {
    text: &'t [u8],
    /// Part of the hash of a line, and its number.
    table: &'t mut [(u32, u32)],
}

impl<'t> Twins<'t> {
    const NONE: (u32, u32) = (0, u32::MAX);

    /// For the `lines` lines of a text. Reuses the allocation of `table`.
    fn new(text: &'t [u8], lines: usize, table: &'t mut Vec<(u32, u32)>) -> Self {
        table.clear();
        table.resize((lines * 2).next_power_of_two(), Self::NONE);
        Self { text, table }
    }

    /// Finds the first line with the same text as the next line, whose hash is `hash`, and updates the twin
    /// and the copies of both.
    #[inline]
    fn find(&mut self, number: usize, hash: u64, lines: &mut [Line]) -> usize {
        let last = self.table.len() - 1;
        let content = &self.text[lines[number].start..lines[number].end];
        let (mark, mut slot) = (hash as u32, (hash >> 32) as usize & last);
        let first = loop {
            let (other, first) = self.table[slot];
            if first == Self::NONE.1 {
                self.table[slot] = (mark, number as u32);
                lines[number].copies = 0;
                break number;
            }
            let twin = &lines[first as usize];
            if other == mark && self.text[twin.start..twin.end] == *content {
                lines[number].copies = twin.copies;
                break first as usize;
            }
            slot = (slot + 1) & last;
        };
        lines[number].twin = first as u32;
        lines[first].copies += 1;
        first
    }
}

/// Whether `c` belongs to a script written without spaces between words.
pub fn unspaced(c: char) -> bool {
    unspaced_weight(c) > 0
}

/// Whether `c` is a letter or digit of a script that separates words with spaces. Korean does not count: it
/// has spaces, but attaches to a word what other languages separate.
pub fn separates(c: char) -> bool {
    c.is_alphanumeric() && !unspaced(c) && !('\u{ac00}'..='\u{d7af}').contains(&c)
}

/// Tenths of a word that a character counts as: two ideographs or kana make a word, or five Thai, Lao, Khmer
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
    use crate::lines::blocks::Begins;
    use crate::rules::menus::Menu;

    fn one(text: &str) -> Line {
        Line::all(text).swap_remove(0)
    }

    #[test]
    fn ends_and_breaks() {
        assert!(one("It opened.").sentence());
        assert!(one("“It opened,” she said.”").full_stop());
        assert!(!one("A bridge opens").sentence());
        assert_eq!(one("It opened. Then it rained. Nobody left").breaks(), 2);
        assert_eq!(one("Mr. Smith met e.g. nobody").breaks(), 1);
        assert!(one("A cut text...").cut() && !one("A cut text...").sentence());
        assert!(
            one("橋が開通した。").full_stop() && one("ផ្លូវបើកហើយ៕").full_stop() && one("ድልድዩ ተከፈተ፧").sentence()
        );
        assert_eq!(one("橋が開通した。雨が降った。").breaks(), 1);
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
            let mut scratch = Scratch::default();
            Line::take(&text, &mut scratch);
            for (line, tally) in scratch.lines.iter().zip(&scratch.tallies) {
                let mut byte_by_byte = Tally::default();
                let is_shouted = byte_by_byte.count_with(line.text(&text), usize::MAX);
                assert_eq!((tally, line.shouted()), (&byte_by_byte, is_shouted), "{text:?}");
            }
        }
    }

    #[test]
    fn menus_are_lines_and_change_no_other() {
        let pieces = ["a", "B c", ". D", " by ", "é", "7", "| x", "\n", "\n", "\n\n", "word word word word "];
        let mut seed = 1u32;
        for _ in 0..500 {
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as usize
            };
            let text: String = (0..next() % 250).map(|_| pieces[next() % pieces.len()]).collect();
            let (mut whole, mut joined) = (Scratch::default(), Scratch::default());
            Line::take(&text, &mut whole);
            // Menus of up to seven lines, with other lines between them.
            let mut at = 1 + next() % 5;
            while let Some(run) = whole.lines.get(at..at + 1 + next() % 7).filter(|run| !run.is_empty()) {
                let end = at + run.len();
                if end == whole.lines.len() {
                    break;
                }
                joined.menus.push(Menu::of(run[0].start..run[run.len() - 1].end));
                at = end + 1 + next() % 5;
            }
            Line::take(&text, &mut joined);
            let is_joined = |line: &Line| {
                let mut menus = joined.menus.iter();
                menus.any(|menu| menu.span.start <= line.start && line.end <= menu.span.end)
            };
            let mut others = whole.lines.iter().zip(&whole.tallies).filter(|(line, _)| !is_joined(line));
            let mut menus = joined.menus.iter();
            for (line, tally) in joined.lines.iter().zip(&joined.tallies) {
                if line.is_menu() {
                    assert_eq!(
                        menus.next().map(|menu| menu.span.clone()),
                        Some(line.start..line.end),
                        "{text:?}"
                    );
                    assert!(line.blank() && line.words() == 0);
                    continue;
                }
                let (own, own_tally) = others.next().unwrap();
                assert_eq!(
                    (line.start, line.end, tally, line.flags),
                    (own.start, own.end, own_tally, own.flags),
                    "{text:?}"
                );
                let phrases = |begins: &Begins| {
                    let mut all = Vec::new();
                    begins.each_that(line.start..line.end, |_| true, |at| all.push(at));
                    (all, begins.runs(line.start..line.end, &mut [[0; 2]; 32]).to_vec())
                };
                assert_eq!(phrases(&joined.begins), phrases(&whole.begins), "{text:?}");
            }
            assert!(others.next().is_none() && menus.next().is_none(), "{text:?}");
        }
    }

    #[test]
    fn lines_that_are_like_text() {
        let long = "é".repeat(LONG_CHARS as usize);
        for line in [
            "",
            "a",
            "It is.",
            "Is it?”",
            "Menu",
            "…",
            "x:",
            "橋が開通した。",
            &long[2..],
            &long,
            "Menu …",
            "ends …)",
        ] {
            assert_eq!(
                is_like_text(line, 0..line.len()),
                !line.is_empty() && (one(line).is_long() || one(line).sentence()),
                "{line}"
            );
        }
        assert!(is_like_text("cut...", 0..6));
    }

    #[test]
    fn copies_are_counted() {
        let lines = Line::all("a\nb\na\n\na\nb");
        let all: Vec<(usize, usize)> = lines.iter().map(|line| (line.first_copy(), line.copies())).collect();
        assert_eq!(all, [(0, 3), (1, 2), (0, 1), (3, 1), (0, 2), (1, 1)]);
    }

    #[test]
    fn words_of_scripts_without_spaces() {
        assert_eq!(one("土曜日の朝、橋が").words(), 3);
        assert_eq!(one("three little words").words(), 3);
    }

    #[test]
    fn lines_of_a_text() {
        let lines = Line::all("a\n\nb\n");
        assert_eq!(lines.len(), 3);
        assert!(lines[1].blank());
        assert!(one("• x").bullet() && one("- x").bullet() && !one("-x").bullet());
        assert!(one("BRIDGE OPENS 5").shouted() && !one("Bridge").shouted());
        let thai = "เรือข้ามฟากที่ท่าเรือเก่ากลับมาให้บริการอีกครั้งเมื่อวันอังคารหลังจากซ่อมแซมตลอดฤดูหนาวที่ผ่านมา";
        assert!(one(thai).full_stop() && one(&format!("“{thai}”")).full_stop());
        let languages = "English Español Français Deutsch Italiano Português Nederlands Svenska Dansk Norsk Suomi Polski Čeština Magyar Türkçe Română Ελληνικά ไทย";
        assert!(!one(languages).sentence() && !one("หน้าแรก").sentence());
        assert!(one("a :: b").may_path() && one("a → b").is_non_ascii() && !one("a/b: c d").may_path());
        for length in 0..140 {
            let before = "x".repeat(length);
            assert!(
                one(&format!("{before} by Ann")).may_by()
                    && one(&format!("{before} / Ann")).may_path()
                    && !one(&format!("{before} bx Ann")).is_non_ascii()
            );
        }
        assert!(!one("baby").may_by());
    }
}
