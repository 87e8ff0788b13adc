//! Chooses the number of bands and rows for a threshold, and gives the probability that a pair is compared.
//!
//! Two documents whose shingle sets have Jaccard similarity s agree in one minimum with probability s, and in
//! all r minima of a band with probability s^r. So the probability that they agree in at least one of b bands
//! is 1 - (1 - s^r)^b (Indyk, Motwani 1998; the S-curve of "Mining of Massive Datasets", section 3.4).

use serde::{Deserialize, Serialize};

/// Bands and rows of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bands {
    /// Number of bands.
    pub bands: usize,
    /// Minima per band.
    pub rows: usize,
}

/// The parameters of FineWeb: 14 bands of 8 rows.
pub const FINEWEB: Bands = Bands { bands: 14, rows: 8 };
/// Most minima per document when the bands are derived from a threshold.
const MINIMA: usize = 128;
/// The least probability with which a pair at the threshold is compared.
pub const RECALL: f64 = 0.99;
/// Most rows per band: with more, rounding would lose pairs at a threshold near 1.
const ROWS: usize = 16;

impl Bands {
    /// The bands with the most rows, and so the fewest needless comparisons, that compare a pair at the
    /// threshold with probability [`RECALL`] and need no more than 128 minima.
    ///
    /// If three rows already need more minima, uses three rows for a threshold of at least 0.3, two for at
    /// least 0.1, and one below, with as many bands as needed (at most 512).
    pub fn for_threshold(threshold: f64) -> Self {
        let with = |rows: usize| Self { bands: needed(threshold, rows), rows };
        let fits = |found: &Self| found.minima() <= MINIMA;
        let widest = (3..=ROWS).rev().map(with).find(fits);
        widest.unwrap_or_else(|| {
            if threshold >= 0.3 { with(3) } else { with(if threshold >= 0.1 { 2 } else { 1 }) }
        })
    }

    /// Minima per signature.
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

/// The number of bands of `rows` rows that compare a pair at the threshold with probability [`RECALL`].
fn needed(threshold: f64, rows: usize) -> usize {
    let share = threshold.powi(i32::try_from(rows).unwrap_or(i32::MAX)).min(1.0 - 1e-9);
    let bands = (1.0 - RECALL).ln() / (1.0 - share).ln();
    // Bands cannot cover a threshold near 0: more than this would only cost time.
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
