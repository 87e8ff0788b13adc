//! The model that tells the main text of a page from what surrounds it: a score for each line. It is trained
//! by `train/train.py`; [`crate::decide`] decides what becomes of a line.

mod alike;
mod counts;
pub mod features;
pub mod forest;
pub mod grid;
pub mod lexicon;
mod markup;
mod rows;
pub mod simd;
mod sums;
pub mod title;
pub mod words;

use crate::html::markup::Markup;
use fearless_simd::{Simd, dispatch};
use features::Page;
use forest::{Forest, UNIT};
use grid::{Grid, OF_PAGE, REACH};
use textmill_plugin::error::Error;

/// Weights for pages that were saved as plain text.
const PLAIN: &str = include_str!("plain.txt");

/// Weights for HTML pages.
const HTML: &str = include_str!("html.txt");

/// A forest, and where its columns are in the grid.
#[derive(Debug)]
pub struct Model {
    forest: Forest,
    /// Number and shift of each column that the forest reads.
    columns: Vec<(usize, i8)>,
    /// Whether the forest reads a column, by its number.
    wanted: Vec<bool>,
}

impl Model {
    /// The model for plain text.
    ///
    /// # Errors
    /// If its weights do not fit the features, which the tests rule out.
    pub fn plain() -> Result<Self, Error> {
        Self::new(PLAIN, None)
    }

    /// The model for HTML.
    ///
    /// # Errors
    /// As [`Self::plain`].
    pub fn html() -> Result<Self, Error> {
        Self::new(HTML, Some(&[]))
    }

    /// `markup` is that of an empty page, or `None` where pages have no markup.
    fn new(weights: &str, markup: Option<&[Markup]>) -> Result<Self, Error> {
        // A shifted column is not constant: it has zeros outside the page.
        let is_constant = |column: &str| column.starts_with(OF_PAGE) && !column.contains('@');
        let forest = Forest::parse(weights, is_constant)?;
        let mut grid = Grid::new(0, &[]);
        Page { markup, ..Page::default() }.fill(&mut grid, &mut features::Scratch::default());
        let place = |column: &String| {
            let (name, shift) = match column.split_once('@') {
                Some((name, shift)) => (name, shift.parse().ok()?),
                None => (column.as_str(), 0),
            };
            let is_near = usize::from(i8::unsigned_abs(shift)) <= REACH;
            Some((grid.names().iter().position(|n| *n == name)?, shift)).filter(|_| is_near)
        };
        let columns: Vec<(usize, i8)> = forest
            .columns()
            .iter()
            .map(|c| {
                place(c).ok_or_else(|| Error::from(format!("the model asks `{c}`, which is no feature")))
            })
            .collect::<Result<_, _>>()?;
        let wanted = (0..grid.names().len()).map(|n| columns.iter().any(|(c, _)| *c == n)).collect();
        Ok(Self { forest, columns, wanted })
    }

    /// How likely each shown line of a page is to belong to the main text, in thousandths.
    pub fn likelihoods(&self, page: &Page<'_>, scratch: &mut Scratch) -> Vec<u16> {
        let rows = page.shown.len();
        scratch.grid.empty(rows, &self.wanted);
        page.fill(&mut scratch.grid, &mut scratch.features);
        let columns: Vec<&[u8]> =
            self.columns.iter().map(|&(column, shift)| scratch.grid.column_on(column, shift)).collect();
        let scores = self.forest.score(&columns, rows, &mut scratch.forest);
        let mut likelihoods = vec![0; rows];
        dispatch!(scratch.grid.level(), simd => of_scores(simd, &scores, &mut likelihoods));
        likelihoods
    }
}

/// Scratch buffers for scoring a page.
#[derive(Default)]
pub struct Scratch {
    grid: Grid,
    features: features::Scratch,
    forest: forest::Scratch,
}

/// Converts scores to likelihoods.
#[inline(always)]
fn of_scores<S: Simd>(_: S, scores: &[i32], likelihoods: &mut [u16]) {
    likelihoods.iter_mut().zip(scores).for_each(|(cell, &score)| *cell = likelihood(score));
}

/// The logistic function of a score in [`UNIT`]s, in thousandths. Uses basic arithmetic only, so that it is
/// the same on every machine: `exp` of the standard library need not be.
#[inline(always)]
fn likelihood(score: i32) -> u16 {
    // e^-x as (1 - x/1024)^1024, good to a hundredth where it matters.
    let mut power = (1.0 - f64::from(score) / f64::from(UNIT) / 1024.0).max(0.0);
    for _ in 0..10 {
        power *= power;
    }
    // Adding 0.5 and truncating rounds, since no number here is below 0.
    simd::small(simd::cut_off(1000.0 / (1.0 + power) + 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_fit_the_features() {
        assert!(!Model::plain().unwrap().columns.is_empty());
        assert!(!Model::html().unwrap().columns.is_empty());
        for bad in ["nothing>1: 1 2", "words@9>1: 1 2", "words@x>1: 1 2"] {
            assert!(Model::new(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn likelihoods_grow_with_scores() {
        assert_eq!((likelihood(0), likelihood(-2_000_000), likelihood(2_000_000)), (500, 0, 1000));
        assert!(likelihood(UNIT).abs_diff(731) < 2);
        assert!((-20_000..20_000).map(likelihood).is_sorted());
    }
}
