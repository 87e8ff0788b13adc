//! Decides what to do about an interrupted run: resume it, leave it alone, or restart.

use super::run::write_json;
use crate::cli::RunArgs;
use crate::engine::{Prepared, Settings};
use crate::failure::Failure;
use crate::input::SourceFile;
use crate::journal::{Checkpoint, Checkpoints, differences};
use crate::output::{Staging, fingerprint};
use crate::progress::Progress;
use crate::table;
use serde_json::Value;

/// The file in the state folder that records what the run is made of.
const FINGERPRINT: &str = "fingerprint.json";

/// Returns the checkpoint to resume from, if there is an interrupted run and it is to be resumed. Otherwise
/// clears the state folder, or returns an error if the state is worth keeping and `--restart` is not given.
pub fn interrupted(
    staging: &mut Staging,
    prepared: &Prepared,
    files: &[SourceFile],
    settings: &Settings,
    args: &RunArgs,
    progress: &Progress,
) -> Result<Option<Checkpoint>, Failure> {
    let now = fingerprint(prepared, files, settings);
    let path = staging.state_file(FINGERPRINT);
    let before: Option<Value> =
        std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let checkpoint = Checkpoints::new(staging.state()).find()?;
    if let Some((before, checkpoint)) = before.zip(checkpoint) {
        let changed = differences(&before, &now);
        let at = table::were_read(checkpoint.ordinal);
        if args.resume && changed.is_empty() && args.strict && has_failures(&checkpoint) {
            return Err(Failure::new("documents have already failed, and `--strict` allows none")
                .hint("leave `--strict` out, or fix the input and start over with `--restart`"));
        }
        if args.resume && changed.is_empty() {
            progress.line(&format!("continuing an interrupted run: {at}"));
            return Ok(Some(checkpoint));
        }
        if args.resume {
            let message = format!("the interrupted run was a different one:\n  {}", changed.join("\n  "));
            // A modification of an input cannot be undone: writing the old content gives it a new time.
            let hint = match before.get("inputs") == now.get("inputs") {
                true => "undo the change, or start over with `--restart`",
                false => "start over with `--restart`",
            };
            return Err(Failure::new(message).hint(hint));
        }
        if !args.restart && changed.is_empty() {
            let message = format!("a run into this folder was interrupted: {at}");
            return Err(
                Failure::new(message).hint("continue with `--resume`, or start over with `--restart`")
            );
        }
        if !args.restart {
            let message = format!(
                "another run into this folder was interrupted: {at}; since then\n  {}",
                changed.join("\n  ")
            );
            return Err(
                Failure::new(message).hint("start over with `--restart`, which discards its progress")
            );
        }
    } else if args.resume {
        let message = format!("there is no interrupted run to continue in {}", staging.state().display());
        let hint = "leave `--resume` out, or give the `temp-dir` that the run had";
        return Err(Failure::new(message).hint(hint));
    }
    staging.clear()?;
    staging.keep(false);
    // Written atomically: a torn file would hide what was done.
    let fresh = path.with_extension("new");
    write_json(&fresh, &now)?;
    std::fs::rename(&fresh, &path)
        .map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))?;
    Ok(None)
}

fn has_failures(checkpoint: &Checkpoint) -> bool {
    let counts = &checkpoint.counts;
    counts.input.failed + counts.stages.iter().map(|stage| stage.failed).sum::<u64>() > 0
}
