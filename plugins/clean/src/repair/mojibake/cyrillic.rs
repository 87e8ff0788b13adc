//! Undoes mojibake of Cyrillic: UTF-8 that was read as windows-1251, so that each letter became two, the
//! first of them Р or С. Correct text does not look like that: its capital Р and С are not followed by
//! symbols or letters of other Slavic languages, over and over.

use encoding_rs::WINDOWS_1251;
use textmill_plugin::edit::Edit;

use crate::options::Rule;

/// Minimum number of Cyrillic letters that a decoded word must have to be taken for mojibake. Each was a pair
/// of characters.
const PAIRS: usize = 2;

/// Edits that repair `text`, one for each word. One word that is surely mojibake is enough for a line: its
/// short words, which alone prove little, are then decoded as well.
pub fn repair(text: &str) -> Vec<Edit> {
    let bytes = text.as_bytes();
    let mut edits: Vec<Edit> = Vec::new();
    // One past the last word that was examined, and the start of its line.
    let (mut done, mut line) = (0, 0);
    // Р, С and в all consist of D0 and one more byte.
    for at in memchr::memchr_iter(0xd0, bytes) {
        if at < done || !begins(text, at) {
            continue;
        }
        line = memchr::memrchr(b'\n', &bytes[done.max(line)..at]).map_or(line, |n| done.max(line) + n + 1);
        let (start, end) = word(text, done, at);
        done = end;
        if unread(&text[start..end]).is_some_and(|read| is_sure(&read)) {
            let line_end = memchr::memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |n| end + n);
            words(text, line, line_end, &mut edits);
            (done, line) = (line_end, line_end);
        }
    }
    edits
}

/// Decodes every word of a line.
fn words(text: &str, line: usize, end: usize, edits: &mut Vec<Edit>) {
    let mut at = line;
    while at < end {
        let (_, word_end) = word(text, at, at);
        let word_end = word_end.min(end);
        if let Some(read) = unread(&text[at..word_end]) {
            edits.push(Edit::replace(at..word_end, read, Rule::Mojibake.id()));
        }
        // Skips the white space after the word.
        at = word_end + text[word_end..end].chars().next().map_or(1, char::len_utf8);
    }
}

/// Whether a decoded word is surely right: it has enough Cyrillic letters, or a character that nothing else
/// reads as.
fn is_sure(read: &str) -> bool {
    let letters = read.chars().filter(|c| matches!(c, '\u{400}'..='\u{4ff}')).count();
    letters >= PAIRS || read.contains(|c| matches!(c, '\u{2010}'..='\u{2026}' | '№'))
}

/// Whether the character with the byte D0 at `at` may begin a misread letter (Р or С, and a second character)
/// or a misread quotation mark, dash or number sign, which begin with `вЂ` and `в„`.
fn begins(text: &str, at: usize) -> bool {
    match text.as_bytes().get(at + 1) {
        Some(0xa0 | 0xa1) => text[at + 2..].starts_with(is_second),
        Some(0xb2) => text[at + 2..].starts_with(['Ђ', '„']),
        _ => false,
    }
}

/// Whether windows-1251 has the character at a byte from 80 to BF.
fn is_second(c: char) -> bool {
    let mut bytes = [0u8; 4];
    let (encoded, _, failed) = WINDOWS_1251.encode(c.encode_utf8(&mut bytes));
    !failed && matches!(encoded.as_ref(), [0x80..=0xbf])
}

/// The span of the word around `at`, not before `from`. White space ends it, except for the no-break space,
/// which stands for a byte here.
fn word(text: &str, from: usize, at: usize) -> (usize, usize) {
    let parts = |c: char| c.is_whitespace() && c != '\u{a0}';
    let start = text[from..at]
        .rfind(parts)
        .map_or(from, |n| from + n + text[from + n..].chars().next().map_or(1, char::len_utf8));
    let end = text[at..].find(parts).map_or(text.len(), |n| at + n);
    (start, end)
}

/// The word with the wrong reading undone. `None` if the result is not Cyrillic.
fn unread(word: &str) -> Option<String> {
    /// Longest word, in bytes: a line without white space would be decoded again and again.
    const LONGEST: usize = 400;
    if word.len() > LONGEST {
        return None;
    }
    let (bytes, _, failed) = WINDOWS_1251.encode(word);
    let read = std::str::from_utf8(&bytes).ok().filter(|_| !failed)?;
    let is_cyrillic = |c: char| {
        c.is_ascii()
            || matches!(c, '\u{400}'..='\u{4ff}' | '\u{2010}'..='\u{2026}' | '«' | '»' | '\u{a0}' | '№')
    };
    (!read.is_ascii() && read.chars().all(is_cyrillic)).then(|| read.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use textmill_plugin::edit::{apply, sort_and_check};

    #[test]
    fn wrong_readings_are_undone() {
        let right =
            "Паром через нижнюю гавань «Р-2» снова ходит со вторника, сказала Эдда — и улыбнулась. Ёлка, №5.";
        let (wrong, _, _) = WINDOWS_1251.decode(right.as_bytes());
        assert_ne!(wrong, right);
        assert_eq!(apply(&wrong, &repair(&wrong)), right);
    }

    #[test]
    fn right_text_stays() {
        for right in [
            "Россия, США и Сербия; РЖД «Сапсан» С… Р. С. П.",
            "Сѓ",
            "Јован и Љубица, Ђорђе; Їжак і ґанок",
            "Ра́зум, С-300 и Р-7",
        ] {
            assert!(repair(right).is_empty(), "{right}: {:?}", repair(right));
        }
    }

    #[test]
    fn hostile_input_is_linear() {
        for piece in ["Р°", "Р° ", "С\u{a0}", "РР"] {
            let text = piece.repeat(300_000);
            assert!(sort_and_check(&text, &mut repair(&text)).is_ok(), "{piece}");
        }
    }
}
