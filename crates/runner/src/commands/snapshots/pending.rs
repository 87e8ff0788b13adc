//! `textmill accept` and `textmill reject`: all pending snapshots at once.

use super::super::examine::input_files;
use super::super::print;
use super::find::pipelines;
use super::finished::finished;
use super::{documents, examined, folder, read, record};
use crate::cli::{AcceptArgs, RejectArgs};
use crate::config::{LockPolicy, Pipeline};
use crate::failure::Failure;
use crate::rehearsal::ids;
use crate::snap::{Finished, Group, Key, SnapshotFolder, stage_names};
use crate::table::count;
use std::path::Path;

/// The folder of a pipeline's snapshots, determined from the file and the inputs alone: no stage is run.
pub(super) fn folder_of(path: &Path) -> Result<(Pipeline, SnapshotFolder), Failure> {
    let (pipeline, files) = input_files(read(path)?)?;
    let documents = ids(&documents(&pipeline, &files)?).into_iter().map(|(_, id)| id).collect();
    let stages = stage_names(pipeline.stages.iter().map(|stage| &stage.name));
    let folder = folder(&pipeline, documents, stages);
    Ok((pipeline, folder))
}

/// Accepts everything that the last test left pending.
///
/// # Errors
/// If a pipeline cannot be read or is not what was tested, or if a file cannot be moved.
pub(in super::super) fn accept(args: &AcceptArgs, quiet: bool) -> Result<(), Failure> {
    for path in pipelines(&args.pipelines)? {
        let (_, folder) = folder_of(&path)?;
        let pending = folder.pending()?;
        let orphans = finished(&path, &folder, &pending)?;
        for change in &pending {
            folder.accept(change)?;
        }
        let name = path.display();
        let mut told = match Group::count(&pending) {
            0 if !pending.is_empty() => "changed options recorded".to_owned(),
            0 if folder.is_accepted()? => "nothing is pending".to_owned(),
            0 => format!("nothing is pending: run `textmill test {name}` first"),
            number => format!("{} accepted", count(number, "snapshot")),
        };
        if args.delete_orphans {
            for orphan in &orphans {
                folder.delete(orphan)?;
            }
            told.push_str(&format!(", {} removed", count(orphans.len(), "orphan")));
        } else if !orphans.is_empty() {
            let orphans = count(orphans.len(), "orphan");
            told.push_str(&format!(", {orphans} left, which `--delete-orphans` removes"));
        }
        Finished::forget_if_done(&folder)?;
        if !quiet {
            print(&format!("{name}: {told}"))?;
        }
    }
    Ok(())
}

/// Drops everything that is pending.
///
/// # Errors
/// If a pipeline cannot be read, or if a file cannot be removed.
pub(in super::super) fn reject(args: &RejectArgs, quiet: bool) -> Result<(), Failure> {
    for path in pipelines(&args.pipelines)? {
        let (_, folder) = folder_of(&path)?;
        let pending = folder.pending()?;
        for change in &pending {
            folder.reject(change)?;
        }
        Finished::forget_if_done(&folder)?;
        if !quiet {
            let told = match Group::count(&pending) {
                0 if pending.is_empty() => "nothing is pending".to_owned(),
                0 => "changed options dropped".to_owned(),
                number => format!("{} dropped", count(number, "pending snapshot")),
            };
            print(&format!("{}: {told}", path.display()))?;
        }
    }
    Ok(())
}

/// Makes the snapshots of a pipeline that has none, accepts them, and returns their number.
///
/// # Errors
/// If the pipeline does not run, or if a file cannot be written.
pub(in super::super) fn accept_first(path: &Path) -> Result<usize, Failure> {
    let (examined, documents) = examined(read(path)?, &LockPolicy::of(Some(path), false)?)?;
    let prepared = examined.prepared;
    let (recorded, options) = record(&prepared, documents, false)?;
    let folder = folder(&prepared.pipeline, recorded.documents, recorded.stages);
    let mut changes = Vec::new();
    for (key, content) in &recorded.contents {
        changes.extend(folder.compare(*key, content)?);
    }
    changes.extend(folder.compare(Key::Options, &options)?);
    folder.hold(&changes)?;
    for change in &changes {
        folder.accept(change)?;
    }
    Ok(Group::count(&changes))
}
