//! The ledger: merges runs of rows that are sorted by ordinal into one Parquet file.

use super::parquet::{Target, properties, write};
use super::parts::PartNames;
use super::rows::{Rows, Sizes, Span};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::basic::Encoding;
use parquet::schema::types::ColumnPath;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;
use std::sync::Arc;
use textmill_core::column::{ID, ORDINAL};
use textmill_plugin::error::Result;

/// Events are usually small; the limit in bytes bounds the memory if their replacements are large.
const LEDGER: Sizes = Sizes { rows: 128 * 1024, bytes: 64 << 20, portion: 16 * 1024 };
/// False positive rate of the Bloom filters of ids: the share of row groups without an id for which its
/// filter says that they may contain it.
const FALSE_POSITIVES: f64 = 0.01;

/// The schema of the ledger.
pub fn ledger_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("ordinal", DataType::UInt64, false),
        Field::new("id", DataType::LargeUtf8, false),
        Field::new("stage", DataType::Utf8, false),
        Field::new("action", DataType::Utf8, false),
        Field::new("rule", DataType::Utf8, false),
        Field::new("value", DataType::Float64, true),
        Field::new("threshold", DataType::Float64, true),
        Field::new("start", DataType::UInt64, true),
        Field::new("end", DataType::UInt64, true),
        Field::new("replacement", DataType::LargeUtf8, true),
        Field::new("other", DataType::LargeUtf8, true),
        Field::new("note", DataType::Utf8, true),
    ]))
}

/// Writes the ledger to `path`. Merges the rows of `runs`, each sorted by `ordinal`; rows with the same
/// ordinal follow the order of the runs. Returns the number of rows.
///
/// # Errors
/// If a batch is an error, its columns are not those of `schema`, a run is out of order, or the file cannot
/// be written.
pub fn ledger(
    runs: Vec<impl Iterator<Item = Result<RecordBatch>> + Send>,
    schema: SchemaRef,
    path: &Path,
    threads: usize,
) -> Result<u64> {
    let ordinal = ColumnPath::from(ORDINAL);
    let id = ColumnPath::from(ID);
    let properties = properties()?
        // The deltas of ascending numbers are small.
        .set_column_dictionary_enabled(ordinal.clone(), false)
        .set_column_encoding(ordinal, Encoding::DELTA_BINARY_PACKED)
        // Rows are sorted by ordinal: without a Bloom filter, a search for an id would read all of them.
        .set_column_bloom_filter_enabled(id.clone(), true)
        .set_column_bloom_filter_fpp(id.clone(), FALSE_POSITIVES)
        .set_column_bloom_filter_max_ndv(id, LEDGER.rows as u64)
        .build();
    let folder = path.parent().unwrap_or(Path::new(""));
    let stem = path.file_name().and_then(|name| name.to_str()).ok_or("the ledger has no name")?;
    let names = PartNames { folder, stem, suffix: "", numbered: false };
    let target = Target { names, part_bytes: u64::MAX, schema: Arc::clone(&schema), properties };
    Ok(write(Merge::new(runs, schema)?, &target, LEDGER, threads)?.1)
}

/// Merges runs: repeatedly yields the longest span of one run that precedes the remaining rows of all others.
struct Merge<I> {
    runs: Vec<Run<I>>,
    /// For each run with rows left: the ordinal of its next row, and the number of the run.
    heads: BinaryHeap<Reverse<(u64, usize)>>,
}

struct Run<I> {
    batches: I,
    rows: Option<Arc<Rows>>,
    /// Index of the next row in the batch.
    at: usize,
    /// Last ordinal of the batches read so far.
    last: u64,
    schema: SchemaRef,
}

impl<I: Iterator<Item = Result<RecordBatch>>> Merge<I> {
    fn new(runs: Vec<I>, schema: SchemaRef) -> Result<Self> {
        let run = |batches| Run { batches, rows: None, at: 0, last: 0, schema: Arc::clone(&schema) };
        let mut merge = Self { runs: runs.into_iter().map(run).collect(), heads: BinaryHeap::new() };
        for (number, run) in merge.runs.iter_mut().enumerate() {
            merge.heads.extend(run.head()?.map(|ordinal| Reverse((ordinal, number))));
        }
        Ok(merge)
    }

    fn span(&mut self) -> Result<Option<Span>> {
        let Some(Reverse((_, number))) = self.heads.pop() else { return Ok(None) };
        let Some(run) = self.runs.get_mut(number) else { return Ok(None) };
        // Rows that share their ordinal with the head of the next run come first only if this run comes
        // first.
        let bound = self.heads.peek().map(|&Reverse((ordinal, other))| (ordinal, number < other));
        let span = run.take_until(|ordinal| {
            bound.is_none_or(|(bound, first)| ordinal < bound || first && ordinal == bound)
        });
        self.heads.extend(run.head()?.map(|ordinal| Reverse((ordinal, number))));
        Ok(span)
    }
}

impl<I: Iterator<Item = Result<RecordBatch>>> Iterator for Merge<I> {
    type Item = Result<Span>;

    fn next(&mut self) -> Option<Self::Item> {
        self.span().transpose()
    }
}

impl<I: Iterator<Item = Result<RecordBatch>>> Run<I> {
    /// Ordinal of the next row; `None` at the end of the run.
    fn head(&mut self) -> Result<Option<u64>> {
        loop {
            if let Some(&ordinal) = self.rest().first() {
                return Ok(Some(ordinal));
            }
            let Some(batch) = self.batches.next().transpose()? else { return Ok(None) };
            let rows = Rows::of(batch, &self.schema)?;
            let ordinals = ordinals(&rows.batch).ok_or("the ledger has no ordinals")?;
            if !ordinals.is_sorted() || ordinals.first().is_some_and(|&first| first < self.last) {
                return Err("a run of the ledger is out of order".into());
            }
            self.last = ordinals.last().copied().unwrap_or(self.last);
            self.rows = Some(Arc::new(rows));
            self.at = 0;
        }
    }

    fn take_until(&mut self, goes_first: impl Fn(u64) -> bool) -> Option<Span> {
        let rest = self.rest();
        // A span is mostly a few rows. Doubling steps keep the search cheap for long spans, too.
        let mut step = 1;
        while rest.get(step).is_some_and(|&ordinal| goes_first(ordinal)) {
            step *= 2;
        }
        let known = step / 2;
        let searched = rest.get(known..rest.len().min(step + 1)).unwrap_or(&[]);
        let count = known + searched.partition_point(|&ordinal| goes_first(ordinal));
        let range = self.at..self.at + count;
        self.at = range.end;
        let rows = self.rows.as_ref().map(Arc::clone)?;
        Some(Span { rows, range })
    }

    /// The ordinals of the remaining rows of the batch.
    fn rest(&self) -> &[u64] {
        let ordinals = self.rows.as_ref().and_then(|rows| ordinals(&rows.batch));
        ordinals.and_then(|ordinals| ordinals.get(self.at..)).unwrap_or(&[])
    }
}

fn ordinals(batch: &RecordBatch) -> Option<&[u64]> {
    let column = batch.column_by_name(ORDINAL)?.as_primitive_opt::<UInt64Type>()?;
    (column.null_count() == 0).then(|| column.values().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, LargeStringArray, UInt64Array, new_null_array};
    use arrow_array::{RecordBatchReader, StringArray};
    use arrow_select::concat::concat_batches;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::properties::ReaderProperties;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::file::serialized_reader::ReadOptionsBuilder;
    use proptest::prelude::*;
    use std::fs::{self, File};

    /// Rows of a stage, identified by their ordinals and by a running number.
    fn batch(stage: usize, ordinals: &[u64], first: usize) -> RecordBatch {
        let count = ordinals.len();
        let stages = StringArray::from_iter_values((0..count).map(|_| format!("stage-{stage}")));
        let rules = StringArray::from_iter_values((0..count).map(|n| format!("{}", first + n)));
        let ids = LargeStringArray::from_iter_values(ordinals.iter().map(|n| format!("document {n}")));
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(ordinals.to_vec())),
            Arc::new(ids),
            Arc::new(stages.clone()),
            Arc::new(stages),
            Arc::new(rules),
        ];
        let schema = ledger_schema();
        columns.extend(schema.fields().iter().skip(5).map(|field| new_null_array(field.data_type(), count)));
        RecordBatch::try_new(schema, columns).unwrap()
    }

    fn runs(ordinals: &[Vec<u64>], size: usize) -> Vec<Vec<RecordBatch>> {
        let run = |(stage, ordinals): (usize, &Vec<u64>)| {
            let chunks = ordinals.chunks(size).enumerate();
            chunks.map(|(n, chunk)| batch(stage, chunk, n * size)).collect()
        };
        ordinals.iter().enumerate().map(run).collect()
    }

    fn write(runs: Vec<Vec<RecordBatch>>, threads: usize) -> Result<(u64, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.parquet");
        let runs = runs.into_iter().map(|run| run.into_iter().map(Ok)).collect();
        let rows = ledger(runs, ledger_schema(), &path, threads)?;
        Ok((rows, fs::read(path).unwrap()))
    }

    fn open(bytes: &[u8]) -> File {
        let mut copy = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut copy, bytes).unwrap();
        copy
    }

    fn read(bytes: &[u8]) -> RecordBatch {
        let reader = ParquetRecordBatchReaderBuilder::try_new(open(bytes)).unwrap().build().unwrap();
        assert_eq!(reader.schema().fields(), ledger_schema().fields());
        concat_batches(&ledger_schema(), &reader.map(|batch| batch.unwrap()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_ledger_without_rows_is_a_file() {
        let (rows, bytes) = write(Vec::new(), 2).unwrap();
        assert_eq!((rows, read(&bytes).num_rows()), (0, 0));
    }

    #[test]
    fn a_run_out_of_order_is_an_error() {
        let within = vec![vec![batch(0, &[2, 1], 0)]];
        let across = vec![vec![batch(0, &[2], 0), batch(0, &[1], 1)]];
        for runs in [within, across] {
            assert_eq!(write(runs, 1).unwrap_err().message, "a run of the ledger is out of order");
        }
    }

    #[test]
    fn an_id_is_found_in_its_row_group_alone() {
        let ordinals: Vec<u64> = (0..300_000).collect();
        let (_, bytes) = write(runs(std::slice::from_ref(&ordinals), 10_000), 2).unwrap();
        assert!(bytes == write(runs(&[ordinals], 777), 1).unwrap().1);
        let properties = ReaderProperties::builder().set_read_bloom_filter(true).build();
        let options = ReadOptionsBuilder::new().with_reader_properties(properties).build();
        let reader = SerializedFileReader::new_with_options(open(&bytes), options).unwrap();
        assert_eq!(reader.metadata().num_row_groups(), 3);
        let holds = |group: usize, id: &str| {
            let group = reader.get_row_group(group).unwrap();
            group.get_column_bloom_filter(1).unwrap().check(id)
        };
        assert!(holds(0, "document 0") && holds(1, "document 131072") && holds(2, "document 299999"));
        let wrong = (0..1000).filter(|n| holds(2, &format!("document {n}"))).count();
        assert!(wrong < 30, "{wrong} of 1000");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn merging_is_a_stable_sort(
            ordinals in prop::collection::vec(prop::collection::vec(0u64..40, 0..60), 0..4),
            size in 1usize..30,
            threads in 1usize..4,
        ) {
            let mut ordinals = ordinals;
            ordinals.iter_mut().for_each(|run| run.sort());
            let mut rows: Vec<(u64, usize, usize)> = Vec::new();
            for (stage, run) in ordinals.iter().enumerate() {
                rows.extend(run.iter().enumerate().map(|(n, &ordinal)| (ordinal, stage, n)));
            }
            rows.sort();
            let one: Vec<RecordBatch> = rows.iter().map(|&(o, stage, n)| batch(stage, &[o], n)).collect();
            let expected = concat_batches(&ledger_schema(), &one).unwrap();
            let (count, bytes) = write(runs(&ordinals, size), threads).unwrap();
            prop_assert_eq!(count, rows.len() as u64);
            prop_assert_eq!(read(&bytes), expected);
            prop_assert!(bytes == write(vec![one], 1).unwrap().1);
        }
    }
}
