//! Undoes mojibake of encodings other than windows-1252: UTF-8 that was read as Mac OS Roman, code page 437,
//! windows-1250, ISO 8859-2, windows-1253 or windows-1254. A line is decoded as a whole or not at all: each
//! of its characters beyond ASCII must belong to a sequence, and enough sequences must be such that correct
//! text does not have them.

use textmill_plugin::edit::Edit;

use crate::options::Rule;
use crate::repair::codec::{Codec, Codecs, Kind};
use crate::repair::decode::changed;
use crate::scan::beyond_ascii;

/// Minimum total weight of a line's sequences for it to be decoded.
const ENOUGH: u32 = 2;
/// Minimum number of letters of another script that show mojibake if two of them are adjacent.
const CROWD: usize = 3;

/// Edits that repair `text`, one for each line.
pub fn repair(text: &str) -> Vec<Edit> {
    let codecs = Codecs::get();
    let bytes = text.as_bytes();
    let mut edits = Vec::new();
    // The current line, and the encodings that were tried on it.
    let (mut line, mut tried) = (0..0, 0u8);
    let mut at = 0;
    while let Some(start) = beyond_ascii(bytes, at) {
        // Few characters begin a sequence, and in most languages ASCII follows each of them.
        let next = start + width(bytes[start]);
        at = next;
        if !codecs.may_begin(bytes[start]) || bytes.get(next).is_none_or(u8::is_ascii) {
            continue;
        }
        let mut chars = text[start..].chars();
        let (Some(first), Some(second)) = (chars.next(), chars.next()) else { break };
        let mut set = codecs.begun_by(first, second, chars.next().unwrap_or(' '));
        if set == 0 {
            continue;
        }
        if start >= line.end {
            let begin =
                memchr::memrchr(b'\n', &bytes[line.end..start]).map_or(line.end, |n| line.end + n + 1);
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
            (line, tried) = (begin..end, 0);
        }
        set &= !tried;
        tried |= set;
        // If two encodings fit, the wrong one yields more capitals: `Ă©` and `ĂŠ` are é in one encoding each.
        let fixed = codecs
            .of(set)
            .filter_map(|codec| unread(&text[line.clone()], codec))
            .min_by_key(|fixed| fixed.chars().filter(|c| c.is_uppercase()).count());
        if let Some(fixed) = fixed
            && let Some((span, with)) = changed(&text[line.clone()], &fixed)
        {
            let span = line.start + span.start..line.start + span.end;
            edits.push(Edit::replace(span, with.to_owned(), Rule::Mojibake.id()));
            at = line.end;
        }
    }
    edits
}

/// Bytes of a character, by its first byte. Never called for ASCII.
fn width(first: u8) -> usize {
    match first {
        0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// The line with its wrong reading undone. `None` if the result is not text, or if the line may be correct.
fn unread(line: &str, codec: &Codec) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let (mut weight, mut crowd, mut crowded, mut drawn) = (0u32, 0usize, false, true);
    let mut crowd_end = usize::MAX;
    let mut script = None;
    let mut chars = line.char_indices();
    while let Some((start, first)) = chars.next() {
        if first.is_ascii() {
            out.push(first);
            continue;
        }
        let mut rest = chars.clone();
        match sequence(first, &mut rest, codec) {
            Some((read, second)) => {
                let end = rest.clone().next().map_or(line.len(), |(at, _)| at);
                let around = (out.chars().next_back(), line[end..].chars().next());
                match sense(read) {
                    Sense::None => return None,
                    // Letters of two scripts in one line occur by chance.
                    Sense::Script if *script.get_or_insert(block(read)) != block(read) => return None,
                    Sense::Script => {
                        crowd += 1;
                        crowded |= crowd_end == start;
                        crowd_end = end;
                        drawn &= line[start..end].chars().skip(1).all(is_drawn);
                    }
                    // A capital in the middle of a word is unlikely to be right.
                    Sense::Letter if read.is_uppercase() && around.0.is_some_and(char::is_lowercase) => {
                        return None;
                    }
                    // ß follows only vowels.
                    Sense::Letter
                        if read == 'ß' && !around.0.is_some_and(|c| "aeiouyäöüAEIOUÄÖÜ".contains(c)) =>
                    {
                        return None;
                    }
                    sense => weight += self::weight(sense, codec.kind, (first, second, read), around),
                }
                out.push(read);
                chars = rest;
            }
            // A character outside of sequences is allowed if programs insert it, or if it is a symbol that
            // the encoding lacks.
            None if STRAYS.contains(&first) || !first.is_alphanumeric() && codec.byte_of(first).is_none() => {
                out.push(first);
            }
            None => return None,
        }
    }
    (weight >= ENOUGH || crowd >= CROWD && crowded && !drawn).then_some(out)
}

/// Characters that occur beside mojibake, because word processors and templates add them.
const STRAYS: [char; 17] =
    ['“', '”', '„', '‘', '’', '‚', '–', '—', '…', '•', '«', '»', '\u{a0}', '©', '®', '™', '€'];

/// The character that a sequence reads as, and the second character of the sequence, which is taken from
/// `rest`.
fn sequence(first: char, rest: &mut std::str::CharIndices<'_>, codec: &Codec) -> Option<(char, char)> {
    let lead = codec.byte_of(first)?;
    let length = match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [lead, 0, 0, 0];
    let mut second = first;
    for (nth, slot) in bytes.iter_mut().enumerate().take(length).skip(1) {
        let (_, c) = rest.next()?;
        *slot = codec.byte_of(c)?;
        if nth == 1 {
            second = c;
        }
    }
    Some((std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?, second))
}

/// What a decoded character says about whether the line was mojibake.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sense {
    /// Text seldom has it: the line was not mojibake of this encoding.
    None,
    /// Says nothing.
    Neutral,
    /// A symbol of the Latin-1 block, such as `°`.
    Sign,
    /// A quotation mark, dash or emoji, from three or four characters that correct text does not have in a
    /// row.
    Mark,
    /// An arrow, star, box-drawing line or mathematical symbol.
    Symbol,
    /// A Latin letter.
    Letter,
    /// A letter of another script.
    Script,
}

fn sense(read: char) -> Sense {
    match read {
        '\u{80}'..='\u{9f}' => Sense::None,
        'Ĕ' | 'ĕ' | 'Ĭ' | 'ĭ' | 'Ĳ' | 'ĳ' | 'ĸ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'Ŋ' | 'ŋ' | 'Ŏ' | 'ŏ' | 'ſ' => {
            Sense::None
        }
        '×' | '÷' | '\u{a0}'..='\u{bf}' => Sense::Sign,
        '\u{c0}'..='\u{17f}' | 'Ș'..='ț' | 'Ơ' | 'ơ' | 'Ư' | 'ư' | '\u{1e00}'..='\u{1eff}' => {
            Sense::Letter
        }
        '\u{180}'..='\u{36f}' => Sense::Neutral,
        '\u{2010}'..='\u{2022}' | '…' | '\u{202f}' | '‰' | '′' | '″' | '‹' | '›' | '€' | '™' => {
            Sense::Mark
        }
        '\u{2190}'..='\u{27bf}' => Sense::Symbol,
        '\u{feff}' | 'ﬁ' | 'ﬂ' | '\u{1f000}'..='\u{1faff}' => Sense::Mark,
        _ if read.is_alphabetic() => Sense::Script,
        '\u{e000}'..='\u{f8ff}' => Sense::None,
        _ => Sense::Neutral,
    }
}

/// The part of Unicode that a letter of a script other than Latin is in. Chinese, Japanese and Korean share
/// one.
fn block(read: char) -> u32 {
    (u32::from(read) >> 8).min(0x2e)
}

/// How surely a sequence is mojibake: 2 is enough alone, 1 only together with another.
fn weight(
    sense: Sense,
    kind: Kind,
    sequence: (char, char, char),
    around: (Option<char>, Option<char>),
) -> u32 {
    let (first, second, read) = sequence;
    let (before, after) = around;
    let is_small = |c: Option<char>| c.is_some_and(char::is_lowercase);
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let (small_before, small_after) = (is_small(before), is_small(after));
    let follows = before.is_some_and(|c| c.is_ascii_alphanumeric());
    let joined = before.is_some_and(char::is_alphabetic) || small_after;
    match sense {
        Sense::Mark => 2,
        // In correct text, a quotation mark may follow â.
        Sense::Symbol => 2 - u32::from(kind == Kind::Central && is_quote(second)),
        Sense::Sign => match kind {
            Kind::Mac | Kind::Dos if read == '×' => 2 * u32::from(is_digit(before) || is_digit(after)),
            Kind::Dos if read == '°' => 2 * u32::from(is_digit(before)),
            // `¬π` may be a formula.
            Kind::Mac if "≠∞±≤≥∂∑∏π∫Ωµ".contains(second) => 1 + u32::from(follows),
            Kind::Mac => 2,
            Kind::Dos => 2 * u32::from(!is_drawn(second)),
            Kind::Central if is_control(second) => 2,
            // In correct text, symbols and Ş may follow Â. Ą and Ľ do not count: the two encodings have them
            // at different bytes.
            Kind::Central if second == '˛' || second.is_alphabetic() && !"şŞąĄľĽ".contains(second) => {
                2 * u32::from(!before.is_some_and(char::is_uppercase))
            }
            Kind::Central | Kind::Greek | Kind::Turkish => 0,
        },
        Sense::Letter => match kind {
            // `x√π` is correct, and `o√π` is not.
            Kind::Mac if "π∞±Ωµ".contains(second) => u32::from(joined),
            Kind::Mac if "≠≤≥∂∑∏∫".contains(second) => {
                u32::from(joined) + u32::from(small_before && small_after)
            }
            Kind::Mac if first != '√' && STRAYS.contains(&second) => u32::from(small_before && small_after),
            Kind::Mac if matches!(first, '√' | '≈' | 'ƒ') => 1 + u32::from(joined),
            Kind::Mac => u32::from(joined),
            // These also occur next to the text in boxes.
            Kind::Dos if "│┤┐".contains(second) => u32::from(small_before && small_after),
            Kind::Dos if matches!(first, '├' | '┼' | '─') => 2 * u32::from(joined),
            Kind::Dos => u32::from(joined),
            Kind::Central => central(first, second, small_before, small_after, before),
            // `kΓ²` is correct, and so is `Γ’`.
            Kind::Greek if "²³±½·°‘’“”«»".contains(second) => 0,
            Kind::Greek if first == 'Γ' => 2 * u32::from(small_before || small_after),
            Kind::Greek => u32::from(small_before || small_after),
            Kind::Turkish => 0,
        },
        Sense::None | Sense::Neutral | Sense::Script => 0,
    }
}

/// The weight of a Latin letter in windows-1250 and ISO 8859-2, whose capitals Ă, Ä and Ĺ occur in correct
/// Romanian, German and Slovak words.
fn central(first: char, second: char, small_before: bool, small_after: bool, before: Option<char>) -> u32 {
    let is_quote = is_quote(second);
    let capital_before = before.is_some_and(char::is_uppercase);
    match first {
        _ if is_control(second) => 2,
        'Ă' | 'Ĺ' if small_before => 2,
        // As in `Ăştia`.
        'Ă' if capital_before || matches!(second, 'ş' | 'Ş') => 0,
        'Ă' | 'Ĺ' if is_quote || second.is_alphabetic() => u32::from(small_after),
        'Ă' | 'Ĺ' => 1 + u32::from(small_after),
        'Ä' if is_quote => u32::from(small_before),
        'Ä' if small_before => 2,
        'Ä' => u32::from(small_after && !capital_before),
        _ => u32::from(small_before),
    }
}

/// Whether a character is a control that ISO's Latin encodings have where those of Windows have printable
/// characters.
fn is_control(c: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&c)
}

/// Marks that may follow a letter in correct text.
fn is_quote(c: char) -> bool {
    "“”„‘’‚‹›«»…–—".contains(c)
}

/// Whether a character is a box-drawing or shading character.
fn is_drawn(c: char) -> bool {
    ('\u{2500}'..='\u{259f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::codec::misread;
    use proptest::prelude::*;
    use textmill_plugin::edit::apply;

    fn run(text: &str) -> String {
        apply(text, &repair(text))
    }

    #[test]
    fn wrong_readings_are_undone() {
        for right in [
            "The café’s owner said “four minutes” – no more.",
            "Die Brücke über den Fluß ist schön. Für alle geöffnet.",
            "Le théâtre a rouvert à Noël… enfin !",
            "Où est la forêt, là-bas ou à côté ?",
            "Мост через реку открыли в субботу.",
            "El año pasado costó 5 €, ahora 7 €.",
            "Zażółć gęślą jaźń, a łódź płynie.",
            "Příliš žluťoučký kůň pěl ďábelské ódy.",
            "किताब की दुकान",
            "橋が開通した。",
            "See you there 😀",
        ] {
            for name in ["macintosh", "437", "windows-1250", "iso-8859-2", "windows-1253"] {
                assert_eq!(run(&misread(right, name)), right, "{name}");
            }
        }
        assert_eq!(run(&misread("See you there 😀", "windows-1254")), "See you there 😀");
    }

    #[test]
    fn right_text_stays() {
        for right in [
            "The area is 2√π, and x√π ± ½; ¬∞ is no number, and f ≈ ƒ; a≈• b",
            "┌──┬──┐\n│a ├┤ b│\n├──┼──┤\n└──┴──┘\n┤a├┤b├┤c├",
            "╬║╬║╬║\n░▒▓█▓▒░ ├░┤",
            "Ăştia au venit; FĂRĂ „BRĂILĂ”, DĹŽKA a ĹŽ.",
            "Η ομάδα Γ’ νίκησε, και η «ΟΜΑΔΑ Β» έχασε. kΓ² + mΓ²",
            "Type Β», type Γ», Β’ & Γ’",
            "« l’un –à gauche– dit » —Éric —À bientôt —Émile",
            "‚Ähre‘ und ‚Äpfel‘, ‚Übung‘; Ä… ja, VfLÄ…",
            "Bağ “dağ” Ğ”, İŞ “ŞŸ”",
            "Đžabe Đá Ńo, Żółw, ŁÓDŹ",
            "─État ─Émile Paris─État",
        ] {
            assert_eq!(run(right), right);
        }
    }

    /// Words in several languages, with the symbols next to them.
    fn words() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            "[A-ZĄĆĘŁŃÓŚŹŻ]?[a-ząćęłńóśźż]{0,6}",
            "[A-ZÁČĎÉĚÍŇÓŘŠŤÚŮÝŽĹĽÔÄ]?[a-záčďéěíňóřšťúůýžĺľôä]{0,6}",
            "[A-ZÁÉÍÓÖŐÚÜŰ]?[a-záéíóöőúüű]{0,6}",
            "[A-ZĂÂÎŞŢȘȚ]?[a-zăâîşţșț]{0,6}",
            "[A-ZĐŠČĆŽ]?[a-zđščćž]{0,6}",
            "[A-ZĞİŞÇÖÜ]?[a-zğışçöü]{0,6}",
            "[ΑΒΓΔΕΞΟΠΡΆΈΉΊΌΎΏ]?[α-ωάέήίόύώ]{1,6}",
            // No word has œ more than once.
            "[A-ZÀÂÉÈÊÎÔÛŒ]?[a-zàâçéèêëîïôùûü]{0,3}œ?[a-zàâçéèêëîïôùûü]{0,3}",
            "[A-ZÄÖÜ]?[a-zäöüß]{0,6}",
            "[A-ZĂÂĐÊÔƠƯ]?[a-zăâđêôơưạảấầ]{0,6}",
            "[А-ЯЁ]?[а-яё]{0,6}",
        ];
        let sign = "[,”’»…°²±§©®™€\u{a0}–—]? [“„‘«–—•§©]?";
        prop::collection::vec((word, sign), 0..12)
            .prop_map(|words| words.into_iter().flat_map(|(word, sign)| [word, sign]).collect())
    }

    proptest! {
        #[test]
        fn words_stay(text in words()) {
            prop_assert_eq!(run(&text), text);
        }

        #[test]
        fn whatever_comes_out_are_edits_that_fit(text in "[ -~√≈ƒ¬‚Äôò├⌐┬░─ΓÇÖĂĹĽâ€Žđź¸ğŸ˜βΞ\u{80}-\u{ff}\n]{0,60}") {
            let mut edits = repair(&text);
            textmill_plugin::edit::sort_and_check(&text, &mut edits).unwrap();
            prop_assert!(run(&text).len() <= text.len());
        }
    }

    #[test]
    fn only_the_broken_line_changes() {
        let edits = repair("déjà vu “x”\ncaf√© is open.\nplain √");
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].replacement, "é");
    }

    #[test]
    fn hostile_lines_are_read_once_for_each_encoding() {
        for text in ["Đźé".repeat(200_000), "√©é ".repeat(200_000), "√\n".repeat(200_000)] {
            assert_eq!(run(&text).len(), text.len());
        }
    }
}
