//! A fixed 64-bit hash of bytes, and what is derived from it. The same on every machine and in every run.
//!
//! Multiplies and folds, the building block of wyhash (Wang Yi, public domain); written for short words. Not
//! a defence against chosen collisions: those would slow a run down, not change its result.

const K0: u64 = 0xa076_1d64_78bd_642f;
const K1: u64 = 0xe703_7ed1_a0b4_28db;
const K2: u64 = 0x8ebc_6af0_9c88_c6e3;

/// Multiplies to 128 bits and folds the two halves of the product.
#[inline]
pub fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash of some bytes.
#[inline]
pub fn bytes(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<8>();
    let mut state = K0 ^ (bytes.len() as u64);
    for block in blocks {
        state = mix(state ^ K1, u64::from_le_bytes(*block) ^ K2);
    }
    let mut last = 0_u64;
    for byte in rest {
        last = last << 8 | u64::from(*byte);
    }
    mix(state ^ K2, last ^ K1)
}

/// Which of the four sampling tiers a unit belongs to, by its hash: 15 units in 16 belong to tier 0, 15 in
/// 256 to tier 1 … (the last takes all that remain).
#[inline]
pub fn tier(hash: u64) -> usize {
    // Mixed once more: hash tables use the low bits, too.
    let spread = mix(hash ^ K0, K2);
    (spread.trailing_zeros() / 4).min(super::tally::TIERS as u32 - 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_thin_out_by_sixteen() {
        let mut counts = [0_u32; 4];
        for n in 0..1_000_000_u64 {
            counts[tier(bytes(&n.to_le_bytes()))] += 1;
        }
        for (tier, share) in [(0, 15.0 / 16.0), (1, 15.0 / 256.0), (2, 15.0 / 4096.0)] {
            let expected = 1e6 * share;
            assert!((f64::from(counts[tier]) - expected).abs() < 0.1 * expected, "{counts:?}");
        }
        assert!(counts[3] > 150 && counts[3] < 350, "{counts:?}");
    }

    #[test]
    fn length_and_order_count() {
        let hashes =
            [bytes(b""), bytes(b"\0"), bytes(b"ab"), bytes(b"ba"), bytes(b"aaaaaaaab"), bytes(b"baaaaaaaa")];
        for (n, one) in hashes.iter().enumerate() {
            assert!(hashes[n + 1..].iter().all(|other| other != one));
        }
    }
}
