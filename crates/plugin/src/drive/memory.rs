//! A store that keeps everything in memory: for tests of plugins, and for corpora that fit.

use super::store::{Ordinals, ROWS_AT_ONCE, SortKey, Sorter, Store, Table, Writer, ascending_range};
use crate::error::Result;
use arrow_array::{RecordBatch, RecordBatchOptions, UInt64Array};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use std::sync::Arc;

/// Keeps all rows in memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryStore;

impl Store for MemoryStore {
    type Table = MemoryTable;
    type Writer = MemoryTable;
    type Sorter = MemorySorter;

    fn table(&self, _: &str, _: &SchemaRef) -> Result<MemoryTable> {
        Ok(MemoryTable::default())
    }

    fn sorter(&self, _: &str, schema: &SchemaRef, by: &[String]) -> Result<MemorySorter> {
        let key = SortKey::new(schema, by)?;
        Ok(MemorySorter { key, schema: Arc::clone(schema), batches: Vec::new() })
    }
}

/// Batches in the order they came.
#[derive(Clone, Debug, Default)]
pub struct MemoryTable {
    batches: Vec<RecordBatch>,
    ordinals: Ordinals,
    rows: u64,
}

impl Writer for MemoryTable {
    type Table = Self;

    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() > 0 {
            self.ordinals.push(ascending_range(&batch));
            self.rows += batch.num_rows() as u64;
            self.batches.push(batch);
        }
        Ok(())
    }

    fn finish(self) -> Result<Self> {
        Ok(self)
    }
}

impl Table for MemoryTable {
    fn blocks(&self) -> usize {
        self.batches.len()
    }

    fn block(&self, at: usize) -> Result<RecordBatch> {
        Ok(self.batches.get(at).cloned().ok_or_else(|| format!("a table has no block {at}"))?)
    }

    fn is_at_hand(&self, _: usize) -> bool {
        true
    }

    fn first_ordinals(&self) -> &[u64] {
        self.ordinals.firsts()
    }

    fn ascends(&self) -> bool {
        self.ordinals.ascend()
    }

    fn rows(&self) -> u64 {
        self.rows
    }
}

/// Collects batches and sorts them at the end.
pub struct MemorySorter {
    key: SortKey,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Sorter for MemorySorter {
    type Sorted = MemorySorted;

    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        self.batches.push(batch);
        Ok(())
    }

    fn finish(self) -> Result<MemorySorted> {
        let rows = concat(&self.schema, &self.batches)?;
        let keys = self.key.rows(&rows)?;
        let mut order: Vec<usize> = (0..rows.num_rows()).collect();
        // A stable sort: rows with equal keys keep their order, which follows the input.
        order.sort_by(|&a, &b| keys.row(a).cmp(&keys.row(b)));
        let order = UInt64Array::from_iter_values(order.into_iter().map(|row| row as u64));
        Ok(MemorySorted { rows, order, at: 0 })
    }
}

/// Concatenates batches, even if they have no columns.
///
/// # Errors
/// If they do not fit the schema.
pub fn concat(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    match batches {
        [one] => Ok(one.clone()),
        many if schema.fields().is_empty() => {
            let rows = many.iter().map(RecordBatch::num_rows).sum();
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            Ok(RecordBatch::try_new_with_options(Arc::clone(schema), Vec::new(), &options)?)
        }
        many => Ok(concat_batches(schema, many)?),
    }
}

/// Sorted rows.
pub struct MemorySorted {
    rows: RecordBatch,
    order: UInt64Array,
    at: usize,
}

impl Iterator for MemorySorted {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let length = ROWS_AT_ONCE.min(self.order.len().checked_sub(self.at).filter(|&left| left > 0)?);
        let part = self.order.slice(self.at, length);
        self.at += length;
        Some(take_record_batch(&self.rows, &part).map_err(Into::into))
    }
}
