//! Prefix counts of rows of a kind, modulo 256: the count in a window of fewer than 256 rows is one wrapping
//! subtraction of bytes, done for many rows at once. Knows nothing of what is counted.

/// Rows of zeros around the page: how far a window can reach.
const REACH: usize = 32;

/// Bytes that are summed up at once.
const STEP: usize = 8;

/// The prefix counts.
#[derive(Default)]
pub struct Counts {
    rows: usize,
    all: usize,
    /// 1 for each row of the kind, 0 for the others.
    kind: Vec<u8>,
    /// The count before each row: 0 above the page, the total below it.
    before: Vec<u8>,
}

impl Counts {
    /// Counts the rows for which `is_kind` holds, in place of what was counted before.
    pub fn of<T>(&mut self, rows: &[T], is_kind: impl Fn(&T) -> bool) -> &Self {
        let Self { kind, .. } = self;
        kind.resize(rows.len().next_multiple_of(STEP), 0);
        let (known, rest) = kind.split_at_mut(rows.len());
        known.iter_mut().zip(rows).for_each(|(cell, row)| *cell = u8::from(is_kind(row)));
        rest.fill(0);
        self.sum(rows.len());
        self
    }

    fn sum(&mut self, rows: usize) {
        /// 1 in each byte, and the upper bit of each byte.
        const ONES: u64 = 0x0101_0101_0101_0101;
        const UPPER: u64 = 0x80 * ONES;
        self.rows = rows;
        self.all = 0;
        self.before.resize(self.kind.len() + 2 * REACH + 1, 0);
        self.before[..=REACH].fill(0);
        let before = &mut self.before[REACH + 1..];
        for (cells, kind) in before.as_chunks_mut::<STEP>().0.iter_mut().zip(self.kind.as_chunks().0) {
            // Each byte of a product with ones is the sum of all bytes up to it. The count so far is added to
            // each byte separately, with its upper bit by XOR, so that no sum carries into the next byte.
            let sums = u64::from_le_bytes(*kind).wrapping_mul(ONES);
            let sofar = (self.all as u64 & 0xff) * ONES;
            *cells = ((sums + (sofar & !UPPER)) ^ (sofar & UPPER)).to_le_bytes();
            self.all += (sums >> 56) as usize;
        }
        self.before[REACH + 1 + rows..].fill(self.all as u8);
    }

    /// For each row, the prefix counts at `to` and at `from` relative to it. Their difference is the count in
    /// that window. Windows reach 32 rows at most.
    pub fn window(&self, from: isize, to: isize) -> (&[u8], &[u8]) {
        let at = |shift: isize| {
            let begin = REACH.checked_add_signed(shift);
            begin.and_then(|begin| self.before.get(begin..begin + self.rows)).unwrap_or(&[])
        };
        (at(to), at(from))
    }

    /// The count of the whole page.
    pub fn all(&self) -> usize {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_what_is_in_them() {
        let mut counts = Counts::default();
        for rows in [0usize, 1, 7, 8, 9, 63, 700, 1500] {
            let numbers: Vec<usize> = (0..rows).collect();
            // Runs of many, and of none.
            let is_kind = |n: &usize| n % 7 == 3 || n % 400 > 100;
            counts.of(&numbers, is_kind);
            assert_eq!(counts.all(), numbers.iter().filter(|n| is_kind(n)).count());
            for (from, to) in [(-32isize, 33isize), (-3, 4), (0, 1), (1, 6), (-5, 0)] {
                let (upper, lower) = counts.window(from, to);
                for (row, (upper, lower)) in upper.iter().zip(lower).enumerate() {
                    let at = |shift: isize| row.saturating_add_signed(shift).min(rows);
                    let right = (at(from)..at(to)).filter(|n| is_kind(n)).count();
                    assert_eq!(usize::from(upper.wrapping_sub(*lower)), right, "{rows} {row} {from}..{to}");
                }
                assert_eq!((upper.len(), lower.len()), (rows, rows));
            }
        }
    }
}
