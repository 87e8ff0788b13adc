//! Groups rows into row groups. Where a group ends depends only on the rows, not on how they were split into
//! batches.

use super::bytes::add_value_bytes;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use arrow_select::interleave::interleave_record_batch;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use textmill_plugin::error::Result;

/// Spans of at least this many rows on average are copied span by span, shorter ones row by row.
const LONG: usize = 16;

/// A batch, with the cumulative size of its rows.
pub struct Rows {
    pub batch: RecordBatch,
    /// Bytes of values up to and including each row.
    ends: Vec<u64>,
}

impl Rows {
    /// Measures the rows of a batch.
    ///
    /// # Errors
    /// If its columns are not those of `schema`.
    pub fn of(batch: RecordBatch, schema: &SchemaRef) -> Result<Self> {
        let columns = batch.schema_ref().fields().iter().zip(schema.fields());
        let same = batch.num_columns() == schema.fields().len()
            && columns.into_iter().all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
        if !same {
            let message = format!("rows with other columns: {} instead of {schema}", batch.schema_ref());
            return Err(message.into());
        }
        let mut ends = vec![0; batch.num_rows()];
        for column in batch.columns() {
            add_value_bytes(column.as_ref(), &mut ends);
        }
        let mut total = 0;
        for end in &mut ends {
            total += *end;
            *end = total;
        }
        Ok(Self { batch, ends })
    }

    /// The number of rows of `range` that are needed to reach `bytes`, and their size; all rows if they do
    /// not reach it.
    fn reach(&self, range: &Range<usize>, bytes: u64) -> (usize, u64) {
        let ends = self.ends.get(range.clone()).unwrap_or(&[]);
        let before = range.start.checked_sub(1).and_then(|row| self.ends.get(row)).copied().unwrap_or(0);
        let rows = (ends.partition_point(|&end| end - before < bytes) + 1).min(ends.len());
        let end = rows.checked_sub(1).and_then(|row| ends.get(row)).copied().unwrap_or(before);
        (rows, end - before)
    }
}

/// Consecutive rows of a batch. Never empty.
#[derive(Clone)]
pub struct Span {
    pub rows: Arc<Rows>,
    pub range: Range<usize>,
}

impl Span {
    fn split(&mut self, rows: usize) -> Self {
        let middle = self.range.start + rows;
        let first = self.range.start..middle;
        self.range.start = middle;
        Self { rows: Arc::clone(&self.rows), range: first }
    }

    fn batch(&self) -> RecordBatch {
        self.rows.batch.slice(self.range.start, self.range.len())
    }
}

/// Size limits. They affect the bytes of a file, so they are constants.
#[derive(Clone, Copy)]
pub struct Sizes {
    /// Maximum number of rows in a row group.
    pub rows: usize,
    /// Bytes of values in a row group: the row that reaches them is its last.
    pub bytes: u64,
    /// Number of rows that are passed to a column writer at once: pages end at these boundaries.
    pub portion: usize,
}

/// Turns spans into groups.
pub struct Groups<I> {
    spans: I,
    sizes: Sizes,
    /// The rest of the span that ended the previous group.
    rest: Option<Span>,
}

impl<I: Iterator<Item = Result<Span>>> Groups<I> {
    /// Creates the groups of the rows of `spans`, in order.
    pub fn new(spans: I, sizes: Sizes) -> Self {
        Self { spans, sizes, rest: None }
    }

    fn group(&mut self) -> Result<Option<Group>> {
        let mut group = Group { spans: Vec::new(), rows: 0 };
        let mut bytes = 0;
        while group.rows < self.sizes.rows && bytes < self.sizes.bytes {
            let Some(mut span) = self.rest.take().map(Ok).or_else(|| self.spans.next()).transpose()? else {
                break;
            };
            let most = span.range.len().min(self.sizes.rows - group.rows);
            let range = span.range.start..span.range.start + most;
            let (rows, more) = span.rows.reach(&range, self.sizes.bytes - bytes);
            bytes += more;
            group.rows += rows;
            group.spans.push(span.split(rows));
            self.rest = Some(span).filter(|rest| !rest.range.is_empty());
        }
        Ok(Some(group).filter(|group| group.rows > 0))
    }
}

impl<I: Iterator<Item = Result<Span>>> Iterator for Groups<I> {
    type Item = Result<Group>;

    fn next(&mut self) -> Option<Self::Item> {
        self.group().transpose()
    }
}

/// The rows of a row group.
pub struct Group {
    spans: Vec<Span>,
    /// Number of rows.
    pub rows: usize,
}

impl Group {
    /// Batches of `portion` rows each; the last one may be smaller.
    pub fn portions(self, schema: &SchemaRef, portion: usize) -> impl Iterator<Item = Result<RecordBatch>> {
        let mut spans = self.spans.into_iter();
        let mut rest: Option<Span> = None;
        std::iter::from_fn(move || {
            let mut taken = Vec::new();
            let mut rows = 0;
            while rows < portion {
                let Some(mut span) = rest.take().or_else(|| spans.next()) else { break };
                let first = span.split(span.range.len().min(portion - rows));
                rows += first.range.len();
                taken.push(first);
                rest = Some(span).filter(|rest| !rest.range.is_empty());
            }
            (rows > 0).then(|| join(&taken, rows, schema))
        })
    }
}

fn join(spans: &[Span], rows: usize, schema: &SchemaRef) -> Result<RecordBatch> {
    if let [span] = spans {
        return Ok(span.batch());
    }
    if rows / spans.len().max(1) >= LONG {
        let batches: Vec<RecordBatch> = spans.iter().map(Span::batch).collect();
        return Ok(concat_batches(schema, &batches)?);
    }
    let mut batches = Vec::new();
    let mut numbers = HashMap::new();
    let mut indices = Vec::with_capacity(rows);
    for span in spans {
        let number = *numbers.entry(Arc::as_ptr(&span.rows)).or_insert_with(|| {
            batches.push(&span.rows.batch);
            batches.len() - 1
        });
        indices.extend(span.range.clone().map(|row| (number, row)));
    }
    Ok(interleave_record_batch(&batches, &indices)?)
}
