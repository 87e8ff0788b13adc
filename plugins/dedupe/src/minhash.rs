//! MinHash signatures: for each of 112 permutations the smallest value that any shingle takes.
//!
//! The share of equal minima estimates the Jaccard similarity of two shingle sets (Broder 1997); with 112 of them the
//! standard error is at most 0.047. A permutation is `multiplier * x + offset` modulo 2^32 with an odd multiplier: a
//! bijection, applied to shingle hashes that are already evenly spread.

use crate::normalize::mix;
use multiversion::multiversion;

/// Bands of a signature, as in FineWeb.
pub const BANDS: usize = 14;
/// Minima to a band, as in FineWeb. A pair of similarity s shares a band with probability 1 - (1 - s^8)^14, which
/// is steepest near s = (1/14)^(1/8) = 0.72.
pub const ROWS: usize = 8;
/// Minima to a signature.
pub const MINIMA: usize = BANDS * ROWS;
/// The seed of the permutations, as in FineWeb.
const SEED: u64 = 1;

/// The minima of a document's shingles.
pub type Signature = [u32; MINIMA];

/// A signature of no shingle at all.
pub const EMPTY: Signature = [u32::MAX; MINIMA];

/// Shingles that are taken in at a time; they stay in the first-level cache while the permutations pass over them.
pub const BLOCK: usize = 512;

/// The permutations.
#[derive(Clone, Debug)]
pub struct Permutations {
    multipliers: Signature,
    offsets: Signature,
}

impl Default for Permutations {
    fn default() -> Self {
        let mut state = SEED;
        let mut multipliers = [0; MINIMA];
        let mut offsets = [0; MINIMA];
        for (multiplier, offset) in multipliers.iter_mut().zip(&mut offsets) {
            *multiplier = (split_mix(&mut state) >> 32) as u32 | 1;
            *offset = (split_mix(&mut state) >> 32) as u32;
        }
        Self { multipliers, offsets }
    }
}

impl Permutations {
    /// Takes shingles into a signature.
    pub fn update(&self, signature: &mut Signature, shingles: &[u32]) {
        for block in shingles.chunks(BLOCK) {
            take_minima(signature, &self.multipliers, &self.offsets, block);
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Lanes that are worked on together: they stay in registers over a block of shingles.
const LANES: usize = 16;

/// The compiler turns the inner loop into vector code; which instructions it may use is chosen at run time.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2", "aarch64+neon"))]
fn take_minima(minima: &mut Signature, multipliers: &Signature, offsets: &Signature, shingles: &[u32]) {
    let parts = minima
        .as_chunks_mut::<LANES>()
        .0
        .iter_mut()
        .zip(multipliers.as_chunks::<LANES>().0)
        .zip(offsets.as_chunks::<LANES>().0);
    for ((minima, multipliers), offsets) in parts {
        let mut least = *minima;
        for shingle in shingles {
            for lane in 0..LANES {
                let value = multipliers[lane].wrapping_mul(*shingle).wrapping_add(offsets[lane]);
                least[lane] = least[lane].min(value);
            }
        }
        *minima = least;
    }
}

/// Estimated Jaccard similarity of two documents: the share of equal minima.
pub fn similarity(a: &Signature, b: &Signature) -> f64 {
    let equal: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a == b)).sum();
    f64::from(equal) / MINIMA as f64
}

/// The key of each band: documents with equal keys are candidates.
pub fn band_keys(signature: &Signature) -> [u64; BANDS] {
    let mut keys = [0; BANDS];
    for (key, rows) in keys.iter_mut().zip(signature.as_chunks::<ROWS>().0) {
        for pair in rows.as_chunks::<2>().0 {
            let both = u64::from(pair[0]) << 32 | u64::from(pair[1]);
            *key = mix(*key ^ both ^ 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db);
        }
    }
    keys
}

/// A signature as bytes, little-endian.
pub fn to_bytes(signature: &Signature) -> [u8; 4 * MINIMA] {
    let mut bytes = [0; 4 * MINIMA];
    for (into, minimum) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(signature) {
        *into = minimum.to_le_bytes();
    }
    bytes
}

/// A signature from its bytes; `None` when there are too few or too many.
pub fn from_bytes(bytes: &[u8]) -> Option<Signature> {
    let bytes: &[u8; 4 * MINIMA] = bytes.try_into().ok()?;
    let mut signature = EMPTY;
    for (minimum, from) in signature.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *minimum = u32::from_le_bytes(*from);
    }
    Some(signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signature(shingles: impl IntoIterator<Item = u32>) -> Signature {
        let mut signature = EMPTY;
        Permutations::default().update(&mut signature, &shingles.into_iter().collect::<Vec<_>>());
        signature
    }

    /// Evenly spread values, as shingle hashes are.
    fn spread(n: u32) -> u32 {
        (split_mix(&mut u64::from(n)) >> 32) as u32
    }

    #[test]
    fn a_signature_is_a_minimum() {
        let permutations = Permutations::default();
        let shingles: Vec<u32> = (0..1500).map(spread).collect();
        let told = signature(shingles.iter().copied());
        let parameters = permutations.multipliers.iter().zip(&permutations.offsets);
        for (least, (multiplier, offset)) in told.iter().zip(parameters) {
            let value = |x: &u32| multiplier.wrapping_mul(*x).wrapping_add(*offset);
            assert_eq!(Some(*least), shingles.iter().map(value).min());
        }
    }

    #[test]
    fn bytes_and_back() {
        let one = signature([1, 2, 3]);
        assert_eq!(from_bytes(&to_bytes(&one)), Some(one));
        assert_eq!(from_bytes(&[0; 4]), None);
    }

    #[test]
    fn the_estimate_is_unbiased_and_as_scattered_as_theory_says() {
        // Pairs of sets of 300 with a known overlap; the mean error over 400 pairs and its spread.
        for common in [30_u32, 150, 240, 285] {
            let exact = f64::from(common) / f64::from(600 - common);
            let (mut sum, mut squares) = (0.0, 0.0);
            for trial in 0..400_u32 {
                let from = trial * 1000;
                let a = signature((from..from + 300).map(spread));
                let b = signature((from + 300 - common..from + 600 - common).map(spread));
                let error = similarity(&a, &b) - exact;
                sum += error;
                squares += error * error;
            }
            let expected = (exact * (1.0 - exact) / MINIMA as f64).sqrt();
            let (bias, scatter) = (sum / 400.0, (squares / 400.0).sqrt());
            assert!(bias.abs() < 4.0 * expected / 20.0, "bias {bias} at {exact}");
            assert!(scatter < 1.25 * expected, "scatter {scatter}, expected {expected} at {exact}");
        }
    }

    proptest! {
        #[test]
        fn estimates_are_near(a in 1u32..2000, common in 0u32..2000, b in 1u32..2000, from: u32) {
            let from = from % 1_000_000_000;
            let one = signature((from..from + a + common).map(spread));
            let other = signature((from + a..from + a + common + b).map(spread));
            let exact = f64::from(common) / f64::from(a + common + b);
            // Five standard errors.
            prop_assert!((similarity(&one, &other) - exact).abs() < 0.24);
        }

        #[test]
        fn order_and_repetition_do_not_matter(mut shingles in prop::collection::vec(any::<u32>(), 0..1200)) {
            let one = signature(shingles.iter().copied());
            shingles.extend_from_within(..);
            shingles.reverse();
            prop_assert_eq!(one, signature(shingles));
        }
    }
}
