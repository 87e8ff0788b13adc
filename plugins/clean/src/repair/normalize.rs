//! Normalizes characters, white space and line ends. Knows nothing about pages.

use icu_normalizer::ComposingNormalizerBorrowed;
use textmill_plugin::edit::{Edit, Edits};

use crate::options::{NormalForm, Rule, Rules};
use crate::repair::decode::changed;
use crate::scan;

/// First pass: line ends, control characters, invisible characters.
pub fn characters(text: &str, rules: &Rules) -> Edits {
    let bytes = text.as_bytes();
    let mut edits = Edits::new();
    let mut at = 0;
    // Whether the text has windows-1252 characters in the form of control characters. If so, U+0085 is one
    // too, and not a line end.
    let mut has_signs = None;
    while let Some(start) = scan::suspect(bytes, at) {
        // Only ASCII and lead bytes are suspect, so `start` is a character boundary.
        let Some(c) = text[start..].chars().next() else { break };
        let mut end = start + c.len_utf8();
        let verdict = match c {
            '\r' => {
                if bytes.get(end) == Some(&b'\n') {
                    end += 1;
                }
                Some(("\n", Rule::LineEnds))
            }
            '\u{85}' if *has_signs.get_or_insert_with(|| may_hold_signs(&text[start..])) => {
                Some((sign_of(c).unwrap_or_default(), Rule::ControlCharacters))
            }
            '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(("\n", Rule::LineEnds)),
            '\u{80}'..='\u{9f}' => {
                let sign = sign_of(c);
                has_signs = has_signs.or(sign.map(|_| true));
                Some((sign.unwrap_or_default(), Rule::ControlCharacters))
            }
            '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}' => Some(("", Rule::ControlCharacters)),
            '\u{200c}' | '\u{200d}' if joins(text, start, end) => None,
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{180e}'
            | '\u{fff9}'..='\u{fffc}' => Some(("", Rule::InvisibleCharacters)),
            _ => None,
        };
        if let Some((with, rule)) = verdict
            && rules.on(rule)
        {
            // A run of removed characters, such as NULs, is one edit.
            let run = edits.last().filter(|last| {
                last.end == start
                    && with.is_empty()
                    && last.replacement.is_empty()
                    && last.reason.rule == rule.id()
            });
            let from = run.map_or(start, |run| run.start);
            if from < start {
                edits.pop();
            }
            edits.push(Edit::replace(from..end, with, rule.id()));
        }
        at = end;
    }
    edits
}

/// Whether a text has a control character that is printable in windows-1252, other than U+0085.
fn may_hold_signs(text: &str) -> bool {
    text.chars().any(|c| c != '\u{85}' && sign_of(c).is_some())
}

/// The character that windows-1252 has for a control of U+0080..U+009F. Programs that mistake that encoding
/// for Latin-1 write such controls. The encoding standard of the web reads both as windows-1252, and ftfy
/// makes the same repair.
fn sign_of(control: char) -> Option<&'static str> {
    const SIGNS: [&str; 32] = [
        "€", "", "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", "", "Ž", "", "", "‘", "’", "“", "”",
        "•", "–", "—", "˜", "™", "š", "›", "œ", "", "ž", "Ÿ",
    ];
    let number = u32::from(control).checked_sub(0x80)?;
    SIGNS.get(number as usize).copied().filter(|sign| !sign.is_empty())
}

/// Whether a joiner at `start..end` has an effect: between letters of a script that joins letters or forms
/// conjuncts, or between the parts of an emoji.
fn joins(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let complex = |c: char| matches!(u32::from(c), 0x0600..=0x08ff | 0x0900..=0x0dff | 0x0f00..=0x109f | 0x1780..=0x18af | 0xa840..=0xa87f | 0xfb50..=0xfdff | 0xfe70..=0xfefc);
    let emoji = |c: char| matches!(u32::from(c), 0xfe0f | 0x2190..=0x21ff | 0x2600..=0x27bf | 0x2b00..=0x2bff | 0x1f000..=0x1faff);
    match (before, after) {
        (Some(b), Some(a)) => complex(b) && complex(a) || emoji(b) && emoji(a),
        // Nothing to join at the start or end of the text.
        _ => false,
    }
}

/// Second pass: a Unicode normal form, with one edit for each word that differs.
pub fn form(text: &str, form: NormalForm) -> Vec<Edit> {
    let nfc = match form {
        NormalForm::Nfc => ComposingNormalizerBorrowed::new_nfc(),
        NormalForm::Nfkc => ComposingNormalizerBorrowed::new_nfkc(),
    };
    let mut edits = Vec::new();
    let mut at = 0;
    loop {
        let broken = match form {
            NormalForm::Nfc => next_unsettled(text, at),
            NormalForm::Nfkc => {
                let broken = at + nfc.split_normalized(&text[at..]).0.len();
                Some(broken).filter(|broken| *broken < text.len())
            }
        };
        let Some(broken) = broken else { break };
        // White space does not compose, so a word's form does not depend on its neighbours.
        let start = text[at..broken].rfind([' ', '\n']).map_or(at, |n| at + n + 1);
        let end = text[broken..].find([' ', '\n']).map_or(text.len(), |n| broken + n);
        let word = &text[start..end];
        let composed = nfc.normalize(word);
        if let Some((span, with)) = changed(word, &composed) {
            edits.push(Edit::replace(
                start + span.start..start + span.end,
                with.to_owned(),
                Rule::UnicodeForm.id(),
            ));
        }
        at = end;
        // Skips the white space after the word: a mark after it must not restart inside this word.
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    edits
}

/// The next character from `at` on that may not be in NFC, or may compose with the character before it. Skips
/// the letters and symbols, in the scripts of most texts, that stay as they are whatever follows them
/// (Unicode Standard Annex 15: `NFC_Quick_Check` is yes, and the combining class is 0).
fn next_unsettled(text: &str, mut at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    while let Some(start) = scan::beyond_ascii(bytes, at) {
        let rest = text.get(start..)?;
        for (n, c) in rest.char_indices() {
            match u32::from(c) {
                0..0x80 => {
                    at = start + n;
                    break;
                }
                0x80..0x300
                | 0x388..0x483
                | 0x5d0..0x5eb
                | 0x621..0x64b
                | 0xe01..0xe38
                | 0x2010..0x2028
                | 0x2030..0x205f
                | 0x20a0..0x20c1
                | 0x2190..0x2200
                | 0x2500..0x2600
                | 0x3000..0x302a
                | 0x3041..0x3097
                | 0x30a1..0x30fb
                | 0x4e00..0xa000
                | 0xac00..0xd7a4
                | 0xff01..0xff5f => at = start + n + c.len_utf8(),
                _ => return Some(start + n),
            }
        }
    }
    None
}

/// Third pass: white space within lines, and blank lines.
pub fn spaces(text: &str, rules: &Rules) -> Edits {
    let bytes = text.as_bytes();
    let (white, blank) = (rules.on(Rule::WhiteSpace), rules.on(Rule::BlankLines));
    let mut edits = Edits::new();
    let mut at = 0;
    while let Some(start) = scan::gap(bytes, at) {
        // The whole run of white space, including its line ends.
        let (mut end, mut newlines, mut last_newline) = (start, 0usize, start);
        while end < bytes.len() {
            let length = white_space(bytes, end);
            if length == 0 {
                break;
            }
            if bytes[end] == b'\n' {
                newlines += 1;
                last_newline = end;
            }
            end += length;
        }
        at = end;
        if end == start {
            // Skips a letter that shares its first byte with a space, and the letters of its script after it.
            while bytes.get(at).is_some_and(|b| !b.is_ascii()) && white_space(bytes, at) == 0 {
                at += 1;
            }
        } else if newlines == 0 {
            let keep = !(start == 0 || end == bytes.len());
            let with = if keep { " " } else { "" };
            if white && &text[start..end] != with {
                edits.push(Edit::replace(start..end, with, Rule::WhiteSpace.id()));
            }
        } else {
            gap(text, start..end, newlines, last_newline, (white, blank), &mut edits);
        }
    }
    edits
}

/// The number of characters in a text that are not white space.
pub fn visible(text: &str) -> usize {
    let bytes = text.as_bytes();
    // Counts the first bytes of characters that are not ASCII white space. Branch-free, so that the compiler
    // vectorizes it.
    let is_counted = |b: u8| (b & 0xc0 != 0x80) & (b != b' ') & (b.wrapping_sub(9) > 4);
    let mut count: usize = bytes
        .chunks(128)
        .map(|chunk| usize::from(chunk.iter().map(|&b| u8::from(is_counted(b))).sum::<u8>()))
        .sum();
    let mut at = 0;
    while let Some(start) = scan::beyond_ascii(bytes, at) {
        at = bytes[start..].iter().position(u8::is_ascii).map_or(bytes.len(), |n| start + n);
        count -= text[start..at].chars().filter(|c| c.is_whitespace()).count();
    }
    count
}

/// Length in bytes of the white space character at byte `at`; 0 if there is none.
fn white_space(bytes: &[u8], at: usize) -> usize {
    match bytes[at] {
        b'\n' | b' ' | b'\t' => 1,
        0xc2 if bytes.get(at + 1) == Some(&0xa0) => 2,
        0xe1 if bytes[at..].starts_with("\u{1680}".as_bytes()) => 3,
        0xe2 if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0x80..=0x8a | 0xaf] | [0x81, 0x9f])) => 3,
        0xe3 if bytes.get(at + 1..at + 3) == Some(&[0x80, 0x80]) => 3,
        _ => 0,
    }
}

/// Normalizes white space that contains line ends: removes the spaces around them, and the line ends beyond
/// two.
fn gap(
    text: &str,
    span: std::ops::Range<usize>,
    newlines: usize,
    last_newline: usize,
    (white, blank): (bool, bool),
    edits: &mut Edits,
) {
    let run = &text[span.clone()];
    let most = if span.start == 0 {
        0
    } else if span.end == text.len() {
        1
    } else {
        2
    };
    if blank && (newlines > most || white) {
        let with = &"\n\n"[..newlines.min(most)];
        let with: std::borrow::Cow<'static, str> =
            if white { with.into() } else { format!("{with}{}", &text[last_newline + 1..span.end]).into() };
        if run != with {
            let rule = if newlines > most { Rule::BlankLines } else { Rule::WhiteSpace };
            edits.push(Edit::replace(span, with, rule.id()));
        }
    } else if white {
        let with = "\n".repeat(newlines);
        if run != with {
            edits.push(Edit::replace(span, with, Rule::WhiteSpace.id()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use textmill_plugin::edit::Rewriter;

    fn run(text: &str) -> String {
        let rules = Rules::default();
        let mut rewriter = Rewriter::new(text);
        let edits = characters(rewriter.text(), &rules);
        rewriter.pass_packed(edits).unwrap();
        let edits = form(rewriter.text(), NormalForm::Nfc);
        rewriter.pass(edits).unwrap();
        let edits = spaces(rewriter.text(), &rules);
        rewriter.pass_packed(edits).unwrap();
        rewriter.finish().1.into_owned()
    }

    #[test]
    fn white_space_and_line_ends() {
        assert_eq!(
            run("\u{feff}News\u{a0} / \u{a0}Region\r\n\r\n\r\n\r\nA  b\tc \rd\r\n"),
            "News / Region\n\nA b c\nd\n"
        );
        assert_eq!(run("  • One\n\n  \n\n  • Two  \n\n\n"), "• One\n\n• Two\n");
        assert_eq!(run("a\u{2028}b\u{c}c\u{3000}d"), "a\nb\nc d");
        assert_eq!(run(" \t\n \u{3000}\n "), "");
        assert_eq!(run("x\n\ny\n"), "x\n\ny\n");
    }

    #[test]
    fn invisible_and_control_characters() {
        assert_eq!(run("a\0\0b\u{200b}c\u{ad}d\u{7}e\u{9d}f"), "abcdef");
        assert_eq!(run("می\u{200c}خواهم a\u{200d}b क्\u{200d}ष"), "می\u{200c}خواهم ab क्\u{200d}ष");
        assert_eq!(run("👩\u{200d}🚀 ok"), "👩\u{200d}🚀 ok");
    }

    #[test]
    fn controls_that_are_signs_of_windows_become_these() {
        assert_eq!(run("\u{93}Don\u{92}t\u{94} \u{96} 5 \u{80}"), "“Don’t” – 5 €");
        assert_eq!(run("and so on\u{85} he said\u{94}"), "and so on… he said”");
        assert_eq!(run("one\u{85}two\u{85}three\u{81}"), "one\ntwo\nthree");
        for byte in 0x80..=0x9fu8 {
            let bytes = [byte];
            let right = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0;
            let sign = sign_of(char::from(byte)).map_or(char::from(byte).to_string(), str::to_owned);
            assert_eq!(sign, right, "{byte:x}");
        }
    }

    #[test]
    fn composed_form() {
        assert_eq!(run("cafe\u{301} re\u{301}sume\u{301} plain"), "café résumé plain");
        let rules = Rules::default();
        assert!(characters("плохо — ok €", &rules).is_empty());
        assert_eq!(form("one cafe\u{301} two", NormalForm::Nfc).len(), 1);
    }

    /// Skipped characters stay as they are, whatever they are next to.
    #[test]
    fn settled_characters_are_in_their_form() {
        let nfc = ComposingNormalizerBorrowed::new_nfc();
        for c in (0x80..0x1_0000).filter_map(char::from_u32) {
            if next_unsettled(c.encode_utf8(&mut [0; 4]), 0).is_none() {
                for before in ["a", "e", "か", "ᄀ", "α", "и", "ا", ""] {
                    let pair = format!("{before}{c}");
                    assert!(nfc.is_normalized(&pair), "{c:?} U+{:04x}", u32::from(c));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn visible_characters_are_counted(text in "[a-zé\u{85}\u{a0}\u{1680}\u{2003}\u{3000}日 \t\r\n\u{b}\0•]{0,300}") {
            prop_assert_eq!(visible(&text), text.chars().filter(|c| !c.is_whitespace()).count());
        }

        #[test]
        fn twice_is_once(text in "[a-zé\u{301}\u{200b}\u{a0}\u{3000} \t\r\n\0•]{0,60}") {
            let once = run(&text);
            prop_assert_eq!(run(&once), once);
        }
    }
}
