//! The syntax of CSV: where a row ends, and what its cells are. The `csv` crate only reads rows that it has
//! cut itself; here cutting and reading must agree on every byte, and cutting must be much faster than
//! reading.

use memchr::{memchr, memchr2};

/// Where a row ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// After this many bytes, including the line end.
    At(usize),
    /// Not in the bytes at hand.
    Open,
    /// Not in the bytes at hand, which end within quotes.
    Quoted,
}

/// Finds the end of the row at the start of `bytes`. A quote opens a quoted part only at the start of a cell.
pub fn end(bytes: &[u8], separator: u8) -> End {
    let (line, whole) = match memchr(b'\n', bytes) {
        Some(end) => (bytes.get(..end).unwrap_or_default(), true),
        None => (bytes, false),
    };
    if memchr(b'"', line).is_none() {
        return if whole { End::At(line.len() + 1) } else { End::Open };
    }
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.first() == Some(&b'"') {
            match inside(rest) {
                Some(length) => at += length,
                None => return End::Quoted,
            }
        }
        let rest = bytes.get(at..).unwrap_or_default();
        match memchr2(separator, b'\n', rest) {
            Some(run) if rest.get(run) == Some(&b'\n') => return End::At(at + run + 1),
            Some(run) => at += run + 1,
            None => return End::Open,
        }
    }
}

/// Length of a quoted part, from the opening to the closing quote, both included.
fn inside(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr(b'"', bytes.get(at..)?)? + 1;
        if bytes.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// Passes each cell of a row, unquoted, to `take`. The row must not include its line end.
pub fn cells(row: &[u8], separator: u8, mut take: impl FnMut(&[u8])) {
    let mut cell = Vec::new();
    let mut rest = row;
    loop {
        let quoted = if rest.first() == Some(&b'"') { inside(rest).unwrap_or(rest.len()) } else { 0 };
        let (inside, after) = rest.split_at(quoted);
        let length = memchr(separator, after);
        let (plain, next) = after.split_at(length.unwrap_or(after.len()));
        if quoted == 0 {
            take(plain);
        } else {
            cell.clear();
            unquote(inside, &mut cell);
            // Text after the closing quote belongs to the cell.
            cell.extend_from_slice(plain);
            take(&cell);
        }
        match next.split_first() {
            Some((_, next)) => rest = next,
            None => return,
        }
    }
}

fn unquote(quoted: &[u8], cell: &mut Vec<u8>) {
    let mut rest = quoted.get(1..).unwrap_or_default();
    rest = rest.strip_suffix(b"\"").unwrap_or(rest);
    while let Some(run) = memchr(b'"', rest) {
        // A quote inside is doubled; keep the first of the two.
        cell.extend_from_slice(rest.get(..=run).unwrap_or_default());
        rest = rest.get(run + 2..).unwrap_or_default();
    }
    cell.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(mut bytes: &[u8]) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        while !bytes.is_empty() {
            let length = match end(bytes, b',') {
                End::At(length) => length,
                _ => bytes.len(),
            };
            let (row, rest) = bytes.split_at(length);
            let row = row.strip_suffix(b"\n").unwrap_or(row);
            let mut all = Vec::new();
            cells(row, b',', |cell| all.push(String::from_utf8_lossy(cell).into_owned()));
            rows.push(all);
            bytes = rest;
        }
        rows
    }

    #[test]
    fn quotes_hold_rows_together() {
        assert_eq!(
            rows(b"a,\"b\nc\"\"d\",5\" x\n,\"\"\n\"e\"f,"),
            [vec!["a", "b\nc\"d", "5\" x"], vec!["", ""], vec!["ef", ""]]
        );
        assert_eq!(end(b"a,\"b\n", b','), End::Quoted);
        assert_eq!(end(b"a,b", b','), End::Open);
    }

    proptest! {
        /// Cells that are written with quotes read back unchanged.
        #[test]
        fn cells_survive(table in prop::collection::vec(prop::collection::vec("[a\",\n ]{0,5}", 1..4), 0..5)) {
            let row = |row: &Vec<String>| {
                let cells: Vec<String> = row.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
                cells.join(",") + "\n"
            };
            let text: String = table.iter().map(row).collect();
            prop_assert_eq!(rows(text.as_bytes()), table);
        }
    }
}
