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
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.write_u64(u64::from_le_bytes(*chunk));
        }
        if !rest.is_empty() {
            self.write_u64(rest.iter().fold(rest.len() as u64, |w, &b| w << 8 | u64::from(b)));
        }
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
