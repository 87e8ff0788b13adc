//! Finds the passages that two documents share, and joins those that are adjacent in both into spans.
//!
//! Under one key, the first [`PEERS`] documents are paired with one another, and each later one with the
//! first one only. So a passage that n documents have once costs at most 32 n pairs, and about n if n is
//! large, and still connects all of them. The nth copy in one document is paired with the nth in the other.

use std::ops::Range;

/// Number of documents with a passage that are paired with one another.
pub const PEERS: usize = 32;

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset one past the last byte.
    pub end: u64,
    /// Number of words of the document before it.
    pub word: u64,
}

/// Words that two documents share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Their place in this document.
    pub here: Place,
    /// Their place in the other document.
    pub there: Place,
    /// Number of words.
    pub words: u64,
}

/// The index ranges of runs of equal values in a sorted column. The first index is `offset`.
pub fn runs(ordinals: &[u64], offset: usize) -> Vec<Range<usize>> {
    let mut at = offset;
    let run = |run: &[u64]| {
        at += run.len();
        at - run.len()..at
    };
    ordinals.chunk_by(|a, b| a == b).map(run).collect()
}

/// Calls `pair` with the rows (this, other) of each copy of a passage that two documents have. `documents`
/// are the rows of each document.
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

/// Joins what overlaps or is adjacent in both documents, as windows of sentences do. Leaves the spans sorted
/// by their place in this document.
pub fn merge(shared: &mut Vec<Shared>) {
    // Pairs with the same distance between their words lie on one diagonal.
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
        // Adjacent in this document only; and with a word between them.
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
