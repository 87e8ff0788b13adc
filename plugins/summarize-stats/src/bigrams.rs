//! Counts of bigrams, as pairs of word numbers, in bounded memory by the sampling of [`crate::tally`].

use crate::hash::mix;
use crate::tally::{Scale, TIERS};
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

/// Counts of pairs of words.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Bigrams {
    rows: HashTable<Row>,
    level: usize,
    /// Number of all bigrams, in the sample or not.
    total: u64,
    /// Keys that are not counted yet. Counting them in a tight loop makes their cache misses overlap.
    /// Counting each one at its word waits for memory every time (half the speed of the whole plugin).
    pending: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    rows: Vec<Row>,
    level: usize,
    total: u64,
}

/// A bigram's count in one tier.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Row {
    /// Tier (4 bits), first word, second word (30 bits each).
    key: u64,
    count: u64,
}

fn key_of(tier: usize, first: u32, second: u32) -> u64 {
    (tier as u64) << 60 | u64::from(first) << 30 | u64::from(second)
}

fn parts_of(key: u64) -> (usize, u32, u32) {
    const WORD: u64 = (1 << 30) - 1;
    ((key >> 60) as usize, (key >> 30 & WORD) as u32, (key & WORD) as u32)
}

fn place(key: u64) -> u64 {
    mix(key ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93)
}

impl From<Bigrams> for Stored {
    fn from(mut bigrams: Bigrams) -> Self {
        bigrams.settle();
        Self { rows: bigrams.rows.into_iter().collect(), level: bigrams.level, total: bigrams.total }
    }
}

impl From<Stored> for Bigrams {
    fn from(stored: Stored) -> Self {
        let mut bigrams = Self { level: stored.level, total: stored.total, ..Self::default() };
        for row in stored.rows {
            bigrams.add(row.key, row.count);
        }
        bigrams
    }
}

impl Bigrams {
    /// The number of the lowest tier that is still counted.
    pub fn level(&self) -> usize {
        self.level
    }

    /// Adds a bigram that cannot be counted to the total, so that estimates are right.
    #[inline]
    pub fn skip(&mut self) {
        self.total = self.total.saturating_add(1);
    }

    /// Queues a bigram in a block of a tier, to be counted by [`Self::settle`].
    #[inline]
    pub fn note(&mut self, tier: usize, first: u32, second: u32) {
        self.total = self.total.saturating_add(1);
        if tier >= self.level {
            self.pending.push(key_of(tier, first, second));
        }
    }

    /// Counts the queued bigrams.
    pub fn settle(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        for key in pending.drain(..) {
            self.add(key, 1);
        }
        self.pending = pending;
    }

    fn add(&mut self, key: u64, count: u64) {
        let hash = place(key);
        match self.rows.find_mut(hash, |held| held.key == key) {
            Some(held) => held.count = held.count.saturating_add(count),
            None => {
                self.rows.insert_unique(hash, Row { key, count }, |held| place(held.key));
            }
        }
    }

    /// Renumbers the words by the result of [`crate::tally::Tally::raise`], and drops all tiers below
    /// `level`, to which the words without a number belong.
    pub fn renumber(&mut self, level: usize, numbers: &[u32]) {
        self.settle();
        self.level = self.level.max(level);
        let old = std::mem::take(&mut self.rows);
        self.take_in(old, numbers);
    }

    fn take_in(&mut self, rows: impl IntoIterator<Item = Row>, numbers: &[u32]) {
        let number = |at: u32| numbers.get(at as usize).copied().filter(|at| *at != u32::MAX);
        for row in rows {
            let (tier, first, second) = parts_of(row.key);
            if tier >= self.level
                && let (Some(first), Some(second)) = (number(first), number(second))
            {
                self.add(key_of(tier, first, second), row.count);
            }
        }
    }

    /// Adds other bigrams. `numbers` gives the number here of each of their words.
    pub fn merge(&mut self, mut from: Self, numbers: &[u32]) {
        self.settle();
        from.settle();
        if from.level > self.level {
            self.leave_out(from.level);
        }
        self.total = self.total.saturating_add(from.total);
        self.take_in(from.rows, numbers);
    }

    /// Drops tiers until at most `cap` rows are held.
    pub fn keep_to(&mut self, cap: usize) {
        self.settle();
        while self.rows.len() > cap && self.level < TIERS {
            self.leave_out(self.level + 1);
        }
    }

    fn leave_out(&mut self, level: usize) {
        self.level = level;
        self.rows.retain(|row| parts_of(row.key).0 >= level);
        self.rows.shrink_to_fit(|row| place(row.key));
    }

    /// First word, second word and count of each bigram, sorted by word numbers, without repetitions.
    pub fn counts(&self) -> Vec<(u32, u32, u64)> {
        let of_row = |row: &Row| {
            let (_, first, second) = parts_of(row.key);
            (first, second, row.count)
        };
        let mut rows: Vec<_> = self.rows.iter().map(of_row).collect();
        rows.sort_unstable();
        // A bigram can have one row per tier.
        rows.dedup_by(|row, kept| {
            let same = (row.0, row.1) == (kept.0, kept.1);
            if same {
                kept.2 = kept.2.saturating_add(row.2);
            }
            same
        });
        let sample = rows.iter().fold(0_u64, |sum, row| sum.saturating_add(row.2));
        let scale = Scale::new(self.total, sample);
        rows.iter_mut().for_each(|row| row.2 = scale.apply(row.2));
        rows
    }

    /// Bytes held on the heap.
    pub fn memory_bytes(&self) -> u64 {
        (self.rows.allocation_size() + self.pending.capacity() * size_of::<u64>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_over_tiers() {
        let mut bigrams = Bigrams::default();
        for tier in [0, 0, 1] {
            bigrams.note(tier, 3, 4);
        }
        bigrams.note(0, 4, 3);
        bigrams.settle();
        assert_eq!(bigrams.counts(), [(3, 4, 3), (4, 3, 1)]);
        bigrams.keep_to(2);
        // Of four bigrams, only the one of tier 1 is left, and represents all.
        assert_eq!((bigrams.level(), bigrams.counts()), (1, vec![(3, 4, 4)]));
    }
}
