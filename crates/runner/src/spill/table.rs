//! Tables on block files. Depending on the budget, rows stay in memory, either instead of being written or in
//! addition.

use super::block::{BlockFile, Encoded, Packing, encode};
use super::budget::{Budget, Taken};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use textmill_plugin::drive::store::{Ordinals, Table, Writer, ascending_range};
use textmill_plugin::error::{Error, ErrorKind, Result};

/// A table that is being written.
pub struct TableWriter {
    table: SpillTable,
    path: PathBuf,
    writes: Writes,
}

/// Which blocks are written to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    /// Those that do not fit in memory.
    Overflow,
    /// All of them.
    All,
    /// None until [`TableWriter::settle`].
    None,
}

/// Rows in blocks, each in memory or in a file.
pub struct SpillTable {
    schema: SchemaRef,
    budget: Arc<Budget>,
    file: Option<BlockFile>,
    blocks: Vec<Block>,
    ordinals: Ordinals,
    rows: u64,
}

/// Approximate size in memory of one byte of a compressed block.
const UNPACKED: u64 = 3;

#[derive(Clone)]
enum Block {
    Kept(RecordBatch, Arc<Taken>),
    /// Index of the block in the file.
    Stored(usize),
}

impl TableWriter {
    /// Creates a temporary table: written to `path` only if memory is short, and removed when it is dropped.
    pub fn temporary(path: PathBuf, schema: &SchemaRef, budget: &Arc<Budget>) -> Self {
        Self { table: SpillTable::new(schema, budget, None), path, writes: Writes::Overflow }
    }

    /// Creates a table in memory only, until [`TableWriter::settle`] makes it resumable.
    pub fn deferred(path: PathBuf, schema: &SchemaRef, budget: &Arc<Budget>) -> Self {
        Self { table: SpillTable::new(schema, budget, None), path, writes: Writes::None }
    }

    /// Creates a resumable table: every block is written to `path`, and also kept in memory if there is room,
    /// which saves reading it.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn create(path: &Path, schema: &SchemaRef, budget: &Arc<Budget>) -> Result<Self> {
        let file = BlockFile::create(path, schema)?;
        let table = SpillTable::new(schema, budget, Some(file));
        Ok(Self { table, path: path.to_owned(), writes: Writes::All })
    }

    /// Opens a resumable table of which `length` bytes were written before.
    ///
    /// # Errors
    /// If those bytes are not whole and intact blocks.
    pub fn open(path: &Path, schema: &SchemaRef, budget: &Arc<Budget>, length: u64) -> Result<Self> {
        let mut ordinals = Ordinals::default();
        let file = BlockFile::open(path, schema, length, |range| ordinals.push(range))?;
        let mut table = SpillTable::new(schema, budget, None);
        table.blocks = (0..file.blocks()).map(Block::Stored).collect();
        table.rows = file.rows();
        table.ordinals = ordinals;
        table.file = Some(file);
        Ok(Self { table, path: path.to_owned(), writes: Writes::All })
    }

    /// Adds a batch. `block` is the batch as encoded by [`encode`]; if it is `None`, the batch is encoded
    /// here if necessary. A batch without rows adds no block.
    ///
    /// # Errors
    /// If the block cannot be written.
    pub fn push_encoded(&mut self, batch: RecordBatch, block: Option<&Encoded>) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.table.check(&batch)?;
        if self.writes == Writes::None {
            let (rows, range) = (u32::try_from(batch.num_rows())?, ascending_range(&batch));
            let taken = self.table.budget.take(batch.get_array_memory_size() as u64);
            self.table.add(Block::Kept(batch, Arc::new(taken)), rows, range);
            return Ok(());
        }
        let made = if block.is_none() { Some(encode(&batch, Packing::Small)?) } else { None };
        let Some(block) = block.or(made.as_ref()) else { return Ok(()) };
        let number = self.table.append(&self.path, block)?;
        let kept = match self.table.keep(batch) {
            Ok(kept) => kept,
            Err(_) => {
                self.table.budget.count_spilled(block.len());
                Block::Stored(number)
            }
        };
        self.table.add(kept, block.rows(), block.range());
        Ok(())
    }

    /// Writes the first `blocks` blocks of a deferred table to its file, and drops the others. The rows stay
    /// in memory, too. From here on, every block is written.
    ///
    /// # Errors
    /// If a block cannot be written.
    pub fn settle(&mut self, blocks: usize) -> Result<()> {
        if self.writes != Writes::None {
            return Ok(());
        }
        self.table.file = Some(BlockFile::create(&self.path, &self.table.schema)?);
        self.table.truncate(blocks);
        for at in 0..self.table.blocks.len() {
            let block = encode(&self.table.block(at)?, Packing::Fast)?;
            self.table.append(&self.path, &block)?;
        }
        self.writes = Writes::All;
        Ok(())
    }

    /// Number of blocks so far.
    pub fn blocks(&self) -> usize {
        self.table.blocks.len()
    }

    /// A table of the rows that were added to a deferred table so far, without copying them.
    pub fn share(&self) -> SpillTable {
        let table = &self.table;
        SpillTable {
            blocks: table.blocks.clone(),
            ordinals: table.ordinals.clone(),
            rows: table.rows,
            ..SpillTable::new(&table.schema, &table.budget, None)
        }
    }

    /// Length of the file in bytes.
    pub fn len(&self) -> u64 {
        self.table.file.as_ref().map_or(0, BlockFile::len)
    }

    /// Whether the file is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until everything written is on disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn sync(&self) -> Result<()> {
        self.table.file.as_ref().map_or(Ok(()), BlockFile::sync)
    }
}

impl Writer for TableWriter {
    type Table = SpillTable;

    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.writes != Writes::Overflow {
            return self.push_encoded(batch, None);
        }
        self.table.check(&batch)?;
        let (rows, range) = (u32::try_from(batch.num_rows())?, ascending_range(&batch));
        let block = match self.table.keep(batch) {
            Ok(kept) => kept,
            Err(batch) => {
                let block = encode(&batch, Packing::Small)?;
                let number = self.table.append(&self.path, &block)?;
                self.table.budget.count_spilled(block.len());
                Block::Stored(number)
            }
        };
        self.table.add(block, rows, range);
        Ok(())
    }

    fn finish(self) -> Result<SpillTable> {
        Ok(self.table)
    }
}

impl SpillTable {
    fn new(schema: &SchemaRef, budget: &Arc<Budget>, file: Option<BlockFile>) -> Self {
        let (schema, budget) = (Arc::clone(schema), Arc::clone(budget));
        Self { schema, budget, file, blocks: Vec::new(), ordinals: Ordinals::default(), rows: 0 }
    }

    /// Approximate size of a block in memory, in bytes.
    pub fn bytes(&self, at: usize) -> u64 {
        match (self.blocks.get(at), &self.file) {
            (Some(Block::Kept(_, taken)), _) => taken.bytes(),
            (Some(Block::Stored(number)), Some(file)) => file.bytes(*number) * UNPACKED,
            _ => 0,
        }
    }

    /// Checks the types of a batch: blocks are read back with the table's schema, so they must match it.
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        if !same_types(&batch.schema(), &self.schema) {
            let message = "rows of other columns than the table's were put into it";
            return Err(Error::new(ErrorKind::Fatal, message));
        }
        Ok(())
    }

    fn keep(&self, batch: RecordBatch) -> Result<Block, RecordBatch> {
        match self.budget.try_take_to_keep(batch.get_array_memory_size() as u64) {
            Some(taken) => Ok(Block::Kept(batch, Arc::new(taken))),
            None => Err(batch),
        }
    }

    fn append(&mut self, path: &Path, block: &Encoded) -> Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BlockFile::temporary(path, &self.schema)?),
        };
        file.append(block)?;
        Ok(file.blocks() - 1)
    }

    /// Drops all but the first `blocks` blocks.
    fn truncate(&mut self, blocks: usize) {
        self.blocks.truncate(blocks);
        self.ordinals = Ordinals::default();
        self.rows = 0;
        for block in &self.blocks {
            if let Block::Kept(batch, _) = block {
                self.ordinals.push(ascending_range(batch));
                self.rows += batch.num_rows() as u64;
            }
        }
    }

    fn add(&mut self, block: Block, rows: u32, range: Option<(u64, u64)>) {
        self.blocks.push(block);
        self.ordinals.push(range);
        self.rows += u64::from(rows);
    }
}

impl Table for SpillTable {
    fn blocks(&self) -> usize {
        self.blocks.len()
    }

    fn block(&self, at: usize) -> Result<RecordBatch> {
        match (self.blocks.get(at), &self.file) {
            (Some(Block::Kept(batch, _)), _) => Ok(batch.clone()),
            (Some(Block::Stored(number)), Some(file)) => file.read(*number),
            _ => Err(Error::new(ErrorKind::Fatal, format!("a table has no block {at}"))),
        }
    }

    fn is_at_hand(&self, at: usize) -> bool {
        matches!(self.blocks.get(at), Some(Block::Kept(..)))
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

fn same_types(a: &Schema, b: &Schema) -> bool {
    let types = |schema: &Schema| schema.fields().iter().map(|f| f.data_type().clone()).collect::<Vec<_>>();
    types(a) == types(b)
}
