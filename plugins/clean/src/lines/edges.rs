//! How lines begin and end: the flags that follow from their first and last characters. Decides nothing.

use std::ops::Range;

use super::{ENDING, LONG_CHARS, Line, OPENING, flag, flags, unspaced_weight};

/// The flags that follow from the start of a line; `byte` is its first byte.
pub(super) fn opening(byte: u8, content: &str) -> u32 {
    let mut chars = content.chars();
    let Some(first) = chars.next() else { return 0 };
    let quote = matches!(first, '"' | '“' | '„' | '«' | '‘' | '\'' | '「' | '『' | '”' | '»' | '‚');
    let gap = chars.next().is_none_or(|c| c == ' ');
    let bullet = matches!(first, '•' | '▪' | '●' | '◦' | '■' | '►' | '▸' | '▶' | '‣' | '⁃' | '·' | '○')
        || gap && matches!(first, '-' | '*' | '–' | '+' | '»' | '›' | '>' | 'o');
    flag(first.is_lowercase(), flags::SMALL)
        | flag(quote, flags::QUOTE)
        | flag(bullet, flags::BULLET)
        | OPENINGS[usize::from(byte)]
}

/// Signs for the start of a line by its first byte alone. Small letters, bullets and quotation marks are
/// added separately.
pub(super) static OPENINGS: [u32; 256] = {
    let mut table = [2 << OPENING; 256];
    let mut byte = 0u8;
    while byte < 128 {
        if byte.is_ascii_digit() {
            table[byte as usize] = 1 << OPENING;
        } else if byte.is_ascii_punctuation() {
            table[byte as usize] = 0;
        }
        byte += 1;
    }
    table
};

/// The [`Line::end_kind`] of a line that ends with a digit.
pub(super) const ENDS_WITH_DIGIT: u32 = 1;

/// The flags of a line that ends with a full stop.
pub(super) const FULL_STOP: u32 = flags::FULL_STOP | flags::SENTENCE | (5 << ENDING);

/// Number of words from which a line of Thai or Lao counts as ending with a full stop: these scripts have
/// none.
const UNSTOPPED: usize = 16;

/// Whether a line ends with a Thai or Lao letter and is as long as a sentence in these scripts.
pub(super) fn is_unstopped(line: &Line, text: &str) -> bool {
    let is_of_it = |c: char| ('\u{e00}'..='\u{eff}').contains(&c) && !c.is_numeric();
    let content = unquoted(line.text(text));
    content.chars().next_back().is_some_and(is_of_it)
        && content.chars().filter(|c| is_of_it(*c)).map(unspaced_weight).sum::<usize>() >= UNSTOPPED * 10
}

/// A line without the quotation marks and brackets at its end.
fn unquoted(content: &str) -> &str {
    content.trim_end_matches([
        '"', '\'', '”', '’', '“', '»', '«', ')', ']', '」', '』', '›', '‹', '）', '】', ' ', '*', '‘', '〉',
        '》',
    ])
}

/// The flags that follow from the end of a line.
pub(super) fn closing(content: &str) -> u32 {
    let tail = match content.as_bytes().last() {
        Some(b'.' | b'!' | b'?' | b':') => content,
        _ => unquoted(content),
    };
    match tail.chars().next_back() {
        Some('…') => flags::CUT | (2 << ENDING),
        Some('.') if tail.ends_with("...") => flags::CUT | (2 << ENDING),
        Some('.' | '。' | '۔' | '।' | '．' | '։' | '።' | '။' | '॥' | '｡' | '។' | '៕') => {
            FULL_STOP
        }
        Some('!' | '?' | '！' | '？' | '؟' | ';' | '՞' | '፧') => flags::SENTENCE | (4 << ENDING),
        Some(':' | '：') => flags::COLON | (3 << ENDING),
        _ => 0,
    }
}

/// Whether the line at `span` is long or may end like a sentence: holds for all that are [`Line::is_long`] or
/// [`Line::sentence`], and for few others.
#[inline(always)]
pub fn is_like_text(text: &str, span: Range<usize>) -> bool {
    match text.as_bytes().get(span.end.wrapping_sub(1)) {
        Some(last) if span.len() < LONG_CHARS as usize => {
            !last.is_ascii_alphanumeric() && !span.is_empty() && may_end(&text[span])
        }
        _ => is_long_or_ends(&text[span]),
    }
}

/// Whether a line may end like a sentence.
#[inline(never)]
fn may_end(content: &str) -> bool {
    content.ends_with('.') || closing(content) & flags::SENTENCE != 0
}

/// Whether a line of at least [`LONG_CHARS`] bytes is long or may end like a sentence.
#[inline(never)]
fn is_long_or_ends(content: &str) -> bool {
    content.as_bytes().first_chunk::<{ LONG_CHARS as usize }>().is_some_and(|start| start.is_ascii())
        || content.chars().count() >= LONG_CHARS as usize
        || may_end(content)
}
