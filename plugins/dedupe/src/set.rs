//! The set of a document's shingles, and the similarity of two sets.

/// Most shingles kept per document. If there are more, those with the smallest hashes represent all (a
/// bottom-k sketch, Broder 1997; Thorup 2013). The standard error of the similarity s of two such documents
/// is sqrt(s(1 - s) / 65536), at most 0.002.
pub const MOST: usize = 1 << 16;

/// Least number of shingles that two similar documents share. A document with too few words for that can only
/// be a copy.
pub const LEAST: u64 = 2;

/// The sizes of two sets and of their intersection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Shingles in both.
    pub both: u64,
    /// Shingles in the first.
    pub first: u64,
    /// Shingles in the second.
    pub second: u64,
}

/// How similarity is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Shingles in both sets divided by shingles in either.
    Jaccard,
    /// Shingles in both sets divided by those of the smaller set.
    Containment,
}

impl Overlap {
    /// The similarity, from 0 to 1.
    pub fn similarity(self, measure: Measure) -> f64 {
        let (part, whole) = self.ratio(measure);
        if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
    }

    /// Whether the similarity reaches the threshold.
    ///
    /// The quotient of two counts and the threshold are each rounded to the nearest float, so that 4 of 5
    /// reach 0.8. One common shingle is not enough: among many short texts, some have the same 32-bit hash by
    /// chance.
    pub fn reaches(self, measure: Measure, threshold: f64) -> bool {
        self.both >= LEAST && self.similarity(measure) >= threshold
    }

    fn ratio(self, measure: Measure) -> (u64, u64) {
        match measure {
            Measure::Jaccard => (self.both, self.first + self.second - self.both),
            Measure::Containment => (self.both, self.first.min(self.second)),
        }
    }
}

/// The distinct shingles of a document, sorted, as bytes: four per shingle, little-endian.
#[derive(Clone, Copy, Debug)]
pub struct Shingles<'a>(&'a [[u8; 4]]);

impl<'a> Shingles<'a> {
    /// Reads what [`put_bytes`] wrote.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.as_chunks::<4>().0)
    }

    /// The shingles.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|four| u32::from_le_bytes(*four))
    }

    /// Number of shingles.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The parts of two sets that can be compared. A set that was cut to its smallest hashes is complete only
    /// up to its largest hash; everything above the smaller of the two limits is ignored.
    pub fn comparable(self, other: Self) -> (&'a [[u8; 4]], &'a [[u8; 4]]) {
        (self.below(other.limit()), other.below(self.limit()))
    }

    /// [`Shingles::overlap`] if it reaches the threshold. Stops with `None` as soon as it cannot.
    pub fn overlap_if_similar(self, other: Self, measure: Measure, threshold: f64) -> Option<Overlap> {
        let (a, b) = self.comparable(other);
        let mut overlap = Overlap { both: 0, first: a.len() as u64, second: b.len() as u64 };
        let (mut at, mut to) = (0, 0);
        loop {
            // The number of shared shingles that can still follow, at most.
            let rest = (a.len() - at).min(b.len() - to) as u64;
            if !(Overlap { both: overlap.both + rest, ..overlap }).reaches(measure, threshold) {
                return None;
            }
            if rest == 0 {
                return Some(overlap);
            }
            for _ in 0..STEPS {
                let (Some(one), Some(two)) = (a.get(at), b.get(to)) else { break };
                let (one, two) = (u32::from_le_bytes(*one), u32::from_le_bytes(*two));
                // Branch-free, since the outcome is unpredictable: comparisons advance both positions.
                overlap.both += u64::from(one == two);
                at += usize::from(one <= two);
                to += usize::from(two <= one);
            }
        }
    }

    /// How many shingles two sets share, within what [can be compared](Shingles::comparable).
    pub fn overlap(self, other: Self) -> Overlap {
        let (a, b) = self.comparable(other);
        let none = Overlap { both: 0, first: a.len() as u64, second: b.len() as u64 };
        let (mut both, mut at, mut to) = (0, 0, 0);
        while let (Some(one), Some(two)) = (a.get(at), b.get(to)) {
            let (one, two) = (u32::from_le_bytes(*one), u32::from_le_bytes(*two));
            both += u64::from(one == two);
            at += usize::from(one <= two);
            to += usize::from(two <= one);
        }
        Overlap { both, ..none }
    }

    /// The largest hash up to which the set is complete.
    fn limit(self) -> u32 {
        let last = || self.0.last().map_or(u32::MAX, |four| u32::from_le_bytes(*four));
        if self.0.len() < MOST { u32::MAX } else { last() }
    }

    fn below(self, limit: u32) -> &'a [[u8; 4]] {
        let is_below = |four: &[u8; 4]| u32::from_le_bytes(*four) <= limit;
        let end = if limit == u32::MAX { self.0.len() } else { self.0.partition_point(is_below) };
        self.0.get(..end).unwrap_or_default()
    }
}

/// Turns the shingles of a text into its set: sorted and distinct, and at most the [`MOST`] smallest.
pub fn settle(shingles: &mut Vec<u32>, scratch: &mut Vec<u32>) {
    sort(shingles, scratch);
    distinct(shingles);
    shingles.truncate(MOST);
}

/// Appends the shingles of a set as bytes.
pub fn put_bytes(shingles: &[u32], into: &mut Vec<u8>) {
    into.extend(shingles.iter().flat_map(|shingle| shingle.to_le_bytes()));
}

/// Steps through two sets between two checks whether the threshold can still be reached.
const STEPS: usize = 64;

/// Number of shingles from which a radix sort is faster than a comparison sort.
const MANY: usize = 100;
/// Number of shingles from which larger digits are faster than sorting what smaller ones leave unsorted.
const VERY_MANY: usize = 3000;

/// Sorts `shingles`. Larger slices are sorted by their highest digits (radix sort), then the runs that agree
/// in these, which are few among hashes. A comparison sort takes half the time of all sketching.
fn sort(shingles: &mut [u32], scratch: &mut Vec<u32>) {
    if shingles.len() < MANY {
        shingles.sort_unstable();
        return;
    }
    scratch.resize(shingles.len().max(scratch.len()), 0);
    let scratch = scratch.get_mut(..shingles.len()).unwrap_or_default();
    let left = if shingles.len() < VERY_MANY {
        sort_first::<8, { 1 << 8 }>(shingles, scratch)
    } else {
        sort_first::<11, { 1 << 11 }>(shingles, scratch)
    };
    sort_rest(shingles, left);
}

/// Sorts by the two highest digits of `BITS` bits each. Returns the number of low bits left unsorted.
fn sort_first<const BITS: u32, const DIGITS: usize>(shingles: &mut [u32], scratch: &mut [u32]) -> u32 {
    let left = u32::BITS - 2 * BITS;
    let digits =
        |shingle: u32| [(shingle >> left) as usize % DIGITS, (shingle >> (left + BITS)) as usize % DIGITS];
    let mut places = [[0_u32; 2]; DIGITS];
    for shingle in &*shingles {
        let [second, first] = digits(*shingle);
        places[second][0] += 1;
        places[first][1] += 1;
    }
    let mut next = [0; 2];
    for place in &mut places {
        let counts = std::mem::replace(place, next);
        next = [next[0] + counts[0], next[1] + counts[1]];
    }
    let mut pass = |from: &[u32], to: &mut [u32], digit: usize| {
        for shingle in from {
            let place = &mut places[digits(*shingle)[digit]][digit];
            // Places come from the counts of the shingles, so each is within the slice.
            if let Some(slot) = to.get_mut(*place as usize) {
                *slot = *shingle;
            }
            *place += 1;
        }
    };
    pass(shingles, scratch, 0);
    pass(scratch, shingles, 1);
    left
}

/// Sorts shingles that are sorted except for their lowest `left` bits.
fn sort_rest(shingles: &mut [u32], left: u32) {
    /// Shingles that are checked together, without branches.
    const TOGETHER: usize = 64;
    let is_wrong = |(one, next): (&u32, &u32)| one > next;
    let mut from = 0;
    while let Some(rest @ [_, next @ ..]) = shingles.get(from..) {
        let pairs = || rest.iter().zip(next).take(TOGETHER);
        if !pairs().fold(false, |any, pair| any | is_wrong(pair)) {
            from += TOGETHER;
            continue;
        }
        let at = from + pairs().position(is_wrong).unwrap_or(0);
        let agrees = |shingle: &&u32| **shingle >> left == shingles[at] >> left;
        let before = shingles[..at].iter().rev().take_while(agrees).count();
        from = at + shingles[at..].iter().take_while(agrees).count();
        shingles[at - before..from].sort_unstable();
    }
}

/// Removes repetitions from sorted shingles.
fn distinct(shingles: &mut Vec<u32>) {
    let (mut kept, mut last) = (1, shingles.first().copied().unwrap_or(0));
    for at in 1..shingles.len() {
        // Branch-free: the outcome is unpredictable.
        let shingle = shingles[at];
        shingles[kept.min(at)] = shingle;
        kept += usize::from(shingle != last);
        last = shingle;
    }
    shingles.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(shingles: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut shingles: Vec<u32> = shingles.into_iter().collect();
        settle(&mut shingles, &mut Vec::new());
        let mut bytes = Vec::new();
        put_bytes(&shingles, &mut bytes);
        bytes
    }

    fn overlap(a: &[u8], b: &[u8]) -> Overlap {
        Shingles::new(a).overlap(Shingles::new(b))
    }

    #[test]
    fn four_of_five_reach_the_threshold() {
        let overlap = overlap(&set([1, 2, 3, 4, 4]), &set([5, 4, 3, 2, 1]));
        assert_eq!(overlap, Overlap { both: 4, first: 4, second: 5 });
        assert!(overlap.reaches(Measure::Jaccard, 0.8) && !overlap.reaches(Measure::Jaccard, 0.81));
        assert!(overlap.reaches(Measure::Containment, 1.0));
        assert_eq!(Shingles::new(&[]).overlap(Shingles::new(&[])).similarity(Measure::Jaccard), 0.0);
    }

    #[test]
    fn large_sets_are_told_by_a_sample() {
        let spread = |n: u32| n.wrapping_mul(2_654_435_761);
        let [a, b, part] =
            [0..300_000, 30_000..330_000, 0..3_000].map(|range: std::ops::Range<u32>| set(range.map(spread)));
        assert!((overlap(&a, &b).similarity(Measure::Jaccard) - 270.0 / 330.0).abs() < 0.01);
        assert!((overlap(&a, &part).similarity(Measure::Containment) - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn digits_sort(
            spread in prop::collection::vec(any::<u32>(), 0..6000),
            // Many that agree in the digits of the radix sort.
            close in prop::collection::vec(7_000_000..7_003_000_u32, 0..600),
            again in 0..200_usize,
        ) {
            let mut shingles: Vec<u32> = [&spread[..spread.len().min(again)], &close, &spread].concat();
            let set: BTreeSet<u32> = shingles.iter().copied().collect();
            settle(&mut shingles, &mut Vec::new());
            prop_assert!(shingles.iter().eq(&set));
        }

        #[test]
        fn overlap_is_that_of_sets(a in prop::collection::vec(0u32..60, 0..80), b in prop::collection::vec(0u32..60, 0..80)) {
            let (one, two): (BTreeSet<u32>, BTreeSet<u32>) = (a.iter().copied().collect(), b.iter().copied().collect());
            let (own, others) = (set(a), set(b));
            let overlap = overlap(&own, &others);
            prop_assert_eq!(overlap.both, one.intersection(&two).count() as u64);
            prop_assert_eq!((overlap.first, overlap.second), (one.len() as u64, two.len() as u64));
            for measure in [Measure::Jaccard, Measure::Containment] {
                for threshold in [0.2, 0.5, 0.8] {
                    let reaches = overlap.reaches(measure, threshold);
                    let told = Shingles::new(&own).overlap_if_similar(Shingles::new(&others), measure, threshold);
                    prop_assert_eq!(told, reaches.then_some(overlap));
                }
            }
        }
    }
}
