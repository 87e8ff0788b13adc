//! Looks rows up by ordinal: those that a step is joined `with`.

use super::store::{Table, compact, ordinals};
use crate::error::{Error, ErrorKind, Result};
use arrow_array::{ArrayRef, ListArray, RecordBatch, RecordBatchOptions, StructArray, UInt32Array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use arrow_select::interleave::interleave_record_batch;
use arrow_select::take::take_record_batch;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use textmill_core::column::ORDINAL;

/// Decoded blocks that a [`Lookup`] keeps.
const BLOCKS_KEPT: usize = 4;

/// The column that holds the rows found in the step `name`, whose rows are of `schema`.
pub fn found_field(name: &str, schema: &Schema) -> Field {
    let item = Field::new("item", DataType::Struct(found_fields(schema)), true);
    Field::new(name, DataType::List(Arc::new(item)), true)
}

fn found_fields(schema: &Schema) -> Fields {
    schema.fields().iter().filter(|f| f.name() != ORDINAL).cloned().collect()
}

/// Checks that rows of this schema can be looked up.
///
/// # Errors
/// If they have no ordinals.
pub fn check_ordinals(schema: &Schema) -> Result<()> {
    match schema.field_with_name(ORDINAL) {
        Ok(field) if field.data_type() == &DataType::UInt64 => Ok(()),
        _ => Err("rows that are joined need a column `ordinal` of uint64".into()),
    }
}

/// Looks rows up in a table that ascends by ordinal. Each thread has its own lookup.
///
/// A batch reads the blocks that it needs in order, and each once. So batches in input order read the table
/// from front to back. Memory: a few blocks, and the rows found for a batch.
pub struct Lookup<'a, T> {
    name: &'a str,
    table: &'a T,
    schema: &'a SchemaRef,
    kept: VecDeque<(usize, RecordBatch)>,
}

impl<'a, T: Table> Lookup<'a, T> {
    /// A lookup in `table`, whose rows are of `schema` and ascend by ordinal. It gives columns called `name`.
    pub fn new(name: &'a str, table: &'a T, schema: &'a SchemaRef) -> Self {
        Self { name, table, schema, kept: VecDeque::new() }
    }

    /// Returns the batch with one more column at its end: the rows found for each of its rows.
    ///
    /// # Errors
    /// If the batch has no ordinals, or the table cannot be read.
    pub fn attach(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let column = self.column_for(batch)?;
        let mut fields: Vec<Arc<Field>> = batch.schema().fields().to_vec();
        let mut columns = batch.columns().to_vec();
        fields.push(Arc::new(found_field(self.name, self.schema)));
        columns.push(Arc::new(column));
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
    }

    fn column_for(&mut self, batch: &RecordBatch) -> Result<ListArray> {
        let wanted = ordinals(batch).ok_or("a step that is joined needs a column `ordinal` of uint64")?;
        let wanted = wanted.values();
        let mut distinct: Vec<u64> = wanted.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let found = self.find(&distinct)?;
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(wanted.len());
        let mut lengths = Vec::with_capacity(wanted.len());
        for ordinal in wanted {
            let at = distinct.binary_search(ordinal).map_err(|_| "an ordinal was lost")?;
            let pieces = found.pieces_of(at);
            lengths.push(pieces.iter().map(|piece| piece.rows.len()).sum::<usize>());
            places.extend(pieces.iter().flat_map(|piece| piece.rows.clone().map(|row| (piece.part, row))));
        }
        fits(places.len())?;
        let rows = self.gathered(&found.parts, &places)?;
        let rest: Vec<ArrayRef> = (rows.schema_ref().fields().iter().zip(rows.columns()))
            .filter(|(field, _)| field.name() != ORDINAL)
            .map(|(_, column)| Arc::clone(column))
            .collect();
        let fields = found_fields(self.schema);
        let values = StructArray::try_new_with_length(fields, rest, None, rows.num_rows())?;
        let item = Arc::new(Field::new("item", DataType::Struct(values.fields().clone()), true));
        Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(values), None)?)
    }

    /// Gathers rows of parts in one batch. If all rows of a single part are wanted in order, returns the part
    /// as it is.
    fn gathered(&self, parts: &[RecordBatch], places: &[(usize, usize)]) -> Result<RecordBatch> {
        if let [part] = parts
            && part.num_rows() == places.len()
            && places.iter().enumerate().all(|(at, (_, row))| at == *row)
        {
            return Ok(part.clone());
        }
        if places.is_empty() {
            return Ok(RecordBatch::new_empty(Arc::clone(self.schema)));
        }
        let parts: Vec<&RecordBatch> = parts.iter().collect();
        Ok(interleave_record_batch(&parts, places)?)
    }

    /// Finds the rows of these ordinals, which are distinct and ascend.
    fn find(&mut self, wanted: &[u64]) -> Result<Found> {
        let table = self.table;
        let firsts = table.first_ordinals();
        let mut found = Found::default();
        let (mut at, mut next) = (0, 0);
        while next < wanted.len() && at < firsts.len() {
            // The rows of an ordinal may begin in the block before the first one that starts with it.
            at = at.max(firsts.partition_point(|&first| first < wanted[next]).saturating_sub(1));
            if firsts[at] > wanted[next] {
                next += wanted[next..].partition_point(|&ordinal| ordinal < firsts[at]);
                continue;
            }
            let block = self.block(at)?;
            let have = ordinals(&block).ok_or("a block has no ordinals")?.values();
            let last = *have.last().ok_or("a block has no rows")?;
            let stays = table.is_at_hand(at);
            let mut taken: Vec<u32> = Vec::new();
            let mut row = 0;
            for (place, &ordinal) in wanted.iter().enumerate().skip(next).take_while(|(_, w)| **w <= last) {
                row += have[row..].partition_point(|&o| o < ordinal);
                let length = have[row..].partition_point(|&o| o == ordinal);
                if length > 0 {
                    let start = if stays { row } else { taken.len() };
                    found.pieces.push(Piece { place, part: found.parts.len(), rows: start..start + length });
                    taken.extend(row as u32..(row + length) as u32);
                }
                row += length;
            }
            match taken.len() {
                0 => {}
                all if stays || all == block.num_rows() => found.parts.push(block),
                // Copies the rows, so that a block that was read for this batch is not held for a few of
                // them.
                _ => found.parts.push(compact(&take_record_batch(&block, &UInt32Array::from(taken))?)?),
            }
            // The rows of the block's last ordinal may continue in the next one.
            next += wanted[next..].partition_point(|&ordinal| ordinal < last);
            at += 1;
        }
        Ok(found)
    }

    fn block(&mut self, at: usize) -> Result<RecordBatch> {
        if self.table.is_at_hand(at) {
            return self.table.block(at);
        }
        if let Some((_, block)) = self.kept.iter().find(|(kept, _)| *kept == at) {
            return Ok(block.clone());
        }
        let block = self.table.block(at)?;
        if self.kept.len() >= BLOCKS_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((at, block.clone()));
        Ok(block)
    }
}

/// Rows that were found, in parts.
#[derive(Default)]
struct Found {
    parts: Vec<RecordBatch>,
    /// In the order of `place`.
    pieces: Vec<Piece>,
}

/// Consecutive rows of one ordinal. `place` is the index of that ordinal among the wanted ones.
struct Piece {
    place: usize,
    part: usize,
    rows: Range<usize>,
}

impl Found {
    fn pieces_of(&self, place: usize) -> &[Piece] {
        let start = self.pieces.partition_point(|piece| piece.place < place);
        let end = start + self.pieces[start..].partition_point(|piece| piece.place == place);
        &self.pieces[start..end]
    }
}

fn fits(rows: usize) -> Result<()> {
    match i32::try_from(rows) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::new(
            ErrorKind::Fatal,
            format!("{rows} rows were found for one batch, which is too many"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::memory::MemoryTable;
    use crate::drive::store::Writer;
    use arrow_array::UInt64Array;
    use proptest::prelude::*;
    use textmill_core::value::value_at;

    fn batch(columns: &[(&str, &[u64])]) -> RecordBatch {
        let fields: Vec<Field> =
            columns.iter().map(|(name, _)| Field::new(*name, DataType::UInt64, false)).collect();
        let arrays =
            columns.iter().map(|(_, v)| Arc::new(UInt64Array::from(v.to_vec())) as ArrayRef).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
    }

    /// What each of `wanted` finds in a table of rows (ordinal, position of the row) with blocks of `size`
    /// rows.
    fn look_up(ordinals: &[u64], size: usize, wanted: &[&[u64]]) -> Vec<String> {
        let mut table = MemoryTable::default();
        let kept: Vec<u64> = (0..ordinals.len() as u64).collect();
        for (ordinals, kept) in ordinals.chunks(size).zip(kept.chunks(size)) {
            table.push(batch(&[("ordinal", ordinals), ("kept", kept)])).unwrap();
        }
        let schema = batch(&[("ordinal", &[]), ("kept", &[])]).schema();
        let mut lookup = Lookup::new("found", &table, &schema);
        let mut seen = Vec::new();
        for wanted in wanted {
            let joined = lookup.attach(&batch(&[("ordinal", wanted)])).unwrap();
            let column = joined.column_by_name("found").unwrap();
            seen.extend((0..wanted.len()).map(|row| value_at(column, row).to_string()));
        }
        seen
    }

    #[test]
    fn each_row_finds_its_rows() {
        let seen = look_up(&[1, 4, 4], 2, &[&[4, 2, 1, 4]]);
        let both = r#"[{"kept":1},{"kept":2}]"#;
        assert_eq!(seen, [both, "[]", r#"[{"kept":0}]"#, both]);
    }

    proptest! {
        #[test]
        fn blocks_make_no_difference(mut ordinals in prop::collection::vec(0u64..30, 0..60), size in 1usize..9,
                                     wanted in prop::collection::vec(0u64..32, 0..40), sorted in any::<bool>()) {
            ordinals.sort_unstable();
            let mut wanted = wanted;
            if sorted {
                wanted.sort_unstable();
            }
            let expected: Vec<String> = wanted.iter().map(|w| {
                let rows = ordinals.iter().enumerate().filter(|(_, o)| *o == w);
                let rows: Vec<String> = rows.map(|(row, _)| format!(r#"{{"kept":{row}}}"#)).collect();
                format!("[{}]", rows.join(","))
            }).collect();
            let halves = wanted.split_at(wanted.len() / 2);
            prop_assert_eq!(look_up(&ordinals, size, &[halves.0, halves.1]), expected);
        }
    }
}
