//! A table of bytes, a column for each feature and a row for each line, with room before the first and
//! after the last row so that a column can be read some rows further up or down. Holds no meaning.

/// Rows of zeros around each column: how far a column can be shifted.
pub const REACH: usize = 4;

/// The table.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    rows: usize,
    names: Vec<&'static str>,
    /// Where each column begins in `bytes`; none where it is not wanted.
    begins: Vec<Option<usize>>,
    bytes: Vec<u8>,
    /// Which columns are wanted, by their number; all where it is empty.
    wanted: Vec<bool>,
}

impl Grid {
    /// A table for a page of `rows` lines with the columns that are `wanted`, by their number; with all where that
    /// is empty.
    pub fn new(rows: usize, wanted: &[bool]) -> Self {
        let count = wanted.iter().filter(|w| **w).count();
        let bytes = Vec::with_capacity(count * (rows + 2 * REACH));
        Self { rows, names: Vec::new(), begins: Vec::new(), bytes, wanted: wanted.to_vec() }
    }

    /// Adds a column: `value` of each row, from the first.
    pub fn put(&mut self, name: &'static str, value: impl FnMut(usize) -> u8) {
        let is_wanted = self.wanted.is_empty() || self.wanted.get(self.names.len()).copied().unwrap_or(false);
        self.names.push(name);
        self.begins.push(is_wanted.then_some(self.bytes.len()));
        if is_wanted {
            self.bytes.extend_from_slice(&[0; REACH]);
            self.bytes.extend((0..self.rows).map(value));
            self.bytes.extend_from_slice(&[0; REACH]);
        }
    }

    /// Rows of each column.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the columns, in the order in which they were put.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Column number `column`, shifted: row `i` holds what stands in row `i + shift`, 0 outside the page. Empty where
    /// there is no such column, or it was not wanted, or `shift` is beyond [`REACH`].
    pub fn column(&self, column: usize, shift: i8) -> &[u8] {
        let begin = self.begins.get(column).copied().flatten();
        let from = begin.and_then(|begin| (begin + REACH).checked_add_signed(isize::from(shift)));
        from.and_then(|from| self.bytes.get(from..from + self.rows)).unwrap_or(&[])
    }
}

/// A count as a byte: exact up to 15, then eight steps an octave, 255 from 2^33 on. Grows with `n`.
pub fn scale(n: usize) -> u8 {
    if n < 16 {
        return n as u8;
    }
    let octave = n.ilog2() as usize;
    let step = (n >> (octave - 3)) & 7;
    u8::try_from(16 + (octave - 4) * 8 + step).unwrap_or(u8::MAX)
}

/// `part` of `whole` in two-hundredths; 0 of nothing.
pub fn share(part: usize, whole: usize) -> u8 {
    (part * 200).checked_div(whole).map_or(0, |s| s.min(200) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_shifted() {
        let mut grid = Grid::new(3, &[]);
        grid.put("a", |i| i as u8 + 1);
        grid.put("b", |i| i as u8 + 10);
        assert_eq!(grid.column(0, 0), [1, 2, 3]);
        assert_eq!(grid.column(0, -1), [0, 1, 2]);
        assert_eq!(grid.column(1, 2), [12, 0, 0]);
        assert!(grid.column(2, 0).is_empty());
        let mut grid = Grid::new(3, &[false, true]);
        grid.put("a", |_| 1);
        grid.put("b", |i| i as u8 + 10);
        assert!(grid.column(0, 0).is_empty());
        assert_eq!(grid.column(1, 1), [11, 12, 0]);
    }

    #[test]
    fn the_scale_grows() {
        let all: Vec<u8> = (0..100_000).map(scale).collect();
        assert!(all.is_sorted());
        assert_eq!((scale(15), scale(16), scale(31), scale(32)), (15, 16, 23, 24));
        assert_eq!(scale(usize::MAX), 255);
        assert_eq!((share(1, 2), share(1, 0), share(5, 2)), (100, 0, 200));
    }
}
