//! Finds the ends of sentences by a simplified form of the rules of Unicode's Annex 29.
//!
//! - A sentence ends after `.`, `!`, `?`, `…` and similar marks of other scripts, and the quotation marks and
//!   brackets that close there, if white space follows and then no lower-case letter.
//! - The stops of Chinese and Japanese need no white space after them.
//! - A full stop after a single letter or a known abbreviation does not end a sentence.
//! - A blank line ends a sentence. So does the end of a line, if the next line does not begin with a
//!   lower-case letter: lines are paragraphs as often as they are wrapped.

use std::ops::Range;

/// Abbreviations that are written with a full stop inside sentences, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "al", "approx", "bzw", "ca", "capt", "cf", "co", "col", "corp", "dr", "e.g", "etc", "evtl", "fig", "gen",
    "gov", "hon", "i.e", "inc", "jr", "lt", "ltd", "mme", "mr", "mrs", "ms", "mt", "no", "nr", "prof", "rep",
    "rev", "sen", "sgt", "sr", "sra", "st", "usw", "vs", "z.b",
];
/// Length of the longest of them in bytes, plus one.
const LONGEST: usize = 7;

/// Calls `take` with the span of each sentence in order, without the white space around it. Takes time linear
/// in the length of the text.
pub fn sentences(text: &str, mut take: impl FnMut(Range<usize>)) {
    let mut open: Option<Range<usize>> = None;
    let mut is_ended = false;
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let start = at + (rest.len() - rest.trim_start().len());
        let rest = text.get(start..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { break };
        if let Some(before) = open.clone() {
            let breaks =
                text.get(at..start).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count();
            if breaks > 1 || ((is_ended || breaks == 1) && !first.is_lowercase()) {
                take(before);
                open = None;
            }
        }
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let token = rest.get(..length).unwrap_or_default();
        let mut from = open.map_or(start, |open| open.start);
        wide_stops(token, |end| {
            take(from..start + end);
            from = start + end;
        });
        at = start + length;
        open = (from < at).then_some(from..at);
        is_ended = ends(token);
    }
    if let Some(last) = open {
        take(last);
    }
}

/// Calls `cut` with the offsets in a token at which a sentence ends though no white space follows.
fn wide_stops(token: &str, mut cut: impl FnMut(usize)) {
    if token.is_ascii() {
        return;
    }
    let mut is_behind_stop = false;
    for (at, c) in token.char_indices() {
        if is_wide_stop(c) {
            is_behind_stop = true;
        } else if is_behind_stop && !is_stop(c) && !closes(c) {
            cut(at);
            is_behind_stop = false;
        }
    }
    if is_behind_stop {
        cut(token.len());
    }
}

/// Whether a sentence can end after a token.
fn ends(token: &str) -> bool {
    let bare = token.trim_end_matches(closes);
    let Some(stop) = bare.chars().next_back().filter(|c| is_stop(*c)) else { return false };
    stop != '.' || !is_abbreviated(bare.get(..bare.len() - 1).unwrap_or_default())
}

/// Whether a full stop after `word` belongs to it: an initial, or a known abbreviation.
fn is_abbreviated(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let mut letters = word.chars().rev();
    let last = letters.next();
    // `J.` and the last letter of `U.S.` and of `p.m.`
    if last.is_some_and(char::is_alphabetic) && letters.next().is_none_or(|c| c == '.') {
        return true;
    }
    word.len() < LONGEST && ABBREVIATIONS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn is_wide_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡' | '．')
}

fn is_stop(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | '…' | '‼' | '‽' | '⁇' | '⁈' | '⁉'
            | '։' // Armenian
            | '؟' | '۔' // Arabic, Urdu
            | '।' | '॥' // Indic
            | '။' // Burmese
            | '።' | '፧' // Ethiopic
            | '។' // Khmer
    ) || is_wide_stop(c)
}

/// Whether `c` is a quotation mark or bracket that can close after a stop.
fn closes(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | ')'
            | ']'
            | '}'
            | '”'
            | '’'
            | '“'
            | '‘'
            | '»'
            | '«'
            | '›'
            | '‹'
            | '」'
            | '』'
            | '】'
            | '）'
            | '》'
            | '〉'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        sentences(text, |span| found.push(&text[span]));
        found
    }

    #[test]
    fn stops_end_sentences() {
        assert_eq!(
            of("One ends. Two does!  “Is three?” Four…"),
            ["One ends.", "Two does!", "“Is three?”", "Four…"]
        );
        assert_eq!(of("(It rained.) The pier closed."), ["(It rained.)", "The pier closed."]);
        assert_eq!(of("Мост открыт. Люди ждут."), ["Мост открыт.", "Люди ждут."]);
        assert_eq!(of("पुल खुला है। लोग आए।"), ["पुल खुला है।", "लोग आए।"]);
    }

    #[test]
    fn wide_stops_need_no_space() {
        assert_eq!(of("橋が開いた。「人が来た！」雨。"), ["橋が開いた。", "「人が来た！」", "雨。"]);
        assert_eq!(of("橋が開いた？！ 雨"), ["橋が開いた？！", "雨"]);
    }

    #[test]
    fn what_looks_like_an_end_and_is_none() {
        for text in [
            "Dr. Orla Finch paid 3.50 to J. Marsh of the U.S. Pier Office",
            "“Really?” she asked",
            "see tide.example/?page=2 and wait...",
            "the boats of St. Brannoc, no. 5 first",
            "a line that was\nwrapped in the midst",
        ] {
            assert_eq!(of(text), [text]);
        }
    }

    #[test]
    fn line_ends() {
        assert_eq!(of("Headline\nThe text"), ["Headline", "The text"]);
        assert_eq!(of("broken off\n\nbegins small"), ["broken off", "begins small"]);
        assert_eq!(of("橋\n雨"), ["橋", "雨"]);
    }
}
