//! A small hash for lookups inside one call. Never for anything that leaves the process, and never where the
//! order of a map could be seen.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::ops::Range;
use std::sync::LazyLock;

/// A map with the small hash, for lookups only: do not iterate over it.
pub type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Multiplies and rotates, eight bytes per step.
#[derive(Default)]
pub struct Quick(u64);

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        // The map takes its bucket from the low bits and its tag from the high ones.
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((chunk, after)) = rest.split_first_chunk::<8>().filter(|(_, after)| !after.is_empty())
        {
            self.write_u64(u64::from_le_bytes(*chunk));
            rest = after;
        }
        // The last eight bytes, which may overlap those before, or all if there are fewer; then the length.
        let last = match (bytes.last_chunk::<8>(), rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
            (Some(last), ..) => u64::from_le_bytes(*last),
            (None, Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
            }
            _ => rest.iter().fold(0, |word, &b| word << 8 | u64::from(b)),
        };
        self.write_u64(last);
        self.write_u64(bytes.len() as u64);
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MIX);
    }
}

/// The hash of `bytes`.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = Quick::default();
    hasher.write(bytes);
    hasher.finish()
}

/// Number of words that are hashed at a time.
pub const WORDS: usize = 4;
const PIECE: usize = 8 * WORDS;

/// Hashes spans of text with secret keys, so that nobody can make a text whose lines collide and slow down
/// hash tables.
#[derive(Clone, Copy)]
pub struct Keyed(&'static [u64; WORDS]);

impl Keyed {
    /// A hasher with the keys of this process.
    pub fn new() -> Self {
        static KEYS_OF_PROCESS: LazyLock<[u64; WORDS]> = LazyLock::new(|| {
            let state = RandomState::new();
            // Leaves the bytes that keep factors from being zero as they are.
            std::array::from_fn(|n| KEYS[n] ^ state.hash_one(n) & !(0xff << FIXED[n]))
        });
        Self(&KEYS_OF_PROCESS)
    }

    /// A hash of the bytes of a span; zeros at its end do not change it. Spans of up to 32 bytes take no
    /// branch on their length: most lines are short, and their lengths are unpredictable.
    #[inline]
    pub fn hash(self, bytes: &[u8], span: Range<usize>) -> u64 {
        let (mut start, mut hash) = (span.start, 0);
        while span.end - start > PIECE {
            hash = join(hash, self.hash_of_words(&words_of(bytes, start..start + PIECE)));
            start += PIECE;
        }
        join(hash, self.hash_of_words(&words_of(bytes, start..span.end)))
    }

    /// A hash of one piece.
    #[inline]
    fn hash_of_words(self, words: &[u64; WORDS]) -> u64 {
        let word = |n: usize| words[n] ^ self.0[n];
        let mix = |a: u64, b: u64| {
            let product = u128::from(a) * u128::from(b);
            (product >> 64) as u64 ^ product as u64
        };
        mix(word(0), word(1)) ^ mix(word(2), word(3)).rotate_left(32)
    }
}

/// Each key has a byte `0xff`, which does not occur in text, so that no factor is zero.
const KEYS: [u64; WORDS] =
    [0xff51_afd7_ed55_8ccd, 0xc4ff_b9fe_1a85_ec53, 0x9e37_ff79_b97f_4a7c, 0xbf58_47ff_e4e5_b9f9];
/// The offset of that byte in each key, in bits.
const FIXED: [u32; WORDS] = [56, 48, 40, 32];

/// The first bytes of a span as words, padded with zeros.
#[inline]
pub fn words_of(bytes: &[u8], span: Range<usize>) -> [u64; WORDS] {
    let masks = &MASKS[span.len().min(PIECE)];
    let words = |piece: &[u8; PIECE]| {
        let (words, _) = piece.as_chunks::<8>();
        std::array::from_fn(|n| u64::from_le_bytes(words[n]) & masks[n])
    };
    match bytes.get(span.start..).and_then(|rest| rest.first_chunk()) {
        Some(piece) => words(piece),
        None => {
            let mut piece = [0; PIECE];
            let rest = bytes.get(span).into_iter().flatten();
            rest.zip(&mut piece).for_each(|(byte, cell)| *cell = *byte);
            words(&piece)
        }
    }
}

#[inline]
fn join(hash: u64, next: u64) -> u64 {
    hash.wrapping_mul(MIX).rotate_left(29) ^ next
}

/// Bitmasks of the first `n` bytes of four words, indexed by `n`.
static MASKS: [[u64; WORDS]; PIECE + 1] = {
    let mut masks = [[0; WORDS]; PIECE + 1];
    let mut length = 0;
    while length <= PIECE {
        let mut byte = 0;
        while byte < length {
            masks[length][byte / 8] |= 0xff << (byte % 8 * 8);
            byte += 1;
        }
        length += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn spans_of_the_same_bytes_have_one_hash() {
        let text: Vec<u8> = (0..180).map(|n| b'a' + n % 90 % 26 + n % 90 / 26).chain(0..90).collect();
        let keyed = Keyed::new();
        let hash_of = |text: &[u8], span: Range<usize>| keyed.hash(text, span);
        for length in 0..90 {
            let one = hash_of(&text, 0..length);
            assert_eq!(hash_of(&text, 90..90 + length), one);
            // No bytes follow the span at the end of a text.
            assert_eq!(hash_of(&text[..length], 0..length), one);
        }
        let all: HashSet<u64> = (0..90).map(|length| hash_of(&text, 0..length)).collect();
        let others: HashSet<u64> = (0..88).map(|at| hash_of(&text, 180 + at..183 + at)).collect();
        assert_eq!((all.len(), others.len()), (90, 88));
    }
}
