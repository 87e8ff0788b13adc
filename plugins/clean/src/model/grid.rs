//! A table of bytes, with a column for each feature and a row for each line. Each column has padding before
//! the first and after the last row, so that it can be read shifted by some rows. Knows nothing of what the
//! columns mean.

use fearless_simd::Level;

use crate::model::simd;
use std::ops::Range;

/// Rows of zeros above and below each column: how far a column can be shifted.
pub const REACH: usize = 4;

/// Prefix of the names of columns that have one value for all rows of a page.
pub const OF_PAGE: &str = "page-";

/// Number of bytes that can be read at once from any row on.
pub const BLOCK: usize = 64;

/// The table.
#[derive(Clone, Debug)]
pub struct Grid {
    rows: usize,
    /// Names of the columns, if all are wanted.
    names: Vec<&'static str>,
    /// Offset of the first row of each column in `bytes`; `None` if the column is not wanted.
    begins: Vec<Option<usize>>,
    bytes: Vec<u8>,
    /// Offset of the first row of the next wanted column.
    next: usize,
    /// Whether each column is wanted, by its number; all are if it is empty.
    wanted: Vec<bool>,
    /// The SIMD level with which columns are filled.
    level: Level,
}

impl Grid {
    /// A table for a page of `rows` lines. `wanted` says by number which columns are wanted; all are if it is
    /// empty.
    pub fn new(rows: usize, wanted: &[bool]) -> Self {
        let mut grid = Self::default();
        grid.empty(rows, wanted);
        grid
    }

    /// Makes the table as [`Self::new`] does, reusing its allocations.
    pub fn empty(&mut self, rows: usize, wanted: &[bool]) {
        let count = wanted.iter().filter(|w| **w).count();
        (self.rows, self.next) = (rows, REACH);
        self.names.clear();
        self.begins.clear();
        // The columns may hold bytes of another page: these are overwritten, and [`Self::next`] clears the
        // padding.
        let most = count * (rows + 2 * REACH) + BLOCK;
        if self.bytes.len() < most {
            self.bytes.resize(most, 0);
        }
        self.wanted.clear();
        self.wanted.extend_from_slice(wanted);
    }

    /// Adds a column and returns its rows, all 0; `None` if it is not wanted.
    pub fn add(&mut self, name: &'static str) -> Option<&mut [u8]> {
        let column = self.next(name)?;
        column.fill(0);
        Some(column)
    }

    /// Adds a column and returns its rows, all of which must be written; `None` if it is not wanted.
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

    /// Adds a column with the `value` of each row, which is called from the first row on.
    pub fn put(&mut self, name: &'static str, mut value: impl FnMut(usize) -> u8) {
        if let Some(column) = self.next(name) {
            column.iter_mut().enumerate().for_each(|(row, cell)| *cell = value(row));
        }
    }

    /// Adds a column that has a single value per page; its name begins with [`OF_PAGE`].
    pub fn put_page(&mut self, name: &'static str, value: u8) {
        debug_assert!(name.starts_with(OF_PAGE));
        self.put_same(name, value);
    }

    /// Adds a column that has the same value in all rows of this page.
    pub fn put_same(&mut self, name: &'static str, value: u8) {
        if let Some(column) = self.next(name) {
            column.fill(value);
        }
    }

    /// Adds a column of counts, scaled.
    pub fn put_counts(&mut self, name: &'static str, counts: &[u32]) {
        self.put_wide(name, |level, cells| simd::scales(level, counts, cells));
    }

    /// Adds a column of counts, each the difference of two numbers, scaled.
    pub fn put_differences(&mut self, name: &'static str, numbers: (&[u32], &[u32])) {
        self.put_wide(name, |level, cells| simd::differences(level, numbers, cells));
    }

    /// Adds a column of the scaled count in each window of fewer than 64 rows, given the prefix counts at its
    /// two ends.
    pub fn put_windows(&mut self, name: &'static str, counts: (&[u8], &[u8])) {
        self.put_wide(name, |level, cells| simd::counts(level, counts, cells));
    }

    /// Adds a column that `fill` writes completely, at the given SIMD level.
    pub fn put_wide(&mut self, name: &'static str, fill: impl FnOnce(Level, &mut [u8])) {
        let level = self.level;
        if let Some(column) = self.next(name) {
            fill(level, column);
        }
    }

    /// Adds a column of the scaled number of rows since the row `from`: 254 in the rows above it, 255 in all
    /// rows if there is none.
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

    /// The SIMD level with which columns are filled.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Number of rows of each column.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the columns, in the order in which they were added; empty if not all were wanted.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Column number `column`, shifted: row `i` holds the value of row `i + shift`, 0 outside the page. Empty
    /// if there is no such column or it is not wanted. `shift` must not be beyond [`REACH`].
    pub fn column(&self, column: usize, shift: i8) -> &[u8] {
        self.column_on(column, shift).get(..self.rows).unwrap_or(&[])
    }

    /// Like [`Self::column`], but with [`BLOCK`] or more arbitrary bytes after the last row.
    pub fn column_on(&self, column: usize, shift: i8) -> &[u8] {
        let begin = self.begins.get(column).copied().flatten();
        let from = begin.and_then(|begin| begin.checked_add_signed(isize::from(shift)));
        from.and_then(|from| self.bytes.get(from..)).unwrap_or(&[])
    }
}

/// Fills `cells` with the scales of `first` and the numbers after it.
pub fn ramp(cells: &mut [u8], first: usize) {
    // Rows of a kind often follow one another, and copying a single byte would be a call.
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

/// [`ramp`] for a range of rows of a column whose later rows are all written afterwards: it may overwrite
/// some of them.
#[inline]
pub fn ramp_over(column: &mut [u8], rows: Range<usize>, first: usize) {
    let cells = column.get_mut(rows.start..).and_then(<[u8]>::first_chunk_mut::<SHORT>);
    match cells.zip(SCALE.get(first..).and_then(<[u8]>::first_chunk)) {
        Some((cells, scales)) if rows.len() <= SHORT => *cells = *scales,
        _ => ramp(&mut column[rows], first),
    }
}

/// [`ramp_down`], in the same way.
#[inline]
pub fn ramp_down_over(column: &mut [u8], rows: Range<usize>, last: usize) {
    let cells = column.get_mut(rows.start..).and_then(<[u8]>::first_chunk_mut::<SHORT>);
    let from = SCALE.len().checked_sub(last + rows.len());
    match cells.zip(from.and_then(|from| DOWN.get(from..)?.first_chunk())) {
        Some((cells, scales)) if rows.len() <= SHORT => *cells = *scales,
        _ => ramp_down(&mut column[rows], last),
    }
}

/// Rows that are written in one step if a run is no longer: most runs are short, and a copy of variable
/// length is a call.
const SHORT: usize = 32;

/// Fills `cells` with the scales of numbers that count down to `last`.
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

/// A count as a byte: exact up to 15, then eight steps per octave, 255 from 15 · 2^30 on. Grows with `n`.
pub fn scale(n: usize) -> u8 {
    match SCALE.get(n) {
        Some(&byte) => byte,
        None => scaled(n),
    }
}

/// [`scale`] of small numbers, which are the most frequent.
static SCALE: [u8; 4096] = {
    let mut table = [0; 4096];
    let mut n = 0;
    while n < table.len() {
        table[n] = scaled(n);
        n += 1;
    }
    table
};

/// [`SCALE`] in reverse order, with padding for reads beyond it.
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

/// `part` of `whole` in two-hundredths, at most 200; 0 if `whole` is 0.
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
