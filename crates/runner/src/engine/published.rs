//! What a plan leaves besides its documents: tables and reports for the run folder, rows for later runs. They
//! are written during the run, since a run that is interrupted after the barrier resumes without these rows.

use super::names::Names;
use super::prepare::{Bound, Prepared, PreparedStage};
use crate::journal::storage;
use crate::output::{Staging, finish};
use crate::spill::{SpillStore, SpillTable};
use arrow_array::builder::LargeStringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use textmill_core::column::{ID, ORDINAL};
use textmill_plugin::drive::last::Last;
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::drive::store::Table;
use textmill_plugin::error::{Error, ErrorKind, Result};
use textmill_plugin::plan::{Publication, Save};

/// The metadata key in a file of saved rows that says what the rows mean.
pub(super) const MEANING: &str = "textmill.meaning";

/// The file in the run folder for a published table: `<table>.parquet`, with the stage's name added if an
/// earlier stage has a table of the same name.
pub fn table_file(prepared: &Prepared, stage: usize, table: &str) -> String {
    let publishes = |stage: &PreparedStage| match &stage.bound {
        Bound::Plan(_, plan) => plan.tables.iter().any(|other| other.name == table),
        _ => false,
    };
    match prepared.stages.iter().take(stage).any(publishes) {
        true => format!("{table}-{}.parquet", prepared.stages[stage].name),
        false => format!("{table}.parquet"),
    }
}

/// The files of all published tables of a pipeline.
pub fn table_files(prepared: &Prepared) -> Vec<String> {
    let of_stage = |(at, stage): (usize, &PreparedStage)| match &stage.bound {
        Bound::Plan(_, plan) => {
            plan.tables.iter().map(|table| table_file(prepared, at, &table.name)).collect()
        }
        _ => Vec::new(),
    };
    prepared.stages.iter().enumerate().flat_map(of_stage).collect()
}

/// Writes everything that the plan of a stage publishes.
///
/// # Errors
/// If a table cannot be read, or if a file cannot be written.
pub(super) fn publish(
    prepared: &Prepared,
    number: usize,
    plan: &BoundPlan,
    last: &Last<'_, SpillStore>,
    names: &Names,
    staging: &Staging,
    threads: usize,
) -> Result<()> {
    let table = |step: &str| -> Result<&Arc<SpillTable>> {
        Ok(last.shown.get(step).ok_or_else(|| format!("no rows came of step `{step}`"))?)
    };
    for Publication { name, step, documents } in &plan.tables {
        let file = table_file(prepared, number, name);
        let stem = file.strip_suffix(".parquet").unwrap_or(&file);
        let shape = Shape::new(plan.rows_of(step)?.as_ref(), documents, HashMap::new());
        write(&shape, table(step)?, names, staging.folder(), stem, threads)?;
    }
    if let Some(Save { step, meaning, .. }) = &plan.save
        && prepared.stages[number].saves_to().is_some()
    {
        let meaning = HashMap::from([(MEANING.to_owned(), meaning.clone())]);
        let shape = Shape::new(plan.rows_of(step)?.as_ref(), &[], meaning);
        write(&shape, table(step)?, names, staging.state(), &saved(number), threads)?;
    }
    if !last.reports.is_empty() {
        let path = staging.state_file(&report_file(number));
        let report = Value::Object(last.reports.clone()).to_string();
        std::fs::write(&path, report).map_err(|e| storage("write", &path, &e))?;
    }
    Ok(())
}

fn saved(stage: usize) -> String {
    format!("saved-{stage}")
}

fn report_file(stage: usize) -> String {
    format!("report-{stage}.json")
}

/// The reports of plans, by stage.
///
/// # Errors
/// If a file of this run cannot be read.
pub(super) fn reports(prepared: &Prepared, staging: &Staging) -> Result<Map<String, Value>> {
    let mut reports = Map::new();
    for (number, stage) in prepared.stages.iter().enumerate() {
        let path = staging.state_file(&report_file(number));
        if matches!(stage.bound, Bound::Plan(..)) && path.exists() {
            let text = std::fs::read(&path).map_err(|e| storage("read", &path, &e))?;
            reports.insert(stage.name.clone(), serde_json::from_slice(&text)?);
        }
    }
    Ok(reports)
}

/// Puts saved rows in the places that the pipeline names, each file atomically.
///
/// # Errors
/// If a file cannot be written.
pub fn hand_over_saved(prepared: &Prepared, staging: &Staging) -> Result<()> {
    for (number, stage) in prepared.stages.iter().enumerate() {
        let from = staging.state_file(&format!("{}.parquet", saved(number)));
        let Some(to) = stage.saves_to().filter(|_| from.exists()) else { continue };
        let refused = |e: std::io::Error| storage("write", to, &e);
        if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(refused)?;
        }
        // Copy next to the target first, since a rename cannot cross file systems.
        let mut beside = to.as_os_str().to_owned();
        beside.push(".partial");
        let beside = PathBuf::from(beside);
        std::fs::copy(&from, &beside).map_err(refused)?;
        finish::sync(std::slice::from_ref(&beside))?;
        std::fs::rename(&beside, to).map_err(refused)?;
    }
    Ok(())
}

/// The columns of a published table: those of the rows, with ids instead of ordinals.
struct Shape {
    schema: SchemaRef,
    /// Whether each column holds ordinals.
    ordinals: Vec<bool>,
}

impl Shape {
    fn new(rows: &Schema, documents: &[String], metadata: HashMap<String, String>) -> Self {
        let is_ordinal = |field: &Field| field.name() == ORDINAL || documents.contains(field.name());
        let column = |field: &Arc<Field>| match is_ordinal(field) {
            true if field.name() == ORDINAL => Arc::new(Field::new(ID, DataType::LargeUtf8, false)),
            true => Arc::new(Field::new(field.name(), DataType::LargeUtf8, true)),
            false => Arc::clone(field),
        };
        let fields: Vec<_> = rows.fields().iter().map(column).collect();
        let ordinals = rows.fields().iter().map(|field| is_ordinal(field)).collect();
        Self { schema: Arc::new(Schema::new_with_metadata(fields, metadata)), ordinals }
    }

    fn batch(&self, rows: &RecordBatch, names: &Names) -> Result<RecordBatch> {
        let column = |(column, is_ordinal): (&ArrayRef, &bool)| -> Result<ArrayRef> {
            match column.as_primitive_opt::<UInt64Type>().filter(|_| *is_ordinal) {
                None => Ok(Arc::clone(column)),
                Some(ordinals) => {
                    let known = names.find(ordinals.iter().flatten())?;
                    let mut ids = LargeStringBuilder::new();
                    for ordinal in ordinals {
                        ids.append_option(ordinal.and_then(|ordinal| known.get(&ordinal)));
                    }
                    Ok(Arc::new(ids.finish()))
                }
            }
        };
        let columns: Result<Vec<ArrayRef>> = rows.columns().iter().zip(&self.ordinals).map(column).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns?)
            .map_err(|e| Error::new(ErrorKind::Contract, format!("a published table: {e}")))
    }
}

fn write(
    shape: &Shape,
    table: &SpillTable,
    names: &Names,
    folder: &Path,
    stem: &str,
    threads: usize,
) -> Result<()> {
    let batches = (0..table.blocks()).map(|at| shape.batch(&table.block(at)?, names));
    let schema = Arc::clone(&shape.schema);
    let paths = finish::parquet::documents(batches, schema, folder, stem, None, threads)?;
    finish::sync(&paths)
}
