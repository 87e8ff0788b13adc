//! Counts what is in the lines of a text, 64 bytes at a time: each kind of byte becomes a bitmask, and bits
//! are counted with instructions for all 64. Understands ASCII only, and flags lines with other characters.

use crate::scan::LEVEL;
use fearless_simd::{Level, Simd, dispatch, mask8x64, prelude::*, u8x64};
use std::ops::Range;

/// Bytes of a block: one for each bit of a word.
const BLOCK: usize = 64;

/// The counts of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub lower: u32,
    pub upper: u32,
    pub digits: u32,
    /// Runs without a space that hold a letter or digit.
    pub words: u32,
    /// Words whose first letter or digit is a capital.
    pub capitals: u32,
    pub commas: u32,
    pub bars: u32,
    /// Places where a sentence ends and another begins.
    pub breaks: u32,
    /// Whether the line has a byte beyond ASCII. The counts are meaningless then.
    pub is_non_ascii: bool,
    /// Whether the line may contain ` by `.
    pub may_by: bool,
    /// Whether the line may contain a bar or colon after a space.
    pub may_path: bool,
}

/// Where phrases may begin in a text, and where its words are. One bit for each byte.
#[derive(Clone, Debug, Default)]
pub struct Begins {
    /// Set at a letter or digit that follows anything else, and at signs and characters beyond ASCII.
    phrases: Vec<u64>,
    /// Set at letters and digits, and at all bytes beyond ASCII.
    words: Vec<u64>,
}

impl Begins {
    /// Those of `text`.
    pub fn of(text: &str) -> Self {
        let mut begins = Self::default();
        lines(text, &mut begins, std::iter::empty(), |_, _, _| ());
        begins
    }

    /// The capacity, in blocks of 64 bytes.
    pub fn blocks(&self) -> usize {
        self.phrases.capacity()
    }

    /// Calls `each` with every possible start of a phrase in `range` for which `is_wanted` holds.
    #[inline(always)]
    pub fn each_that(
        &self,
        range: Range<usize>,
        is_wanted: impl Fn(usize) -> bool,
        mut each: impl FnMut(usize),
    ) {
        for (base, mut bits) in blocks_of(&self.phrases, range) {
            // Branch-free: whether a start is wanted is unpredictable.
            let mut wanted = 0u64;
            while bits != 0 {
                let bit = bits.trailing_zeros();
                wanted |= u64::from(is_wanted(base + bit as usize)) << bit;
                bits &= bits - 1;
            }
            while wanted != 0 {
                each(base + wanted.trailing_zeros() as usize);
                wanted &= wanted - 1;
            }
        }
    }

    /// Writes start and end of the first runs of letters, digits and bytes beyond ASCII in a range into
    /// `edges` until it is full. Returns the pairs that were filled.
    #[inline(always)]
    pub fn runs<'e>(&self, range: Range<usize>, edges: &'e mut [[usize; 2]]) -> &'e [[usize; 2]] {
        let to = range.end;
        let all = edges.as_flattened_mut();
        let (mut count, mut before) = (0, 0);
        for (base, bits) in blocks_of(&self.words, range) {
            // The bits at which a run begins or has just ended.
            let mut edges = bits ^ (bits << 1 | before);
            before = bits >> (BLOCK - 1);
            while let Some(cell) = all.get_mut(count).filter(|_| edges != 0) {
                *cell = base + edges.trailing_zeros() as usize;
                edges &= edges - 1;
                count += 1;
            }
        }
        if count % 2 == 1 {
            all[count] = to;
        }
        &edges[..count.div_ceil(2)]
    }
}

/// The bits of a range of bytes, block by block, each block with the offset of its first byte.
#[inline(always)]
fn blocks_of(bits: &[u64], range: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
    let Range { start: from, end: to } = range;
    let (first, last) = (from / BLOCK, to.div_ceil(BLOCK));
    bits.get(first..last).unwrap_or(&[]).iter().enumerate().map(move |(number, &block)| {
        let base = (first + number) * BLOCK;
        let begun = block & u64::MAX << from.saturating_sub(base);
        (base, if to - base < BLOCK { begun & !(u64::MAX << (to - base)) } else { begun })
    })
}

/// Lines of fewer bytes are short.
const SHORT: usize = super::LONG_CHARS as usize;
/// If one of these bits of a block is a line end, all lines between two line ends of the block are short.
const BETWEEN: u64 = (1 << (SHORT + 1)) - (1 << (BLOCK - SHORT - 1));

/// Calls `each` with the first byte of the first, one past the last byte of the last, and the number of lines
/// that follow one another: one line, or several that are all short and end with an ASCII letter or digit.
pub fn ends(text: &str, mut each: impl FnMut(usize, usize, usize)) {
    dispatch!(*LEVEL, simd => walk_ends(simd, text.as_bytes(), &mut each));
}

#[inline(always)]
fn walk_ends<S: Simd>(simd: S, bytes: &[u8], each: &mut impl FnMut(usize, usize, usize)) {
    let mut start = 0;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    // The last line may have no end of its own.
    if bytes.last().is_some_and(|byte| *byte != b'\n') {
        last[rest.len()] = b'\n';
    }
    // 1 if the last byte of the previous block is a letter or digit.
    let mut is_after_alnum = 0;
    for (number, block) in blocks.iter().chain([&last]).enumerate() {
        let Kinds { newline: mut ends, lower, upper, digit, .. } = Kinds::of(simd, block);
        let alnum = lower | upper | digit;
        let after_alnum = alnum << 1 | is_after_alnum;
        is_after_alnum = alnum >> (BLOCK - 1);
        let base = number * BLOCK;
        let first = base + ends.trailing_zeros() as usize;
        let are_short = first - start < SHORT && (ends & BETWEEN != 0 || ends.count_ones() == 1);
        if ends & !after_alnum == 0 && ends != 0 && are_short {
            let end = base + BLOCK - 1 - ends.leading_zeros() as usize;
            each(start, end, ends.count_ones() as usize);
            start = end + 1;
            continue;
        }
        while ends != 0 {
            let end = base + ends.trailing_zeros() as usize;
            each(start, end, 1);
            start = end + 1;
            ends &= ends - 1;
        }
    }
}

/// Calls `each` with the first byte of each line, one past its last byte, and its counts. A line end at the
/// end of the text starts no further line. Writes where phrases may begin into `begins`.
///
/// Each span of `skipped`, whole lines without the line end of the last, counts as one line, without counts.
/// The spans must be in order, with a line before, between and after them.
pub fn lines(
    text: &str,
    begins: &mut Begins,
    mut skipped: impl Iterator<Item = Range<usize>>,
    mut each: impl FnMut(usize, usize, Option<Counts>),
) {
    lines_at(Level::new(), text.as_bytes(), begins, &mut skipped, &mut each);
}

fn lines_at(
    level: Level,
    bytes: &[u8],
    begins: &mut Begins,
    skipped: &mut impl Iterator<Item = Range<usize>>,
    each: &mut impl FnMut(usize, usize, Option<Counts>),
) {
    dispatch!(level, simd => walk(simd, bytes, begins, skipped, each));
}

#[inline(always)]
fn walk<S: Simd>(
    simd: S,
    bytes: &[u8],
    Begins { phrases, words }: &mut Begins,
    skipped: &mut impl Iterator<Item = Range<usize>>,
    each: &mut impl FnMut(usize, usize, Option<Counts>),
) {
    for bits in [&mut *phrases, &mut *words] {
        bits.clear();
        bits.resize(bytes.len() / BLOCK + 1, 0);
    }
    let mut counts = Counts::default();
    let mut start: usize = 0;
    // Whether a word is open, whether a sentence ended, and whether a space followed its end.
    let (mut word, mut ended, mut parted) = (false, false, false);
    // 1 if the last byte of the previous block is a letter or digit.
    let mut is_after_alnum = 0;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let mut next_skipped = skipped.next();
    let mut number = 0;
    'blocks: while number <= blocks.len() {
        let block = blocks.get(number).unwrap_or(&last);
        let kinds = Kinds::of(simd, block);
        let Kinds {
            newline,
            wide,
            going_on,
            lower,
            upper,
            digit,
            space,
            stop,
            quote,
            bar,
            comma,
            colon,
            b,
            y,
        } = kinds;
        // The byte before the block may be a space, and the byte after it a `y`.
        let by = b & (y >> 1 | 1 << (BLOCK - 1)) & (space << 1 | 1);
        let path = (bar | colon) & (space << 1 | 1);
        let alnum = lower | upper | digit;
        let inside = alnum & (alnum << 1 | is_after_alnum);
        is_after_alnum = alnum >> (BLOCK - 1);
        phrases[number] = !(inside | space | newline | going_on);
        words[number] = alnum | wide;
        let in_word = carries(!(space | newline), alnum, &mut word);
        let after_stop = carries(stop | space | quote, stop, &mut ended);
        let after_gap = carries(space | quote, space & after_stop, &mut parted);
        let (begin, title) = (alnum & !in_word, upper & !in_word);
        let breaks = (upper | digit) & after_gap;
        let mut from = !(u64::MAX << start.saturating_sub(number * BLOCK).min(BLOCK - 1));
        let mut ends = newline & !from;
        loop {
            // The bits of this line, up to but not including its end.
            let end = ends & ends.wrapping_neg();
            let line = end.wrapping_sub(1) & !from;
            counts.lower += (lower & line).count_ones();
            counts.upper += (upper & line).count_ones();
            counts.digits += (digit & line).count_ones();
            counts.words += (begin & line).count_ones();
            counts.capitals += (title & line).count_ones();
            counts.commas += (comma & line).count_ones();
            counts.bars += (bar & line).count_ones();
            counts.breaks += (breaks & line).count_ones();
            counts.is_non_ascii |= wide & line != 0;
            counts.may_by |= by & line != 0;
            counts.may_path |= path & line != 0;
            if end == 0 {
                break;
            }
            let stop = number * BLOCK + end.trailing_zeros() as usize;
            each(start, stop, Some(counts));
            (start, counts) = (stop + 1, Counts::default());
            if let Some(lines) = next_skipped.take_if(|lines| lines.start == start) {
                each(lines.start, lines.end, None);
                next_skipped = skipped.next();
                // Continues after the line end, where nothing is open.
                start = lines.end + 1;
                number = start / BLOCK;
                (word, ended, parted) = (false, false, false);
                let before = (number * BLOCK).checked_sub(1).map(|at| bytes[at].is_ascii_alphanumeric());
                is_after_alnum = u64::from(before == Some(true));
                continue 'blocks;
            }
            from = end | end.wrapping_sub(1);
            ends &= !end;
        }
        number += 1;
    }
    if start < bytes.len() {
        each(start, bytes.len(), Some(counts));
    }
}

/// What is open at a place in a line: whether a word is, whether a sentence ended, and whether a space
/// followed its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open {
    pub word: bool,
    pub ended: bool,
    pub parted: bool,
}

/// Counts what is in the ASCII bytes at the start of `bytes`, at most a block of them, and returns their
/// number, too. `open` is what is open before these bytes; it is updated to what is open after them.
pub fn run(bytes: &[u8], open: &mut Open) -> (Counts, usize) {
    dispatch!(*LEVEL, simd => run_at(simd, bytes, open))
}

#[inline(always)]
fn run_at<S: Simd>(simd: S, bytes: &[u8], open: &mut Open) -> (Counts, usize) {
    let mut padded = [0; BLOCK];
    let block = match bytes.first_chunk::<BLOCK>() {
        Some(block) => block,
        None => {
            padded[..bytes.len()].copy_from_slice(bytes);
            &padded
        }
    };
    let Kinds { newline, wide, lower, upper, digit, space, stop, quote, bar, comma, .. } =
        Kinds::of(simd, block);
    let length = bytes.len().min(wide.trailing_zeros() as usize).min(BLOCK);
    let run = 1u64.checked_shl(length as u32).unwrap_or(0).wrapping_sub(1);
    let alnum = lower | upper | digit;
    let Open { word, ended, parted } = open;
    let in_word = carries(!(space | newline), alnum, word);
    let after_stop = carries(stop | space | quote, stop, ended);
    let after_gap = carries(space | quote, space & after_stop, parted);
    if length < BLOCK {
        for (is_open, mask) in [(word, in_word), (ended, after_stop), (parted, after_gap)] {
            *is_open = mask >> length & 1 == 1;
        }
    }
    let count = |mask: u64| (mask & run).count_ones();
    let counts = Counts {
        lower: count(lower),
        upper: count(upper),
        digits: count(digit),
        words: count(alnum & !in_word),
        capitals: count(upper & !in_word),
        commas: count(comma),
        bars: count(bar),
        breaks: count((upper | digit) & after_gap),
        ..Counts::default()
    };
    (counts, length)
}

/// Marks each bit that directly follows a bit of a run. A run starts at a bit of `from` and continues through
/// adjacent bits of `through`, which holds all bits of `from`. The result is the carries of an addition.
/// `open` says whether a run comes from the previous block; it is updated to whether one continues in the
/// next.
#[inline(always)]
fn carries(through: u64, from: u64, open: &mut bool) -> u64 {
    let (sum, first) = through.overflowing_add(from);
    let (sum, second) = sum.overflowing_add(u64::from(*open));
    *open = first | second;
    sum ^ through ^ from
}

/// Bitmasks of the bytes of a block, by kind.
struct Kinds {
    newline: u64,
    /// Bytes beyond ASCII.
    wide: u64,
    /// Bytes beyond ASCII that are not the first byte of a character.
    going_on: u64,
    lower: u64,
    upper: u64,
    digit: u64,
    space: u64,
    stop: u64,
    quote: u64,
    bar: u64,
    comma: u64,
    colon: u64,
    b: u64,
    y: u64,
}

impl Kinds {
    #[inline(always)]
    fn of<S: Simd>(simd: S, block: &[u8; BLOCK]) -> Self {
        let bytes = u8x64::from_slice(simd, block);
        let is = |byte: u8| bytes.simd_eq(u8x64::splat(simd, byte));
        let range = |first: u8, last: u8| {
            bytes.simd_ge(u8x64::splat(simd, first)) & bytes.simd_le(u8x64::splat(simd, last))
        };
        let bits = |mask: mask8x64<S>| mask.to_bitmask();
        Self {
            newline: bits(is(b'\n')),
            wide: bits(bytes.simd_ge(u8x64::splat(simd, 0x80))),
            going_on: bits(range(0x80, 0xbf)),
            lower: bits(range(b'a', b'z')),
            upper: bits(range(b'A', b'Z')),
            digit: bits(range(b'0', b'9')),
            space: bits(is(b' ')),
            stop: bits(is(b'.') | is(b'!') | is(b'?')),
            quote: bits(is(b'"') | range(b'\'', b')') | is(b'[') | is(b']')),
            bar: bits(is(b'|') | is(b'/') | is(b'>')),
            comma: bits(is(b',')),
            colon: bits(is(b':')),
            b: bits(is(b'b')),
            y: bits(is(b'y')),
        }
    }
}
