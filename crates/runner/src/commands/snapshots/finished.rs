//! Whether a pipeline is still what its last test ran. Results of testing anything else must not be accepted.

use super::super::examine::{Examined, Looks, examine};
use super::read;
use crate::config::LockPolicy;
use crate::failure::Failure;
use crate::input::SourceFile;
use crate::journal::{Fingerprint, differences};
use crate::output::made_of;
use crate::remote::is_address;
use crate::snap::{Change, Finished, SnapshotFolder};
use serde_json::{Value, json};
use std::path::Path;

/// Everything that determines a test's results. It is the same wherever textmill is called.
pub(super) fn basis(examined: &Examined) -> Fingerprint {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let place = |file: &SourceFile| match is_address(&file.path) {
        true => file.clone(),
        false => SourceFile { path: real(&file.path), ..file.clone() },
    };
    let files: Vec<SourceFile> = examined.files.iter().map(place).collect();
    let mut all = made_of(&examined.prepared, &files);
    if let Some(pipeline) = all["pipeline"].as_object_mut() {
        // Nothing is written, and the list of files replaces the paths.
        pipeline.remove("output");
        if let Some(input) = pipeline.get_mut("input").and_then(Value::as_object_mut) {
            input.remove("paths");
        }
    }
    if let Some(loaded) = all["loaded"].as_object_mut() {
        let of = |(path, state): (String, Value)| (real(path.as_ref()).display().to_string(), state);
        *loaded = std::mem::take(loaded).into_iter().map(of).collect();
    }
    all["limit"] = json!(examined.prepared.pipeline.test.limit);
    all
}

/// The orphans that the last test found. If there is anything to decide, that test must have finished, and
/// everything that determines its results must be unchanged: with a misspelt stage, all good snapshots would
/// look like orphans.
///
/// # Errors
/// If the last test did not finish, or if something has changed since.
pub(super) fn finished(
    path: &Path,
    folder: &SnapshotFolder,
    pending: &[Change],
) -> Result<Vec<String>, Failure> {
    let mut orphans = folder.orphans()?;
    if pending.is_empty() && orphans.is_empty() {
        return Ok(orphans);
    }
    let name = path.display();
    let now = basis(&examine(read(path)?, Looks::SAMPLE, &LockPolicy::of(Some(path), false)?)?);
    let Some(finished) = Finished::read(folder) else {
        let message = format!(
            "{name}: the state of its snapshots is unknown: its last test did not finish, or there was none"
        );
        return Err(Failure::new(message).hint(format!("run `textmill test {name}` first")));
    };
    let changed = differences(&finished.basis, &now);
    if !changed.is_empty() {
        let message = format!(
            "{name}: the pending snapshots are out of date: since the test\n  {}",
            changed.join("\n  ")
        );
        return Err(Failure::new(message).hint(format!("run `textmill test {name}` again")));
    }
    orphans.retain(|orphan| finished.orphans.contains(orphan));
    Ok(orphans)
}
