//! A whole run folder on its way to a store. A store has no renaming of folders, so a reader knows a whole
//! one by its `run.json`: that goes first of what an earlier run left, and comes last of the new.

use super::folder::MARKER;
use super::{RemoteError, RemoteFolder};
use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Puts a local run folder to an address, in place of an earlier run's there. Until it is done, no
/// `run.json` is there, and a mark that lets a later call go on where this one was cut off. Files whose
/// names begin with a dot stay here. `progress` hears the bytes sent so far.
///
/// Two runs must not write to one address at a time: a store has no lock.
///
/// # Errors
/// Where the local folder is no run's, the address holds something that textmill did not put there, or the
/// store refuses. The local folder is left as it is.
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

/// Files below a folder with their names, those that are hidden left out.
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
