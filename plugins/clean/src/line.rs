//! The lines of a page with what the rules ask of them, computed once. Decides nothing.

mod count;

use crate::blocks::{self, Counts};
use crate::quick::hash_of;
use crate::room::Room;

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
    /// Of the first line with its text, how many there are; of another one, how many stand above.
    copies: u32,
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
    /// Set of [`sign`].
    signs: u8,
}

/// What else is known of a line; one bit each.
mod sign {
    /// Has capitals and no small letters.
    pub const SHOUTED: u8 = 1;
    /// ` by ` may stand in it.
    pub const MAY_BY: u8 = 1 << 1;
    /// Has a colon.
    pub const COLON: u8 = 1 << 2;
    /// Is not all ASCII.
    pub const WIDE: u8 = 1 << 3;
}

impl Line {
    /// Splits `text` into lines.
    pub fn all(text: &str) -> Vec<Line> {
        let mut room = Room::default();
        Self::take(text, &mut room);
        room.lines
    }

    /// Puts the lines of `text`, their hashes and where phrases may begin in it into `room`.
    pub fn take(text: &str, room: &mut Room) {
        let Room { lines, begins, twins, hashes, .. } = room;
        lines.clear();
        blocks::lines(text, begins, |start, end, counts| lines.push(Line::counted(start, end, counts)));
        hashes.clear();
        hashes.reserve(lines.len());
        let mut twins = Twins::new(text.as_bytes(), lines.len(), twins);
        for number in 0..lines.len() {
            let line = &mut lines[number];
            let content = &text.as_bytes()[line.start..line.end];
            if let (Some(&first), Some(&last)) = (content.first(), content.last()) {
                if line.chars == 0 {
                    line.count(&text[line.start..line.end]);
                }
                // Most lines begin with a letter of ASCII, and one of these with it alone.
                if first.is_ascii_alphabetic() && first != b'o' {
                    line.small = first.is_ascii_lowercase();
                } else {
                    line.opening(&text[line.start..line.end]);
                }
                if !last.is_ascii_alphanumeric() {
                    line.closing(&text[line.start..line.end]);
                }
            }
            let hash = hash_of(text.as_bytes(), line.start..line.end);
            hashes.push(hash as u32);
            twins.find(number, hash, lines);
        }
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

    /// How many lines have its text, where it is the first of them; how many of these stand above, where it is not.
    pub fn copies(&self) -> usize {
        self.copies as usize
    }

    /// Has capitals and no small letters.
    pub fn shouted(&self) -> bool {
        self.signs & sign::SHOUTED != 0
    }

    /// Whether ` by ` may stand in it: where not, it does not.
    pub fn may_by(&self) -> bool {
        self.signs & sign::MAY_BY != 0
    }

    /// Whether a colon stands in it.
    pub fn has_colon(&self) -> bool {
        self.signs & sign::COLON != 0
    }

    /// Whether a character of it is none of ASCII.
    pub fn is_wide(&self) -> bool {
        self.signs & sign::WIDE != 0
    }

    /// A line whose bytes are counted; of one that is not all ASCII, nothing yet.
    #[inline(always)]
    fn counted(start: usize, end: usize, counts: Counts) -> Line {
        let Counts {
            lower,
            upper,
            digits,
            words,
            capitals,
            commas,
            bars,
            breaks,
            is_wide,
            may_by,
            has_colon,
        } = counts;
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
            copies: 0,
            sentence: false,
            full_stop: false,
            cut: false,
            colon: false,
            bullet: false,
            quote: false,
            small: false,
            signs: sign::SHOUTED * u8::from(upper > 0 && lower == 0)
                + sign::MAY_BY * u8::from(may_by)
                + sign::COLON * u8::from(has_colon)
                + sign::WIDE * u8::from(is_wide),
        }
    }

    fn opening(&mut self, content: &str) {
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
struct Twins<'t> {
    text: &'t [u8],
    /// A part of the hash of a line, and its number.
    table: &'t mut [(u32, u32)],
}

impl<'t> Twins<'t> {
    const NONE: (u32, u32) = (0, u32::MAX);

    /// Of so many lines of a text; `table` is room.
    fn new(text: &'t [u8], lines: usize, table: &'t mut Vec<(u32, u32)>) -> Self {
        table.clear();
        table.resize((lines * 2).next_power_of_two(), Self::NONE);
        Self { text, table }
    }

    /// Finds the twin of the next line, which has a hash, and counts the two.
    fn find(&mut self, number: usize, hash: u64, lines: &mut [Line]) {
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
    fn copies_are_counted() {
        let lines = Line::all("a\nb\na\n\na\nb");
        let all: Vec<(usize, usize)> = lines.iter().map(|line| (line.twin(), line.copies())).collect();
        assert_eq!(all, [(0, 3), (1, 2), (0, 1), (3, 1), (0, 2), (1, 1)]);
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
        assert!(one("BRIDGE OPENS 5").shouted() && !one("Bridge").shouted());
        assert!(one("a::b").has_colon() && one("a → b").is_wide() && !one("a b").has_colon());
        for length in 0..140 {
            let before = "x".repeat(length);
            assert!(one(&format!("{before} by Ann")).may_by() && !one(&format!("{before} bx Ann")).is_wide());
        }
        assert!(!one("baby").may_by());
    }
}
