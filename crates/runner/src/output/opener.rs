//! Opens the staged files of a run by name: new ones, those of an interrupted run, or deferred ones that do
//! not exist yet.

use super::folder::Staging;
use super::segment_files::{ENDED, Ended, all_lines};
use super::staged::Budgets;
use crate::journal::Log;
use crate::spill::{BlockFile, TableWriter};
use arrow_schema::SchemaRef;
use std::collections::BTreeMap;
use std::path::PathBuf;
use textmill_plugin::error::Result;

/// Prefix of the names of files with waiting documents.
pub(super) const HELD: &str = "held-";
/// The staged documents. They lie beside the final files, because lines are moved there, not copied.
pub(super) const DOCUMENTS: &str = "documents.part";

/// Opens files by name: new ones, or those of an interrupted run.
pub(super) struct Opener<'a> {
    pub staging: &'a Staging,
    /// Valid length in bytes of each file of an interrupted run.
    pub files: &'a BTreeMap<String, u64>,
    pub budgets: &'a Budgets,
    /// Whether files that only a resumed run would read are deferred.
    pub is_deferred: bool,
}

impl Opener<'_> {
    pub fn path(&self, name: &str) -> PathBuf {
        path_of(self.staging, name)
    }

    pub fn log(&self, name: &str) -> Result<Log> {
        let path = self.path(name);
        match self.files.get(name) {
            Some(&length) => Log::reopen(&path, length),
            None => Log::create(&path),
        }
    }

    /// Opens a file of lines, deferred if applicable.
    pub fn lines(&self, name: &str) -> Result<Log> {
        if self.is_deferred { Ok(Log::deferred(&self.path(name))) } else { self.log(name) }
    }

    /// Opens a file of lines of documents that leave the pipeline, one of [`ENDED`]: the frames of a segment,
    /// or with `is_all` the lines of the whole run.
    pub fn ended(&self, what: &str, segment: usize, is_all: bool) -> Result<Ended> {
        match is_all {
            true => Ok(Ended::All(self.log(&all_lines(what))?)),
            false => Ok(Ended::Frames(self.lines(&format!("{what}-{segment}"))?)),
        }
    }

    pub fn blocks(&self, name: &str, schema: SchemaRef) -> Result<BlockFile> {
        let path = self.path(name);
        match self.files.get(name) {
            Some(&length) => BlockFile::open(&path, &schema, length, |_| ()),
            None => BlockFile::create(&path, &schema),
        }
    }

    pub fn writer(&self, name: &str, schema: SchemaRef) -> Result<TableWriter> {
        let path = self.path(name);
        let budget = if name.starts_with(HELD) { &self.budgets.documents } else { &self.budgets.rows };
        match self.files.get(name) {
            _ if self.is_deferred => Ok(TableWriter::deferred(path, &schema, budget)),
            Some(&length) => TableWriter::open(&path, &schema, budget, length),
            None => TableWriter::create(&path, &schema, budget),
        }
    }
}

/// The path of a file.
pub(super) fn path_of(staging: &Staging, name: &str) -> PathBuf {
    let is_final = name == DOCUMENTS || ENDED.iter().any(|what| name == all_lines(what));
    if is_final { staging.file(name) } else { staging.state_file(name) }
}
