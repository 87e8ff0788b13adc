//! Undoes mojibake: UTF-8 that was read as windows-1252 or Latin-1, once or twice. Submodules treat other
//! encodings. The idea is ftfy's (reverse the wrong reading if the bytes are valid UTF-8), with tests for
//! each sequence instead of its table, so that correct text with the same characters stays.

pub mod cyrillic;
pub mod others;

use std::borrow::Cow;

use textmill_plugin::edit::Edit;

use crate::options::Rule;
use crate::repair::decode::changed;

/// How many successive wrong readings are undone at most.
const ROUNDS: usize = 2;

/// Edits that repair mojibake in `text`.
pub fn repair(text: &str) -> Vec<Edit> {
    let bytes = text.as_bytes();
    let mut edits = Vec::new();
    let mut at = 0;
    // Every mojibake sequence starts with a letter of U+00C0..U+00FF, whose first byte is C3.
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(0xc3, rest)) {
        let hit = at + found;
        // The next character must stand for a byte above 7F; none of these characters is ASCII.
        if bytes.get(hit + 2).is_none_or(u8::is_ascii) {
            at = hit + 2;
            continue;
        }
        let start = memchr::memrchr(b'\n', &bytes[..hit]).map_or(0, |n| n + 1).max(at.min(hit));
        let end = memchr::memchr(b'\n', &bytes[hit..]).map_or(bytes.len(), |n| hit + n);
        let start = text.floor_char_boundary(start);
        let line = &text[start..end];
        let mut fixed = rounds(line, true);
        // Control characters may be needed for the second round, but the result must not have new ones: `ÂŽ`
        // stays.
        if controls(&fixed) > controls(line) {
            fixed = rounds(line, false);
        }
        if let Some(better) = without_half_signs(&fixed) {
            fixed = Cow::Owned(better);
        }
        if let Some((span, with)) = changed(line, &fixed) {
            edits.push(Edit::replace(
                start + span.start..start + span.end,
                with.to_owned(),
                Rule::Mojibake.id(),
            ));
        }
        at = end;
    }
    edits
}

/// A line after all rounds. `may_control` says whether a sequence may read as a control character.
fn rounds(line: &str, may_control: bool) -> Cow<'_, str> {
    let mut fixed = Cow::Borrowed(line);
    for _ in 0..ROUNDS {
        match unread(&fixed, may_control) {
            Some(better) => fixed = Cow::Owned(better),
            None => break,
        }
    }
    fixed
}

/// Repairs the likes of `Â“`: a character of windows-1252 that was read as a Latin-1 control, written as
/// UTF-8, and read as windows-1252. The character after `Â` is right already, so only `Â` is removed. It is
/// not a letter if it follows a lower-case letter or the end of a sentence, or precedes a quotation mark that
/// begins a word.
fn without_half_signs(line: &str) -> Option<String> {
    let mut out: Option<String> = None;
    let mut before = None;
    let mut from = 0;
    for (at, c) in line.char_indices() {
        let rest = &line[at + c.len_utf8()..];
        let mut after = rest.chars();
        if c == 'Â'
            && let Some(sign) = after.next()
            && matches!(sign, '‘' | '’' | '“' | '”' | '–' | '—' | '…' | '•' | '™')
        {
            let ends = before.is_some_and(|b: char| b.is_lowercase() || matches!(b, '.' | ',' | '!' | '?'));
            let begins = matches!(sign, '‘' | '“')
                && before.is_none_or(|b: char| b.is_whitespace() || b == '(')
                && after.next().is_some_and(char::is_alphanumeric);
            if ends || begins {
                out.get_or_insert_default().push_str(&line[from..at]);
                from = at + c.len_utf8();
            }
        }
        before = Some(c);
    }
    out.map(|out| out + &line[from..])
}

/// The number of Latin-1 control characters in a line.
fn controls(line: &str) -> usize {
    line.chars().filter(|c| is_control(*c)).count()
}

fn is_control(c: char) -> bool {
    ('\u{80}'..'\u{a0}').contains(&c)
}

/// A sequence that reads as one character when its wrong reading is undone.
struct Sequence {
    start: usize,
    end: usize,
    read: char,
    /// Trusted on its own. Others need further evidence in the line.
    sure: bool,
    /// Reads as a letter or symbol of Western Europe: trusted in a line with a trusted sequence.
    western: bool,
    /// Its second character is a quotation mark or dash, which may follow a letter in correct text too.
    quoting: bool,
}

/// Undoes one round in a line; `None` when there is nothing to undo.
fn unread(line: &str, may_control: bool) -> Option<String> {
    let mut found: Vec<Sequence> = Vec::new();
    let mut before: Option<char> = None;
    let mut chars = line.char_indices();
    while let Some((start, first)) = chars.next() {
        let lead = byte_of(first);
        let length = match lead {
            Some(0xc2..=0xdf) => 2,
            Some(0xe0..=0xef) => 3,
            Some(0xf0..=0xf4) => 4,
            _ => 0,
        };
        let mut sequence = None;
        if length > 0 {
            let mut bytes = [lead.unwrap_or_default(), 0, 0, 0];
            let mut rest = chars.clone();
            let mut second = None;
            let mut complete = true;
            for (nth, slot) in bytes.iter_mut().enumerate().take(length).skip(1) {
                match rest
                    .next()
                    .and_then(|(_, c)| byte_of(c).filter(|b| (0x80..0xc0).contains(b)).map(|b| (b, c)))
                {
                    Some((byte, c)) => {
                        *slot = byte;
                        if nth == 1 {
                            second = Some(c);
                        }
                    }
                    None => {
                        complete = false;
                        break;
                    }
                }
            }
            if complete
                && let Some(second) = second
                && let Ok(read) = std::str::from_utf8(&bytes[..length])
                && let Some(read) = read.chars().next()
                && (may_control || !is_control(read))
            {
                let end = rest.clone().next().map_or(line.len(), |(at, _)| at);
                let after = line[end..].chars().next();
                let sure = trusted(first, second, read, before, after);
                sequence = Some((
                    Sequence {
                        start,
                        end,
                        read,
                        sure,
                        western: matches!(first, 'Ã' | 'Â' | 'â'),
                        quoting: is_quote(second),
                    },
                    rest,
                ));
            }
        }
        before = Some(first);
        if let Some((sequence, rest)) = sequence {
            before = Some(sequence.read);
            found.push(sequence);
            chars = rest;
        }
    }
    // Many unsure sequences mean that the text was in another script (Cyrillic, Arabic, Devanagari …), where
    // each letter became a sequence. In correct text, two in a row are next to impossible.
    let evident = found.iter().any(|s| s.sure);
    let crowd = found.iter().filter(|s| !s.sure && !s.quoting).count() >= 3
        && found.windows(2).any(|w| w[0].end == w[1].start);
    // Sequences right after a trusted one: `â€Å“` after a first round, where `Å“` alone may be two letters.
    let mut trusted_end = None;
    for sequence in &mut found {
        sequence.sure |= crowd || evident && sequence.western || trusted_end == Some(sequence.start);
        if sequence.sure {
            trusted_end = Some(sequence.end);
        }
    }
    found.retain(|s| s.sure);
    if found.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    for sequence in &found {
        out.push_str(&line[at..sequence.start]);
        out.push(sequence.read);
        at = sequence.end;
    }
    out.push_str(&line[at..]);
    Some(out)
}

/// Whether a sequence is surely mojibake, judged by its own characters and those around it.
fn trusted(first: char, second: char, read: char, before: Option<char>, after: Option<char>) -> bool {
    let lower_near = after.is_some_and(char::is_lowercase) || before.is_some_and(char::is_lowercase);
    let quote = is_quote(second);
    match first {
        // `Â°`, `Â£`, `Â ` (a no-break space). After a capital, Â may end a French word.
        'Â' => {
            let quoted = matches!(second, '«' | '»') && before.is_some_and(char::is_alphabetic);
            !(quoted || before.is_some_and(char::is_uppercase))
        }
        // `Ã‚Â°`: the second round of `Â°`.
        'Ã' if second == '‚' && after == Some('Â') => true,
        // Correct text has Ã before a quotation mark only where a Portuguese word in capitals ends.
        // `1920Ã—1080` has a multiplication sign.
        'Ã' if quote => {
            let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            lower_near || is_digit(before) && is_digit(after)
        }
        // The second round of another sequence.
        'Ã' if matches!(second, 'ƒ' | '‚' | '„' | '†' | '‡' | '¢') => true,
        'Ã' => lower_near || !before.is_some_and(char::is_uppercase),
        // Box-drawing lines.
        'â' if second == '”' => {
            ('\u{2500}'..='\u{257f}').contains(&read) && !before.is_some_and(char::is_alphabetic)
        }
        // `â€™`, `â‚¬`, `â†’` and other sequences whose first byte is E2.
        'â' => {
            matches!(second, '€' | '‚' | '„' | '†' | '\u{80}'..='\u{9f}' | '˜' | '™' | 'œ' | '—' | '–' | 'Ÿ')
        }
        // Emoji.
        'ð' => second == 'Ÿ' || second == '\u{9f}',
        // Letters of Latin Extended-A; below, the byte order mark and ligatures.
        'Ä' | 'Å' => {
            let begins =
                after.is_some_and(char::is_lowercase) && (!quote || !before.is_none_or(char::is_whitespace));
            read.is_alphabetic() && (begins || before.is_some_and(char::is_lowercase))
        }
        'ï' => read == '\u{feff}' || ('\u{fb00}'..='\u{fb06}').contains(&read),
        _ => false,
    }
}

/// Marks that may follow a letter in correct text.
fn is_quote(c: char) -> bool {
    matches!(c, '«' | '»' | '“' | '”' | '„' | '‘' | '’' | '‚' | '‹' | '›' | '…' | '–' | '—')
}

/// The byte that `c` stands for in windows-1252, or in Latin-1 where windows-1252 has a hole.
fn byte_of(c: char) -> Option<u8> {
    let byte = match c {
        '€' => 0x80,
        '‚' => 0x82,
        'ƒ' => 0x83,
        '„' => 0x84,
        '…' => 0x85,
        '†' => 0x86,
        '‡' => 0x87,
        'ˆ' => 0x88,
        '‰' => 0x89,
        'Š' => 0x8a,
        '‹' => 0x8b,
        'Œ' => 0x8c,
        'Ž' => 0x8e,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        '˜' => 0x98,
        '™' => 0x99,
        'š' => 0x9a,
        '›' => 0x9b,
        'œ' => 0x9c,
        'ž' => 0x9e,
        'Ÿ' => 0x9f,
        '\u{80}'..='\u{ff}' => return u8::try_from(u32::from(c)).ok(),
        _ => return None,
    };
    Some(byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use textmill_plugin::edit::apply;

    fn run(text: &str) -> String {
        apply(text, &repair(text))
    }

    /// Misreads UTF-8 as windows-1252, as a careless program does.
    fn misread(text: &str) -> String {
        encoding_rs::WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn one_and_two_rounds_are_undone() {
        for right in [
            "The café’s owner said “four minutes” – no more.",
            "Die Brücke über den Fluß ist schön. Für alle geöffnet.",
            "Le théâtre a rouvert à Noël… enfin !",
            "Мост через реку открыли в субботу.",
            "El año pasado costó 5 €, ahora 7 €.",
            "Zażółć gęślą jaźń",
            "किताब की दुकान",
            "Write to ⟨the board⟩, or go ⟶ there.",
            "A 1920×1080 screen",
            "At 5 °C, ±1, it cost £10.",
            "yazılı açıklaması",
        ] {
            assert_eq!(run(&misread(right)), right, "one round");
            if right.chars().all(|c| (c as u32) < 0x250 || "’“”–…€".contains(c)) {
                assert_eq!(run(&misread(&misread(right))), right, "two rounds");
            }
        }
    }

    #[test]
    fn right_text_stays() {
        for right in [
            "A MANHÃ» é longa; O PÃO, A NAÇÃO, AÇÕES E IRMÃ.",
            "«VOILÀ» dit-il. Â l’ancienne, «LÂ»",
            "Der Buchstabe „Ä“ ist ein Umlaut, auch „ö“ und „Ü“.",
            "voilà… «déjà» – ça",
            "naïve façade, Ångström, smörgås, € 5",
            "L’été à Besançon",
            "ÐÆ are letters",
            "ÂŽ 5, Â… and Â€",
        ] {
            assert_eq!(run(right), right);
        }
    }

    #[test]
    fn no_control_characters_come_of_it() {
        assert_eq!(run("The cafÃ© has ÂŽ on its door"), "The café has ÂŽ on its door");
        // Misread as Latin-1 twice: the first round yields control characters.
        let latin = |text: &str| text.bytes().map(char::from).collect::<String>();
        assert_eq!(run(&latin(&latin("Don’t stop – go"))), "Don’t stop – go");
    }

    #[test]
    fn signs_that_were_controls_in_between_come_back() {
        let said = "The boardÂ’s chair said Â“not yet,Â” and waitedÂ… (Â“NoneÂ”) Â“5 boatsÂ”";
        assert_eq!(run(said), "The board’s chair said “not yet,” and waited… (“None”) “5 boats”");
        for right in
            ["Der Buchstabe „Â“ fehlt", "“Â” is a letter, and so is ‘Â’", "Â – Â", "LE MÂ… «LÂ»", "PÂ–R"]
        {
            assert_eq!(run(right), right);
        }
    }

    #[test]
    fn only_the_broken_line_changes() {
        let edits = repair("déjà vu\nThe cafÃ© is open.\nplain");
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].replacement, "é");
    }

    proptest! {
        #[test]
        fn never_panics_and_never_touches_ascii(text in "[ -~ÃÂâ€™¬©Ð¿Ñ\u{80}-\u{ff}\n]{0,60}") {
            let out = run(&text);
            prop_assert!(out.len() <= text.len());
        }

        #[test]
        fn french_and_german_words_stay(text in "[a-zéèêàùçôîïäöüß ,.’«»“”\n]{0,60}") {
            let out = run(&text);
            prop_assert_eq!(out, text);
        }
    }
}
