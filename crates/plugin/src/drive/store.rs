//! Keeps rows between the steps of a plan: what the executor needs from a store. The store in memory is in
//! [`memory`](super::memory); the runner has one that works out of core.

use crate::error::{Error, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::{ByteViewType, UInt64Type};
use arrow_array::{
    Array, ArrayRef, GenericByteViewArray, RecordBatch, RecordBatchOptions, UInt64Array, make_array,
};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::{DataType, Schema, SchemaRef};
use std::sync::Arc;
use textmill_core::column::ORDINAL;

/// Approximate number of rows that a job takes at once, and that a sorter or a table made by the host gives
/// in one batch.
pub const ROWS_AT_ONCE: usize = 16 * 1024;

/// Keeps rows between the steps of a plan: in memory, or out of core.
pub trait Store: Sync {
    /// A finished table.
    type Table: Table;
    /// Writes the rows of a table.
    type Writer: Writer<Table = Self::Table> + Send;
    /// Sorts rows.
    type Sorter: Sorter + Send;

    /// Starts a table of rows in the order they are pushed. `step` names it in messages and file names.
    ///
    /// # Errors
    /// If there is no space for them.
    fn table(&self, step: &str, schema: &SchemaRef) -> Result<Self::Writer>;

    /// Starts a sorter. Its rows come out sorted by the columns `by`, then by `ordinal` if they have one,
    /// then in the order they were pushed.
    ///
    /// # Errors
    /// If the rows have no such columns, or there is no space for them.
    fn sorter(&self, step: &str, schema: &SchemaRef, by: &[String]) -> Result<Self::Sorter>;

    /// Approximate number of bytes of joined rows that all threads together may hold. Each portion of groups
    /// reads the blocks that it is joined with once, so the more rows are joined at a time, the less is read.
    fn join_bytes(&self) -> usize {
        64 * 1024 * 1024
    }
}

/// A table that is being written.
pub trait Writer {
    /// The finished table.
    type Table;

    /// Adds rows. An empty batch makes no block.
    ///
    /// # Errors
    /// If they cannot be kept.
    fn push(&mut self, batch: RecordBatch) -> Result<()>;

    /// Finishes the table of all rows that were pushed.
    ///
    /// # Errors
    /// If they cannot be kept.
    fn finish(self) -> Result<Self::Table>;
}

/// Rows in blocks. Each batch that was pushed and had rows is a block.
pub trait Table: Send + Sync {
    /// How many blocks there are.
    fn blocks(&self) -> usize;

    /// A block.
    ///
    /// # Errors
    /// If it cannot be read.
    fn block(&self, at: usize) -> Result<RecordBatch>;

    /// Whether a block is in memory, so that reading it again costs nothing.
    fn is_at_hand(&self, at: usize) -> bool;

    /// The ordinal of the first row of each block. Only meaningful if [`Table::ascends`].
    fn first_ordinals(&self) -> &[u64];

    /// Whether the rows have ordinals, and these never descend from one row to the next.
    fn ascends(&self) -> bool;

    /// How many rows there are.
    fn rows(&self) -> u64;
}

/// Rows that are being sorted.
pub trait Sorter {
    /// The sorted rows, in batches of some thousand.
    type Sorted: Iterator<Item = Result<RecordBatch>> + Send;

    /// Adds rows.
    ///
    /// # Errors
    /// If they cannot be kept.
    fn push(&mut self, batch: RecordBatch) -> Result<()>;

    /// Returns all rows that were pushed, sorted.
    ///
    /// # Errors
    /// If they cannot be read back.
    fn finish(self) -> Result<Self::Sorted>;
}

/// The ordinals of a batch, if it has any.
pub fn ordinals(batch: &RecordBatch) -> Option<&UInt64Array> {
    batch.column_by_name(ORDINAL)?.as_primitive_opt::<UInt64Type>()
}

/// First and last ordinal of a batch with rows, if it has ordinals and they never descend.
pub fn ascending_range(batch: &RecordBatch) -> Option<(u64, u64)> {
    let ordinals = ordinals(batch).filter(|o| o.null_count() == 0)?.values();
    ordinals.is_sorted().then(|| Some((*ordinals.first()?, *ordinals.last()?)))?
}

/// Copies the rows of a batch without the bytes around them that views still refer to, which would be held,
/// and written, in full.
///
/// # Errors
/// If a column is not sound.
pub fn compact(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns: Result<Vec<ArrayRef>> = batch.columns().iter().map(compact_column).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(batch.schema(), columns?, &options)?)
}

fn compact_column(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Utf8View => compact_views(array.as_string_view()),
        DataType::BinaryView => compact_views(array.as_binary_view()),
        kind if has_views(kind) => {
            let data = array.to_data();
            let children: Result<Vec<_>> = data
                .child_data()
                .iter()
                .map(|c| Ok(compact_column(&make_array(c.clone()))?.to_data()))
                .collect();
            make_array(data.into_builder().child_data(children?).build()?)
        }
        _ => Arc::clone(array),
    })
}

/// Leaves views that use all bytes of their buffers as they are.
fn compact_views<T: ByteViewType>(array: &GenericByteViewArray<T>) -> ArrayRef {
    let held: usize = array.data_buffers().iter().map(|buffer| buffer.len()).sum();
    if array.total_buffer_bytes_used() >= held { Arc::new(array.clone()) } else { Arc::new(array.gc()) }
}

fn has_views(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8View | DataType::BinaryView => true,
        DataType::List(item) | DataType::LargeList(item) => has_views(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|f| has_views(f.data_type())),
        _ => false,
    }
}

/// What a table knows about the ordinals in its blocks.
#[derive(Clone, Debug, Default)]
pub struct Ordinals {
    firsts: Vec<u64>,
    last: Option<u64>,
    broken: bool,
}

impl Ordinals {
    /// Adds the [`ascending_range`] of the next block.
    pub fn push(&mut self, range: Option<(u64, u64)>) {
        let (first, last) = range.unwrap_or_default();
        self.broken |= range.is_none() || self.last.is_some_and(|before| first < before);
        self.firsts.push(first);
        self.last = Some(last);
    }

    /// See [`Table::first_ordinals`].
    pub fn firsts(&self) -> &[u64] {
        &self.firsts
    }

    /// See [`Table::ascends`].
    pub fn ascend(&self) -> bool {
        !self.broken
    }
}

/// Makes keys whose bytes compare in the order of a [`Sorter`], ties aside.
pub struct SortKey {
    converter: RowConverter,
    columns: Vec<usize>,
}

impl SortKey {
    /// Keys of the columns `by`, then of the ordinal if there is one.
    ///
    /// # Errors
    /// If a column is missing or cannot be compared.
    pub fn new(schema: &Schema, by: &[String]) -> Result<Self> {
        let mut key = Self::of(schema, by)?;
        let ordinal = schema.index_of(ORDINAL).ok();
        let ordinal = ordinal.filter(|&at| schema.field(at).data_type() == &DataType::UInt64);
        if let Some(ordinal) = ordinal.filter(|at| !key.columns.contains(at)) {
            key.columns.push(ordinal);
            key.converter = converter(schema, &key.columns)?;
        }
        if key.columns.is_empty() {
            return Err("the rows have no column `ordinal` of uint64 to sort by".into());
        }
        Ok(key)
    }

    /// Keys of the columns `by` only: equal within a group.
    ///
    /// # Errors
    /// If a column is missing or cannot be compared.
    pub fn of(schema: &Schema, by: &[String]) -> Result<Self> {
        let column = |name: &String| {
            let found = schema.index_of(name);
            found.map_err(|_| Error::from(format!("the rows have no column `{name}` to group by")))
        };
        let columns: Vec<usize> = by.iter().map(column).collect::<Result<_>>()?;
        Ok(Self { converter: converter(schema, &columns)?, columns })
    }

    /// The keys of the rows of a batch.
    ///
    /// # Errors
    /// If the batch has other columns.
    pub fn rows(&self, batch: &RecordBatch) -> Result<Rows> {
        let columns = self.columns.iter().map(|&at| batch.columns().get(at).cloned());
        let columns: Option<Vec<ArrayRef>> = columns.collect();
        let columns = columns.ok_or("rows to be sorted lack a column")?;
        Ok(self.converter.convert_columns(&columns)?)
    }
}

fn converter(schema: &Schema, columns: &[usize]) -> Result<RowConverter> {
    let fields = columns.iter().map(|&at| SortField::new(schema.field(at).data_type().clone()));
    Ok(RowConverter::new(fields.collect())?)
}
