//! Reports on the work of the stage: how many candidates are similar, how many similar pairs the bands are
//! likely to have missed, and how large the clusters are.
//!
//! Misses are estimated from pairs that are found in another way. Under one more permutation, independent of
//! those of the bands, two documents of similarity s have the same minimum with probability s. Documents
//! whose minimum is divisible by [`SAMPLED`] are the sample. Those that share their minimum, at most
//! [`COMPARED`], are compared with one another, and each similar pair is looked up in the bands. A pair is
//! weighted by 1/s, since it is seen with probability s (Horvitz, Thompson 1952).

use super::id::{ORIGINALS, SETS};
use crate::bands::Bands;
use crate::minhash::MinHash;
use crate::normalize::mix;
use crate::options::{Metric, Options};
use crate::set::{Measure, Shingles};
use crate::steps::candidates::SAMPLED as KEYS_SAMPLED;
use crate::table::{Columns, Joined, number};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::builder::{BooleanBuilder, Float64Builder, UInt64Builder};
use textmill_plugin::prelude::*;

/// One minimum in this many is sampled.
const SAMPLED: u64 = 16;
/// Most documents with the same minimum that are compared.
const COMPARED: usize = 32;
/// Weights are summed as integers, in units of 1/`PART`, so that the order of the sums does not matter.
const PART: f64 = 1e6;

fn sample_schema() -> Schema {
    Schema::new(vec![number("key"), number("ordinal")])
}

/// Picks the documents of the sample.
#[derive(Clone)]
pub struct Sample;

impl BatchMap for Sample {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("sample")
            .doc("Picks documents, alike ones together, to be compared in full.")
            .reads("ordinal")
            .reads("shingles")
            .reads(ORIGINALS)
            .table()
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        sample_schema()
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        call.keep_going()?;
        let (ordinals, sets) = (batch.numbers("ordinal")?, batch.bytes("shingles")?);
        let originals = Joined::of(batch, ORIGINALS)?;
        let representatives = originals.rows.numbers("representative")?;
        let (mut keys, mut owners) = (UInt64Builder::new(), UInt64Builder::new());
        for (row, ordinal) in ordinals.values().iter().enumerate() {
            if representatives.value(originals.at(row)?) != *ordinal {
                continue;
            }
            let least = least_hash(Shingles::new(sets.value(row)));
            if let Some(key) = least.filter(|key| key % SAMPLED == 0) {
                keys.append_value(key);
                owners.append_value(*ordinal);
            }
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(keys.finish()), Arc::new(owners.finish())];
        let documents = RecordBatch::try_new(Arc::new(sample_schema()), columns)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// The smallest hash of the shingles under the permutation of the sample.
fn least_hash(set: Shingles<'_>) -> Option<u64> {
    /// Minima computed side by side: with a single one, each step would wait for the one before.
    const LANES: usize = 4;
    let hash = |shingle: u32| mix(u64::from(shingle) ^ 0x2545_f491_4f6c_dd1d, 0x9fb2_1c65_1e98_df25);
    let mut least = [u64::MAX; LANES];
    let mut shingles = set.iter();
    let mut left = set.len();
    while left >= LANES {
        for (least, shingle) in least.iter_mut().zip(&mut shingles) {
            *least = (*least).min(hash(shingle));
        }
        left -= LANES;
    }
    let rest = shingles.map(hash).chain(least).min();
    rest.filter(|_| !set.is_empty())
}

fn examined_schema() -> Schema {
    Schema::new(vec![
        Field::new("weight", DataType::Float64, false),
        Field::new("found", DataType::Boolean, false),
    ])
}

/// Finds the similar pairs among the documents of the sample.
#[derive(Clone)]
pub struct Examine {
    options: Options,
    minhash: MinHash,
}

impl Group for Examine {
    type Options = Options;

    fn describe() -> Describe {
        Describe::new("examine")
            .doc("Compares the documents of the sample in full, and says which alike pairs share a key.")
            .reads("key")
            .reads("ordinal")
            .reads(SETS)
            .smallest_group(2)
    }

    fn bind(options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self { minhash: MinHash::new(options.bands()), options })
    }

    fn schema(&self) -> Schema {
        examined_schema()
    }

    fn reduce(
        &mut self,
        rows: &RecordBatch,
        groups: &[Range<usize>],
        call: &Call<'_>,
    ) -> Result<RecordBatch> {
        let joined = Joined::of(rows, SETS)?;
        let sets = joined.rows.bytes("shingles")?;
        let (mut weights, mut found) = (Float64Builder::new(), BooleanBuilder::new());
        for group in groups {
            call.keep_going()?;
            let mut members: Vec<(Shingles<'_>, BTreeSet<u64>)> = Vec::new();
            for row in group.clone().take(COMPARED) {
                let set = Shingles::new(sets.value(joined.at(row)?));
                let shingles: Vec<u32> = set.iter().collect();
                members.push((set, self.keys(&shingles)));
            }
            for (at, (set, keys)) in members.iter().enumerate() {
                for (other, other_keys) in members.iter().skip(at + 1) {
                    let overlap = set.overlap(*other);
                    if overlap.reaches(self.options.measure(), self.options.threshold()) {
                        weights.append_value(1.0 / overlap.similarity(Measure::Jaccard));
                        found.append_value(!keys.is_disjoint(other_keys));
                    }
                }
            }
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(weights.finish()), Arc::new(found.finish())];
        Ok(RecordBatch::try_new(Arc::new(examined_schema()), columns)?)
    }
}

impl Examine {
    /// The keys of a document. The key of a band is mixed with the band's number.
    fn keys(&mut self, shingles: &[u32]) -> BTreeSet<u64> {
        match self.options.metric {
            Metric::Jaccard => {
                (0_u64..).zip(self.minhash.keys(shingles)).map(|(band, key)| mix(key, band + 1)).collect()
            }
            Metric::Containment => shingles
                .iter()
                .filter(|shingle| **shingle % KEYS_SAMPLED == 0)
                .map(|s| u64::from(*s))
                .collect(),
        }
    }
}

/// Counts of pairs: of all, and of those that are similar ([`Compared`]) or share a key ([`Misses`]).
#[derive(Default, Serialize, Deserialize)]
pub struct Pairs {
    all: u64,
    alike: u64,
    /// Sums of the weights of all, and of those that share a key, in millionths.
    weight: u64,
    alike_weight: u64,
}

impl Pairs {
    fn add(&mut self, other: &Self) {
        self.all += other.all;
        self.alike += other.alike;
        self.weight += other.weight;
        self.alike_weight += other.alike_weight;
    }
}

fn share(part: u64, whole: u64) -> Value {
    if whole == 0 { Value::Null } else { json!(rounded(part as f64 / whole as f64)) }
}

/// Rounds to four digits: more are noise.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

fn truth(row: &Row<'_>, column: &str) -> bool {
    row.value(column).as_bool().unwrap_or(false)
}

/// Reports how many candidates are similar, and the probability curve of the bands.
pub struct Compared(Options);

impl Aggregate for Compared {
    type Options = Options;
    type State = Pairs;

    fn describe() -> Describe {
        Describe::new("compared")
            .doc("Counts the pairs that were compared, and those that are alike.")
            .reads("alike")
            .step()
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self(options))
    }

    fn update(&self, state: &mut Pairs, row: &Row<'_>) -> Result<()> {
        state.add(&Pairs { all: 1, alike: u64::from(truth(row, "alike")), ..Pairs::default() });
        Ok(())
    }

    fn merge(&self, into: &mut Pairs, from: Pairs) -> Result<()> {
        into.add(&from);
        Ok(())
    }

    fn finish(&self, state: Pairs) -> Result<Value> {
        let mut report = json!({
            "compared": state.all,
            "alike": state.alike,
            "alike_share": share(state.alike, state.all),
            "threshold": self.0.threshold(),
        });
        if self.0.metric == Metric::Jaccard {
            report["bands"] = curve(self.0.bands());
        }
        Ok(report)
    }

    fn memory_bytes(&self, _: &Pairs) -> u64 {
        size_of::<Pairs>() as u64
    }
}

/// Bands, rows, and the probability that a pair is compared, by its similarity in steps of 0.1.
fn curve(bands: Bands) -> Value {
    let point = |step: u32| {
        let similarity = f64::from(step) / 10.0;
        (format!("{similarity:.1}"), json!(rounded(bands.probability(similarity))))
    };
    let curve: Value = (1..=10).map(point).collect();
    json!({ "bands": bands.bands, "rows": bands.rows, "compared_with_probability": curve })
}

/// Reports how many similar pairs of the sample share a key.
pub struct Misses;

impl Aggregate for Misses {
    type Options = Options;
    type State = Pairs;

    fn describe() -> Describe {
        Describe::new("misses")
            .doc("Estimates from the sample which share of the alike pairs is compared.")
            .reads("weight")
            .reads("found")
            .step()
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn update(&self, state: &mut Pairs, row: &Row<'_>) -> Result<()> {
        let found = truth(row, "found");
        let weight = (row.value("weight").as_f64().unwrap_or(0.0) * PART).round() as u64;
        let of_found = |number| if found { number } else { 0 };
        state.add(&Pairs { all: 1, alike: of_found(1), weight, alike_weight: of_found(weight) });
        Ok(())
    }

    fn merge(&self, into: &mut Pairs, from: Pairs) -> Result<()> {
        into.add(&from);
        Ok(())
    }

    fn finish(&self, state: Pairs) -> Result<Value> {
        Ok(json!({
            "pairs_alike": state.all,
            "pairs_missed": state.all - state.alike,
            "estimated_recall": share(state.alike_weight, state.weight),
        }))
    }

    fn memory_bytes(&self, _: &Pairs) -> u64 {
        size_of::<Pairs>() as u64
    }
}

/// Reports on clusters.
pub struct Clusters;

/// Counts of documents in clusters.
#[derive(Default, Serialize, Deserialize)]
pub struct Sizes {
    documents: u64,
    kept: u64,
    largest: u64,
}

impl Aggregate for Clusters {
    type Options = Options;
    type State = Sizes;

    fn describe() -> Describe {
        Describe::new("clusters")
            .doc("Counts clusters and their documents.")
            .reads("rule")
            .reads("duplicates")
            .step()
    }

    fn bind(_: Options) -> Result<Self> {
        Ok(Self)
    }

    fn update(&self, state: &mut Sizes, row: &Row<'_>) -> Result<()> {
        let duplicates = row.uint("duplicates").unwrap_or(0);
        let kept = u64::from(duplicates > 0);
        let largest = if duplicates > 0 { duplicates + 1 } else { 0 };
        self.merge(state, Sizes { documents: 1, kept, largest })
    }

    fn merge(&self, into: &mut Sizes, from: Sizes) -> Result<()> {
        into.documents += from.documents;
        into.kept += from.kept;
        into.largest = into.largest.max(from.largest);
        Ok(())
    }

    fn finish(&self, state: Sizes) -> Result<Value> {
        Ok(json!({ "clusters": state.kept, "documents": state.documents, "largest": state.largest }))
    }

    fn memory_bytes(&self, _: &Sizes) -> u64 {
        size_of::<Sizes>() as u64
    }
}
