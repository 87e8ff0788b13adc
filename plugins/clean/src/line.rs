//! The lines of a page with what the rules ask of them, computed once. Decides nothing.

/// One line of the normalised text.
#[derive(Clone, Debug)]
pub struct Line {
    /// First byte of the line.
    pub start: usize,
    /// One past the last byte, without the line end.
    pub end: usize,
    /// Characters.
    pub chars: usize,
    /// Letters of any script.
    pub letters: usize,
    /// Words; for scripts without spaces, characters divided by what a word takes there.
    pub words: usize,
    /// Words that begin with a capital.
    pub capitals: usize,
    /// Decimal digits, ASCII only.
    pub digits: usize,
    /// Commas of any script.
    pub commas: usize,
    /// Signs that part the items of a bar: `|`, `/`, `>`, `·`, `»`, `›`.
    pub bars: usize,
    /// Ends like a sentence, closing quotation marks and brackets aside.
    pub sentence: bool,
    /// Ends with a full stop (of any script), not with a question or exclamation mark.
    pub full_stop: bool,
    /// Ends with an ellipsis, as a cut text does.
    pub cut: bool,
    /// Ends with a colon.
    pub colon: bool,
    /// Number of places inside the line where a sentence ends and another begins.
    pub breaks: usize,
    /// Begins with a list bullet.
    pub bullet: bool,
    /// Begins with an opening quotation mark.
    pub quote: bool,
    /// Begins with a small letter.
    pub small: bool,
    /// Has capitals and no small letters.
    pub shouted: bool,
    /// Hash of the line's text.
    pub hash: u64,
}

impl Line {
    /// Splits `text` into lines.
    pub fn all(text: &str) -> Vec<Line> {
        let mut lines = Vec::with_capacity(text.len() / 40 + 1);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
            // After the last line end there is no further line.
            if start < end || end < text.len() {
                lines.push(Line::new(text, start, end));
            }
            start = end + 1;
        }
        lines
    }

    /// The line's text.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// Nothing stands on the line.
    pub fn blank(&self) -> bool {
        self.chars == 0
    }

    fn new(text: &str, start: usize, end: usize) -> Line {
        let content = &text[start..end];
        let mut line = Line {
            start,
            end,
            chars: 0,
            letters: 0,
            words: 0,
            capitals: 0,
            digits: 0,
            commas: 0,
            bars: 0,
            sentence: false,
            full_stop: false,
            cut: false,
            colon: false,
            breaks: 0,
            bullet: false,
            quote: false,
            small: false,
            shouted: false,
            hash: crate::quick::hash(content.as_bytes()),
        };
        line.count(content);
        line.opening(content);
        line.closing(content);
        line
    }

    /// Counts characters, words and sentence breaks.
    fn count(&mut self, content: &str) {
        let (mut in_word, mut upper, mut lower) = (false, false, false);
        // Tenths of words of scripts without spaces.
        let mut unspaced_tenths = 0usize;
        // 1 after a sentence end, 2 after the space that follows it.
        let mut stopped = 0u8;
        let bytes = content.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii() {
                at += 1;
                self.chars += 1;
                // No branches: prose changes its kind at every few bytes, which none predicts.
                let kind = CLASS[usize::from(byte)];
                let alnum = (LOWER..=DIGIT).contains(&kind);
                self.letters += usize::from(kind == LOWER) + usize::from(kind == UPPER);
                self.words += usize::from(alnum & !in_word);
                self.capitals += usize::from((kind == UPPER) & !in_word);
                self.digits += usize::from(kind == DIGIT);
                self.commas += usize::from(byte == b',');
                self.bars += usize::from(kind == BAR);
                in_word = alnum | (in_word & (kind != SPACE));
                lower |= kind == LOWER;
                upper |= kind == UPPER;
                self.breaks += usize::from((stopped == 2) & alnum & (kind != LOWER));
                stopped = AFTER[usize::from(kind)][usize::from(stopped)];
                continue;
            }
            // `at` stands on a character boundary: ASCII before it, or a whole character.
            let Some(c) = content[at..].chars().next() else { break };
            at += c.len_utf8();
            self.chars += 1;
            if c.is_alphabetic() {
                self.letters += 1;
                let tenths = unspaced_weight(c);
                if tenths > 0 {
                    unspaced_tenths += tenths;
                    self.breaks += usize::from(stopped == 3);
                    stopped = 0;
                    continue;
                }
                let (small, capital) = (c.is_lowercase(), c.is_uppercase());
                self.words += usize::from(!in_word);
                self.capitals += usize::from(capital & !in_word);
                in_word = true;
                lower |= small;
                upper |= capital;
                self.breaks += usize::from(stopped >= 2 && !small);
                stopped = 0;
            } else {
                match c {
                    '。' | '！' | '？' => stopped = 3,
                    '؟' | '۔' | '।' | '…' => stopped = 1,
                    '“' | '”' | '’' | '‘' | '«' | '」' | '』' => {}
                    '»' => self.bars += 1,
                    '·' | '›' => {
                        self.bars += 1;
                        stopped = 0;
                    }
                    '、' | '،' | '，' => {
                        self.commas += 1;
                        stopped = 0;
                    }
                    _ => stopped = 0,
                }
            }
        }
        self.words += unspaced_tenths / 10;
        self.shouted = upper && !lower;
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
        if content.as_bytes().last().is_some_and(u8::is_ascii_alphanumeric) {
            return;
        }
        let tail = content.trim_end_matches([
            '"', '\'', '”', '’', '“', '»', '«', ')', ']', '」', '』', '›', '‹', '）', '】', ' ', '*', '‘',
            '〉', '》',
        ]);
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

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 3;
const SPACE: u8 = 4;
const STOP: u8 = 5;
const QUOTE: u8 = 6;
const BAR: u8 = 7;

/// What a byte of each kind makes of the state after a sentence end: 0 none, 1 just ended, 2 ended
/// and a space, 3 ended in a script without spaces.
static AFTER: [[u8; 4]; 8] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 2, 2, 2],
    [1, 1, 1, 1],
    [0, 1, 2, 3],
    [0, 0, 0, 0],
];

/// What each ASCII byte is to the count.
static CLASS: [u8; 128] = {
    let mut table = [0; 128];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            b' ' => SPACE,
            b'.' | b'!' | b'?' => STOP,
            b'|' | b'/' | b'>' => BAR,
            b'"' | b'\'' | b'(' | b')' | b'[' | b']' => QUOTE,
            _ => 0,
        };
        byte += 1;
    }
    table
};

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
