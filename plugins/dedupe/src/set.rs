//! The set of a document's shingles, and how alike two sets are.

use serde::{Deserialize, Serialize};

/// Most shingles that are kept of a document; of more, those with the smallest hashes stand for all (a bottom-k sketch,
/// Broder 1997; Thorup 2013). The standard error of a similarity s of two such documents is sqrt(s(1 - s) / 65536), at
/// most 0.002.
pub const MOST: usize = 1 << 16;

/// What is measured of two sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Shingles in both.
    pub both: u64,
    /// Shingles in the first.
    pub first: u64,
    /// Shingles in the second.
    pub second: u64,
}

/// How alikeness is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Shingles in both among those in either.
    Jaccard,
    /// Shingles in both among those of the smaller set.
    Containment,
}

impl Overlap {
    /// The similarity, from 0 to 1.
    pub fn similarity(self, measure: Measure) -> f64 {
        let (part, whole) = self.ratio(measure);
        if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
    }

    /// Whether the similarity reaches the threshold. The quotient of two counts is the nearest number to it, as is the
    /// threshold to what was written, so that 4 of 5 reach 0.8.
    pub fn reaches(self, measure: Measure, threshold: f64) -> bool {
        self.similarity(measure) >= threshold
    }

    fn ratio(self, measure: Measure) -> (u64, u64) {
        match measure {
            Measure::Jaccard => (self.both, self.first + self.second - self.both),
            Measure::Containment => (self.both, self.first.min(self.second)),
        }
    }
}

/// Shingles of a document, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShingleSet {
    shingles: Vec<u32>,
}

impl ShingleSet {
    /// Takes the shingles as a document has them; the room is used again.
    pub fn fill(&mut self, shingles: impl Iterator<Item = u32>) {
        self.shingles.clear();
        self.shingles.extend(shingles);
        self.shingles.sort_unstable();
        self.shingles.dedup();
    }

    /// How many shingles two sets share. Of sets that were cut to their smallest hashes, what lies above the smaller of
    /// the two limits is left out of account.
    pub fn overlap(&self, other: &Self) -> Overlap {
        let (a, b) = (self.below(other.limit()), other.below(self.limit()));
        let mut overlap = Overlap { both: 0, first: a.len() as u64, second: b.len() as u64 };
        let (mut at, mut to) = (0, 0);
        while let (Some(one), Some(two)) = (a.get(at), b.get(to)) {
            // Branches here could not be foretold: both places are moved by comparison.
            overlap.both += u64::from(one == two);
            at += usize::from(one <= two);
            to += usize::from(two <= one);
        }
        overlap
    }

    /// The largest hash up to which the set is whole.
    fn limit(&self) -> u32 {
        if self.shingles.len() < MOST { u32::MAX } else { self.shingles.last().copied().unwrap_or(u32::MAX) }
    }

    fn below(&self, limit: u32) -> &[u32] {
        let end = if limit == u32::MAX {
            self.shingles.len()
        } else {
            self.shingles.partition_point(|s| *s <= limit)
        };
        self.shingles.get(..end).unwrap_or_default()
    }
}

/// Cuts shingles to what is kept of them: all, in the order of the document, or the smallest hashes, sorted.
pub fn cut(shingles: &mut Vec<u32>) {
    if shingles.len() <= MOST {
        return;
    }
    shingles.sort_unstable();
    shingles.dedup();
    shingles.truncate(MOST);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(shingles: impl IntoIterator<Item = u32>) -> ShingleSet {
        let mut set = ShingleSet::default();
        set.fill(shingles.into_iter());
        set
    }

    #[test]
    fn four_of_five_reach_the_threshold() {
        let overlap = set([1, 2, 3, 4, 4]).overlap(&set([5, 4, 3, 2, 1]));
        assert_eq!(overlap, Overlap { both: 4, first: 4, second: 5 });
        assert!(overlap.reaches(Measure::Jaccard, 0.8) && !overlap.reaches(Measure::Jaccard, 0.81));
        assert!(overlap.reaches(Measure::Containment, 1.0));
        assert_eq!(set([]).overlap(&set([])).similarity(Measure::Jaccard), 0.0);
    }

    #[test]
    fn large_sets_are_told_by_a_sample() {
        let spread = |n: u32| n.wrapping_mul(2_654_435_761);
        let cut_set = |range: std::ops::Range<u32>| {
            let mut shingles: Vec<u32> = range.map(spread).collect();
            cut(&mut shingles);
            set(shingles)
        };
        let (a, b, part) = (cut_set(0..300_000), cut_set(30_000..330_000), cut_set(0..3_000));
        assert!((a.overlap(&b).similarity(Measure::Jaccard) - 270.0 / 330.0).abs() < 0.01);
        assert!((a.overlap(&part).similarity(Measure::Containment) - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn overlap_is_that_of_sets(a in prop::collection::vec(0u32..60, 0..80), b in prop::collection::vec(0u32..60, 0..80)) {
            let (one, two): (BTreeSet<u32>, BTreeSet<u32>) = (a.iter().copied().collect(), b.iter().copied().collect());
            let overlap = set(a).overlap(&set(b));
            prop_assert_eq!(overlap.both, one.intersection(&two).count() as u64);
            prop_assert_eq!((overlap.first, overlap.second), (one.len() as u64, two.len() as u64));
        }
    }
}
