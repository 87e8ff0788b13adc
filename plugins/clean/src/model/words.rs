//! The words of a line in normal form, and their hashes, without copying the words: for [`super::lexicon`].

use std::ops::Range;

use crate::lines::blocks::Begins;
use crate::lines::unspaced;

/// Most words of a line that are read: what begins like a paragraph continues like one.
pub const MOST: usize = 32;
/// Longest word, in bytes of its normal form; longer ones do not count.
const LONGEST: usize = 40;
/// Scratch buffer for where the runs of a line begin and end.
#[derive(Default)]
pub struct Edges([[usize; 2]; MOST]);

/// The hash that no word has.
pub const NONE: u32 = 0;

/// The normal forms of the first `most` words of a line. A word is a run of letters and digits, in lower case
/// and with every digit as 0; in scripts without spaces, it is each pair of adjacent characters.
pub fn words(line: &str, most: usize) -> Vec<String> {
    let mut words = Vec::new();
    for &[start, end] in Begins::of(line).runs(0..line.len(), &mut [[0; 2]; MOST][..most]) {
        each_normal(&line[start..end], |word| {
            if words.len() < most {
                words.push(String::from_utf8_lossy(word).into_owned());
            }
            words.len() < most
        });
    }
    words
}

/// Writes the hashes of the [`words`] of the line at `range` into `hashes` until it is full, and returns
/// their number.
#[inline(always)]
pub fn put_hashes(
    text: &str,
    range: Range<usize>,
    begins: &Begins,
    Edges(edges): &mut Edges,
    hashes: &mut [u32],
) -> usize {
    let mut count = 0;
    let most = hashes.len().min(MOST);
    let mut put = |hash| {
        if let Some(cell) = hashes.get_mut(count) {
            *cell = hash;
            count += 1;
        }
        count < most
    };
    for &[start, end] in begins.runs(range, &mut edges[..most]) {
        match hash_of_short(text.as_bytes(), start, end) {
            Some(hash) => _ = put(hash),
            None => each_normal(&text[start..end], |word| put(hash(word))),
        }
    }
    count
}

/// Calls `each` with the normal forms of the words in a run of letters, digits and characters beyond ASCII,
/// for as long as it returns that more are wanted: in scripts without spaces a run may be a whole page.
fn each_normal(run: &str, mut each: impl FnMut(&[u8]) -> bool) {
    let mut word = [0; LONGEST];
    let mut length = 0;
    // The previous character, if it is of a script without spaces.
    let mut before = None;
    for c in run.chars() {
        if let Some(cell) = word.get_mut(length).filter(|_| c.is_ascii_alphanumeric()) {
            *cell = if c.is_ascii_digit() { b'0' } else { c as u8 | 0x20 };
            length += 1;
            before = None;
            continue;
        }
        let is_unspaced = unspaced(c);
        let small = if is_unspaced { None } else { small_of(c) };
        if small.is_none() && length > 0 {
            if !each(word.get(..length).unwrap_or(&[])) {
                return;
            }
            length = 0;
        }
        if is_unspaced {
            if let Some(before) = before.replace(c) {
                let mut pair = [0; 8];
                let (first, second) = pair.split_at_mut(char::len_utf8(before));
                before.encode_utf8(first);
                let second = c.encode_utf8(second).len();
                if !each(&pair[..before.len_utf8() + second]) {
                    return;
                }
            }
            continue;
        }
        before = None;
        if let Some(small) = small {
            let end = length + small.len_utf8();
            if let Some(room) = word.get_mut(length..end) {
                small.encode_utf8(room);
            }
            // A word beyond the longest form comes out empty.
            length = end;
        }
    }
    if length > 0 {
        each(word.get(..length).unwrap_or(&[]));
    }
}

/// A letter in lower case, a digit as 0; `None` for anything else.
#[inline]
fn small_of(c: char) -> Option<char> {
    match c {
        'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' | 'а'..='я' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '0'..='9' => Some('0'),
        'À'..='Ö' | 'Ø'..='Þ' | 'А'..='Я' => char::from_u32(u32::from(c) + 0x20),
        '\0'..='\u{a9}' | '\u{2010}'..='\u{206f}' => None,
        _ if c.is_numeric() => Some('0'),
        // If a capital becomes several characters, those after the first are marks on it.
        _ => c.to_lowercase().next().filter(|_| c.is_alphanumeric()),
    }
}

/// Eight equal bytes.
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The hash of the normal form of a run of up to 16 letters and digits. `None` if the run is longer or
/// contains more than ASCII, or if fewer than 16 bytes of text are left.
#[inline(always)]
fn hash_of_short(bytes: &[u8], start: usize, end: usize) -> Option<u32> {
    let length = end - start;
    let (halves, _) = bytes.get(start..)?.first_chunk::<16>()?.as_chunks::<8>();
    let [low, high] = [0, 8].map(|from| {
        let mask = MASKS[length.saturating_sub(from).min(8)];
        (u64::from_le_bytes(halves[from / 8]) & mask, mask)
    });
    if length > 16 || (low.0 | high.0) & all(0x80) != 0 {
        return None;
    }
    Some(self::end(step(0, [small(low), small(high)])))
}

/// Bitmasks of the first `n` bytes of a word, indexed by `n`.
static MASKS: [u64; 9] = {
    let mut masks = [0; 9];
    let mut length = 1;
    while length < masks.len() {
        masks[length] = u64::MAX >> (64 - 8 * length);
        length += 1;
    }
    masks
};

/// Converts ASCII letters and digits to their normal form.
#[inline(always)]
fn small((eight, mask): (u64, u64)) -> u64 {
    // Small letters are capitals with one more bit. Digits lack the bit that all letters have; clearing their
    // lower four bits makes them 0.
    let digits = (!eight & all(0x40)) >> 6;
    (eight | all(0x20)) & !(digits * 0x0f) & mask
}

/// The hash of a word in its normal form.
pub fn hash(word: &[u8]) -> u32 {
    let state = word.chunks(16).fold(0, |state, piece| {
        let mut halves = [[0; 8]; 2];
        halves.as_flattened_mut()[..piece.len()].copy_from_slice(piece);
        step(state, halves.map(u64::from_le_bytes))
    });
    if word.is_empty() { NONE } else { end(state) }
}

/// Hashes sixteen more bytes with one multiplication: all bits of the product depend on all bytes.
#[inline(always)]
fn step(state: u64, [low, high]: [u64; 2]) -> u64 {
    // Each key has a byte `0xff`, which does not occur in words, so that no factor of the first sixteen bytes
    // is zero.
    const KEYS: [u64; 2] = [0xff51_afd7_ed55_8ccd, 0xc4ff_b9fe_1a85_ec53];
    let product = u128::from(low ^ KEYS[0]) * u128::from(high ^ state ^ KEYS[1]);
    (product >> 64) as u64 ^ product as u64
}

#[inline(always)]
fn end(state: u64) -> u32 {
    (state as u32).max(NONE + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words_of(line: &str) -> Vec<String> {
        words(line, MOST)
    }

    #[test]
    fn words_have_a_normal_form() {
        assert_eq!(
            words_of("The FERRY’s 2nd trip—in 1987"),
            ["the", "ferry", "s", "0nd", "trip", "in", "0000"]
        );
        assert_eq!(words_of("“Über” Ærø, Ελλάδα İz"), ["über", "ærø", "ελλάδα", "iz"]);
        assert_eq!(words_of("橋が開通した。A橋"), ["橋が", "が開", "開通", "通し", "した", "a"]);
        assert_eq!(words_of("x"), ["x"]);
        assert_eq!(words_of(&"w ".repeat(200)).len(), MOST);
        // Too long for a word, and not recognised by its beginning.
        assert_eq!(words_of(&format!("a {} b", "x".repeat(LONGEST + 1))), ["a", "", "b"]);
    }

    proptest! {
        /// The hashes made from the bytes of a text are those of the normal forms of its words.
        #[test]
        fn hashes_are_those_of_the_normal_forms(text in r"([A-Za-z0-9 ’é]{0,20}|[A-Z]{35,45}|[ -~é“橋が\u{e000}\n]{0,60}){0,4}") {
            let begins = Begins::of(&text);
            let mut start = 0;
            for line in text.split('\n') {
                let (mut found, span) = ([NONE; MOST], start..start + line.len());
                let count = put_hashes(&text, span, &begins, &mut Edges::default(), &mut found);
                prop_assert_eq!(found[..count].to_vec(), words_of(line).iter().map(|word| hash(word.as_bytes())).collect::<Vec<_>>());
                start += line.len() + 1;
            }
        }
    }
}
