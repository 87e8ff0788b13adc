//! Bands: how many, of how many rows, for which threshold; and how likely a pair is to be compared.
//!
//! Two documents whose shingle sets have Jaccard similarity s agree in a minimum with probability s, in all r of a band
//! with s^r, and so share one of b bands with probability 1 - (1 - s^r)^b (Indyk, Motwani 1998; the S-curve of
//! "Mining of Massive Datasets", section 3.4).

use serde::{Deserialize, Serialize};

/// Bands and rows of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bands {
    /// How many bands there are.
    pub bands: usize,
    /// Minima to a band.
    pub rows: usize,
}

/// The parameters of FineWeb: 14 bands of 8 rows.
pub const FINEWEB: Bands = Bands { bands: 14, rows: 8 };
/// Most minima that are taken of a document when bands are chosen.
const MINIMA: usize = 128;
/// Least probability with which a pair at the threshold is to be compared.
pub const RECALL: f64 = 0.99;
/// Most rows of a band: with more, pairs at a threshold near 1 would be lost to rounding.
const ROWS: usize = 16;

impl Bands {
    /// The bands with the most rows, and so the fewest needless comparisons, that compare a pair at the threshold with
    /// probability [`RECALL`] and need no more than 128 minima. Where no number of rows does, bands of three or fewer
    /// rows, as many as it takes.
    pub fn for_threshold(threshold: f64) -> Self {
        let with = |rows: usize| Self { bands: needed(threshold, rows), rows };
        let fits = |found: &Self| found.minima() <= MINIMA;
        let widest = (3..=ROWS).rev().map(with).find(fits);
        widest.unwrap_or_else(|| {
            if threshold >= 0.3 { with(3) } else { with(if threshold >= 0.1 { 2 } else { 1 }) }
        })
    }

    /// Minima to a signature.
    pub fn minima(self) -> usize {
        self.bands * self.rows
    }

    /// Probability that a pair of this similarity is compared.
    pub fn probability(self, similarity: f64) -> f64 {
        let rows = i32::try_from(self.rows).unwrap_or(i32::MAX);
        let bands = i32::try_from(self.bands).unwrap_or(i32::MAX);
        1.0 - (1.0 - similarity.powi(rows)).powi(bands)
    }
}

/// Bands of so many rows that it takes.
fn needed(threshold: f64, rows: usize) -> usize {
    let share = threshold.powi(i32::try_from(rows).unwrap_or(i32::MAX)).min(1.0 - 1e-9);
    let bands = (1.0 - RECALL).ln() / (1.0 - share).ln();
    // A threshold near 0 cannot be had by bands: more than this would only cost.
    (bands.ceil() as usize).clamp(4, 512)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_follow_the_threshold() {
        let of = |threshold| {
            let Bands { bands, rows } = Bands::for_threshold(threshold);
            (bands, rows)
        };
        assert_eq!(of(0.5), (35, 3));
        assert_eq!(of(0.7), (17, 4));
        assert_eq!(of(0.8), (16, 6));
        assert_eq!(of(0.9), (11, 10));
        assert_eq!(of(1.0), (4, 16));
    }

    #[test]
    fn a_pair_at_the_threshold_is_compared() {
        for percent in 15..=100 {
            let threshold = f64::from(percent) / 100.0;
            let bands = Bands::for_threshold(threshold);
            assert!(bands.probability(threshold) >= RECALL, "{threshold}: {bands:?}");
        }
        assert!((FINEWEB.probability(0.8) - 0.923).abs() < 0.001);
        assert!((FINEWEB.probability(0.75) - 0.772).abs() < 0.001);
    }
}
