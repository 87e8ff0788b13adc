//! A table of bytes, a column for each feature and a row for each line, with room before the first and
//! after the last row so that a column can be read some rows further up or down. Holds no meaning.

use fearless_simd::Level;

use crate::model::wide;
use std::ops::Range;

/// Rows of zeros around each column: how far a column can be shifted.
pub const REACH: usize = 4;

/// What names of columns begin with that have one value for all rows of a page.
pub const OF_PAGE: &str = "page-";

/// Bytes that can be read at once from any row on.
pub const BLOCK: usize = 64;

/// The table.
#[derive(Clone, Debug)]
pub struct Grid {
    rows: usize,
    /// Names of the columns, where all are wanted.
    names: Vec<&'static str>,
    /// Where the rows of each column begin in `bytes`; none where it is not wanted.
    begins: Vec<Option<usize>>,
    bytes: Vec<u8>,
    /// Where the rows of the next wanted column begin.
    next: usize,
    /// Which columns are wanted, by their number; all where it is empty.
    wanted: Vec<bool>,
    /// The instructions that it is filled with.
    level: Level,
}

impl Grid {
    /// A table for a page of `rows` lines with the columns that are `wanted`, by their number; with all where that
    /// is empty.
    pub fn new(rows: usize, wanted: &[bool]) -> Self {
        let mut grid = Self::default();
        grid.empty(rows, wanted);
        grid
    }

    /// Makes the same of it, in the room that it has.
    pub fn empty(&mut self, rows: usize, wanted: &[bool]) {
        let count = wanted.iter().filter(|w| **w).count();
        (self.rows, self.next) = (rows, REACH);
        self.names.clear();
        self.begins.clear();
        // What another page left in the columns is overwritten, that around them in [`Self::next`].
        let most = count * (rows + 2 * REACH) + BLOCK;
        if self.bytes.len() < most {
            self.bytes.resize(most, 0);
        }
        self.wanted.clear();
        self.wanted.extend_from_slice(wanted);
    }

    /// Adds a column, and gives its rows, all 0, to be filled; nothing where it is not wanted.
    pub fn add(&mut self, name: &'static str) -> Option<&mut [u8]> {
        let column = self.next(name)?;
        column.fill(0);
        Some(column)
    }

    /// Adds a column, and gives its rows, to be written whole; nothing where it is not wanted.
    fn next(&mut self, name: &'static str) -> Option<&mut [u8]> {
        let is_wanted = match self.wanted.is_empty() {
            true => {
                self.names.push(name);
                true
            }
            false => self.wanted.get(self.begins.len()).copied().unwrap_or(false),
        };
        self.begins.push(is_wanted.then_some(self.next));
        if !is_wanted {
            return None;
        }
        let begin = self.next;
        self.next += self.rows + 2 * REACH;
        if self.bytes.len() < self.next - REACH + BLOCK {
            self.bytes.resize(self.next - REACH + BLOCK, 0);
        }
        let end = begin + self.rows;
        for around in [begin - REACH..begin, end..end + REACH] {
            self.bytes[around].fill(0);
        }
        self.bytes.get_mut(begin..end)
    }

    /// Adds a column: `value` of each row, from the first.
    pub fn put(&mut self, name: &'static str, mut value: impl FnMut(usize) -> u8) {
        if let Some(column) = self.next(name) {
            column.iter_mut().enumerate().for_each(|(row, cell)| *cell = value(row));
        }
    }

    /// Adds a column of one value for a page; its name begins with [`OF_PAGE`].
    pub fn put_page(&mut self, name: &'static str, value: u8) {
        debug_assert!(name.starts_with(OF_PAGE));
        self.put_same(name, value);
    }

    /// Adds a column that has one value on this page.
    pub fn put_same(&mut self, name: &'static str, value: u8) {
        if let Some(column) = self.next(name) {
            column.fill(value);
        }
    }

    /// Adds a column of counts.
    pub fn put_counts(&mut self, name: &'static str, counts: &[u32]) {
        self.put_wide(name, |level, cells| wide::scales(level, counts, cells));
    }

    /// Adds a column of counts, each the difference of two numbers.
    pub fn put_differences(&mut self, name: &'static str, numbers: (&[u32], &[u32])) {
        self.put_wide(name, |level, cells| wide::differences(level, numbers, cells));
    }

    /// Adds a column of how many rows are in each window of some counts, fewer than 64.
    pub fn put_windows(&mut self, name: &'static str, counts: (&[u8], &[u8])) {
        self.put_wide(name, |level, cells| wide::counts(level, counts, cells));
    }

    /// Adds a column that `fill` fills, all of it, with the instructions of a level.
    pub fn put_wide(&mut self, name: &'static str, fill: impl FnOnce(Level, &mut [u8])) {
        let level = self.level;
        if let Some(column) = self.next(name) {
            fill(level, column);
        }
    }

    /// Adds a column: how many rows each stands behind the row `from`; 254 for those above it, 255 where there is none.
    pub fn put_since(&mut self, name: &'static str, from: Option<usize>) {
        let Some(column) = self.next(name) else { return };
        match from {
            Some(from) => {
                let (above, behind) = column.split_at_mut(from.min(column.len()));
                above.fill(254);
                ramp(behind, 0);
            }
            None => column.fill(255),
        }
    }

    /// The instructions that it is filled with.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Rows of each column.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the columns, in the order in which they were put; none where not all were wanted.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Column number `column`, shifted: row `i` holds what stands in row `i + shift`, 0 outside the page. Empty where
    /// there is no such column, or it was not wanted, or `shift` is beyond [`REACH`].
    pub fn column(&self, column: usize, shift: i8) -> &[u8] {
        self.column_on(column, shift).get(..self.rows).unwrap_or(&[])
    }

    /// The same, with [`BLOCK`] bytes or more after the last row that say nothing.
    pub fn column_on(&self, column: usize, shift: i8) -> &[u8] {
        let begin = self.begins.get(column).copied().flatten();
        let from = begin.and_then(|begin| begin.checked_add_signed(isize::from(shift)));
        from.and_then(|from| self.bytes.get(from..)).unwrap_or(&[])
    }
}

/// Fills `cells` with the scale of `first` and the numbers after it.
pub fn ramp(cells: &mut [u8], first: usize) {
    // Rows of a kind often follow one another; a copy of one byte is a call.
    if let [cell] = cells {
        *cell = scale(first);
        return;
    }
    let known = cells.len().min(SCALE.len().saturating_sub(first));
    if known > 0 {
        cells[..known].copy_from_slice(&SCALE[first..first + known]);
    }
    cells.iter_mut().zip(first..).skip(known).for_each(|(cell, n)| *cell = scale(n));
}

/// [`ramp`] of a range of rows of a column of which all rows behind them are written later: some of these may be overwritten.
#[inline]
pub fn ramp_over(column: &mut [u8], rows: Range<usize>, first: usize) {
    let cells = column.get_mut(rows.start..).and_then(<[u8]>::first_chunk_mut::<SHORT>);
    match cells.zip(SCALE.get(first..).and_then(<[u8]>::first_chunk)) {
        Some((cells, scales)) if rows.len() <= SHORT => *cells = *scales,
        _ => ramp(&mut column[rows], first),
    }
}

/// [`ramp_down`] in the same way.
#[inline]
pub fn ramp_down_over(column: &mut [u8], rows: Range<usize>, last: usize) {
    let cells = column.get_mut(rows.start..).and_then(<[u8]>::first_chunk_mut::<SHORT>);
    let from = SCALE.len().checked_sub(last + rows.len());
    match cells.zip(from.and_then(|from| DOWN.get(from..)?.first_chunk())) {
        Some((cells, scales)) if rows.len() <= SHORT => *cells = *scales,
        _ => ramp_down(&mut column[rows], last),
    }
}

/// Most rows that are written in one step, which is one step for fewer, too: most runs are short, and a copy of any length is a call.
const SHORT: usize = 32;

/// Fills `cells` with the scale of the numbers down to `last`.
pub fn ramp_down(cells: &mut [u8], last: usize) {
    if let [cell] = cells {
        *cell = scale(last);
        return;
    }
    let known = cells.len().min(SCALE.len().saturating_sub(last));
    let (far, near) = cells.split_at_mut(cells.len() - known);
    if known > 0 {
        near.copy_from_slice(&DOWN[SCALE.len() - last - known..][..known]);
    }
    far.iter_mut().rev().zip(last + known..).for_each(|(cell, n)| *cell = scale(n));
}

impl Default for Grid {
    fn default() -> Self {
        Self {
            rows: 0,
            names: Vec::new(),
            begins: Vec::new(),
            bytes: Vec::new(),
            next: REACH,
            wanted: Vec::new(),
            level: Level::new(),
        }
    }
}

/// A count as a byte: exact up to 15, then eight steps an octave, 255 from 2^33 on. Grows with `n`.
pub fn scale(n: usize) -> u8 {
    match SCALE.get(n) {
        Some(&byte) => byte,
        None => scaled(n),
    }
}

/// [`scale`] of the numbers that most are.
static SCALE: [u8; 4096] = {
    let mut table = [0; 4096];
    let mut n = 0;
    while n < table.len() {
        table[n] = scaled(n);
        n += 1;
    }
    table
};

/// The same from the last to the first, and what is read beyond them.
static DOWN: [u8; SCALE.len() + SHORT] = {
    let mut table = [0; SCALE.len() + SHORT];
    let mut n = 0;
    while n < SCALE.len() {
        table[n] = SCALE[SCALE.len() - 1 - n];
        n += 1;
    }
    table
};

const fn scaled(n: usize) -> u8 {
    if n < 16 {
        return n as u8;
    }
    let octave = n.ilog2() as usize;
    let step = (n >> (octave - 3)) & 7;
    let byte = 16 + (octave - 4) * 8 + step;
    if byte < 255 { byte as u8 } else { 255 }
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
    fn rows_are_counted_from_one_on() {
        let mut grid = Grid::new(4, &[]);
        grid.put_since("none", None);
        grid.put_since("second", Some(1));
        grid.put_since("beyond", Some(9));
        assert_eq!(grid.column(0, 0), [255; 4]);
        assert_eq!(grid.column(1, 0), [254, 0, 1, 2]);
        assert_eq!(grid.column(2, 0), [254; 4]);
    }

    #[test]
    fn ramps_are_scales() {
        for length in [0, 1, 7, 100, 5000] {
            for from in [0, 1, 16, 4000, 4095, 4096, 9000] {
                let right: Vec<u8> = (from..from + length).map(scale).collect();
                let mut cells = vec![9; length];
                ramp(&mut cells, from);
                assert_eq!(cells, right);
                ramp_down(&mut cells, from);
                cells.reverse();
                assert_eq!(cells, right);
            }
        }
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
