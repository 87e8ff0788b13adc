//! Sorts rows by their keys in little memory: 32 bytes per row if keys are short.

use arrow_row::Rows;
use textmill_plugin::error::Result;

/// Number of bytes of a key that are stored beside the location of its row. Enough for two numbers and an
/// ordinal.
const PREFIX: usize = 24;

/// The first bytes of a key, zero-padded, as numbers that compare like the bytes.
///
/// No key is a prefix of another, so keys that fit are equal if their prefixes are.
pub(super) type Prefix = [u64; PREFIX / 8];

/// The prefix of a key.
pub(super) fn prefix(key: &[u8]) -> Prefix {
    let mut bytes = [0; PREFIX];
    let length = key.len().min(PREFIX);
    bytes[..length].copy_from_slice(&key[..length]);
    std::array::from_fn(|word| u64::from_be_bytes(std::array::from_fn(|n| bytes[8 * word + n])))
}

/// Collects the keys of batches, and sorts their rows.
#[derive(Default)]
pub(super) struct Order {
    entries: Vec<Vec<Entry>>,
    /// The keys of each batch, if any of them is longer than a prefix.
    long: Vec<Option<Rows>>,
}

#[derive(Clone, Copy)]
struct Entry {
    prefix: Prefix,
    batch: u32,
    row: u32,
}

impl Order {
    /// Number of bytes that the keys of a batch will take.
    pub(super) fn cost(keys: &Rows) -> u64 {
        let long = if is_long(keys) { keys.size() } else { 0 };
        (keys.num_rows() * size_of::<Entry>() + long) as u64
    }

    /// Adds the keys of the next batch.
    pub(super) fn push(&mut self, keys: Rows) -> Result<()> {
        let batch = u32::try_from(self.long.len())?;
        let rows = (0_u32..).zip(keys.iter());
        self.entries.push(rows.map(|(row, key)| Entry { prefix: prefix(key.data()), batch, row }).collect());
        self.long.push(is_long(&keys).then_some(keys));
        Ok(())
    }

    /// Sorts the rows by key, and by arrival if keys are equal.
    pub(super) fn sorted(self) -> Sorted {
        let Self { entries: parts, long } = self;
        let mut entries = Vec::with_capacity(parts.iter().map(Vec::len).sum());
        parts.into_iter().for_each(|part| entries.extend(part));
        let tail = |entry: &Entry| -> Option<&[u8]> {
            let keys = long.get(entry.batch as usize)?.as_ref()?;
            // Whether short keys are stored here depends on the other keys of the batch, so they are ignored.
            Some(keys.row(entry.row as usize).data()).filter(|key| key.len() > PREFIX)
        };
        entries.sort_unstable_by(|a, b| {
            let by_key = a.prefix.cmp(&b.prefix).then_with(|| tail(a).cmp(&tail(b)));
            by_key.then_with(|| (a.batch, a.row).cmp(&(b.batch, b.row)))
        });
        Sorted { entries }
    }
}

/// Rows in sorted order.
pub(super) struct Sorted {
    entries: Vec<Entry>,
}

impl Sorted {
    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The locations (batch, row in the batch) of up to `count` rows from `start` on.
    pub(super) fn places(&self, start: usize, count: usize) -> Vec<(usize, usize)> {
        let part = self.entries.iter().skip(start).take(count);
        part.map(|entry| (entry.batch as usize, entry.row as usize)).collect()
    }
}

fn is_long(keys: &Rows) -> bool {
    keys.lengths().any(|length| length > PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prefixes_compare_like_keys(a in prop::collection::vec(any::<u8>(), 0..30), b in prop::collection::vec(any::<u8>(), 0..30)) {
            let (a, b) = ([&a[..], &[1]].concat(), [&b[..], &[1]].concat());
            prop_assert!(prefix(&a).cmp(&prefix(&b)).then(a.cmp(&b)) == a.cmp(&b) || a.len().min(b.len()) > PREFIX);
        }
    }
}
