//! A small hash for lookups inside one call. Never for anything that leaves the process, and never
//! where the order of a map could be seen.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map with the small hash; look up only, do not walk it.
pub type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Multiply and rotate, eight bytes at a step.
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
        // The last eight bytes once more in part, or all there are, and how many.
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

/// The hash of some bytes.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = Quick::default();
    hasher.write(bytes);
    hasher.finish()
}
