//! The out-of-core store: tables and sorters that share a budget, with their files in one folder.

use super::block::BlockFile;
use super::budget::Budget;
use super::sort::SpillSorter;
use super::table::{SpillTable, TableWriter};
use arrow_schema::SchemaRef;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use textmill_plugin::drive::store::Store;
use textmill_plugin::error::Result;

/// Bytes that a sort may use beyond the budget, so that it can always proceed.
const FLOOR: u64 = 4 * 1024 * 1024;

/// Minimum number of bytes of joined rows to hold, whatever the budget.
const LEAST_JOIN: usize = 4 * 1024 * 1024;

/// Keeps rows in memory as far as the budget allows, and the rest in files in a folder. Each file is removed
/// together with the table or sorter that uses it.
#[derive(Clone, Debug)]
pub struct SpillStore {
    folder: PathBuf,
    budget: Arc<Budget>,
    floor: u64,
    files: Arc<AtomicU64>,
}

impl SpillStore {
    /// Creates a store with its files in `folder`, which must exist by the time the first one is needed.
    pub fn new(folder: PathBuf, budget: Arc<Budget>) -> Self {
        Self { folder, budget, floor: FLOOR, files: Arc::default() }
    }

    /// Sets the bytes that each sort may use beyond the budget (4 MiB by default).
    #[must_use]
    pub fn with_floor(self, bytes: u64) -> Self {
        Self { floor: bytes, ..self }
    }

    /// The budget.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// A path that is unique within this store.
    fn path(&self, step: &str, kind: &str) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let step: String = step.chars().take(32).map(plain).collect();
        self.folder.join(format!("{step}-{number}.{kind}"))
    }
}

impl Store for SpillStore {
    type Table = SpillTable;
    type Writer = TableWriter;
    type Sorter = SpillSorter;

    fn table(&self, step: &str, schema: &SchemaRef) -> Result<TableWriter> {
        Ok(TableWriter::temporary(self.path(step, "table"), schema, &self.budget))
    }

    fn sorter(&self, step: &str, schema: &SchemaRef, by: &[String]) -> Result<SpillSorter> {
        SpillSorter::new(Place { store: self.clone(), step: step.to_owned() }, schema, by)
    }

    /// Half of what tables leave free, because joining briefly holds rows twice.
    fn join_bytes(&self) -> usize {
        usize::try_from(self.budget.limit() / 8).unwrap_or(usize::MAX).max(LEAST_JOIN)
    }
}

/// Where a sorter puts its runs, and what memory it may use.
pub(super) struct Place {
    store: SpillStore,
    step: String,
}

impl Place {
    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.store.budget
    }

    pub(super) fn floor(&self) -> u64 {
        self.store.floor
    }

    pub(super) fn run(&self, schema: &SchemaRef) -> Result<BlockFile> {
        BlockFile::temporary(&self.store.path(&self.step, "run"), schema)
    }
}
