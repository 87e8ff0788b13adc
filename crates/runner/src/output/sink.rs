//! The sink of a run that ends in a folder.

use super::folder::Staging;
use super::ledger::LedgerWriter;
use super::merge::MergedLines;
use crate::engine::{Outcome, Sink};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use textmill_plugin::error::{Error, Result};

/// Writes documents, rejected and failed documents and the ledger.
pub struct FolderSink {
    documents: BufWriter<File>,
    documents_path: PathBuf,
    rejected: MergedLines,
    failed: MergedLines,
    ledger: LedgerWriter,
    written: u64,
}

/// Numbers of lines in the files of a run.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Lines of `documents.jsonl`.
    pub documents: u64,
    /// Lines of `rejected.jsonl`.
    pub rejected: u64,
    /// Lines of `failed.jsonl`.
    pub failed: u64,
}

fn cannot(path: &std::path::Path) -> impl Fn(std::io::Error) -> Error {
    let shown = path.display().to_string();
    move |e| Error::from(format!("cannot write {shown}: {e}"))
}

impl FolderSink {
    /// Begins the files of a run; `stages` are the names by number.
    ///
    /// # Errors
    /// Where a file cannot be made.
    pub fn create(staging: &Staging, stages: Vec<String>) -> Result<Self> {
        let documents_path = staging.file("documents.jsonl");
        let documents = File::create(&documents_path).map_err(cannot(&documents_path))?;
        let ledger_path = staging.file("ledger.parquet");
        let ledger = LedgerWriter::create(&ledger_path, stages)
            .map_err(|e| Error::from(format!("cannot write {}: {e}", ledger_path.display())))?;
        Ok(Self {
            documents: BufWriter::with_capacity(1 << 20, documents),
            documents_path,
            rejected: MergedLines::new(staging.file("rejected.jsonl")),
            failed: MergedLines::new(staging.file("failed.jsonl")),
            ledger,
            written: 0,
        })
    }

    /// Ends the files.
    ///
    /// # Errors
    /// Where one cannot be written.
    pub fn finish(self) -> Result<Written> {
        let Self { documents, documents_path, rejected, failed, ledger, written } = self;
        documents.into_inner().map_err(|e| cannot(&documents_path)(e.into_error()))?;
        ledger.finish().map_err(|e| Error::from(format!("cannot write the ledger: {e}")))?;
        let lines = |files: MergedLines, name: &str| {
            files.finish().map_err(|e| Error::from(format!("cannot write {name}: {e}")))
        };
        Ok(Written {
            documents: written,
            rejected: lines(rejected, "rejected.jsonl")?,
            failed: lines(failed, "failed.jsonl")?,
        })
    }
}

impl Sink for FolderSink {
    fn begin_part(&mut self) -> Result<()> {
        self.rejected
            .begin_part()
            .and_then(|()| self.failed.begin_part())
            .map_err(|e| Error::from(format!("cannot write to the run folder: {e}")))
    }

    fn take(&mut self, outcome: &Outcome, lines: Option<&[u8]>) -> Result<()> {
        let cannot = |what: &str, e: &dyn std::fmt::Display| Error::from(format!("cannot write {what}: {e}"));
        if let Some(lines) = lines {
            self.written += outcome.documents.num_rows() as u64;
            self.documents.write_all(lines).map_err(|e| cannot("documents.jsonl", &e))?;
        }
        for line in &outcome.rejected {
            self.rejected.push(line.ordinal, &line.bytes).map_err(|e| cannot("rejected.jsonl", &e))?;
        }
        for line in &outcome.failed {
            self.failed.push(line.ordinal, &line.bytes).map_err(|e| cannot("failed.jsonl", &e))?;
        }
        self.ledger.write(&outcome.ledger).map_err(|e| cannot("ledger.parquet", &e))
    }
}
