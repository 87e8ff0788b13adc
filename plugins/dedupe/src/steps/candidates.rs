//! Finds the pairs worth comparing: documents that share a key.
//!
//! For Jaccard similarity, the keys are bands of minima. For containment, they are the shingles whose hash is
//! divisible by [`SAMPLED`] (modulo sampling, Broder 1997): a document that contains another one contains its
//! sampled shingles, however much longer it is. For a pair that shares n shingles, the probability of a
//! shared key is 1 - (1 - 1/8)^n.

use super::id::ORIGINALS;
use crate::minhash::MinHash;
use crate::options::{Metric, Mode, Options};
use crate::rank::KNOWN;
use crate::set::{LEAST, Shingles};
use crate::table::{Columns, Joined, number};
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::builder::{UInt32Builder, UInt64Builder};
use textmill_plugin::prelude::*;

/// For containment, one shingle in this many is a key.
pub const SAMPLED: u32 = 8;
/// Most documents under a key that each document is compared with: half of them are those that rank first,
/// half those that rank right before it. A group of n documents costs at most 32 n comparisons. Pairs that
/// are missed beyond that share other keys.
const NEIGHBOURS: usize = 32;
/// The same under a key that more than [`COMMON`] documents have, which is more likely boilerplate than not.
/// On 64 MB of web pages, 722 documents are dropped with 32 neighbours everywhere. Of these, 721 are dropped
/// with 16 here, for 0.73 of the comparisons, and 720 with 8, for 0.55. On the four labelled sets, the
/// results are the same.
const FEW_NEIGHBOURS: usize = 16;
const COMMON: usize = 64;

/// Computes the keys of each document.
#[derive(Clone)]
pub struct Band {
    options: Options,
    minhash: MinHash,
    shingles: Vec<u32>,
}

fn key_schema() -> Schema {
    Schema::new(vec![
        Field::new("band", DataType::UInt32, false),
        number("key"),
        number("ordinal"),
        number("rank"),
    ])
}

impl BatchMap for Band {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("band")
            .doc("Gives the keys under which a document meets those that may be like it.")
            .reads("ordinal")
            .reads("rank")
            .reads("shingles")
            .reads(ORIGINALS)
            .table()
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self { minhash: MinHash::new(options.bands()), options, shingles: Vec::new() })
    }

    fn schema(&self) -> Schema {
        key_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let (ordinals, ranks, sets) =
            (batch.numbers("ordinal")?, batch.numbers("rank")?, batch.bytes("shingles")?);
        let originals = Joined::of(batch, ORIGINALS)?;
        let representatives = originals.rows.numbers("representative")?;
        let rows = batch.num_rows() * self.options.bands().bands;
        let mut bands = UInt32Builder::with_capacity(rows);
        let mut keys = UInt64Builder::with_capacity(rows);
        let mut owners = UInt64Builder::with_capacity(rows);
        let mut owner_ranks = UInt64Builder::with_capacity(rows);
        for (row, ordinal) in ordinals.values().iter().enumerate() {
            call.keep_going()?;
            if representatives.value(originals.at(row)?) != *ordinal {
                continue;
            }
            let mut put = |band: u32, key: u64| {
                bands.append_value(band);
                keys.append_value(key);
                owners.append_value(*ordinal);
                owner_ranks.append_value(ranks.value(row));
            };
            self.shingles.clear();
            self.shingles.extend(Shingles::new(sets.value(row)).iter());
            if (self.shingles.len() as u64) < LEAST {
                continue;
            }
            match self.options.metric {
                Metric::Jaccard => {
                    (0..).zip(self.minhash.keys(&self.shingles)).for_each(|(band, key)| put(band, key));
                }
                Metric::Containment => {
                    self.shingles.retain(|shingle| shingle % SAMPLED == 0);
                    self.shingles.iter().for_each(|shingle| put(0, u64::from(*shingle)));
                }
            }
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(bands.finish()),
            Arc::new(keys.finish()),
            Arc::new(owners.finish()),
            Arc::new(owner_ranks.finish()),
        ];
        let documents = RecordBatch::try_new(Arc::new(key_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// Columns of candidates: `ordinal` is a document to compare with the earlier document `low`, or `low`
/// itself.
pub fn candidate_schema() -> Schema {
    Schema::new(vec![number("low"), number("ordinal")])
}

/// Pairs the documents under a key.
#[derive(Clone)]
pub struct Pair(Options);

impl Group for Pair {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("pair")
            .doc("Pairs the documents under a key.")
            .reads("band")
            .reads("key")
            .reads("ordinal")
            .reads("rank")
            .smallest_group(2)
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self(options))
    }

    fn schema(&self) -> Schema {
        candidate_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let (ordinals, ranks) = (rows.numbers("ordinal")?, rows.numbers("rank")?);
        let (mut lows, mut owners) = (UInt64Builder::new(), UInt64Builder::new());
        let mut members: Vec<(u64, u64)> = Vec::new();
        let mut is_low: Vec<bool> = Vec::new();
        for group in groups {
            call.keep_going()?;
            members.clear();
            members.extend(group.clone().map(|row| (ranks.value(row), ordinals.value(row))));
            members.sort_unstable();
            let common = members.len() > COMMON;
            let neighbours = if common { FEW_NEIGHBOURS } else { NEIGHBOURS };
            is_low.clear();
            is_low.resize(members.len(), false);
            let ordinal = |place: usize| members.get(place).map_or(0, |(_, ordinal)| *ordinal);
            let mut put = |low: u64, ordinal: u64| {
                lows.append_value(low);
                owners.append_value(ordinal);
            };
            pairs(&members, neighbours, self.0.mode == Mode::Against, |one, other| {
                let (low, high) = if ordinal(one) < ordinal(other) { (one, other) } else { (other, one) };
                put(ordinal(low), ordinal(high));
                // The document itself, once.
                if let Some(is_low @ false) = is_low.get_mut(low) {
                    *is_low = true;
                    put(ordinal(low), ordinal(low));
                }
            });
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(lows.finish()), Arc::new(owners.finish())];
        Ok(RecordBatch::try_new(Arc::new(candidate_schema()), columns)?)
    }
}

/// Calls `pair` with the indices of each pair of a group. `members` are (rank, ordinal), sorted. Each member
/// is paired with the first ones and with those right before it.
///
/// Documents of an index are not paired with one another. If `known_alone`, other documents are only paired
/// with those of an index.
fn pairs(members: &[(u64, u64)], neighbours: usize, known_alone: bool, mut pair: impl FnMut(usize, usize)) {
    let known = members.partition_point(|(rank, _)| *rank == KNOWN);
    let half = neighbours / 2;
    for at in known.max(1)..members.len() {
        let before = if known_alone { known } else { at };
        let first = before.min(half);
        let near = before.saturating_sub(half).max(first)..before;
        (0..first).chain(near).for_each(|other| pair(other, at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(members: &[(u64, u64)], neighbours: usize, known_alone: bool) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        pairs(members, neighbours, known_alone, |a, b| found.push((members[a].1, members[b].1)));
        found
    }

    #[test]
    fn small_groups_are_paired_in_full_and_large_ones_in_part() {
        let members: Vec<(u64, u64)> = (0..6).map(|n| (1, n)).collect();
        assert_eq!(of(&members[..3], 32, false), [(0, 1), (0, 2), (1, 2)]);
        assert_eq!(of(&members, 32, false).len(), 15);
        assert_eq!(
            of(&members, 2, false),
            [(0, 1), (0, 2), (1, 2), (0, 3), (2, 3), (0, 4), (3, 4), (0, 5), (4, 5)]
        );
    }

    #[test]
    fn an_index_is_compared_with_what_is_new() {
        let members = [(KNOWN, 90), (KNOWN, 91), (1, 3), (1, 4)];
        assert_eq!(of(&members, 32, false), [(90, 3), (91, 3), (90, 4), (91, 4), (3, 4)]);
        assert_eq!(of(&members, 32, true), [(90, 3), (91, 3), (90, 4), (91, 4)]);
        assert_eq!(of(&members[2..], 32, true), []);
    }
}
