//! MinHash signatures: for each of several permutations, the smallest value of any shingle.
//!
//! The share of equal minima estimates the Jaccard similarity of two shingle sets (Broder 1997). A
//! permutation is `multiplier * x + offset` modulo 2^32 with an odd multiplier: a bijection, applied to
//! shingle hashes that are already evenly spread. Minima are only used to find candidates, which are then
//! compared by their sets.

use crate::bands::Bands;
use crate::normalize::mix;
use multiversion::multiversion;
use std::hint::black_box;

/// The seed of the permutations, as in FineWeb.
const SEED: u64 = 1;

/// Shingles processed at a time; they stay in the L1 cache while the permutations pass over them.
const BLOCK: usize = 512;

/// Lanes processed together; they stay in registers over a block of shingles.
const LANES: usize = 16;

type Lanes = [u32; LANES];

/// Computes the band keys of documents. Holds the permutations and a buffer for the signature.
#[derive(Clone, Debug)]
pub struct MinHash {
    bands: Bands,
    multipliers: Vec<Lanes>,
    offsets: Vec<Lanes>,
    minima: Vec<Lanes>,
}

impl MinHash {
    /// Creates the permutations for signatures of these bands. Minima are computed in groups of 16 lanes;
    /// those beyond the last band are not used.
    pub fn new(bands: Bands) -> Self {
        let lanes = bands.minima().div_ceil(LANES);
        let mut state = SEED;
        let (mut multipliers, mut offsets) = (vec![[0; LANES]; lanes], vec![[0; LANES]; lanes]);
        for (multiplier, offset) in multipliers.as_flattened_mut().iter_mut().zip(offsets.as_flattened_mut())
        {
            *multiplier = (split_mix(&mut state) >> 32) as u32 | 1;
            *offset = (split_mix(&mut state) >> 32) as u32;
        }
        Self { bands, multipliers, offsets, minima: vec![[u32::MAX; LANES]; lanes] }
    }

    /// The minima of a document's shingles.
    pub fn signature(&mut self, shingles: &[u32]) -> &[u32] {
        self.minima.as_flattened_mut().fill(u32::MAX);
        for block in shingles.chunks(BLOCK) {
            take_minima(&mut self.minima, &self.multipliers, &self.offsets, block);
        }
        self.minima.as_flattened().get(..self.bands.minima()).unwrap_or_default()
    }

    /// The key of each band, in order: documents with equal keys are candidates.
    pub fn keys(&mut self, shingles: &[u32]) -> impl Iterator<Item = u64> {
        let rows = self.bands.rows;
        self.signature(shingles).chunks_exact(rows).map(band_key)
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

/// Lowers the minima to those of `shingles`. The compiler vectorises the inner loop; the instruction set is
/// chosen at run time.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2", "aarch64+neon"))]
fn take_minima(minima: &mut [Lanes], multipliers: &[Lanes], offsets: &[Lanes], shingles: &[u32]) {
    for ((minima, multipliers), offsets) in minima.iter_mut().zip(multipliers).zip(offsets) {
        let mut least = *minima;
        for shingle in shingles {
            for lane in 0..LANES {
                let value = multipliers[lane].wrapping_mul(*shingle).wrapping_add(offsets[lane]);
                least[lane] = least[lane].min(value);
            }
            // Keeps the compiler from vectorising over shingles instead of lanes, which needs more registers
            // than there are and takes half as long again.
            black_box(());
        }
        *minima = least;
    }
}

/// The key of a band's minima.
fn band_key(rows: &[u32]) -> u64 {
    let key = |key: u64, minimum: &u32| {
        mix(key ^ u64::from(*minimum) ^ 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db)
    };
    rows.iter().fold(rows.len() as u64, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::FINEWEB;
    use proptest::prelude::*;

    fn signature(shingles: impl IntoIterator<Item = u32>) -> Vec<u32> {
        MinHash::new(FINEWEB).signature(&shingles.into_iter().collect::<Vec<_>>()).to_vec()
    }

    fn similarity(a: &[u32], b: &[u32]) -> f64 {
        a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / a.len() as f64
    }

    /// Evenly spread values, as shingle hashes are.
    fn spread(n: u32) -> u32 {
        (split_mix(&mut u64::from(n)) >> 32) as u32
    }

    #[test]
    fn a_signature_is_a_minimum() {
        for bands in [FINEWEB, Bands { bands: 35, rows: 3 }, Bands { bands: 1, rows: 1 }] {
            let mut minhash = MinHash::new(bands);
            let shingles: Vec<u32> = (0..1500).map(spread).collect();
            let told = minhash.signature(&shingles).to_vec();
            assert_eq!(told.len(), bands.minima());
            let parameters = minhash.multipliers.as_flattened().iter().zip(minhash.offsets.as_flattened());
            for (least, (multiplier, offset)) in told.iter().zip(parameters) {
                let value = |x: &u32| multiplier.wrapping_mul(*x).wrapping_add(*offset);
                assert_eq!(Some(*least), shingles.iter().map(value).min());
            }
            assert_eq!(minhash.keys(&shingles).count(), bands.bands);
        }
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
            let expected = (exact * (1.0 - exact) / FINEWEB.minima() as f64).sqrt();
            let (bias, scatter) = (sum / 400.0, (squares / 400.0_f64).sqrt());
            assert!(bias.abs() < 4.0 * expected / 20.0, "bias {bias} at {exact}");
            assert!(scatter < 1.25 * expected, "scatter {scatter}, expected {expected} at {exact}");
        }
    }

    #[test]
    fn pairs_share_a_band_as_often_as_the_curve_says() {
        for bands in [FINEWEB, Bands { bands: 35, rows: 3 }] {
            let mut minhash = MinHash::new(bands);
            for common in [200_u32, 240, 270] {
                let shares = (0..600_u32).filter(|trial| {
                    let from = trial * 1000;
                    let a: Vec<u32> = (from..from + 300).map(spread).collect();
                    let b: Vec<u32> = (from + 300 - common..from + 600 - common).map(spread).collect();
                    let keys: Vec<u64> = minhash.keys(&a).collect();
                    minhash.keys(&b).zip(keys).any(|(a, b)| a == b)
                });
                let expected = bands.probability(f64::from(common) / f64::from(600 - common));
                let told = shares.count() as f64 / 600.0;
                // Four standard errors of 600 trials.
                let error = 4.0 * (expected * (1.0 - expected) / 600.0).sqrt() + 0.005;
                assert!((told - expected).abs() < error, "{told} and {expected} of {bands:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn order_and_repetition_do_not_matter(mut shingles in prop::collection::vec(any::<u32>(), 0..1200)) {
            let one = signature(shingles.iter().copied());
            shingles.extend_from_within(..);
            shingles.reverse();
            prop_assert_eq!(one, signature(shingles));
        }
    }
}
