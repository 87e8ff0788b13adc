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
use textmill_core::event::Event;
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

/// The table of ids.
pub struct Names(pub SpillTable);

impl Names {
    /// Ids of the documents that events name.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn of(&self, events: &[Event]) -> Result<Others> {
        let mut wanted: Vec<u64> = events.iter().filter_map(|event| event.other).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let firsts = self.0.first_ordinals();
        let mut others = Others::new();
        let mut open: Option<(usize, RecordBatch)> = None;
        for ordinal in wanted {
            let Some(at) = firsts.partition_point(|&first| first <= ordinal).checked_sub(1) else { continue };
            let block = match open.take() {
                Some((number, block)) if number == at => block,
                _ => self.0.block(at)?,
            };
            let ordinals = block.column_by_name(ORDINAL).and_then(|c| c.as_primitive_opt::<UInt64Type>());
            let row = ordinals.and_then(|ordinals| ordinals.values().binary_search(&ordinal).ok());
            if let Some(id) = row.and_then(|row| string(&block, ID, row)) {
                others.insert(ordinal, id.to_owned());
            }
            open = Some((at, block));
        }
        Ok(others)
    }
}
