//! Reads the ledger of a run: the rows that pass a filter, in the order of the documents. Row groups that
//! cannot hold such rows are skipped, by their statistics and a Bloom filter of ids. So are the other columns
//! of rows that do not pass.

use super::run_folder::{RunFolder, damaged};
use crate::failure::Failure;
use crate::output::finish::ledger_schema;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt64Type};
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;
use serde::Serialize;
use std::fmt::Display;
use std::fs::File;
use std::path::PathBuf;
use textmill_core::batch::Strings;
use textmill_core::column::ID;

/// Rows that are decoded at a time.
const ROWS: usize = 8192;

/// Which rows to read. Fields that are `None` match everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Id of the document.
    pub id: Option<String>,
    /// Name of the stage.
    pub stage: Option<String>,
    /// Rule.
    pub rule: Option<String>,
    /// Action.
    pub action: Option<String>,
}

impl Filter {
    /// The columns to compare, each with the required value.
    fn wanted(&self) -> Vec<(&'static str, &str)> {
        let all = [(ID, &self.id), ("stage", &self.stage), ("rule", &self.rule), ("action", &self.action)];
        all.into_iter().filter_map(|(column, value)| Some((column, value.as_deref()?))).collect()
    }
}

/// A row of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "they are the columns of the ledger")]
pub struct Entry {
    pub ordinal: u64,
    pub id: String,
    pub stage: String,
    pub action: String,
    pub rule: String,
    pub value: Option<f64>,
    pub threshold: Option<f64>,
    pub start: Option<u64>,
    pub end: Option<u64>,
    pub replacement: Option<String>,
    pub other: Option<String>,
    pub note: Option<String>,
}

/// The ledger of a run.
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger of a run folder.
    pub fn of(run: &RunFolder) -> Self {
        Self { path: run.file("ledger.parquet") }
    }

    /// Checks whether the file is there and complete.
    ///
    /// # Errors
    /// If it is not.
    pub fn check(&self) -> Result<(), Failure> {
        let file = File::open(&self.path).map_err(|e| damaged(&self.path, &e))?;
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(&self.path, &e))?;
        Ok(())
    }

    /// Passes the rows that match `filter` to `take`, in batches.
    ///
    /// # Errors
    /// If the file is not a ledger, or if `take` fails.
    pub fn scan(
        &self,
        filter: &Filter,
        mut take: impl FnMut(&RecordBatch) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let file = File::open(&self.path).map_err(|e| self.broken(&e))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| self.broken(&e))?;
        if builder.schema().fields() != ledger_schema().fields() {
            return Err(self.broken(&"it has other columns than a ledger"));
        }
        let wanted = filter.wanted();
        let groups = self.groups(&builder, &wanted)?;
        let parquet = builder.parquet_schema();
        let compared = wanted.iter().map(|&(column, value)| {
            let value = value.to_owned();
            let compare = move |batch: RecordBatch| equal(&batch, &value);
            let mask = ProjectionMask::columns(parquet, [column]);
            Box::new(ArrowPredicateFn::new(mask, compare)) as Box<dyn ArrowPredicate>
        });
        let rows = RowFilter::new(compared.collect());
        let builder = builder.with_row_groups(groups).with_row_filter(rows).with_batch_size(ROWS);
        for batch in builder.build().map_err(|e| self.broken(&e))? {
            take(&batch.map_err(|e| self.broken(&e))?)?;
        }
        Ok(())
    }

    /// The rows that match `filter`, at most `limit` of them.
    ///
    /// # Errors
    /// If the file is not a ledger.
    pub fn entries(&self, filter: &Filter, limit: usize) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        self.scan(filter, |batch| {
            let missing = limit.saturating_sub(entries.len());
            entries.extend(Entry::of(batch).into_iter().take(missing));
            Ok(())
        })?;
        Ok(entries)
    }

    /// The row groups that may hold a row with these values.
    fn groups(
        &self,
        builder: &ParquetRecordBatchReaderBuilder<File>,
        wanted: &[(&str, &str)],
    ) -> Result<Vec<usize>, Failure> {
        let schema = ledger_schema();
        let mut groups = Vec::new();
        for (number, group) in builder.metadata().row_groups().iter().enumerate() {
            let mut may_hold = true;
            for (column, value) in wanted {
                let Ok(at) = schema.index_of(column) else { continue };
                may_hold &= within(group, at, value);
                // Rows are sorted by document, not by id, so statistics say little about ids.
                if may_hold && *column == ID {
                    let filter = builder.get_row_group_column_bloom_filter(number, at);
                    may_hold &=
                        filter.map_err(|e| self.broken(&e))?.is_none_or(|filter| filter.check(*value));
                }
            }
            if may_hold {
                groups.push(number);
            }
        }
        Ok(groups)
    }

    fn broken(&self, why: &dyn Display) -> Failure {
        Failure::new(format!("cannot read the ledger {}: {why}", self.path.display()))
    }
}

/// Whether a column of a row group may hold a value, by the minimum and maximum in its statistics.
fn within(group: &RowGroupMetaData, column: usize, value: &str) -> bool {
    match group.column(column).statistics() {
        Some(Statistics::ByteArray(known)) => {
            // Long values are truncated: the minimum is rounded down and the maximum up.
            let least = known.min_opt().is_none_or(|least| least.data() <= value.as_bytes());
            let most = known.max_opt().is_none_or(|most| most.data() >= value.as_bytes());
            least && most
        }
        _ => true,
    }
}

fn equal(batch: &RecordBatch, value: &str) -> Result<BooleanArray, ArrowError> {
    let strings = Strings::of(batch.column(0).as_ref());
    let strings = strings.ok_or_else(|| ArrowError::SchemaError("a column is no string".into()))?;
    Ok((0..batch.num_rows()).map(|row| Some(strings.get(row) == Some(value))).collect())
}

impl Entry {
    /// The rows of a batch of the ledger.
    pub fn of(batch: &RecordBatch) -> Vec<Self> {
        let texts = |name: &str| batch.column_by_name(name).and_then(|c| Strings::of(c.as_ref()));
        let numbers = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<UInt64Type>();
        let floats = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Float64Type>();
        let [id, stage, action, rule, replacement, other, note] =
            ["id", "stage", "action", "rule", "replacement", "other", "note"].map(texts);
        let [ordinal, start, end] = ["ordinal", "start", "end"].map(numbers);
        let [value, threshold] = ["value", "threshold"].map(floats);
        (0..batch.num_rows())
            .map(|row| {
                let text = |column: Option<Strings<'_>>| column.and_then(|c| c.get(row)).map(str::to_owned);
                let number = |column: Option<&arrow_array::UInt64Array>| {
                    column.filter(|c| c.is_valid(row)).map(|c| c.value(row))
                };
                let float = |column: Option<&arrow_array::Float64Array>| {
                    column.filter(|c| c.is_valid(row)).map(|c| c.value(row))
                };
                Self {
                    ordinal: number(ordinal).unwrap_or_default(),
                    id: text(id).unwrap_or_default(),
                    stage: text(stage).unwrap_or_default(),
                    action: text(action).unwrap_or_default(),
                    rule: text(rule).unwrap_or_default(),
                    value: float(value),
                    threshold: float(threshold),
                    start: number(start),
                    end: number(end),
                    replacement: text(replacement),
                    other: text(other),
                    note: text(note),
                }
            })
            .collect()
    }
}
