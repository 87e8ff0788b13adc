//! Splits text into words with their offsets, for quotes and entities. `O’Neill`, `U.S.`, `AT&T`,
//! `vice-president` are one word each; a possessive ending is cut off.

use crate::letters::is_alphanumeric;

/// A word in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word without its possessive ending.
    pub text: &'a str,
    /// First byte.
    pub start: usize,
    /// One past the last byte, including the possessive ending.
    pub end: usize,
    /// Whether it begins with a capital letter.
    pub capital: bool,
    /// Whether a possessive ending was cut off.
    pub possessive: bool,
}

/// The words of `text`; `base` is added to their offsets.
pub fn words(text: &str, base: usize) -> Words<'_> {
    Words { text, base, at: 0 }
}

/// Iterator of [`words`].
pub struct Words<'a> {
    text: &'a str,
    base: usize,
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let bytes = self.text.as_bytes();
        // Skip what cannot begin a word.
        let mut first;
        loop {
            let byte = *bytes.get(self.at)?;
            if byte < 0x80 {
                first = char::from(byte);
                if byte.is_ascii_alphanumeric() {
                    break;
                }
                self.at += 1;
            } else {
                first = self.text[self.at..].chars().next()?;
                if is_alphanumeric(first) {
                    break;
                }
                self.at += first.len_utf8();
            }
        }
        let start = self.at;
        let mut end = start + first.len_utf8();
        let mut letters_since_dot = 1;
        let mut dotted = false;
        loop {
            match bytes.get(end) {
                Some(b) if b.is_ascii_alphanumeric() => {
                    end += 1;
                    letters_since_dot += 1;
                }
                Some(b'\'' | b'-' | b'&') if joins(&self.text[end + 1..]) => end += 1,
                Some(b'.')
                    if letters_since_dot == 1
                        && first.is_uppercase()
                        && (dotted || next_is_capital_dot(&self.text[end + 1..])) =>
                {
                    end += 1;
                    letters_since_dot = 0;
                    dotted = true;
                    if !next_is_capital(&self.text[end..]) {
                        break;
                    }
                }
                Some(0x80..) => {
                    let Some(c) = self.text[end..].chars().next() else { break };
                    let stays = is_alphanumeric(c)
                        || is_combining(c)
                        || c == '’' && joins(&self.text[end + c.len_utf8()..]);
                    if !stays {
                        break;
                    }
                    end += c.len_utf8();
                    letters_since_dot += 1;
                }
                _ => break,
            }
        }
        self.at = end;
        let whole = &self.text[start..end];
        let cut = ["'s", "’s", "'S", "’S"]
            .iter()
            .find_map(|ending| whole.strip_suffix(ending))
            .filter(|stem| !stem.is_empty());
        Some(Word {
            text: cut.unwrap_or(whole),
            start: self.base + start,
            end: self.base + end,
            capital: first.is_uppercase(),
            possessive: cut.is_some(),
        })
    }
}

fn joins(rest: &str) -> bool {
    match rest.as_bytes().first() {
        Some(b) if *b < 0x80 => b.is_ascii_alphanumeric(),
        Some(_) => rest.chars().next().is_some_and(is_alphanumeric),
        None => false,
    }
}

fn next_is_capital(rest: &str) -> bool {
    rest.chars().next().is_some_and(char::is_uppercase)
}

/// Whether `rest` begins with a capital and a full stop, as `S.` in `U.S.`.
fn next_is_capital_dot(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next().is_some_and(char::is_uppercase) && chars.next() == Some('.')
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{064b}'..='\u{065f}' | '\u{0900}'..='\u{0963}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut() {
        let text = "O’Neill's U.S. AT&T co-founder, 5th—Ada’s. J. Doe";
        let all: Vec<_> = words(text, 0).map(|w| w.text).collect();
        assert_eq!(all, ["O’Neill", "U.S.", "AT&T", "co-founder", "5th", "Ada", "J", "Doe"]);
        for word in words(text, 0) {
            assert!(text[word.start..word.end].starts_with(word.text));
        }
    }
}
