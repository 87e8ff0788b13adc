//! Scores lines by their words: whether they suggest main text or what surrounds it. Each word has weights
//! learned from labelled pages; a line is scored by the sum of the weights of its words. Decides nothing.
//!
//! The weights are those of a logistic regression over a line as a bag of words, as in text classifiers since
//! Joachims (1998); `train/train.py` writes them.

use std::ops::Range;

use crate::lines::blocks::Begins;
use crate::model::words::{Edges, MOST, NONE, hash, put_hashes, words};
use crate::scan::LEVEL;
use fearless_simd::{Level, Simd, dispatch, prelude::*, u16x16, u32x16};
use textmill_plugin::error::Error;

/// Most words of a line that are looked up in plain text. Looking up 12 or 32 gains nothing: F1 on unseen
/// pages is the same.
const MOST_OF_PLAIN: usize = 8;
/// Weights are in 1/1024 logit.
const UNIT: i64 = 1024;
/// Steps of a score per logit.
const STEPS: i64 = 8;
/// The score of a line whose words suggest nothing.
pub const NEUTRAL: u8 = 128;

/// Number of weights of a word: one for any place, the others for particular places.
pub const WEIGHTS: usize = 4;
/// Indices of the weights for a word of a line: anywhere, as the first word, as the last word.
const ANYWHERE: usize = 0;
const FIRST: usize = 1;
const LAST: usize = 2;

/// Lines that are scored together.
pub const TOGETHER: usize = 16;

/// Words that are compared at once.
const LANES: usize = 16;

/// Scratch buffers for the words of lines that are scored together.
pub struct Words {
    edges: Edges,
    hashes: [u32; TOGETHER * MOST + LANES],
}

impl Default for Words {
    fn default() -> Self {
        Self { edges: Edges::default(), hashes: [NONE; TOGETHER * MOST + LANES] }
    }
}

/// Words of a bucket: as many as fit into a cache line.
const SLOTS: usize = 10;
/// Index in a bucket of the first weight; the weights of a word take two cells.
const BEHIND_TAGS: usize = SLOTS;

/// Words with their weights. Whether a word is known, and in which slot of a bucket, is unpredictable: a
/// lookup takes no branch and touches one cache line.
#[derive(Debug)]
pub struct Lexicon {
    buckets: Vec<Bucket>,
    /// Most words of a line that are looked up.
    most: usize,
}

/// A bucket of the hash table: ten tags of 16 bits (another part of the hash; 0 in an empty slot), then the
/// four weights of each word, then zeros, which are the weights of an unknown word.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Bucket([u16; 32]);

impl Lexicon {
    /// The lexicon for plain text.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn plain() -> Result<Self, Error> {
        Ok(Self { most: MOST_OF_PLAIN, ..Self::parse(include_str!("plain-words.txt"))? })
    }

    /// The lexicon for HTML.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn html() -> Result<Self, Error> {
        Self::parse(include_str!("html-words.txt"))
    }

    /// The lexicon for names of HTML elements. The four weights of a name are for any block around a line,
    /// for its own block, for the block around that, and for the next block outwards.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn names() -> Result<Self, Error> {
        Self::parse(include_str!("html-names.txt"))
    }

    /// Parses lines that have a word and its weights; omitted weights are 0. Lines that begin with `# ` are
    /// comments.
    ///
    /// # Errors
    /// If a line has another form, which the tests rule out.
    pub fn parse(weights: &str) -> Result<Self, Error> {
        let mut words = Vec::new();
        for line in weights.lines().filter(|line| !line.starts_with("# ")) {
            let mut parts = line.split(' ');
            let (word, mut weights) = (parts.next().unwrap_or_default(), [0u8; WEIGHTS]);
            for (n, part) in parts.enumerate() {
                let code = part.parse().ok().and_then(code);
                let cell = weights.get_mut(n).zip(code);
                let (cell, code) =
                    cell.ok_or_else(|| format!("`{line}` is no word with weights of those that are kept"))?;
                *cell = code;
            }
            let hash = hash(word.as_bytes());
            if hash == NONE {
                return Err(format!("`{line}` begins with no word").into());
            }
            words.push((hash, weights));
        }
        words.sort_unstable();
        if words.windows(2).any(|two| two[0].0 == two[1].0) {
            return Err("a word stands twice, or two have one hash".into());
        }
        let buckets = words.len().div_ceil(SLOTS).next_power_of_two();
        let made = (0..5).find_map(|doublings| Self::with_buckets(&words, buckets << doublings));
        Ok(made.ok_or("the words of a lexicon fit into no buckets")?)
    }

    /// A lexicon with `buckets` buckets; `None` if one is too full.
    fn with_buckets(words: &[(u32, [u8; WEIGHTS])], buckets: usize) -> Option<Self> {
        let mut lexicon = Self { buckets: vec![Bucket([0; 32]); buckets], most: MOST };
        for &(hash, weights) in words {
            let Bucket(cells) = &mut lexicon.buckets[hash as usize % buckets];
            // Words with the same tag cannot be told apart in a bucket; more buckets separate them.
            let slot = cells[..SLOTS].iter().position(|other| *other == tag(hash) || *other == 0)?;
            if cells[slot] != 0 {
                return None;
            }
            cells[slot] = tag(hash);
            let [a, b, c, d] = weights;
            let at = BEHIND_TAGS + 2 * slot;
            (cells[at], cells[at + 1]) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        }
        Some(lexicon)
    }

    /// The scores of the lines at up to [`TOGETHER`] ranges of a text: [`NEUTRAL`], plus eight steps for each
    /// logit by which their words suggest main text, or minus as many if they suggest the opposite.
    pub fn scores(
        &self,
        text: &str,
        ranges: impl Iterator<Item = Range<usize>>,
        begins: &Begins,
        words: &mut Words,
    ) -> [u8; TOGETHER] {
        dispatch!(*LEVEL, simd => self.scores_at(simd, text, ranges, begins, words))
    }

    #[inline(always)]
    fn scores_at<S: Simd>(
        &self,
        simd: S,
        text: &str,
        ranges: impl Iterator<Item = Range<usize>>,
        begins: &Begins,
        Words { edges, hashes }: &mut Words,
    ) -> [u8; TOGETHER] {
        let (mut ends, mut end) = ([0; TOGETHER], 0);
        for (cell, range) in ends.iter_mut().zip(ranges) {
            end += put_hashes(text, range, begins, edges, &mut hashes[end..][..self.most]);
            *cell = end;
        }
        // Prefetches all buckets in one go, so that their cache misses overlap.
        let tags = hashes[..end].iter().map(|hash| self.bucket(*hash)[0]);
        std::hint::black_box(tags.fold(0, |all, tag| all | tag));
        let (mut scores, mut from) = ([NEUTRAL; TOGETHER], 0);
        for (score, end) in scores.iter_mut().zip(ends) {
            *score = self.score_of(simd, &hashes[from..], end.saturating_sub(from));
            from = end.max(from);
        }
        scores
    }

    /// The score of a line of `count` words with these hashes; other hashes may follow them.
    #[inline(always)]
    fn score_of<S: Simd>(&self, simd: S, hashes: &[u32], count: usize) -> u8 {
        let words = hashes.get(..count).unwrap_or(&[]);
        let [Some(&first), Some(&last)] = [words.first(), words.last()] else { return NEUTRAL };
        let mut sum = Sum::default();
        for (n, &hash) in words.iter().enumerate() {
            let code = self.codes_at(simd, hash)[ANYWHERE];
            sum.add(weight(if is_first(simd, hashes, n, hash) { code } else { 0 }));
        }
        sum.add(weight(self.codes_at(simd, first)[FIRST]));
        sum.add(weight(self.codes_at(simd, last)[LAST]));
        sum.score()
    }

    /// The words that [`Self::scores`] looks up for a line, for training. Each comes in normal form with the
    /// index of its weight: every distinct word once, then the first and the last one.
    pub fn asked(&self, line: &str) -> Vec<(String, usize)> {
        let words = words(line, self.most);
        let new = words.iter().enumerate().filter(|(n, word)| !words[..*n].contains(word));
        let new = new.map(|(_, word)| (word, ANYWHERE));
        let ends =
            words.first().map(|word| (word, FIRST)).into_iter().chain(words.last().map(|word| (word, LAST)));
        // A word that is too long is empty, and does not count.
        new.chain(ends).filter(|(word, _)| !word.is_empty()).map(|(word, n)| (word.clone(), n)).collect()
    }

    /// The weights of the word with this hash; zeros if it is unknown.
    pub fn weights(&self, hash: u32) -> [i16; WEIGHTS] {
        dispatch!(*LEVEL, simd => self.codes_at(simd, hash)).map(weight)
    }

    #[inline(always)]
    fn bucket(&self, hash: u32) -> &[u16; 32] {
        &self.buckets[hash as usize & (self.buckets.len() - 1)].0
    }

    #[inline(always)]
    fn codes_at<S: Simd>(&self, simd: S, hash: u32) -> [u8; WEIGHTS] {
        let cells = self.bucket(hash);
        let tags = u16x16::from_slice(simd, &cells[..16]);
        let found = tags.simd_eq(u16x16::splat(simd, tag(hash))).to_bitmask();
        // Cells after the tags may equal a tag by chance.
        let slot = (found | 1 << SLOTS).trailing_zeros() as usize;
        let at = BEHIND_TAGS + 2 * slot.min(SLOTS);
        let ([a, b], [c, d]) = (cells[at].to_le_bytes(), cells[at + 1].to_le_bytes());
        [a, b, c, d]
    }
}

/// The weight that has this code.
#[inline(always)]
fn weight(code: u8) -> i16 {
    KEPT[usize::from(code)]
}

/// The code of a weight; `None` if the weight is not in [`KEPT`].
fn code(kept: i16) -> Option<u8> {
    let root = u8::try_from((2 * u32::from(kept.unsigned_abs())).isqrt()).ok()?;
    Some(if kept < 0 { root.wrapping_neg() } else { root }).filter(|code| weight(*code) == kept)
}

/// The weights by their codes: half of a square each, so that small weights are told apart as well as large
/// ones. Codes above 127 are negative weights.
static KEPT: [i16; 256] = {
    let mut kept = [0; 256];
    let mut root = 1;
    while root < 128 {
        kept[root] = (root * root).div_ceil(2) as i16;
        kept[256 - root] = -kept[root];
        root += 1;
    }
    kept
};

/// The part of a hash that tells the words of a bucket apart; never 0, which marks an empty slot.
#[inline(always)]
fn tag(hash: u32) -> u16 {
    (hash >> 16) as u16 | 1
}

/// A sum of weights.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    sum: i32,
    /// How many of the weights are not 0.
    count: u32,
}

impl Sum {
    /// Adds a weight; one of 0 does not count.
    #[inline]
    pub fn add(&mut self, weight: i16) {
        self.sum = self.sum.saturating_add(i32::from(weight));
        self.count += u32::from(weight != 0);
    }

    /// Adds the weights of another sum.
    #[inline]
    pub fn add_all(&mut self, other: Self) {
        self.sum = self.sum.saturating_add(other.sum);
        self.count += other.count;
    }

    /// The score: the sum divided by the square root of the number of weights, so that long lines are not
    /// scored with too much confidence.
    pub fn score(self) -> u8 {
        let root = ROOTS[(self.count as usize).min(ROOTS.len() - 1)];
        let whole = UNIT << 16;
        let steps = (i64::from(self.sum) * STEPS * root + whole / 2).div_euclid(whole);
        (i64::from(NEUTRAL) + steps).clamp(0, 255) as u8
    }
}

/// The reciprocal square root of each index, in parts of 65536. Integers, so that it is the same on every
/// machine.
static ROOTS: [i64; 256] = {
    let mut roots = [0; 256];
    let mut n = 1;
    while n < roots.len() {
        roots[n] = ((1u64 << 32) / n as u64).isqrt() as i64;
        n += 1;
    }
    roots
};

/// The mean score of `rows` rows, given their sum.
pub fn mean(sum: u32, rows: usize) -> u8 {
    u64::from(sum).checked_div(rows as u64).map_or(NEUTRAL, |mean| mean.min(255) as u8)
}

/// The mean score of the rows from `from` to before `to` relative to each row, fewer than 24, given their
/// sums as `Sums::window` returns them. Rows beyond the page count as [`NEUTRAL`].
pub fn means(level: Level, (upper, lower): (&[u32], &[u32]), (from, to): (isize, isize), cells: &mut [u8]) {
    let (count, most) = (cells.len(), to - from);
    dispatch!(level, simd => means_within(simd, (upper, lower), most as u32, cells));
    // Windows near the ends of the page have fewer rows.
    let above = from.min(0).unsigned_abs().min(count);
    let below = count.saturating_sub(to.max(1).unsigned_abs() - 1).max(above);
    for row in (0..above).chain(below..count) {
        let at = |shift: isize| row.saturating_add_signed(shift).min(count);
        let beyond = most.unsigned_abs() - (at(to) - at(from));
        let sum = upper[row] - lower[row] + u32::from(NEUTRAL) * beyond as u32;
        cells[row] = mean(sum, most.unsigned_abs());
    }
}

#[inline(always)]
fn means_within<S: Simd>(_: S, (upper, lower): (&[u32], &[u32]), rows: u32, cells: &mut [u8]) {
    // A multiplication instead of a division: exact for sums of fewer than 24 bytes, which are below 255
    // times 24.
    const BITS: u32 = 22;
    let part = (1u32 << BITS).div_ceil(rows);
    for (cell, (upper, lower)) in cells.iter_mut().zip(upper.iter().zip(lower)) {
        *cell = (upper.wrapping_sub(*lower).wrapping_mul(part) >> BITS) as u8;
    }
}

/// Whether the `n`th word of a line, whose hash is `hash`, is the first one with that hash.
#[inline(always)]
fn is_first<S: Simd>(simd: S, hashes: &[u32], n: usize, hash: u32) -> bool {
    let hash = u32x16::splat(simd, hash);
    let (mut from, mut some) = (0, hashes);
    loop {
        let equal = u32x16::from_slice(simd, &some[..LANES]).simd_eq(hash).to_bitmask();
        // Equal hashes after the `n`th, and those of the lines that follow, do not count.
        let place = from + equal.trailing_zeros() as usize;
        if place < from + LANES || n < from + LANES {
            return place >= n;
        }
        (from, some) = (from + LANES, &some[LANES..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(lexicon: &Lexicon, line: &str) -> u8 {
        lexicon.scores(line, std::iter::once(0..line.len()), &Begins::of(line), &mut Words::default())[0]
    }

    #[test]
    fn the_lexicons_are_read() {
        for lexicon in [Lexicon::plain(), Lexicon::html(), Lexicon::names()] {
            assert!(lexicon.unwrap().buckets.iter().any(|Bucket(cells)| cells[0] != 0));
        }
        for bad in ["ferry x", "ferry 1 2 3 4 5", "ferry 3", "ferry 1\nferry 2", " 1"] {
            assert!(Lexicon::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn training_counts_in_the_same_units() {
        let line = format!("UNIT, STEPS, NEUTRAL = {UNIT}, {STEPS}, {NEUTRAL}");
        assert!(include_str!("../../train/lexicon.py").lines().any(|own| own == line), "{line}");
    }

    #[test]
    fn weights_have_codes() {
        let kept: Vec<i16> = (i16::MIN..=i16::MAX).filter(|weight| code(*weight).is_some()).collect();
        assert!(kept.iter().all(|kept| code(*kept).map(weight) == Some(*kept)));
        assert_eq!((kept.len(), kept[0], kept[126..=129].to_vec()), (255, -8065, vec![-1, 0, 1, 2]));
    }

    #[test]
    fn words_speak_for_a_line() {
        let lexicon =
            Lexicon::parse("# words\nferry 1013\nmenu -2048 0 -1013\nshe 512 1013\n0000 -512").unwrap();
        assert_eq!(scored(&lexicon, "Nobody knows these"), NEUTRAL);
        assert_eq!(scored(&lexicon, ""), NEUTRAL);
        assert_eq!(scored(&lexicon, "The ferry"), NEUTRAL + 8);
        assert_eq!(scored(&lexicon, "FERRY, ferry"), NEUTRAL + 8);
        // Two weights count for less than their sum: 12 / sqrt(2).
        assert_eq!(scored(&lexicon, "The ferry and she"), NEUTRAL + 8);
        assert_eq!(scored(&lexicon, "menu of words"), NEUTRAL - 16);
        assert_eq!(scored(&lexicon, "a menu"), NEUTRAL - 17);
        assert_eq!(scored(&lexicon, "She left"), NEUTRAL + 8);
        assert_eq!(scored(&lexicon, "when she left"), NEUTRAL + 4);
        assert_eq!(scored(&lexicon, "in 1987"), NEUTRAL - 4);
        for most in [3, MOST] {
            let lexicon = Lexicon { most, ..Lexicon::parse("ferry 1013").unwrap() };
            let line = |before: usize| format!("{}ferry", "a ".repeat(before));
            assert_eq!(scored(&lexicon, &line(most - 1)), NEUTRAL + 8);
            assert_eq!(scored(&lexicon, &line(most)), NEUTRAL);
        }
    }

    #[test]
    fn means_end_with_the_page() {
        let mut sums = crate::model::sums::Sums::default();
        let sums = sums.of(3, [130, 128, 140].into_iter());
        let mut cells = [0; 3];
        means(Level::new(), sums.window(-1, 2), (-1, 2), &mut cells);
        // 2 and 0 of three, 2, 0 and 12, 0 and 12.
        assert_eq!(cells, [128, 132, 132]);
        assert_eq!(mean(sums.all(), 3), 132);
        assert_eq!((mean(0, 0), mean(0, 4), mean(127, 1)), (128, 0, 127));
    }

    #[test]
    fn means_are_those_of_their_rows() {
        let mut room = crate::model::sums::Sums::default();
        for count in [0usize, 1, 5, 20, 21, 22, 100] {
            let scores: Vec<u8> =
                (0..count).map(|n| if n % 3 == 0 { 255 } else { (n * n * 37 % 256) as u8 }).collect();
            let sums = room.of(count, scores.iter().map(|score| u32::from(*score)));
            for (from, to) in [(-4, 5), (-10, 11), (-6, 0), (1, 7)] {
                let mut cells = vec![0; count];
                means(Level::new(), sums.window(from, to), (from, to), &mut cells);
                for (row, cell) in cells.iter().enumerate() {
                    let scores = (from..to).map(|shift| {
                        let there = row.checked_add_signed(shift).and_then(|row| scores.get(row));
                        usize::from(there.copied().unwrap_or(NEUTRAL))
                    });
                    assert_eq!(
                        usize::from(*cell),
                        scores.sum::<usize>() / (to - from) as usize,
                        "{count} {row} {from}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_asked_is_what_scores() {
        let line = "The ferry, the swan and the";
        let lexicon = Lexicon::parse("the 98 200 288\nferry 1013\nswan 421 512 613").unwrap();
        let all = lexicon.asked(line);
        let words: Vec<(&str, usize)> = all.iter().map(|(word, n)| (word.as_str(), *n)).collect();
        assert_eq!(words, [("the", 0), ("ferry", 0), ("swan", 0), ("and", 0), ("the", FIRST), ("the", LAST)]);
        let mut sum = Sum::default();
        all.iter().for_each(|(word, n)| sum.add(lexicon.weights(hash(word.as_bytes()))[*n]));
        assert_eq!(sum.score(), scored(&lexicon, line));
    }
}
