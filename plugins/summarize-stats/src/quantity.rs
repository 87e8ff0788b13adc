//! One number per document (bytes, words …): total, extremes, quantiles, histogram. Mergeable in any order.
//!
//! Values go to a log-linear histogram, the layout of HdrHistogram: exact below 2048, then 1024 buckets per
//! power of two, so that a quantile is off by at most 1/2048 of its value (0.05 %). Everything is a sum,
//! minimum or maximum of integers, hence the same for every split into batches and every order of merging.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Buckets per power of two, as a base-2 logarithm.
const SUB_BITS: u32 = 10;
/// Values below this have a bucket of their own.
const EXACT: u64 = 1 << (SUB_BITS + 1);

/// Statistics of one quantity over all documents so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    documents: u64,
    total: u64,
    extremes: Option<(u64, u64)>,
    /// Number of documents in each bucket that is not empty: at most 56,320 buckets.
    buckets: BTreeMap<u32, u64>,
}

impl Quantity {
    /// Adds one document's value.
    pub fn add(&mut self, value: u64) {
        self.documents += 1;
        self.total = self.total.saturating_add(value);
        self.extremes = Some(match self.extremes {
            None => (value, value),
            Some((min, max)) => (min.min(value), max.max(value)),
        });
        *self.buckets.entry(bucket_of(value)).or_default() += 1;
    }

    /// Adds the values of another state.
    pub fn merge(&mut self, from: &Self) {
        self.documents += from.documents;
        self.total = self.total.saturating_add(from.total);
        self.extremes = match (self.extremes, from.extremes) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        for (bucket, count) in &from.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
    }

    /// Sum over all documents.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The value at or below which `percent` percent of the documents lie (nearest rank).
    pub fn quantile(&self, percent: u64) -> Option<u64> {
        let (min, max) = self.extremes?;
        let rank = (u128::from(self.documents) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += u128::from(*count);
            if seen >= rank {
                let (from, to) = bounds_of(*bucket);
                return Some((from + (to - from) / 2).clamp(min, max));
            }
        }
        Some(max)
    }

    /// The report: total, min, median, p90, max and a histogram over powers of two.
    pub fn report(&self) -> Value {
        json!({
            "total": self.total,
            "min": self.extremes.map(|(min, _)| min),
            "median": self.quantile(50),
            "p90": self.quantile(90),
            "max": self.extremes.map(|(_, max)| max),
            "histogram": self.histogram(),
        })
    }

    /// Documents per power of two, from the first bin that is not empty to the last: `from <= value < below`.
    fn histogram(&self) -> Vec<Value> {
        // Bin 0 holds the value 0, bin n the values of n binary digits.
        let mut bins: BTreeMap<u32, u64> = BTreeMap::new();
        for (bucket, count) in &self.buckets {
            let (from, _) = bounds_of(*bucket);
            *bins.entry(u64::BITS - from.leading_zeros()).or_default() += count;
        }
        let (Some((&first, _)), Some((&last, _))) = (bins.first_key_value(), bins.last_key_value()) else {
            return Vec::new();
        };
        let start = |bin: u32| if bin == 0 { 0 } else { 1_u64 << (bin - 1) };
        (first..=last)
            .map(|bin| {
                let below = if bin == u64::BITS { u64::MAX } else { 1_u64 << bin };
                json!({"from": start(bin), "below": below, "documents": bins.get(&bin).copied().unwrap_or(0)})
            })
            .collect()
    }

    /// Bytes held on the heap, approximately.
    pub fn memory_bytes(&self) -> u64 {
        // Key, count, and their share of the map's unused capacity.
        self.buckets.len() as u64 * 24
    }
}

fn bucket_of(value: u64) -> u32 {
    if value < EXACT {
        return value as u32;
    }
    let shift = value.ilog2() - SUB_BITS;
    // The top SUB_BITS + 1 bits, of which the first is always set.
    (shift << SUB_BITS) + (value >> shift) as u32
}

/// Smallest and largest value of a bucket.
fn bounds_of(bucket: u32) -> (u64, u64) {
    let bucket = u64::from(bucket);
    if bucket < EXACT {
        return (bucket, bucket);
    }
    let shift = (bucket >> SUB_BITS) - 1;
    let top = bucket - (shift << SUB_BITS);
    let from = top << shift;
    (from, from + ((1 << shift) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_values_are_exact() {
        let mut quantity = Quantity::default();
        for value in [5, 1, 3, 2, 4, 200, 255] {
            quantity.add(value);
        }
        assert_eq!(quantity.quantile(50), Some(4));
        assert_eq!(quantity.quantile(90), Some(255));
        assert_eq!(quantity.quantile(1), Some(1));
        assert_eq!(Quantity::default().quantile(50), None);
    }

    #[test]
    fn histogram_has_the_bins_between() {
        let mut quantity = Quantity::default();
        for value in [0, 3, 1000] {
            quantity.add(value);
        }
        let report = quantity.report();
        let bins = report["histogram"].as_array().unwrap();
        assert_eq!(bins.len(), 11);
        assert_eq!(bins[0], json!({"from": 0, "below": 1, "documents": 1}));
        assert_eq!(bins[2], json!({"from": 2, "below": 4, "documents": 1}));
        assert_eq!(bins[10], json!({"from": 512, "below": 1024, "documents": 1}));
    }

    #[test]
    fn largest_value() {
        let mut quantity = Quantity::default();
        quantity.add(u64::MAX);
        quantity.add(u64::MAX);
        assert_eq!(quantity.quantile(50), Some(u64::MAX));
        assert_eq!(quantity.report()["total"], json!(u64::MAX));
    }

    proptest! {
        #[test]
        fn buckets_hold_their_values(value: u64) {
            let (from, to) = bounds_of(bucket_of(value));
            prop_assert!(from <= value && value <= to);
            prop_assert!(to - from <= value / 1024);
        }

        #[test]
        fn quantiles_are_near(mut values in prop::collection::vec(0u64..5_000_000, 1..200), percent in 1u64..=100) {
            let mut quantity = Quantity::default();
            for value in &values {
                quantity.add(*value);
            }
            values.sort_unstable();
            let rank = (values.len() as u64 * percent).div_ceil(100).max(1) as usize;
            let exact = values[rank - 1];
            let told = quantity.quantile(percent).unwrap();
            prop_assert!(told.abs_diff(exact) <= exact / 2048 + 1, "{told} for {exact}");
        }
    }
}
