//! Merges sorted runs.

use super::block::BlockFile;
use super::order::{Prefix, prefix};
use arrow_array::RecordBatch;
use arrow_row::Rows;
use arrow_select::interleave::interleave_record_batch;
use std::sync::Arc;
use textmill_plugin::drive::store::SortKey;
use textmill_plugin::error::Result;

/// Merges runs into batches. Rows with equal keys keep the order of the runs. Holds about three blocks of
/// each run at most, their keys, and a batch.
pub(super) struct Merge {
    key: Arc<SortKey>,
    runs: Vec<Cursor>,
    /// A binary heap of the runs with rows left; the run with the smallest key is on top.
    heap: Vec<usize>,
    /// Blocks that the next batch takes rows from.
    held: Vec<RecordBatch>,
    rows: usize,
}

/// A position in a run.
struct Cursor {
    file: BlockFile,
    /// Index of the next block to read.
    next: usize,
    /// The current block with its keys. `held` is its index in `Merge::held`.
    block: Option<(RecordBatch, Rows)>,
    held: usize,
    row: usize,
    prefix: Prefix,
}

impl Merge {
    /// Creates a merge of runs into batches of `rows` rows.
    ///
    /// # Errors
    /// If a run cannot be read.
    pub(super) fn new(runs: Vec<BlockFile>, key: &Arc<SortKey>, rows: usize) -> Result<Self> {
        let mut merge =
            Self { key: Arc::clone(key), runs: Vec::new(), heap: Vec::new(), held: Vec::new(), rows };
        for file in runs {
            let run = merge.runs.len();
            merge.runs.push(Cursor {
                file,
                next: 0,
                block: None,
                held: 0,
                row: 0,
                prefix: Prefix::default(),
            });
            if merge.load(run)? {
                merge.heap.push(run);
            }
        }
        for at in (0..merge.heap.len() / 2).rev() {
            merge.sink(at);
        }
        Ok(merge)
    }

    /// Reads the next block of a run; `false` if there is none.
    fn load(&mut self, run: usize) -> Result<bool> {
        let cursor = &mut self.runs[run];
        if cursor.next == cursor.file.blocks() {
            cursor.block = None;
            return Ok(false);
        }
        let block = cursor.file.read(cursor.next)?;
        let keys = self.key.rows(&block)?;
        cursor.next += 1;
        cursor.row = 0;
        cursor.prefix = prefix(keys.row(0).data());
        cursor.held = self.held.len();
        self.held.push(block.clone());
        cursor.block = Some((block, keys));
        Ok(true)
    }

    fn batch(&mut self) -> Result<Option<RecordBatch>> {
        // Drop the blocks that are used up.
        self.held.clear();
        for cursor in &mut self.runs {
            if let Some((block, _)) = &cursor.block {
                cursor.held = self.held.len();
                self.held.push(block.clone());
            }
        }
        let most = 2 * self.held.len() + 2;
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(self.rows);
        while places.len() < self.rows && self.held.len() <= most {
            let Some(&run) = self.heap.first() else { break };
            let cursor = &mut self.runs[run];
            places.push((cursor.held, cursor.row));
            cursor.row += 1;
            match &cursor.block {
                Some((_, keys)) if cursor.row < keys.num_rows() => {
                    cursor.prefix = prefix(keys.row(cursor.row).data());
                }
                _ => {
                    if !self.load(run)? {
                        self.heap.swap_remove(0);
                    }
                }
            }
            self.sink(0);
        }
        if places.is_empty() {
            return Ok(None);
        }
        let held: Vec<&RecordBatch> = self.held.iter().collect();
        Ok(Some(interleave_record_batch(&held, &places)?))
    }

    /// Sifts a run down the heap.
    fn sink(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.is_before(self.heap[child], self.heap[least]) {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }

    fn is_before(&self, a: usize, b: usize) -> bool {
        let (left, right) = (&self.runs[a], &self.runs[b]);
        let by_key = left.prefix.cmp(&right.prefix).then_with(|| left.key().cmp(right.key()));
        by_key.then(a.cmp(&b)).is_lt()
    }
}

impl Cursor {
    fn key(&self) -> &[u8] {
        self.block.as_ref().map_or(&[], |(_, keys)| keys.row(self.row).data())
    }
}

impl Iterator for Merge {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch().transpose()
    }
}
