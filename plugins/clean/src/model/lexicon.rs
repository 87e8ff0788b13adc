//! What the words of a line speak for: main text, or what stands around it. Each word has a weight of its own, learned from labelled pages; a
//! line has the sum of those of its words. Decides nothing.
//!
//! The weights are those of a logistic regression over the words of a line as a bag, as of text classifiers since Joachims (1998);
//! `train/train.py` writes them.

use std::ops::Range;

use crate::lines::blocks::Begins;
use crate::model::words::{Edges, MOST, NONE, hash, put_hashes, words};
use crate::scan::LEVEL;
use fearless_simd::{Level, Simd, dispatch, prelude::*, u16x16, u32x16};
use textmill_plugin::error::Error;

/// Words of a line that are asked for in plain text, where 32 tell no more: F1 of unseen pages is the same.
const MOST_OF_PLAIN: usize = 12;
/// Weights are in 1/1024 logit.
const UNIT: i64 = 1024;
/// Steps of a score in a logit.
const STEPS: i64 = 8;
/// The score of a line whose words speak for nothing.
pub const NEUTRAL: u8 = 128;

/// How many weights a word has: one anywhere, the others in some places.
pub const WEIGHTS: usize = 4;
/// The weights of a word of a line: anywhere, as the first word, as the last one.
const ANYWHERE: usize = 0;
const FIRST: usize = 1;
const LAST: usize = 2;

/// Lines that are scored together.
pub const TOGETHER: usize = 16;

/// Words that are compared at once.
const LANES: usize = 16;

/// Room for the words of lines that are scored together.
pub struct Words {
    edges: Edges,
    hashes: [u32; TOGETHER * MOST + LANES],
}

impl Default for Words {
    fn default() -> Self {
        Self { edges: Edges::default(), hashes: [NONE; TOGETHER * MOST + LANES] }
    }
}

/// Words of a bucket: as many as fill a line of the machine's cache.
const SLOTS: usize = 10;
/// Where in a bucket the weights begin, two cells for each word.
const BEHIND_TAGS: usize = SLOTS;

/// Words with their weights. Whether a word is known cannot be guessed, nor where in a bucket it lies: looking it up takes no branch, and one look into
/// memory.
#[derive(Debug)]
pub struct Lexicon {
    buckets: Vec<Bucket>,
    /// Words of a line that are asked for.
    most: usize,
}

/// A bucket of the hash table: ten tags of 16 bits (another part of the hash; 0 where the slot is empty), then the four weights of each, then zeros for a
/// word that is not there.
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

    /// Names of the elements of HTML: their weights are those of the name of any block around a line, of its own, of the one around that, and of the
    /// next.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn names() -> Result<Self, Error> {
        Self::parse(include_str!("html-names.txt"))
    }

    /// Reads a word and its weights a line, 0 where one is left out; lines that begin with `# ` are comments.
    ///
    /// # Errors
    /// Where a line has another form, which the tests rule out.
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

    /// Words in so many buckets; nothing where one is too full.
    fn with_buckets(words: &[(u32, [u8; WEIGHTS])], buckets: usize) -> Option<Self> {
        let mut lexicon = Self { buckets: vec![Bucket([0; 32]); buckets], most: MOST };
        for &(hash, weights) in words {
            let Bucket(cells) = &mut lexicon.buckets[hash as usize % buckets];
            // Words that would be taken for each other need more buckets, which tell them apart.
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

    /// The scores of the lines at up to [`TOGETHER`] ranges of a text: [`NEUTRAL`], and eight steps for each logit that its words speak for main text; less
    /// where they speak against it.
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
        // Buckets are brought near all at once: each would be waited for by itself.
        let tags = hashes[..end].iter().map(|hash| self.bucket(*hash)[0]);
        std::hint::black_box(tags.fold(0, |all, tag| all | tag));
        let (mut scores, mut from) = ([NEUTRAL; TOGETHER], 0);
        for (score, end) in scores.iter_mut().zip(ends) {
            *score = self.score_of(simd, &hashes[from..], end.saturating_sub(from));
            from = end.max(from);
        }
        scores
    }

    /// The score of a line of so many words with these hashes, behind which there may be others.
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

    /// What [`Self::scores`] asks of a line, each word in its normal form with the number of its weight, for training: every word once, then the first and
    /// the last one.
    pub fn asked(&self, line: &str) -> Vec<(String, usize)> {
        let words = words(line, self.most);
        let new = words.iter().enumerate().filter(|(n, word)| !words[..*n].contains(word));
        let new = new.map(|(_, word)| (word, ANYWHERE));
        let ends =
            words.first().map(|word| (word, FIRST)).into_iter().chain(words.last().map(|word| (word, LAST)));
        // What is too long for a word is none.
        new.chain(ends).filter(|(word, _)| !word.is_empty()).map(|(word, n)| (word.clone(), n)).collect()
    }

    /// The weights of a word; zeros where it is not known.
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
        // Behind the tags other cells may look like one.
        let slot = (found | 1 << SLOTS).trailing_zeros() as usize;
        let at = BEHIND_TAGS + 2 * slot.min(SLOTS);
        let ([a, b], [c, d]) = (cells[at].to_le_bytes(), cells[at + 1].to_le_bytes());
        [a, b, c, d]
    }
}

/// The weight of a code.
#[inline(always)]
fn weight(code: u8) -> i16 {
    KEPT[usize::from(code)]
}

/// The code of a weight, where it is one of those that are kept.
fn code(kept: i16) -> Option<u8> {
    let root = u8::try_from((2 * u32::from(kept.unsigned_abs())).isqrt()).ok()?;
    Some(if kept < 0 { root.wrapping_neg() } else { root }).filter(|code| weight(*code) == kept)
}

/// The weights that are kept, half of a square each, so that small ones are told apart as well as large ones; codes above 127 are those below 0.
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

/// The part of a hash by which the words of a bucket are told apart; never 0, which is that of none.
#[inline(always)]
fn tag(hash: u32) -> u16 {
    (hash >> 16) as u16 | 1
}

/// Weights that are summed up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    sum: i32,
    /// How many there are that are none of 0.
    count: u32,
}

impl Sum {
    /// Adds a weight; 0 is none.
    #[inline]
    pub fn add(&mut self, weight: i16) {
        self.sum = self.sum.saturating_add(i32::from(weight));
        self.count += u32::from(weight != 0);
    }

    /// Adds what is summed up in another one.
    #[inline]
    pub fn add_all(&mut self, other: Self) {
        self.sum = self.sum.saturating_add(other.sum);
        self.count += other.count;
    }

    /// The sum divided by the square root of the number of words, so that long lines are not surer than they should be.
    pub fn score(self) -> u8 {
        let root = ROOTS[(self.count as usize).min(ROOTS.len() - 1)];
        let whole = UNIT << 16;
        let steps = (i64::from(self.sum) * STEPS * root + whole / 2).div_euclid(whole);
        (i64::from(NEUTRAL) + steps).clamp(0, 255) as u8
    }
}

/// One divided by the square root of each number, in parts of 65536: the same on every machine.
static ROOTS: [i64; 256] = {
    let mut roots = [0; 256];
    let mut n = 1;
    while n < roots.len() {
        roots[n] = ((1u64 << 32) / n as u64).isqrt() as i64;
        n += 1;
    }
    roots
};

/// The mean score of so many rows.
pub fn mean(sum: u32, rows: usize) -> u8 {
    u64::from(sum).checked_div(rows as u64).map_or(NEUTRAL, |mean| mean.min(255) as u8)
}

/// The mean scores of the rows from `from` to before `to` as seen from each row, fewer than 24, given their sums as `Sums::window` has them. Beyond the page
/// all scores are [`NEUTRAL`].
pub fn means(level: Level, (upper, lower): (&[u32], &[u32]), (from, to): (isize, isize), cells: &mut [u8]) {
    let (count, most) = (cells.len(), to - from);
    dispatch!(level, simd => means_within(simd, (upper, lower), most as u32, cells));
    // Near the ends of the page fewer rows are there.
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
    // A product in place of a division: exact for sums of bytes, for these are less than 255 times 24.
    const BITS: u32 = 22;
    let part = (1u32 << BITS).div_ceil(rows);
    for (cell, (upper, lower)) in cells.iter_mut().zip(upper.iter().zip(lower)) {
        *cell = (upper.wrapping_sub(*lower).wrapping_mul(part) >> BITS) as u8;
    }
}

/// Whether none of the words of a line before the `n`th, which has this hash, has it, too.
#[inline(always)]
fn is_first<S: Simd>(simd: S, hashes: &[u32], n: usize, hash: u32) -> bool {
    let hash = u32x16::splat(simd, hash);
    let (mut from, mut some) = (0, hashes);
    loop {
        let equal = u32x16::from_slice(simd, &some[..LANES]).simd_eq(hash).to_bitmask();
        // Equal words behind the `n`th, and those of the lines behind this one, do not count.
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
