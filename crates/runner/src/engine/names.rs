//! Ids of documents by ordinal, for what stages say of other documents after a barrier.

use super::outcome::Others;
use crate::spill::SpillTable;
use arrow_array::builder::{LargeStringBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;
use textmill_core::batch::string;
use textmill_core::column::{ID, ORDINAL};
use textmill_core::event::Events;
use textmill_plugin::drive::store::Table;
use textmill_plugin::error::Result;

/// Documents in a block. Small, because a lookup on disk reads a whole one.
const BLOCK: usize = 1024;

/// Columns of the table of ids.
pub fn names_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new(ORDINAL, DataType::UInt64, false),
        Field::new(ID, DataType::LargeUtf8, false),
    ]))
}

/// The rows that documents have in the table of ids, in small blocks.
///
/// # Errors
/// None in practice: the columns are what they should be.
pub fn names_of(documents: &RecordBatch) -> Result<Vec<RecordBatch>> {
    let mut blocks = Vec::new();
    for start in (0..documents.num_rows()).step_by(BLOCK) {
        let (mut ordinals, mut ids) = (UInt64Builder::new(), LargeStringBuilder::new());
        for row in start..documents.num_rows().min(start + BLOCK) {
            ordinals.append_value(super::outcome::ordinal_at(documents, row));
            ids.append_value(string(documents, ID, row).unwrap_or_default());
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(ordinals.finish()), Arc::new(ids.finish())];
        blocks.push(RecordBatch::try_new(names_schema(), columns)?);
    }
    Ok(blocks)
}

/// The tables of ids.
pub struct Names {
    own: SpillTable,
    /// Of documents that earlier runs left; their ordinals come after all others.
    loaded: Vec<SpillTable>,
}

impl Names {
    /// The ids of the documents of this run.
    pub fn new(own: SpillTable) -> Self {
        Self { own, loaded: Vec::new() }
    }

    /// Takes in ids of documents that earlier runs left, with ordinals after those that were taken in before.
    pub fn add_loaded(&mut self, ids: SpillTable) {
        self.loaded.push(ids);
    }

    /// How many documents of earlier runs there are.
    pub fn loaded_documents(&self) -> u64 {
        self.loaded.iter().map(Table::rows).sum()
    }

    /// Ids of the documents that events name.
    ///
    /// # Errors
    /// Where a table cannot be read.
    pub fn of(&self, events: &Events) -> Result<Others> {
        self.find(events.iter().filter_map(|event| event.other))
    }

    /// Ids of documents.
    ///
    /// # Errors
    /// Where a table cannot be read.
    pub fn find(&self, ordinals: impl Iterator<Item = u64>) -> Result<Others> {
        let mut wanted: Vec<u64> = ordinals.collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut others = Others::new();
        for table in std::iter::once(&self.own).chain(&self.loaded) {
            look_up(table, &wanted, &mut others)?;
        }
        Ok(others)
    }
}

fn look_up(table: &SpillTable, wanted: &[u64], others: &mut Others) -> Result<()> {
    let firsts = table.first_ordinals();
    let mut open: Option<(usize, RecordBatch)> = None;
    for &ordinal in wanted {
        let Some(at) = firsts.partition_point(|&first| first <= ordinal).checked_sub(1) else { continue };
        let block = match open.take() {
            Some((number, block)) if number == at => block,
            _ => table.block(at)?,
        };
        let ordinals = block.column_by_name(ORDINAL).and_then(|c| c.as_primitive_opt::<UInt64Type>());
        let row = ordinals.and_then(|ordinals| ordinals.values().binary_search(&ordinal).ok());
        if let Some(id) = row.and_then(|row| string(&block, ID, row)) {
            others.insert(ordinal, id.to_owned());
        }
        open = Some((at, block));
    }
    Ok(())
}
