//! `textmill test`, `review`, `accept` and `reject`: snapshots of pipelines.

mod find;
mod finished;
mod keys;
mod pending;
mod review;
mod test;

pub(super) use pending::{accept, accept_first, reject};
pub(super) use review::review;
pub(super) use test::test;

use super::examine::{Examined, Looks, examine};
use crate::config::{Draft, LockPolicy, Pipeline};
use crate::engine::Prepared;
use crate::failure::Failure;
use crate::input::{InputBatch, SourceFile};
use crate::paths::relative;
use crate::progress::Progress;
use crate::rehearsal::{rehearse, rename_sources, sample};
use crate::snap::{Recorded, Recorder, SnapshotFolder, options};
use std::path::Path;

/// The number of documents of the pipeline's own input to test, if the file sets no limit.
const OF_INPUT: usize = 20;
/// The maximum number of documents of the test's inputs, if the file sets no limit.
const OF_TEST: usize = 1000;

/// Reads the pipeline and replaces its input with the test's.
fn read(path: &Path) -> Result<Draft, Failure> {
    let mut draft = Draft::read(path, &[])?;
    if !draft.pipeline.test.inputs.is_empty() {
        draft.pipeline.input.paths = draft.pipeline.test.inputs.clone();
    }
    Ok(draft)
}

/// Prepares the pipeline to run on the test's input, and reads the documents of the test.
fn examined(draft: Draft, lock_policy: &LockPolicy) -> Result<(Examined, Vec<InputBatch>), Failure> {
    let examined = examine(draft, Looks::SAMPLE, lock_policy)?;
    examined.warn();
    let read = documents(&examined.prepared.pipeline, &examined.files)?;
    Ok((examined, read))
}

/// The documents of the test. Documents named after their files get paths relative to the pipeline file,
/// wherever textmill is called.
fn documents(pipeline: &Pipeline, files: &[SourceFile]) -> Result<Vec<InputBatch>, Failure> {
    let mut read = first(pipeline, files)?;
    let folder = pipeline.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let near = |file: &SourceFile| {
        let way = relative(&folder.canonicalize().ok()?, &file.path.canonicalize().ok()?);
        Some((file.source(), way.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")))
    };
    rename_sources(&mut read, &files.iter().filter_map(near).collect())?;
    Ok(read)
}

fn first(pipeline: &Pipeline, files: &[SourceFile]) -> Result<Vec<InputBatch>, Failure> {
    let test = &pipeline.test;
    if let Some(limit) = test.limit {
        return Ok(sample(pipeline, files, limit)?);
    }
    if test.inputs.is_empty() {
        return Ok(sample(pipeline, files, OF_INPUT)?);
    }
    let read = sample(pipeline, files, OF_TEST + 1)?;
    let count: usize = read.iter().map(|batch| batch.documents.num_rows()).sum();
    if count > OF_TEST {
        let message =
            format!("the test inputs of {} have more than {OF_TEST} documents", pipeline.path.display());
        let hint = "name fewer under `[test]`, or set a `limit`";
        return Err(Failure::new(message).hint(hint));
    }
    Ok(read)
}

/// Runs the documents through all stages.
fn record(prepared: &Prepared, read: Vec<InputBatch>, verbose: bool) -> Result<(Recorded, String), Failure> {
    let names = prepared.stages.iter().map(|stage| stage.name.clone()).collect();
    let host = Progress::new(0, names, !verbose, verbose);
    let mut recorder = Recorder::new(prepared, &read);
    let batches = read.into_iter().map(|batch| batch.documents).collect();
    rehearse(prepared, batches, &host, &mut recorder)?;
    Ok((recorder.finish(), options(prepared)))
}

/// The folder of a pipeline's snapshots.
fn folder(pipeline: &Pipeline, documents: Vec<String>, stages: Vec<String>) -> SnapshotFolder {
    let source = pipeline.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    SnapshotFolder::new(pipeline.test.snapshots.clone(), source, documents, stages)
}
