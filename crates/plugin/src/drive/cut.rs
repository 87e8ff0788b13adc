//! Cuts sorted rows into whole groups.

use super::memory::concat;
use super::store::SortKey;
use crate::error::Result;
use arrow_array::{RecordBatch, UInt32Array};
use arrow_row::OwnedRow;
use arrow_schema::SchemaRef;
use arrow_select::take::take_record_batch;
use std::ops::Range;
use std::sync::Arc;

/// Consecutive whole groups, together some thousand rows.
pub struct Portion {
    /// The rows of all groups.
    pub rows: RecordBatch,
    /// The range of rows of each group.
    pub groups: Vec<Range<usize>>,
}

/// How large a portion may grow. A group is never cut.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Rows.
    pub rows: usize,
    /// Bytes, including those of joined rows.
    pub bytes: usize,
    /// Approximate bytes that are joined to each row.
    pub joined: usize,
}

/// Cuts batches of rows that are sorted by some columns into portions of whole groups. Holds one portion, one
/// batch and one group in memory.
pub struct Cut<I> {
    sorted: Option<I>,
    schema: SchemaRef,
    key: SortKey,
    by: Vec<String>,
    smallest: usize,
    limit: Limit,
    /// Rows of whole groups, and the length of each group.
    parts: Vec<RecordBatch>,
    lengths: Vec<usize>,
    ready: usize,
    /// Approximate bytes of a row.
    row_bytes: usize,
    /// Rows so far of the last group, which may continue in the next batch.
    open: Vec<RecordBatch>,
    open_key: Option<OwnedRow>,
    /// Set if equal rows are passed on only once: the keys that tell whether rows are equal.
    whole: Option<SortKey>,
    last: Option<OwnedRow>,
}

impl<I: Iterator<Item = Result<RecordBatch>>> Cut<I> {
    /// Cuts rows of `schema` where the columns `by` change. Leaves out groups of fewer than `smallest` rows.
    ///
    /// # Errors
    /// If a column of `by` is missing or cannot be compared.
    pub fn new(sorted: I, schema: &SchemaRef, by: &[String], smallest: u32, limit: Limit) -> Result<Self> {
        Ok(Self {
            sorted: Some(sorted),
            schema: Arc::clone(schema),
            key: SortKey::of(schema, by)?,
            by: by.to_vec(),
            smallest: smallest as usize,
            limit,
            parts: Vec::new(),
            lengths: Vec::new(),
            ready: 0,
            row_bytes: 0,
            open: Vec::new(),
            open_key: None,
            whole: None,
            last: None,
        })
    }

    /// Passes on only the first of rows that agree in the key columns and the ordinal.
    ///
    /// # Errors
    /// As [`Cut::new`].
    pub fn distinct(self) -> Result<Self> {
        let names = self.by.clone();
        let whole = Some(SortKey::new(&self.schema, &names)?);
        Ok(Self { whole, ..self })
    }

    /// The rows whose key differs from that of the row before.
    fn differing(&mut self, batch: RecordBatch) -> Result<RecordBatch> {
        let Some(whole) = &self.whole else { return Ok(batch) };
        let keys = whole.rows(&batch)?;
        let rows = batch.num_rows();
        let repeats = |row: usize| match row.checked_sub(1) {
            Some(before) => keys.row(before) == keys.row(row),
            None => self.last.as_ref().is_some_and(|last| last.row() == keys.row(row)),
        };
        let kept: Vec<u32> = (0..rows).filter(|row| !repeats(*row)).map(|row| row as u32).collect();
        self.last = rows.checked_sub(1).map(|last| keys.row(last).owned());
        if kept.len() == rows {
            return Ok(batch);
        }
        Ok(take_record_batch(&batch, &UInt32Array::from(kept))?)
    }

    fn portion(&mut self) -> Result<Option<Portion>> {
        let Limit { rows, bytes, joined } = self.limit;
        while self.ready < rows && self.ready.saturating_mul(self.row_bytes + joined) < bytes {
            let Some(sorted) = &mut self.sorted else { break };
            match sorted.next() {
                Some(batch) => {
                    let batch = self.differing(batch?)?;
                    self.take_in(&batch)?;
                }
                None => {
                    self.sorted = None;
                    self.close();
                }
            }
        }
        if self.lengths.is_empty() {
            return Ok(None);
        }
        self.ready = 0;
        let rows = concat(&self.schema, &std::mem::take(&mut self.parts))?;
        let groups = std::mem::take(&mut self.lengths).into_iter().scan(0, |end, length| {
            *end += length;
            Some(*end - length..*end)
        });
        Ok(Some(Portion { rows, groups: groups.collect() }))
    }

    fn take_in(&mut self, batch: &RecordBatch) -> Result<()> {
        let keys = self.key.rows(batch)?;
        self.row_bytes = batch.get_array_memory_size() / batch.num_rows().max(1);
        let mut runs: Vec<Range<usize>> = Vec::new();
        for row in 0..batch.num_rows() {
            match runs.last_mut() {
                Some(run) if keys.row(run.start) == keys.row(row) => run.end = row + 1,
                _ => runs.push(row..row + 1),
            }
        }
        let Some(last) = runs.pop() else { return Ok(()) };
        let mut whole = runs.as_slice();
        let first = whole.first().unwrap_or(&last);
        let goes_on = self.open_key.as_ref().is_some_and(|open| open.row() == keys.row(first.start));
        if goes_on {
            self.open.push(batch.slice(first.start, first.len()));
            if whole.is_empty() {
                return Ok(());
            }
            whole = &whole[1..];
        }
        self.close();
        let kept: Vec<&Range<usize>> = whole.iter().filter(|run| run.len() >= self.smallest).collect();
        let rows: usize = kept.iter().map(|run| run.len()).sum();
        if let (Some(first), Some(end)) = (kept.first(), kept.last()) {
            self.parts.push(if first.start + rows == end.end {
                batch.slice(first.start, rows)
            } else {
                let rows = kept.iter().flat_map(|run| run.start as u32..run.end as u32);
                take_record_batch(batch, &UInt32Array::from_iter_values(rows))?
            });
            self.lengths.extend(kept.iter().map(|run| run.len()));
            self.ready += rows;
        }
        self.open_key = Some(keys.row(last.start).owned());
        self.open.push(batch.slice(last.start, last.len()));
        Ok(())
    }

    /// Ends the open group.
    fn close(&mut self) {
        let length = self.open.iter().map(RecordBatch::num_rows).sum();
        if length > 0 && length >= self.smallest {
            self.parts.append(&mut self.open);
            self.lengths.push(length);
            self.ready += length;
        }
        self.open.clear();
        self.open_key = None;
    }
}

impl<I: Iterator<Item = Result<RecordBatch>>> Iterator for Cut<I> {
    type Item = Result<Portion>;

    fn next(&mut self) -> Option<Self::Item> {
        self.portion().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::memory::MemoryStore;
    use crate::drive::store::{Sorter, Store};
    use arrow_array::cast::AsArray;
    use arrow_array::types::UInt64Type;
    use arrow_array::{ArrayRef, UInt64Array};
    use arrow_schema::{DataType, Field, Schema};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn batch(rows: &[(u64, u64)]) -> RecordBatch {
        let fields = ["key", "ordinal"].map(|name| Field::new(name, DataType::UInt64, false));
        let (keys, ordinals): (Vec<u64>, Vec<u64>) = rows.iter().copied().unzip();
        let columns: Vec<ArrayRef> =
            vec![Arc::new(UInt64Array::from(keys)), Arc::new(UInt64Array::from(ordinals))];
        RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns).unwrap()
    }

    fn groups(portions: impl Iterator<Item = Result<Portion>>) -> Vec<(u64, Vec<u64>)> {
        let mut seen = Vec::new();
        for portion in portions {
            let Portion { rows, groups } = portion.unwrap();
            let column = |at: usize| rows.column(at).as_primitive::<UInt64Type>().values().to_vec();
            let (keys, ordinals) = (column(0), column(1));
            assert_eq!(groups.last().map(|g| g.end), Some(rows.num_rows()));
            for group in groups {
                assert!(keys[group.clone()].iter().all(|key| *key == keys[group.start]));
                seen.push((keys[group.start], ordinals[group].to_vec()));
            }
        }
        seen
    }

    proptest! {
        #[test]
        fn groups_come_whole_and_in_order(rows in prop::collection::vec((0u64..12, 0u64..9), 0..80),
                                          size in 1usize..20, smallest in 0u32..4, most in 1usize..90) {
            let limit = Limit { rows: most, bytes: 200 * most, joined: 1 };
            let by = ["key".to_owned()];
            let schema = batch(&[]).schema();
            let mut sorter = MemoryStore.sorter("keys", &schema, &by).unwrap();
            rows.chunks(3).for_each(|part| sorter.push(batch(part)).unwrap());
            let sorted: Vec<_> = sorter.finish().unwrap().map(Result::unwrap).collect();
            let pieces = sorted.iter().flat_map(|batch| {
                let starts = (0..batch.num_rows()).step_by(size);
                starts.map(|start| Ok(batch.slice(start, size.min(batch.num_rows() - start))))
            });
            let seen = groups(Cut::new(pieces, &schema, &by, smallest, limit).unwrap());
            let mut expected: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
            rows.iter().for_each(|&(key, ordinal)| expected.entry(key).or_default().push(ordinal));
            expected.values_mut().for_each(|ordinals| ordinals.sort_unstable());
            expected.retain(|_, ordinals| ordinals.len() >= smallest as usize);
            prop_assert_eq!(seen, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
