//! Where the run folder is put: a local folder, or an address in a store.

use crate::engine::Prepared;
use crate::failure::Failure;
use crate::output::{FolderError, check_target};
use crate::remote::{RemoteFolder, is_address, publish};
use std::path::{Path, PathBuf};
use twox_hash::XxHash3_64;

/// Checks whether a run may put its folder there.
pub fn check(target: &Path) -> Result<(), FolderError> {
    if !is_address(target) {
        return check_target(target);
    }
    let checked = RemoteFolder::open(target).and_then(|folder| folder.check_target());
    checked.map_err(|error| FolderError { message: error.to_string(), hint: error.hint })
}

/// The local folder in which a run folder is built before it is uploaded to a store.
pub fn local_folder(prepared: &Prepared, target: &Path) -> PathBuf {
    let temp_dir = prepared.pipeline.run.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
    let hash = XxHash3_64::oneshot(target.as_os_str().as_encoded_bytes());
    temp_dir.join(format!("textmill-upload-{hash:016x}"))
}

/// Moves a complete run folder to a store. If the upload fails, the local folder stays.
pub fn publish_folder(folder: &Path, target: &Path) -> Result<(), Failure> {
    if let Err(error) = publish(folder, target, |_| ()) {
        let hint = format!(
            "the run is complete, its folder is at {}, and `--resume` retries the upload",
            folder.display()
        );
        let hint = error.hint.map_or(hint.clone(), |advice| format!("{advice}; {hint}"));
        return Err(Failure::new(format!("{}: {}", error.address.display(), error.message)).hint(hint));
    }
    std::fs::remove_dir_all(folder)
        .map_err(|e| Failure::new(format!("cannot remove {}: {e}", folder.display())))
}
