//! Compares one set of shingles with many: builds a lookup table of its shingles, in which others are looked
//! up without branches.

use crate::set::{Measure, Overlap, Shingles};
use multiversion::multiversion;

/// Slots examined for a shingle: its home slot and those after it.
const REACH: usize = 8;
/// Slots per shingle, at least. With two, a fifth of all sets of 30,000 have a shingle out of reach; with
/// three, hardly any.
const SPREAD: usize = 3;
/// Number of other sets from which the table pays off.
pub const WORTH: usize = 3;
/// Lookups between two checks whether the threshold can still be reached.
const STEPS: usize = 64;

/// A set as a lookup table. Each shingle is at or shortly after its home slot, which its highest bits give.
/// So the table has the order of the shingles, and looking up those of another set in their order scans it
/// from front to back.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    /// Empty slots hold [`u32::MAX`].
    places: Vec<u32>,
    shift: u32,
    /// Whether the table cannot be used: a shingle found no slot within reach, or equals the value of empty
    /// slots.
    is_odd: bool,
}

impl Probe {
    /// Builds the table of a set.
    pub fn set(&mut self, set: Shingles<'_>) {
        let size = (set.len() * SPREAD).next_power_of_two().max(2);
        self.shift = 32 - size.trailing_zeros();
        self.places.clear();
        self.places.resize(size + REACH, u32::MAX);
        self.is_odd = false;
        let mut next = 0;
        for shingle in set.iter() {
            let home = (shingle >> self.shift) as usize;
            let place = home.max(next);
            next = place + 1;
            self.is_odd |= shingle == u32::MAX || place >= home + REACH;
            match self.places.get_mut(place) {
                Some(free) => *free = shingle,
                None => self.is_odd = true,
            }
        }
    }

    /// [`Shingles::overlap_if_similar`] of the set in the table and another one. `set` is the set that was given to
    /// [`Probe::set`].
    pub fn overlap_if_similar(
        &self,
        set: Shingles<'_>,
        other: Shingles<'_>,
        measure: Measure,
        threshold: f64,
    ) -> Option<Overlap> {
        if self.is_odd {
            return set.overlap_if_similar(other, measure, threshold);
        }
        let (a, b) = set.comparable(other);
        let mut overlap = Overlap { both: 0, first: a.len() as u64, second: b.len() as u64 };
        // `u32::MAX` would match empty slots, but is not in the set.
        let b = b.strip_suffix(&[[u8::MAX; 4]]).unwrap_or(b);
        let mut left = b.len();
        for shingles in b.chunks(STEPS) {
            overlap.both += u64::from(found(&self.places, self.shift, shingles));
            left -= shingles.len();
            if !(Overlap { both: (overlap.both + left as u64).min(overlap.first), ..overlap })
                .reaches(measure, threshold)
            {
                return None;
            }
        }
        overlap.reaches(measure, threshold).then_some(overlap)
    }
}

/// How many of the shingles are in the table. The compiler vectorises the inner loop; the instruction set is
/// chosen at run time.
#[multiversion(targets("x86_64+avx2+bmi2", "aarch64+neon"))]
fn found(places: &[u32], shift: u32, shingles: &[[u8; 4]]) -> u32 {
    // Eight accumulators, one per slot: each shingle is in at most one slot.
    let mut found = [0_u32; REACH];
    for shingle in shingles {
        let shingle = u32::from_le_bytes(*shingle);
        let home = (shingle >> shift) as usize;
        let Some(places) = places.get(home..home + REACH) else { continue };
        for (sum, place) in found.iter_mut().zip(places) {
            *sum += u32::from(*place == shingle);
        }
    }
    found.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set::put_bytes;
    use proptest::prelude::*;

    fn bytes(mut shingles: Vec<u32>) -> Vec<u8> {
        shingles.sort_unstable();
        shingles.dedup();
        let mut bytes = Vec::new();
        put_bytes(&shingles, &mut bytes);
        bytes
    }

    /// Shingles from anywhere, some close together, and some at the end of the range.
    fn shingles() -> impl Strategy<Value = Vec<u32>> {
        let one = prop_oneof![4 => any::<u32>(), 2 => 1000..1100_u32, 1 => u32::MAX - 20..=u32::MAX];
        prop::collection::vec(one, 0..300)
    }

    proptest! {
        #[test]
        fn it_says_what_merging_says(set in shingles(), own in shingles(), part in 0.0..1.0, threshold in 0.05..1.0) {
            let shared = set.iter().take((set.len() as f64 * part) as usize);
            let other = bytes(own.iter().take(own.len() / 4).chain(shared).copied().collect());
            let set = bytes(set);
            let (set, other) = (Shingles::new(&set), Shingles::new(&other));
            let mut probe = Probe::default();
            probe.set(set);
            for measure in [Measure::Jaccard, Measure::Containment] {
                prop_assert_eq!(
                    probe.overlap_if_similar(set, other, measure, threshold),
                    set.overlap_if_similar(other, measure, threshold)
                );
            }
        }
    }
}
