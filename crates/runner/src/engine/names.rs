//! Ids of documents by ordinal, for events after a barrier that refer to other documents.

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

/// Documents per block. Small, because a lookup on disk reads a whole block.
const BLOCK: usize = 1024;

/// The columns of the table of ids.
pub fn names_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new(ORDINAL, DataType::UInt64, false),
        Field::new(ID, DataType::LargeUtf8, false),
    ]))
}

/// The rows for documents in the table of ids, in small blocks.
///
/// # Errors
/// Never in practice: the columns are as required.
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
    /// The ids of documents from earlier runs. Their ordinals come after all others.
    loaded: Vec<SpillTable>,
}

impl Names {
    /// Starts with the ids of the documents of this run.
    pub fn new(own: SpillTable) -> Self {
        Self { own, loaded: Vec::new() }
    }

    /// Adds the ids of documents from an earlier run. Their ordinals follow those added before.
    pub fn add_loaded(&mut self, ids: SpillTable) {
        self.loaded.push(ids);
    }

    /// The number of documents from earlier runs.
    pub fn loaded_documents(&self) -> u64 {
        self.loaded.iter().map(Table::rows).sum()
    }

    /// Looks up the ids of the documents that events name.
    ///
    /// # Errors
    /// If a table cannot be read.
    pub fn of(&self, events: &Events) -> Result<Others> {
        self.find(events.iter().filter_map(|event| event.other))
    }

    /// Looks up the ids of documents by ordinal.
    ///
    /// # Errors
    /// If a table cannot be read.
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
