//! Character classes and cheap tests of what a line can contain, for loops that see every character of a
//! page.

/// `char::is_alphanumeric`, without table lookups for the scripts and marks that are most frequent on pages.
#[inline]
pub fn is_alphanumeric(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        // Latin letters without the multiplication and division signs; Cyrillic; Greek; Hebrew; Arabic; Thai;
        // Hiragana; ideographs; Hangul.
        '\u{c0}'..='\u{24f}' => !matches!(c, '×' | '÷'),
        '\u{400}'..='\u{481}'
        | '\u{48a}'..='\u{52f}'
        | '\u{3a3}'..='\u{3f5}'
        | '\u{5d0}'..='\u{5ea}'
        | '\u{620}'..='\u{64a}'
        | '\u{e01}'..='\u{e30}'
        | '\u{3041}'..='\u{3096}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => true,
        // Spaces, dashes, quotation marks; ideographic punctuation.
        '\u{80}'..='\u{a9}'
        | '\u{2000}'..='\u{206f}'
        | '\u{2190}'..='\u{245f}'
        | '\u{2500}'..='\u{2775}'
        | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}'
        | '\u{ff01}'..='\u{ff0f}' => false,
        _ => c.is_alphanumeric(),
    }
}

/// `char::is_alphabetic`, with the same shortcuts.
#[inline]
pub fn is_alphabetic(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphabetic(),
        '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => true,
        '\u{80}'..='\u{64a}'
        | '\u{e01}'..='\u{e30}'
        | '\u{2000}'..='\u{206f}'
        | '\u{2190}'..='\u{245f}'
        | '\u{2500}'..='\u{2775}'
        | '\u{3008}'..='\u{3020}'
        | '\u{3041}'..='\u{3096}' => is_alphanumeric(c) && !c.is_numeric(),
        _ => c.is_alphabetic(),
    }
}

/// The set of ASCII characters that occur in a text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ascii(u128);

impl Ascii {
    /// The ASCII characters of `text`.
    pub fn of(text: &str) -> Self {
        Self(text.bytes().filter(u8::is_ascii).fold(0, |set, byte| set | 1 << byte))
    }

    /// Whether the set contains all characters of `text`, which must be ASCII.
    pub fn has(self, text: &[u8]) -> bool {
        text.iter().all(|byte| self.0 >> (byte & 0x7f) & 1 == 1)
    }

    /// Whether the set contains a letter, in lower or upper case.
    pub fn has_letter(self, small: u8) -> bool {
        self.has(&[small]) || self.has(&[small.to_ascii_uppercase()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_agree_with_the_standard() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_alphanumeric(c), c.is_alphanumeric(), "{c:?}");
            assert_eq!(is_alphabetic(c), c.is_alphabetic(), "{c:?}");
        }
    }

    #[test]
    fn sets() {
        let set = Ascii::of("Foto: é");
        assert!(set.has(b": F") && !set.has(b"f") && set.has_letter(b'f') && !set.has_letter(b'x'));
    }
}
