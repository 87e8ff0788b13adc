//! Character tables: how a character affects word boundaries, and its lower case.

use std::sync::LazyLock;

/// How a character affects word boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Part of a word.
    Letter,
    /// Occurs inside words: accents, points, joiners.
    Mark,
    /// A word of its own.
    Single,
    /// Separates words.
    Separator,
}

/// Lookup tables for the Basic Multilingual Plane, built once per process. One lookup replaces several
/// searches for each character of a text that is not ASCII.
pub struct Letters {
    classes: Box<[Class]>,
    /// The lower case; 0 if it is not one character of the Basic Multilingual Plane.
    lower: Box<[u16]>,
}

static LETTERS: LazyLock<Letters> = LazyLock::new(|| Letters {
    classes: (0..0x1_0000).map(|code| char::from_u32(code).map_or(Class::Separator, classify)).collect(),
    lower: (0..0x1_0000).map(|code| char::from_u32(code).and_then(lower).unwrap_or(0)).collect(),
});

impl Letters {
    /// The tables.
    pub fn get() -> &'static Self {
        &LETTERS
    }

    /// How a character affects word boundaries.
    #[inline]
    pub fn class(&self, c: char) -> Class {
        self.classes.get(c as usize).copied().unwrap_or_else(|| classify(c))
    }

    /// Appends a character in lower case, as UTF-8.
    #[inline]
    pub fn push(&self, c: char, into: &mut Vec<u8>) {
        match self.lower.get(c as usize) {
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

/// The lower case of a character, if it is one character of the Basic Multilingual Plane.
fn lower(c: char) -> Option<u16> {
    let mut lower = c.to_lowercase();
    let one = lower.next()?;
    if lower.next().is_some() {
        return None;
    }
    u16::try_from(u32::from(one)).ok()
}

fn classify(c: char) -> Class {
    if !c.is_alphanumeric() {
        if is_mark(c) { Class::Mark } else { Class::Separator }
    } else if is_counted_singly(c) {
        Class::Single
    } else {
        Class::Letter
    }
}

/// Whether a character is Han, Hiragana or Katakana: written without spaces, so each one counts as a word.
pub fn is_counted_singly(c: char) -> bool {
    matches!(u32::from(c),
        0x3005..=0x3007 | 0x3041..=0x30FF | 0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xF900..=0xFAFF | 0xFF66..=0xFF9F | 0x1B000..=0x1B16F | 0x20000..=0x3FFFD)
}

/// Whether a character is a mark that occurs inside words though `char::is_alphanumeric` does not count it as
/// a letter: accents, points, viramas, nuktas, tone marks, joiners.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036F | 0x0483..=0x0489 | 0x0591..=0x05C7 | 0x0610..=0x061A | 0x064B..=0x065F
        | 0x06D6..=0x06ED | 0x0730..=0x074A | 0x0900..=0x0903 | 0x093C | 0x094D | 0x0951..=0x0954
        | 0x09BC | 0x09CD | 0x0A3C | 0x0A4D | 0x0ABC | 0x0ACD | 0x0B3C | 0x0B4D | 0x0BCD | 0x0C4D
        | 0x0CBC | 0x0CCD | 0x0D3B..=0x0D3C | 0x0D4D | 0x0DCA | 0x0E31..=0x0E4E | 0x0EB1..=0x0ECE
        | 0x0F18..=0x0F84 | 0x1037..=0x103A | 0x17B4..=0x17D3 | 0x180B..=0x180F | 0x1AB0..=0x1AFF
        | 0x1DC0..=0x1DFF | 0x200C | 0x200D | 0x20D0..=0x20FF | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_is_that_of_the_standard_library() {
        let mut bytes = Vec::new();
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            bytes.clear();
            Letters::get().push(c, &mut bytes);
            assert_eq!(bytes, c.to_lowercase().collect::<String>().as_bytes(), "{c:?}");
        }
    }

    #[test]
    fn classes() {
        for (class, characters) in [
            (Class::Letter, "aZ0éßжعक한ก"),
            (Class::Mark, "\u{301}\u{200d}\u{94d}"),
            (Class::Single, "漢かカ"),
            (Class::Separator, " ,.—…_€😀\u{a0}"),
        ] {
            for c in characters.chars() {
                assert_eq!(Letters::get().class(c), class, "{c:?}");
            }
        }
    }
}
