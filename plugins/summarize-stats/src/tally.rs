//! Counts by name (word, entity, host …) in bounded memory, independent of the order of documents and merges.
//!
//! Counting is exact until more than `cap` names are held. Past that, it continues in a sample. What is
//! counted comes in units (a document, or a block of its words). The hash of a unit assigns it to one of four
//! tiers (see [`crate::hash::tier`]). Whenever the cap is exceeded, the lowest tier still counted is dropped,
//! with all that was counted in it.
//!
//! Whether a unit counts in the end depends only on which names occur in which tier over the whole corpus,
//! not on the order in which they are seen: a subset of the corpus exceeds the cap no earlier than the whole
//! corpus does, and the remaining tiers are counted from the first unit on. Frequent names survive, because
//! units are sampled, not names.

use crate::hash;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

/// Number of sampling tiers. When all are dropped, nothing is counted any more.
pub const TIERS: usize = 4;
/// Each level samples one unit in 2^`STEP_BITS` of the level before.
const STEP_BITS: u32 = 4;

/// Names and how often each one occurred, by the tier of the unit in which it occurred.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Tally {
    names: Vec<u8>,
    entries: Vec<Entry>,
    index: HashTable<u32>,
    level: usize,
    /// The sum of all counts, in the sample or not.
    total: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    hash: u64,
    start: u64,
    counts: [u64; TIERS],
    length: u16,
    extra: u8,
}

/// The form that is passed between processes, without the index, which is rebuilt.
#[derive(Serialize, Deserialize)]
struct Stored {
    names: Vec<u8>,
    entries: Vec<Entry>,
    level: usize,
    total: u64,
}

impl From<Tally> for Stored {
    fn from(tally: Tally) -> Self {
        Self { names: tally.names, entries: tally.entries, level: tally.level, total: tally.total }
    }
}

impl TryFrom<Stored> for Tally {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let mut tally = Self { level: stored.level, total: stored.total, ..Self::default() };
        for entry in &stored.entries {
            let name = slice(&stored.names, entry).ok_or("a name lies outside the state's text")?;
            if hash::bytes(name) != entry.hash {
                return Err("a name does not fit its hash".into());
            }
            let at = tally.intern(entry.hash, name, |_| entry.extra).ok_or("a name is too long")?;
            if let Some(into) = tally.entries.get_mut(at as usize) {
                into.counts = entry.counts;
            }
        }
        Ok(tally)
    }
}

fn slice<'a>(names: &'a [u8], entry: &Entry) -> Option<&'a [u8]> {
    let start = usize::try_from(entry.start).ok()?;
    names.get(start..start.checked_add(usize::from(entry.length))?)
}

impl Tally {
    /// The number of the lowest tier that is still counted; [`TIERS`] when none is.
    pub fn level(&self) -> usize {
        self.level
    }

    /// Whether no name is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of names held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of a name. A new name is added, with a byte that `extra` gives. Returns `None` for a name
    /// over 65,535 bytes, and for a new name when 2^30 names are held.
    #[inline]
    pub fn intern(&mut self, hash: u64, name: &[u8], extra: impl FnOnce(&[u8]) -> u8) -> Option<u32> {
        let (names, entries) = (&self.names, &self.entries);
        let found = self.index.find(hash, |at| {
            entries
                .get(*at as usize)
                .is_some_and(|entry| entry.hash == hash && slice(names, entry) == Some(name))
        });
        if let Some(at) = found {
            return Some(*at);
        }
        let length = u16::try_from(name.len()).ok()?;
        let at = u32::try_from(self.entries.len()).ok().filter(|at| *at < 1 << 30)?;
        let start = self.names.len() as u64;
        self.names.extend_from_slice(name);
        self.entries.push(Entry { hash, start, counts: [0; TIERS], length, extra: extra(name) });
        let entries = &self.entries;
        self.index.insert_unique(hash, at, |at| entries.get(*at as usize).map_or(0, |entry| entry.hash));
        Some(at)
    }

    /// Adds to a name's count in a tier.
    #[inline]
    pub fn count(&mut self, at: u32, tier: usize, by: u64) {
        if let Some(count) = self.entries.get_mut(at as usize).and_then(|entry| entry.counts.get_mut(tier)) {
            *count = count.saturating_add(by);
            self.total = self.total.saturating_add(by);
        }
    }

    /// Adds what is not in the sample to the total, so that estimates are right.
    #[inline]
    pub fn skip(&mut self, by: u64) {
        self.total = self.total.saturating_add(by);
    }

    /// Adds `by` to a name's count in the given tier, if that tier is still counted, and keeps to the cap.
    pub fn add(&mut self, name: &str, tier: usize, by: u64, cap: usize) {
        if tier < self.level {
            self.skip(by);
            return;
        }
        if let Some(at) = self.intern(hash::bytes(name.as_bytes()), name.as_bytes(), |_| 0) {
            self.count(at, tier, by);
        }
        self.keep_to(cap);
    }

    /// Raises the level until at most `cap` names are held.
    pub fn keep_to(&mut self, cap: usize) {
        while self.len() > cap && self.level < TIERS {
            self.raise(self.level + 1);
        }
    }

    /// Drops all tiers below `level`, and the names that are left without a count. Returns the new number of
    /// each name; `u32::MAX` for those that are dropped.
    pub fn raise(&mut self, level: usize) -> Vec<u32> {
        let mut kept = Self { level: level.max(self.level), total: self.total, ..Self::default() };
        let mut numbers = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let mut counts = entry.counts;
            counts.iter_mut().take(kept.level).for_each(|count| *count = 0);
            let number = if counts.iter().any(|count| *count > 0) {
                slice(&self.names, entry).and_then(|name| kept.intern(entry.hash, name, |_| entry.extra))
            } else {
                None
            };
            if let Some(into) = number.and_then(|at| kept.entries.get_mut(at as usize)) {
                into.counts = counts;
            }
            numbers.push(number.unwrap_or(u32::MAX));
        }
        *self = kept;
        numbers
    }

    /// Adds the names and counts of a tally of the same level. Returns, for each name of `from`, its number
    /// here.
    pub fn absorb(&mut self, from: &Self) -> Vec<u32> {
        self.total = self.total.saturating_add(from.total);
        let mut numbers = Vec::with_capacity(from.entries.len());
        for entry in &from.entries {
            let number =
                slice(&from.names, entry).and_then(|name| self.intern(entry.hash, name, |_| entry.extra));
            if let Some(into) = number.and_then(|at| self.entries.get_mut(at as usize)) {
                for (count, by) in into.counts.iter_mut().zip(entry.counts) {
                    *count = count.saturating_add(by);
                }
            }
            numbers.push(number.unwrap_or(u32::MAX));
        }
        numbers
    }

    /// Adds another tally and keeps to the cap.
    pub fn merge(&mut self, mut from: Self, cap: usize) {
        if from.level > self.level {
            self.raise(from.level);
        } else if self.level > from.level {
            from.raise(self.level);
        }
        self.absorb(&from);
        self.keep_to(cap);
    }

    /// The byte kept with a name.
    #[inline]
    pub fn extra(&self, at: u32) -> u8 {
        self.entries.get(at as usize).map_or(0, |entry| entry.extra)
    }

    /// The name with this number.
    pub fn name(&self, at: u32) -> &str {
        let bytes = self.entries.get(at as usize).and_then(|entry| slice(&self.names, entry));
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// All counted names with their counts, in no particular order. Counts from a sample are scaled up.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        let scale = self.scale();
        (0_u32..).zip(&self.entries).filter_map(move |(at, entry)| {
            let count = entry.counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
            (count > 0).then(|| (self.name(at), scale.apply(count)))
        })
    }

    /// The scale from counts in the sample to estimates for the whole: the ratio of the total to what is in
    /// the sample, which is steadier than the rate of sampling if units are few or uneven.
    pub fn scale(&self) -> Scale {
        let sums = self.entries.iter().flat_map(|entry| entry.counts);
        Scale { total: self.total, sample: sums.fold(0, u64::saturating_add) }
    }

    /// Bytes held on the heap.
    pub fn memory_bytes(&self) -> u64 {
        (self.names.capacity() + self.entries.capacity() * size_of::<Entry>() + self.index.allocation_size())
            as u64
    }
}

/// Scales counts in a sample up to estimates for the whole.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    total: u64,
    sample: u64,
}

impl Scale {
    /// Creates a scale from the total of all counts and the part of it that is in the sample.
    pub fn new(total: u64, sample: u64) -> Self {
        Self { total, sample }
    }

    /// The estimate for a count; the count itself if the sample is everything.
    pub fn apply(self, count: u64) -> u64 {
        let (total, sample) = (u128::from(self.total), u128::from(self.sample.max(1)));
        u64::try_from((u128::from(count) * total + sample / 2) / sample).unwrap_or(u64::MAX)
    }
}

/// The sampling rate at a level: one unit in this many is counted.
pub fn one_in(level: usize) -> u64 {
    1 << (STEP_BITS * level.min(TIERS) as u32)
}

/// The `top` rows with the highest counts, sorted by descending count, then by name.
pub fn top<T: Ord>(rows: impl Iterator<Item = (T, u64)>, top: usize) -> Vec<(T, u64)> {
    let mut rows: Vec<_> = rows.collect();
    let order = |a: &(T, u64), b: &(T, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0));
    if top < rows.len() {
        rows.select_nth_unstable_by(top, order);
        rows.truncate(top);
    }
    rows.sort_unstable_by(order);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_top() {
        let mut tally = Tally::default();
        for name in ["b", "a", "c", "b", "a"] {
            tally.add(name, 0, 1, 100);
        }
        assert_eq!(top(tally.counts(), 2), [("a", 2), ("b", 2)]);
        assert_eq!(top(tally.counts(), 9).len(), 3);
    }

    #[test]
    fn cap_leaves_tiers_out() {
        let mut tally = Tally::default();
        for n in 0..50 {
            tally.add(&format!("rare{n}"), 0, 1, 20);
            tally.add("often", n % 2, 1, 20);
        }
        assert_eq!(tally.level(), 1);
        // 25 of 100 counts are in the sample, all of them of one name.
        assert_eq!(top(tally.counts(), 5), [("often", 100)]);
    }

    #[test]
    fn crosses_as_bytes() {
        let mut tally = Tally::default();
        tally.add("name", 2, 7, 10);
        let json = serde_json::to_string(&tally).unwrap();
        let back: Tally = serde_json::from_str(&json).unwrap();
        assert_eq!(top(back.counts(), 1), [("name", 7)]);
        assert!(serde_json::from_str::<Tally>(&json.replace("\"length\":4", "\"length\":5")).is_err());
    }
}
