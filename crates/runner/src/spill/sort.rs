//! An external sort: rows are collected while memory lasts, sorted, and written as a run. Then the runs are
//! merged.

use super::block::{BlockFile, Packing, encode};
use super::budget::Taken;
use super::merge::Merge;
use super::order::{self, Order};
use super::store::Place;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::interleave::interleave_record_batch;
use std::sync::Arc;
use textmill_plugin::drive::store::{ROWS_AT_ONCE, SortKey, Sorter, compact};
use textmill_plugin::error::Result;

/// Maximum number of rows in a block of a run.
const BLOCK_ROWS: usize = 4096;
/// Approximate maximum size of a block of a run, in bytes.
const BLOCK_BYTES: u64 = 256 * 1024;
/// Approximate maximum size of a batch of sorted rows, in bytes.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;
/// Memory is taken from the budget in multiples of this.
const STEP: u64 = 1024 * 1024;
/// Maximum number of runs to merge at once: each keeps a file open.
const RUNS_AT_ONCE: usize = 128;
/// Memory that a run takes during a merge, in decoded blocks, including keys and its share of the output
/// batch.
const BLOCKS_PER_RUN: u64 = 5;

/// Rows that are being sorted.
pub struct SpillSorter {
    place: Place,
    schema: SchemaRef,
    key: Arc<SortKey>,
    taken: Option<Taken>,
    gathered: Gathered,
    runs: Vec<BlockFile>,
    /// Size of the largest decoded block of a run, in bytes.
    block_bytes: u64,
}

/// Rows in memory.
#[derive(Default)]
struct Gathered {
    batches: Vec<RecordBatch>,
    order: Order,
    /// Size of the rows, and of their keys, in bytes.
    bytes: u64,
    cost: u64,
}

impl SpillSorter {
    pub(super) fn new(place: Place, schema: &SchemaRef, by: &[String]) -> Result<Self> {
        Ok(Self {
            place,
            schema: Arc::clone(schema),
            key: Arc::new(SortKey::new(schema, by)?),
            taken: None,
            gathered: Gathered::default(),
            runs: Vec::new(),
            block_bytes: 0,
        })
    }

    /// Whether `more` bytes beyond those in memory may be used. Takes memory from the budget if necessary.
    fn has_room(&mut self, more: u64) -> bool {
        let wanted = self.gathered.bytes + self.gathered.cost + more;
        let Some(missing) = wanted.checked_sub(self.allowance()).filter(|missing| *missing > 0) else {
            return true;
        };
        // Only memory beyond the floor is taken from the budget: each sort has the floor for free.
        let missing = missing.next_multiple_of(STEP);
        match &mut self.taken {
            Some(taken) => taken.try_grow(missing),
            None => {
                self.taken = self.place.budget().try_take(missing);
                self.taken.is_some()
            }
        }
    }

    /// Number of bytes that the sort may use.
    fn allowance(&self) -> u64 {
        self.place.floor() + self.taken.as_ref().map_or(0, Taken::bytes)
    }

    /// Writes the rows in memory as a run.
    fn spill(&mut self) -> Result<()> {
        let Gathered { batches, order, bytes, .. } = std::mem::take(&mut self.gathered);
        let sorted = order.sorted();
        let rows = rows_within(BLOCK_BYTES.min(self.allowance() / 16), bytes, sorted.len(), BLOCK_ROWS);
        let mut run = self.place.run(&self.schema)?;
        let held: Vec<&RecordBatch> = batches.iter().collect();
        for start in (0..sorted.len()).step_by(rows) {
            // Without `compact`, views would make each block count the buffers of all rows.
            let block = compact(&interleave_record_batch(&held, &sorted.places(start, rows))?)?;
            self.block_bytes = self.block_bytes.max(block.get_array_memory_size() as u64);
            append(&self.place, &mut run, &block)?;
        }
        self.runs.push(run);
        Ok(())
    }

    /// Merges runs until the remaining ones can be merged at once.
    fn reduce_runs(&mut self) -> Result<()> {
        let at_once = self.allowance() / (BLOCKS_PER_RUN * self.block_bytes.max(1));
        let at_once = usize::try_from(at_once).unwrap_or(usize::MAX).clamp(2, RUNS_AT_ONCE);
        while self.runs.len() > at_once {
            let mut merged = Vec::with_capacity(self.runs.len().div_ceil(at_once));
            let mut runs = std::mem::take(&mut self.runs).into_iter();
            // Merges adjacent runs, so that rows with equal keys keep their order.
            while runs.len() > 0 {
                let mut part: Vec<BlockFile> = runs.by_ref().take(at_once).collect();
                if part.len() == 1 {
                    merged.append(&mut part);
                    continue;
                }
                let rows: u64 = part.iter().map(BlockFile::rows).sum();
                let blocks: usize = part.iter().map(BlockFile::blocks).sum();
                let rows = usize::try_from(rows)?.div_ceil(blocks.max(1)).clamp(1, BLOCK_ROWS);
                let mut run = self.place.run(&self.schema)?;
                for batch in Merge::new(part, &self.key, rows)? {
                    append(&self.place, &mut run, &batch?)?;
                }
                merged.push(run);
            }
            self.runs = merged;
        }
        Ok(())
    }
}

impl Sorter for SpillSorter {
    type Sorted = SpillSorted;

    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let keys = self.key.rows(&batch)?;
        let (bytes, cost) = (batch.get_array_memory_size() as u64, Order::cost(&keys));
        if !self.has_room(bytes + cost) && !self.gathered.batches.is_empty() {
            self.spill()?;
            self.has_room(bytes + cost);
        }
        self.gathered.bytes += bytes;
        self.gathered.cost += cost;
        self.gathered.order.push(keys)?;
        self.gathered.batches.push(batch);
        Ok(())
    }

    fn finish(mut self) -> Result<SpillSorted> {
        if self.runs.is_empty() {
            let Gathered { batches, order, bytes, .. } = self.gathered;
            let sorted = order.sorted();
            let rows = rows_within(BATCH_BYTES, bytes, sorted.len(), ROWS_AT_ONCE);
            let rows = Rows::Gathered { batches, sorted, rows, at: 0 };
            return Ok(SpillSorted { rows, _taken: self.taken });
        }
        if !self.gathered.batches.is_empty() {
            self.spill()?;
        }
        self.reduce_runs()?;
        if let Some(taken) = &mut self.taken {
            taken.shrink_to(self.runs.len() as u64 * BLOCKS_PER_RUN * self.block_bytes);
        }
        let blocks: usize = self.runs.iter().map(BlockFile::blocks).sum();
        let count: u64 = self.runs.iter().map(BlockFile::rows).sum();
        let rows =
            rows_within(BATCH_BYTES, self.block_bytes * blocks as u64, usize::try_from(count)?, ROWS_AT_ONCE);
        let merge = Merge::new(self.runs, &self.key, rows)?;
        Ok(SpillSorted { rows: Rows::Merged(Box::new(merge)), _taken: self.taken })
    }
}

/// How many rows fit within `limit` bytes, if `rows` rows have `bytes` bytes in all; from 1 to `most`.
fn rows_within(limit: u64, bytes: u64, rows: usize, most: usize) -> usize {
    let each = (bytes / (rows as u64).max(1)).max(1);
    usize::try_from(limit / each).unwrap_or(most).clamp(1, most)
}

fn append(place: &Place, run: &mut BlockFile, batch: &RecordBatch) -> Result<()> {
    let block = encode(batch, Packing::Small)?;
    run.append(&block)?;
    place.budget().count_spilled(block.len());
    Ok(())
}

/// Sorted rows, from memory or from runs.
pub struct SpillSorted {
    rows: Rows,
    _taken: Option<Taken>,
}

enum Rows {
    Gathered { batches: Vec<RecordBatch>, sorted: order::Sorted, rows: usize, at: usize },
    Merged(Box<Merge>),
}

impl Iterator for SpillSorted {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.rows {
            Rows::Merged(merge) => merge.next(),
            Rows::Gathered { batches, sorted, rows, at } => {
                if *at >= sorted.len() {
                    return None;
                }
                let held: Vec<&RecordBatch> = batches.iter().collect();
                let batch = interleave_record_batch(&held, &sorted.places(*at, *rows));
                *at += *rows;
                Some(batch.map_err(Into::into))
            }
        }
    }
}
