//! The end of a run: what was staged becomes the files of the run folder.

use super::finish;
use super::folder::Staging;
use super::staged::Staged;
use crate::config::OutputFormat;
use crate::engine::{Prepared, stopped};
use crate::journal::storage;
use crate::spill::BlockFile;
use arrow_array::RecordBatch;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use textmill_plugin::error::Result;

/// Numbers of documents in the files of a run.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Documents written.
    pub documents: u64,
    /// Lines of `rejected.jsonl`.
    pub rejected: u64,
    /// Lines of `failed.jsonl`.
    pub failed: u64,
}

/// Writes the files of the run folder, and meanwhile computes `aside`. The staged files remain until the end,
/// so that this step can be repeated.
///
/// # Errors
/// If a file cannot be read or written, or if `aside` fails.
pub fn complete<T>(
    staging: &Staging,
    prepared: &Prepared,
    staged: &mut Staged<'_>,
    threads: usize,
    stop: &AtomicBool,
    aside: impl FnOnce(&Staged<'_>) -> Result<T>,
) -> Result<(Written, T)> {
    // An interrupted run that was killed after this point may have no staged documents left, and needs none.
    staged.begin_completing()?;
    let staged = &*staged;
    let merge = || -> Result<(u64, u64)> {
        let lines = |what: &str| match staged.all_lines(what) {
            Some(number) => Ok(number),
            None => finish::merge_lines(staged.lines(what), &staging.file(&format!("{what}.jsonl"))),
        };
        Ok((lines("rejected")?, lines("failed")?))
    };
    let files = || -> Result<(u64, u64)> {
        let lines = merge()?;
        make(staging, prepared, staged, threads, stop)?;
        Ok(lines)
    };
    thread::scope(|scope| {
        // This is mostly copying, so it runs on another thread while this one computes.
        let making = (threads > 1).then(|| scope.spawn(files));
        let aside = aside(staged)?;
        let (rejected, failed) = match making {
            Some(making) => making.join().map_err(|_| "a thread that made the files panicked")??,
            None => files()?,
        };
        Ok((Written { documents: staged.checkpoint().written, rejected, failed }, aside))
    })
}

/// Writes the ledger and the files of documents.
fn make(
    staging: &Staging,
    prepared: &Prepared,
    staged: &Staged<'_>,
    threads: usize,
    stop: &AtomicBool,
) -> Result<()> {
    let open = |path: &Path, schema| BlockFile::open(path, &schema, staged.length(path), |_| ());
    let ledger: Result<Vec<BlockFile>> =
        staged.ledger().iter().map(|path| open(path, finish::ledger_schema())).collect();
    let ledger = ledger?.into_iter().map(|file| blocks(file, stop)).collect();
    finish::ledger(ledger, finish::ledger_schema(), &staging.file("ledger.parquet"), threads)?;
    let output = &prepared.pipeline.output;
    let folder = staging.folder();
    let documents = staged.documents();
    if documents.exists() {
        match output.format {
            OutputFormat::Jsonl(compression) => {
                finish::documents(&documents, folder, "documents", compression, output.part_bytes, threads)?;
            }
            OutputFormat::Parquet => {
                let blocks = blocks(open(&documents, prepared.columns.schema())?, stop);
                let schema = prepared.columns.schema();
                let paths = finish::parquet::documents(
                    blocks,
                    schema,
                    folder,
                    "documents",
                    output.part_bytes,
                    threads,
                )?;
                finish::sync(&paths)?;
                std::fs::remove_file(&documents).map_err(|e| storage("remove", &documents, &e))?;
            }
        }
    }
    Ok(())
}

/// The blocks of a file; an error once the run is being stopped.
fn blocks(file: BlockFile, stop: &AtomicBool) -> impl Iterator<Item = Result<RecordBatch>> + Send {
    (0..file.blocks())
        .map(move |at| if stop.load(Ordering::Relaxed) { Err(stopped()) } else { file.read(at) })
}
