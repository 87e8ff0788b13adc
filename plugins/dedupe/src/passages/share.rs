//! Which passages two documents share, and spans made of those that lie side by side in both.
//!
//! Under one key the first [`PEERS`] documents are told of one another, and each later one of the first alone. So a passage
//! that n documents have costs at most 32 n pairs, most of them n, and all of its documents are tied together all the same.
//! The nth copy in one document is paired with the nth in the other.

use std::ops::Range;

/// Documents with a passage that are told of one another.
pub const PEERS: usize = 32;

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// Words of the document before it.
    pub word: u64,
}

/// The same words in two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Where they stand in this document.
    pub here: Place,
    /// Where they stand in the other one.
    pub there: Place,
    /// How many they are.
    pub words: u64,
}

/// Runs of equal values in a sorted column, counted from `offset`.
pub fn runs(ordinals: &[u64], offset: usize) -> Vec<Range<usize>> {
    let mut at = offset;
    let run = |run: &[u64]| {
        at += run.len();
        at - run.len()..at
    };
    ordinals.chunk_by(|a, b| a == b).map(run).collect()
}

/// Calls `pair` with rows (this, other) for each copy of a passage that two documents have; `documents` are the rows of each.
pub fn pairs(documents: &[Range<usize>], mut pair: impl FnMut(usize, usize)) {
    for (n, this) in documents.iter().enumerate() {
        let peers = if n < PEERS { PEERS } else { 1 };
        for (m, other) in documents.iter().enumerate().take(peers) {
            if m != n {
                this.clone().zip(other.clone()).for_each(|(a, b)| pair(a, b));
            }
        }
    }
}

/// Joins what overlaps or lies side by side in both documents, as windows of sentences do. Gives the spans by their place in
/// this document.
pub fn merge(shared: &mut Vec<Shared>) {
    // Pairs with the same distance between their words lie on one line.
    let line = |one: &Shared| one.here.word.wrapping_sub(one.there.word);
    shared.sort_unstable_by_key(|one| (line(one), one.here.word, one.here.start));
    shared.dedup_by(|next, last| {
        let joins = line(next) == line(last) && next.here.word <= last.here.word + last.words;
        if joins {
            let end = (last.here.word + last.words).max(next.here.word + next.words);
            last.words = end - last.here.word;
            last.here.end = last.here.end.max(next.here.end);
            last.there.end = last.there.end.max(next.there.end);
        }
        joins
    });
    shared.sort_unstable_by_key(|one| (one.here.start, one.there.start));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shared(here: u64, there: u64, words: u64) -> Shared {
        let place = |word| Place { start: word * 10, end: (word + words) * 10 - 1, word };
        Shared { here: place(here), there: place(there), words }
    }

    #[test]
    fn what_lies_side_by_side_in_both_is_one() {
        let mut all = vec![shared(8, 108, 4), shared(0, 100, 4), shared(4, 104, 4), shared(2, 102, 4)];
        merge(&mut all);
        assert_eq!(all, [shared(0, 100, 12)]);
        // Side by side here alone; and with a word between.
        for apart in [[shared(0, 50, 4), shared(4, 100, 4)], [shared(0, 50, 4), shared(5, 55, 4)]] {
            let mut all = apart.to_vec();
            merge(&mut all);
            assert_eq!(all, apart);
        }
    }

    #[test]
    fn copies_are_paired_in_order() {
        let mut seen = Vec::new();
        let documents = runs(&[4, 4, 4, 9, 9, 12], 100);
        assert_eq!(documents, [100..103, 103..105, 105..106]);
        pairs(&documents, |a, b| seen.push((a, b)));
        assert_eq!(
            seen,
            [(100, 103), (101, 104), (100, 105), (103, 100), (104, 101), (103, 105), (105, 100), (105, 103)]
        );
    }

    #[test]
    fn pairs_are_linear_in_documents() {
        let ordinals: Vec<u64> = (0..10_000).collect();
        let mut count = 0;
        pairs(&runs(&ordinals, 0), |a, b| {
            assert!(b == 0 || (a < PEERS && b < PEERS));
            count += 1;
        });
        assert_eq!(count, PEERS * (PEERS - 1) + 10_000 - PEERS);
    }

    proptest! {
        #[test]
        fn merging_covers_the_same_words(picks in prop::collection::vec((0u64..40, 0u64..3, 1u64..4), 0..30)) {
            let pick = |(here, line, words): &(u64, u64, u64)| shared(*here, here + 100 * line, *words);
            let cover = |all: &[Shared]| {
                let words = |one: &Shared| {
                    let (here, there) = (one.here.word, one.there.word);
                    (0..one.words).map(move |n| (here + n, there + n)).collect::<Vec<_>>()
                };
                all.iter().flat_map(words).collect::<std::collections::BTreeSet<_>>()
            };
            let before: Vec<Shared> = picks.iter().map(pick).collect();
            let mut after = before.clone();
            merge(&mut after);
            prop_assert_eq!(cover(&before), cover(&after));
            let mut again = after.clone();
            merge(&mut again);
            prop_assert_eq!(after, again);
        }
    }
}
