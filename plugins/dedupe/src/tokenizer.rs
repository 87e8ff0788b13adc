//! Finds the words of whole documents: the same as [`each_word`], but 64 bytes at a time. Words that are not
//! ASCII are left to [`each_word`].

use crate::normalize::{WordHash, each_word};
use multiversion::multiversion;

/// Bytes of text processed at a time. They stay in the L1 cache.
const BLOCK: usize = 2048;
/// Bytes after a block that may be read with its last word.
const PAD: usize = 16;
/// Most runs in a block, with room to write eight of their edges at a time.
const RUNS: usize = BLOCK / 2 + 8;
/// Length in bytes up to which a word is hashed without a branch.
const SHORT: usize = 16;

/// Finds the words of texts. Keeps its buffers between texts.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    /// The block in lower case.
    lower: [u8; BLOCK + PAD],
    /// Start and end of each run in the block.
    runs: [[u16; 2]; RUNS],
    /// Hashes of the words of the block.
    words: Vec<u64>,
    scratch: Vec<u8>,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self { lower: [0; BLOCK + PAD], runs: [[0; 2]; RUNS], words: Vec::new(), scratch: Vec::new() }
    }
}

impl Tokenizer {
    /// Calls `take` with the hashes of the words of `text`, in order, several at a time: of plain words if
    /// `PLAIN`, else of folded ones.
    #[inline]
    pub fn each<const PLAIN: bool>(&mut self, text: &str, mut take: impl FnMut(&[u64])) {
        let mut at = 0;
        while at < text.len() {
            at = self.block::<PLAIN>(text, at);
            take(&self.words);
        }
    }

    /// Hashes the words of `text` from `at` on, as far as a block reaches. Returns the offset after them.
    fn block<const PLAIN: bool>(&mut self, text: &str, at: usize) -> usize {
        let Self { lower, runs, words, scratch } = self;
        words.clear();
        // Folded words have no extra character: `0` is a part of words anyway.
        let sign = if PLAIN { b'_' } else { b'0' };
        let bytes = text.as_bytes();
        let end = bytes.len().min(at + BLOCK);
        let mut found = find_runs(bytes.get(at..end).unwrap_or_default(), sign, lower, runs);
        let mut next = end;
        let mut slowly = |start: usize, stop: usize, words: &mut Vec<u64>| {
            each_word::<PLAIN>(text.get(start..stop).unwrap_or_default(), scratch, |word| words.push(word));
        };
        // The last run may continue after the block.
        let last = runs.get(found.wrapping_sub(1)).filter(|_| end < bytes.len());
        if let Some([start, _]) = last.filter(|[_, stop]| usize::from(*stop) == BLOCK) {
            found -= 1;
            next = at + usize::from(*start);
            if *start == 0 {
                let rest = bytes.get(end..).unwrap_or_default();
                next = end + rest.iter().position(|byte| !is_part(*byte, sign)).unwrap_or(rest.len());
                slowly(at, next, words);
            }
        }
        for [start, stop] in runs.iter().take(found) {
            let (start, stop) = (usize::from(*start), usize::from(*stop));
            match hash(lower, start, stop - start) {
                Some(hash) => words.push(hash),
                None => slowly(at + start, at + stop, words),
            }
        }
        next
    }
}

/// The hash of a run; `None` if it is not ASCII.
#[inline]
fn hash(lower: &[u8; BLOCK + PAD], start: usize, length: usize) -> Option<u64> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    if length > SHORT {
        return long_hash(lower, start, length);
    }
    // `start` lies within the block, so that the remainder changes nothing.
    let eight = |at: usize| {
        lower.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |eight| u64::from_le_bytes(*eight))
    };
    let one = eight(start % BLOCK) & kept(length);
    let two = eight(start % BLOCK + 8) & kept(length.saturating_sub(8));
    ((one | two) & HIGH == 0).then(|| WordHash::of_short(one, two, length as u64))
}

#[cold]
fn long_hash(lower: &[u8], start: usize, length: usize) -> Option<u64> {
    lower.get(start..start + length).filter(|run| run.is_ascii()).map(WordHash::of)
}

/// A bitmask of the lowest `length` bytes, eight at most.
#[inline]
fn kept(length: usize) -> u64 {
    const KEPT: [u64; SHORT + 1] = {
        let mut kept = [u64::MAX; SHORT + 1];
        let mut length = 0;
        while length < 8 {
            kept[length] = (1 << (8 * length)) - 1;
            length += 1;
        }
        kept
    };
    KEPT.get(length).copied().unwrap_or(u64::MAX)
}

/// Whether a byte may be part of a word. Bytes that are not ASCII may.
#[inline(always)]
fn is_part(byte: u8, sign: u8) -> bool {
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    is_letter | (byte.wrapping_sub(b'0') < 10) | (byte == sign) | (byte >= 0x80)
}

/// Finds the runs of bytes that may be parts of words, and lower-cases the block. Returns the number of runs.
fn find_runs(block: &[u8], sign: u8, lower: &mut [u8; BLOCK + PAD], runs: &mut [[u16; 2]; RUNS]) -> usize {
    let mut parts = [0; BLOCK / 64];
    let mut last = [0; 64];
    let (chunks, rest) = block.as_chunks::<64>();
    look(chunks, sign, lower.as_chunks_mut().0, &mut parts);
    let whole = chunks.len();
    if let (false, Some(lower), Some(parts)) =
        (rest.is_empty(), lower.as_chunks_mut().0.get_mut(whole..), parts.get_mut(whole..))
    {
        last.iter_mut().zip(rest).for_each(|(into, from)| *into = *from);
        look(&[last], sign, lower, parts);
    }
    let count = find_edges(&parts, runs.as_flattened_mut());
    count / 2
}

/// Lower-cases chunks and writes a bitmask of the bytes that may be parts of words. The compiler vectorises
/// this; the instruction set is chosen at run time.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2", "aarch64+neon"))]
fn look(chunks: &[[u8; 64]], sign: u8, lower: &mut [[u8; 64]], parts: &mut [u64]) {
    for ((chunk, lower), parts) in chunks.iter().zip(lower).zip(parts) {
        *lower = chunk.map(|byte| byte | u8::from(byte.wrapping_sub(b'A') < 26) << 5);
        let are_parts = chunk.map(|byte| u8::from(is_part(byte, sign)));
        // Gathers the lowest bits of eight bytes in one byte.
        let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        *parts = are_parts.as_chunks().0.iter().rev().fold(0, |all, eight| all << 8 | bits(eight));
    }
}

/// Writes the offsets at which runs begin and end, alternately. Returns the number of offsets.
#[multiversion(targets("x86_64+bmi1+bmi2+lzcnt+popcnt"))]
fn find_edges(parts: &[u64; BLOCK / 64], places: &mut [u16]) -> usize {
    let (mut count, mut carry, mut base) = (0, 0, 0_u16);
    for parts in parts {
        let mut edges = parts ^ (parts << 1 | carry);
        carry = parts >> 63;
        let mut at = count;
        count += edges.count_ones() as usize;
        // Always writes eight at a time, even if fewer are left: avoids an unpredictable branch.
        while at < count {
            let Some(places) = places.get_mut(at..at + 8) else { break };
            for place in places {
                *place = base + edges.trailing_zeros() as u16;
                edges &= edges.wrapping_sub(1);
            }
            at += 8;
        }
        base += 64;
    }
    if carry == 1
        && let Some(place) = places.get_mut(count)
    {
        *place = base;
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told<const PLAIN: bool>(text: &str) -> (Vec<u64>, Vec<u64>) {
        let (mut own, mut other) = (Vec::new(), Vec::new());
        let mut tokenizer = Tokenizer::default();
        // Leftovers of an earlier text must not matter.
        tokenizer.each::<PLAIN>(&"Xy_".repeat(BLOCK), |_| ());
        tokenizer.each::<PLAIN>(text, |words| own.extend_from_slice(words));
        each_word::<PLAIN>(text, &mut Vec::new(), |word| other.push(word));
        (own, other)
    }

    fn check(text: &str) {
        for (own, other) in [told::<false>(text), told::<true>(text)] {
            assert_eq!(own, other, "{text:?}");
        }
    }

    #[test]
    fn every_ascii_character_parts_words_or_is_part_of_one() {
        for byte in 0..0x80_u8 {
            check(&format!("a{0}b é{0}ü {0}", char::from(byte)));
        }
    }

    #[test]
    fn runs_may_lie_anywhere_across_blocks() {
        for run in ["ab", "abcdefgh", "Abcdefghijklmnop", "abcdefghijklmnopqr", "naïve", "漢字漢字"] {
            for before in BLOCK - 40..BLOCK + 2 {
                let end = " ".repeat(before);
                check(&format!("{end}{run}"));
                check(&format!("{end}{run} and more"));
                check(&format!("{}{run}{end}{run}", "x-".repeat(20)));
            }
        }
    }

    #[test]
    fn runs_may_be_longer_than_blocks() {
        for length in [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 5 * BLOCK + 3] {
            for run in ["a", "Q_", "é", "漢"] {
                let run = run.repeat(length / run.len() + 1);
                check(&run);
                check(&format!("one {run} two"));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_words_are_those_of_each_word(
            pieces in prop::collection::vec(
                prop_oneof![
                    8 => "[a-zA-Z0-9]{1,20}",
                    8 => "[ ,.\n-]{1,3}",
                    1 => "[_@\\[`{/:\u{0}-\u{1f}\u{7f}]{1,3}",
                    1 => "[éÉß\u{301}漢字กА-я’“—]{1,6}",
                ],
                0..1200,
            ),
        ) {
            check(&pieces.concat());
        }
    }
}
