//! Uploads a whole run folder to a store. Stores cannot rename folders, so readers recognize a complete
//! folder by its `run.json`: that of an earlier run is deleted first, and the new one is uploaded last.

use super::folder::MARKER;
use super::{RemoteError, RemoteFolder};
use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Uploads a local run folder to an address, and replaces an earlier run there. Until it is done, there is no
/// `run.json`, but a mark that lets a later call continue after an interruption. Files whose names begin with
/// a dot are not uploaded. `progress` receives the number of bytes sent so far.
///
/// Two runs must not write to one address at the same time: a store has no lock.
///
/// # Errors
/// If the local folder is not a run folder, the address holds something that textmill did not put there, or
/// the store refuses. The local folder is left unchanged.
pub fn publish(local_folder: &Path, address: &Path, progress: impl Fn(u64)) -> Result<(), RemoteError> {
    let folder = RemoteFolder::open(address)?;
    let fail = |path: &Path, error: io::Error| {
        RemoteError::new(address, error.kind(), format!("cannot read {}: {error}", path.display()))
    };
    let mut files = Vec::new();
    walk(local_folder, "", &mut files).map_err(|error| fail(local_folder, error))?;
    files.sort();
    let marker = files.iter().position(|(name, _)| name == MARKER).map(|at| files.remove(at));
    let Some(marker) = marker else {
        let error = io::Error::new(ErrorKind::NotFound, format!("there is no `{MARKER}`"));
        return Err(fail(local_folder, error));
    };

    folder.check_target()?;
    let mut stale = folder.names_of_run()?;
    stale.retain(|old| old != MARKER && files.binary_search_by(|(name, _)| name.cmp(old)).is_err());
    folder.begin()?;
    let sent = Cell::new(0);
    let count = |bytes: u64| {
        sent.set(sent.get() + bytes);
        progress(sent.get());
    };
    let send = |(name, path): &(String, PathBuf)| {
        folder.upload_with(path, name, &count).map_err(|error| RemoteError::of(address, error))
    };
    files.iter().try_for_each(send)?;
    folder.delete(&stale)?;
    send(&marker)?;
    folder.end()
}

/// Collects the files below a folder with their names, except hidden ones.
fn walk(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            let message = format!("the name of {} is not UTF-8", entry.path().display());
            return Err(io::Error::new(ErrorKind::InvalidData, message));
        };
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}
