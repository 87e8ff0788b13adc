//! Prefix sums over the rows of a page: the sum of a window of any height is one subtraction. Knows nothing
//! of what is summed.

/// Rows of zeros around the page: how far a window can reach.
const REACH: usize = 32;

/// The prefix sums.
#[derive(Default)]
pub struct Sums {
    rows: usize,
    /// The sum before each row: 0 above the page, the total below it.
    before: Vec<u32>,
}

impl Sums {
    /// Sums up `values`, one for each of `rows` rows, in place of the previous sums.
    pub fn of(&mut self, rows: usize, values: impl Iterator<Item = u32>) -> &Self {
        self.rows = rows;
        // The sums of a previous page are all overwritten.
        self.before.resize(rows + 2 * REACH + 1, 0);
        self.before[..=REACH].fill(0);
        let mut sum = 0u64;
        for (before, value) in self.before[REACH + 1..REACH + 1 + rows].iter_mut().zip(values) {
            sum += u64::from(value);
            *before = sum as u32;
        }
        let most = u64::from(u32::MAX);
        if sum > most {
            self.stop_at_most();
        }
        self.before[REACH + 1 + rows..].fill(sum.min(most) as u32);
        self
    }

    /// Makes the sums saturate, from the first one on that is beyond 32 bits.
    #[cold]
    fn stop_at_most(&mut self) {
        let sums = &mut self.before[REACH + 1..REACH + 1 + self.rows];
        if let Some(first) = (1..sums.len()).find(|&i| sums[i] < sums[i - 1]) {
            sums[first..].fill(u32::MAX);
        }
    }

    /// For each row, the prefix sums at `to` and at `from` relative to it, cut off at the ends of the page.
    /// Their difference is the sum of the rows from `from` to before `to`. Both are empty beyond a reach of
    /// 32.
    pub fn window(&self, from: isize, to: isize) -> (&[u32], &[u32]) {
        let at = |shift: isize| {
            let begin = REACH.checked_add_signed(shift);
            begin.and_then(|begin| self.before.get(begin..begin + self.rows)).unwrap_or(&[])
        };
        (at(to), at(from))
    }

    /// For each row, the sum of the rows above it.
    pub fn above(&self) -> &[u32] {
        &self.before[REACH..REACH + self.rows]
    }

    /// For each row, the sum of it and the rows above it.
    pub fn upto(&self) -> &[u32] {
        &self.before[REACH + 1..REACH + 1 + self.rows]
    }

    /// The sum of the whole page.
    pub fn all(&self) -> u32 {
        self.before.last().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_end_with_the_page() {
        let mut sums_of = Sums::default();
        let sums = sums_of.of(4, [1, 2, 4, 8].into_iter());
        let window = |from, to| {
            let (to, from) = sums.window(from, to);
            to.iter().zip(from).map(|(to, from)| to - from).collect::<Vec<_>>()
        };
        assert_eq!(window(-1, 2), [3, 7, 14, 12]);
        assert_eq!(window(-30, 0), [0, 1, 3, 7]);
        assert_eq!(window(1, 31), [14, 12, 8, 0]);
        assert_eq!(sums.above(), [0, 1, 3, 7]);
        assert_eq!(sums.upto(), [1, 3, 7, 15]);
        assert_eq!(sums.all(), 15);
        let sums = sums_of.of(4, [1, u32::MAX - 1, u32::MAX, u32::MAX].into_iter());
        assert_eq!(sums.upto(), [1, u32::MAX, u32::MAX, u32::MAX]);
        assert_eq!(sums_of.of(3, [u32::MAX, 5, 7].into_iter()).upto(), [u32::MAX; 3]);
        assert_eq!(sums_of.of(0, [].into_iter()).all(), 0);
    }
}
