//! Sums of a number of each row from the first row on, so that a window of any height costs a subtraction. Holds no meaning.

/// Rows of zeros around the page: how far a window can reach.
const REACH: usize = 32;

/// The sums.
pub struct Sums {
    rows: usize,
    /// Before each row; 0 above the page, and all below it.
    before: Vec<u32>,
}

impl Sums {
    /// Of `rows` rows.
    pub fn new(rows: usize, values: impl Iterator<Item = u32>) -> Self {
        let mut before = Vec::with_capacity(rows + 2 * REACH + 1);
        before.resize(REACH + 1, 0);
        let mut sum = 0u32;
        before.extend(values.take(rows).map(|value| {
            sum = sum.saturating_add(value);
            sum
        }));
        before.resize(rows + 2 * REACH + 1, sum);
        Self { rows, before }
    }

    /// For each row, the sum of the rows from `from` to before `to` as seen from it, as far as there are any; nothing beyond
    /// a reach of 32.
    pub fn window(&self, from: isize, to: isize) -> impl Iterator<Item = u32> {
        let at = |shift: isize| {
            let begin = REACH.checked_add_signed(shift);
            begin.and_then(|begin| self.before.get(begin..begin + self.rows)).unwrap_or(&[])
        };
        at(to).iter().zip(at(from)).map(|(to, from)| to - from)
    }

    /// For each row, the sum of the rows above it.
    pub fn above(&self) -> impl Iterator<Item = u32> {
        self.before[REACH..].iter().take(self.rows).copied()
    }

    /// For each row, the sum of it and the rows above it.
    pub fn upto(&self) -> impl Iterator<Item = u32> {
        self.before[REACH + 1..].iter().take(self.rows).copied()
    }

    /// For each row, the sum of it and the rows below it.
    pub fn below(&self) -> impl Iterator<Item = u32> {
        let all = self.all();
        self.above().map(move |above| all - above)
    }

    /// Of the whole page.
    pub fn all(&self) -> u32 {
        self.before.last().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_end_with_the_page() {
        let sums = Sums::new(4, [1, 2, 4, 8].into_iter());
        assert_eq!(sums.window(-1, 2).collect::<Vec<_>>(), [3, 7, 14, 12]);
        assert_eq!(sums.window(-30, 0).collect::<Vec<_>>(), [0, 1, 3, 7]);
        assert_eq!(sums.window(1, 31).collect::<Vec<_>>(), [14, 12, 8, 0]);
        assert_eq!(sums.above().collect::<Vec<_>>(), [0, 1, 3, 7]);
        assert_eq!(sums.upto().collect::<Vec<_>>(), [1, 3, 7, 15]);
        assert_eq!(sums.below().collect::<Vec<_>>(), [15, 14, 12, 8]);
        assert_eq!((sums.all(), Sums::new(0, [].into_iter()).all()), (15, 0));
    }
}
