//! Loads rows that an earlier run saved, as rows of this run.

use super::names::{Names, names_schema};
use super::prepare::PreparedStage;
use super::published::MEANING;
use crate::spill::{SpillStore, SpillTable};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, UInt64Array};
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use textmill_core::batch::to_layout;
use textmill_core::column::{ID, ORDINAL};
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::drive::store::{Store, Writer};
use textmill_plugin::error::{Error, ErrorKind, Result};
use textmill_plugin::plan::FIRST_LOADED;

/// Rows per batch that is read.
const ROWS: usize = 1024;

/// Loads the rows of a plan's steps that take rows of an earlier run, by step number. The ids of their
/// documents are added to `names`.
///
/// # Errors
/// If a file cannot be read, or if it holds rows with another meaning or other columns.
pub(super) fn load(
    stage: &PreparedStage,
    plan: &BoundPlan,
    store: &SpillStore,
    names: &mut Names,
) -> Result<BTreeMap<usize, SpillTable>> {
    let mut tables = BTreeMap::new();
    for (number, step, schema) in plan.loads() {
        let option = step.option.as_deref().unwrap_or_default();
        let Some(path) = stage.paths.get(option) else { continue };
        let refused = |why: &dyn Display| {
            let message = format!("option `{option}`: `{}` {why}", path.display());
            Error::new(ErrorKind::Options, message)
        };
        let rows = open(path, step.meaning.as_deref(), schema);
        let rows = rows.map_err(|unsuited| refused(&format!("{} ({})", unsuited.why, unsuited.hint)))?;
        let mut table = store.table(&step.id, schema)?;
        let mut ids = store.table("names", &names_schema())?;
        let mut next = FIRST_LOADED + names.loaded_documents();
        for batch in rows {
            let batch = batch.map_err(|e| refused(&format!("cannot be read: {e}")))?;
            let (rows, of_documents) = renumbered(&batch, schema, next).map_err(|e| refused(&e.message))?;
            next += batch.num_rows() as u64;
            table.push(rows)?;
            ids.push(of_documents)?;
        }
        names.add_loaded(ids.finish()?);
        tables.insert(number, table.finish()?);
    }
    Ok(tables)
}

type Rows = parquet::arrow::arrow_reader::ParquetRecordBatchReader;

/// Why a file is unsuitable, in words that follow its name, and what to do.
pub(super) struct Unsuited {
    pub why: String,
    pub hint: &'static str,
}

/// The hint for an option that names a file of saved rows.
pub(super) const SAVED_EARLIER: &str = "an earlier run makes it, with the option that saves one";

/// Opens a file of saved rows, and reads only its end at first. It must hold rows with this meaning and these
/// columns.
pub(super) fn open(path: &Path, meaning: Option<&str>, schema: &SchemaRef) -> Result<Rows, Unsuited> {
    let unsuited = |why: String| Unsuited { why, hint: SAVED_EARLIER };
    let outdated = |why: String| Unsuited { why, hint: "create it again" };
    let file = File::open(path).map_err(|e| unsuited(format!("cannot be read: {e}")))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|e| unsuited(format!("is not a file of saved rows: {e}")))?;
    match builder.schema().metadata().get(MEANING) {
        None => return Err(unsuited("is not a file of saved rows".into())),
        Some(found) if Some(found.as_str()) != meaning => {
            let wanted = meaning.unwrap_or_default();
            return Err(outdated(format!("holds `{found}`, and this stage needs `{wanted}`")));
        }
        Some(_) => {}
    }
    for field in schema.fields().iter().filter(|field| field.name() != ORDINAL) {
        if builder.schema().field_with_name(field.name()).is_err() {
            return Err(outdated(format!("has no column `{}`", field.name())));
        }
    }
    builder.with_batch_size(ROWS).build().map_err(|e| unsuited(format!("cannot be read: {e}")))
}

/// The rows with ordinals that count up from `first`, and the table of their ids.
fn renumbered(batch: &RecordBatch, schema: &SchemaRef, first: u64) -> Result<(RecordBatch, RecordBatch)> {
    let ordinals: ArrayRef = Arc::new(UInt64Array::from_iter_values(first..first + batch.num_rows() as u64));
    let column = |name: &str| Ok::<_, Error>(batch.column_by_name(name).ok_or("lacks a column")?);
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        ORDINAL => Ok(Arc::clone(&ordinals)),
        name => Ok(to_layout(column(name)?, field.data_type())?),
    });
    let rows = RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_>>()?)?;
    let ids = column(ID)?;
    if ids.as_string_opt::<i64>().is_none_or(|ids| ids.null_count() > 0) {
        return Err("has documents without ids".into());
    }
    Ok((rows, RecordBatch::try_new(names_schema(), vec![ordinals, Arc::clone(ids)])?))
}
