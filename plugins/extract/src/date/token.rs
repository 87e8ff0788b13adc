//! Splits a line into tokens for reading dates: numbers, words, single marks.

use crate::letters::is_alphabetic;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run of digits: its value and the number of digits. A run of more than nine digits is a word.
    Number(u32, u8),
    /// A run of letters; an ideograph or kana is a word of its own.
    Word,
    /// Any other character.
    Mark(char),
}

/// A token with its position.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte in the line.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Whether white space precedes it.
    pub space: bool,
}

/// Splits `line` into tokens and writes them to `out`, which is cleared first.
pub fn tokens(line: &str, out: &mut Vec<Token>) {
    out.clear();
    let mut chars = line.char_indices().peekable();
    let mut space = false;
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}') {
            space = true;
            continue;
        }
        let mut end = start + c.len_utf8();
        let kind = if let Some(digit) = digit(c) {
            let mut value = digit;
            let mut count = 1u8;
            while let Some((at, next)) = chars.next_if(|&(_, next)| self::digit(next).is_some()) {
                end = at + next.len_utf8();
                count = count.saturating_add(1);
                if count <= 9 {
                    value = value * 10 + self::digit(next).unwrap_or(0);
                }
            }
            if count <= 9 { Kind::Number(value, count) } else { Kind::Word }
        } else if crate::lines::is_wide(c) {
            Kind::Word
        } else if is_letter(c) {
            while let Some((at, next)) =
                chars.next_if(|&(_, next)| is_letter(next) && !crate::lines::is_wide(next))
            {
                end = at + next.len_utf8();
            }
            Kind::Word
        } else {
            Kind::Mark(c)
        };
        out.push(Token { kind, start, end, space });
        space = false;
    }
}

fn is_letter(c: char) -> bool {
    // Devanagari and Arabic vowel signs are marks, not letters, but occur inside words.
    is_alphabetic(c)
        || matches!(c, '\u{0900}'..='\u{0963}' | '\u{064b}'..='\u{065f}' | '\u{0300}'..='\u{036f}')
}

/// Value of an ASCII, full-width, Arabic-Indic, Persian or Devanagari digit.
pub(super) fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(c as u32 - '0' as u32),
        '\u{0660}'..='\u{0669}' => Some(c as u32 - 0x660),
        '\u{06f0}'..='\u{06f9}' => Some(c as u32 - 0x6f0),
        '\u{0966}'..='\u{096f}' => Some(c as u32 - 0x966),
        '\u{ff10}'..='\u{ff19}' => Some(c as u32 - 0xff10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_words_marks() {
        let mut out = Vec::new();
        tokens("May 3rd, 2024年5月", &mut out);
        let kinds: Vec<_> = out.iter().map(|t| t.kind).collect();
        assert_eq!(
            kinds,
            [
                Kind::Word,
                Kind::Number(3, 1),
                Kind::Word,
                Kind::Mark(','),
                Kind::Number(2024, 4),
                Kind::Word,
                Kind::Number(5, 1),
                Kind::Word
            ]
        );
        assert!(out[1].space && !out[2].space);
        tokens("٢٠٢٤ 12345678901", &mut out);
        assert_eq!(out[0].kind, Kind::Number(2024, 4));
        assert_eq!(out[1].kind, Kind::Word);
    }
}
