//! The run folder: built beside its final place under another name, and moved there once it is complete.

use crate::isolate::REPROS;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use twox_hash::XxHash3_64;

/// The file that identifies a folder as a run folder.
pub const MARKER: &str = "run.json";

/// Why a run folder cannot be written.
#[derive(Debug)]
pub struct FolderError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl FolderError {
    fn new(message: String) -> Self {
        Self { message, hint: None }
    }

    fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {what} {}: {error}", path.display()))
    }
}

/// Checks whether a run may put its folder here: nothing exists, or an empty folder, or the folder of an
/// earlier run.
///
/// # Errors
/// If anything else is there.
pub fn check_target(target: &Path) -> Result<(), FolderError> {
    let hint = "name another folder with `--output`, or move the existing one away";
    let refuse = |why: &str| {
        let message = format!("the output `{}` {why}", target.display());
        Err(FolderError { message, hint: Some(hint.into()) })
    };
    if target.as_os_str().is_empty() {
        return Err(FolderError {
            message: "the path of the output is empty".into(),
            hint: Some(UNNAMED.into()),
        });
    }
    if target.file_name().is_none() {
        return refuse("cannot be the name of a run folder");
    }
    check_way(around(target), target)?;
    let Ok(meta) = target.symlink_metadata() else { return Ok(()) };
    if !meta.is_dir() {
        return refuse("already exists and is not a folder");
    }
    let entries = fs::read_dir(target).map_err(|e| FolderError::io("look into", target, &e))?;
    let names: Vec<String> =
        entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    if names.is_empty() {
        return Ok(());
    }
    if is_run_folder(target) {
        let tables = tables_of(target);
        return match names.iter().find(|name| !is_file_of_a_run(name) && !tables.contains(name)) {
            Some(stranger) => refuse(&format!(
                "belongs to an earlier run, but contains `{stranger}`, which textmill did not create"
            )),
            None => Ok(()),
        };
    }
    refuse("is a folder that textmill did not create")
}

/// The hint for an empty output path.
const UNNAMED: &str = "name a folder, or give `--output DIR` to a run";

/// Checks whether data that does not fit in memory may be written to this folder.
///
/// # Errors
/// If the folder does not exist and cannot be created, or cannot be written to.
pub fn check_temp_dir(folder: &Path) -> Result<(), FolderError> {
    if folder.as_os_str().is_empty() {
        let hint = "name a folder, or leave `temp-dir` out";
        return Err(FolderError {
            message: "the path of `temp-dir` is empty".into(),
            hint: Some(hint.into()),
        });
    }
    check_way(folder, folder)
}

/// Checks that `folder` can be written to, or can be created. `wanted` is the folder to name in the error.
fn check_way(folder: &Path, wanted: &Path) -> Result<(), FolderError> {
    let refuse = |there: &Path, why: &str| {
        let message = match there == wanted {
            true => format!("`{}` {why}", wanted.display()),
            false => format!("cannot create the folder `{}`: `{}` {why}", wanted.display(), there.display()),
        };
        Err(FolderError { message, hint: Some("name another folder".into()) })
    };
    for there in folder.ancestors() {
        let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        return match there.metadata() {
            Ok(meta) if !meta.is_dir() => refuse(there, "is not a folder"),
            Ok(_) if !is_writable(there) => refuse(there, "cannot be written to"),
            Ok(_) => Ok(()),
            Err(_) => continue,
        };
    }
    Ok(())
}

/// Whether files can be created in a folder.
#[cfg(unix)]
fn is_writable(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Whether files can be created in a folder. Assumed on this platform; creating a file will show.
#[cfg(not(unix))]
fn is_writable(_: &Path) -> bool {
    true
}

/// The folder that contains a path.
fn around(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a run creates a file with this name.
fn is_file_of_a_run(name: &str) -> bool {
    let others =
        [MARKER, LOCK, STATE, REPROS, "rejected.jsonl", "failed.jsonl", "ledger.parquet", "summary.json"];
    name.starts_with("documents") || others.contains(&name)
}

/// The table files of stages in a run folder, as its `run.json` lists them.
fn tables_of(folder: &Path) -> Vec<String> {
    let marker = fs::read(folder.join(MARKER)).ok();
    let json = marker.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let tables = json.and_then(|json| json.get("tables")?.as_array().cloned());
    tables.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// Whether a folder is a run folder.
pub fn is_run_folder(folder: &Path) -> bool {
    let marker = fs::read(folder.join(MARKER)).ok();
    let json = marker.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    json.is_some_and(|json| json.get("textmill").is_some_and(serde_json::Value::is_string))
}

/// The file that identifies a staging folder. It is locked while the run lasts.
const LOCK: &str = ".textmill-lock";
/// The subfolder of the staging folder for files that only the run itself needs.
const STATE: &str = "state";

/// A run folder that is not complete yet. Removed on drop, unless [`Staging::finish`] or [`Staging::keep`]
/// was called.
pub struct Staging {
    path: PathBuf,
    state: PathBuf,
    target: PathBuf,
    /// Held while the run lasts, so that no two runs share a folder.
    lock: Option<File>,
    keep: bool,
    /// Folders above `state` that this run made, the innermost first.
    made: Vec<PathBuf>,
}

impl Staging {
    /// Opens the folder `.<name>.partial` beside the target: creates it, or takes over that of an interrupted
    /// run. Anything else at that path is left alone. Files that only the run itself needs lie below it, or
    /// in a separate folder in `temp_dir`.
    ///
    /// # Errors
    /// If the target is not a run folder, another run is writing there, or the file system refuses.
    pub fn open(target: &Path, temp_dir: Option<&Path>) -> Result<Self, FolderError> {
        check_target(target)?;
        let name = target.file_name().ok_or_else(|| {
            FolderError::new(format!("the output `{}` is not the path of a folder", target.display()))
        })?;
        let parent = around(target);
        fs::create_dir_all(parent).map_err(|e| FolderError::io("make the folder", parent, &e))?;
        let path = parent.join(format!(".{}.partial", name.to_string_lossy()));
        // A run was killed while it put its folder in place: the earlier folder is still the valid one.
        let old = path.with_extension("old");
        if !target.exists() && is_run_folder(&old) {
            fs::rename(&old, target).map_err(|e| FolderError::io("put back", &old, &e))?;
        }
        let keep = path.exists();
        let lock = lock_folder(&path, target)?;
        let state = match temp_dir {
            None => path.join(STATE),
            Some(folder) => {
                let whole = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
                let hash = XxHash3_64::oneshot(whole.as_os_str().as_encoded_bytes());
                folder.join(format!("textmill-{hash:016x}"))
            }
        };
        // The existing files may be hours of work: they are kept until the caller has looked at them.
        let keep = keep || state.exists();
        let made = temp_dir.into_iter().flat_map(Path::ancestors);
        let made = made.take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let made = made.map(Path::to_owned).collect();
        let staging = Self { path, state, target: target.to_owned(), lock: Some(lock), keep, made };
        fs::create_dir_all(&staging.state)
            .map_err(|e| FolderError::io("make the folder", &staging.state, &e))?;
        Ok(staging)
    }

    /// The folder where the files lie until [`Staging::finish`].
    pub fn folder(&self) -> &Path {
        &self.path
    }

    /// Path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder of files that only the run itself needs.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Path of a file that only the run itself needs.
    pub fn state_file(&self, name: &str) -> PathBuf {
        self.state.join(name)
    }

    /// Whether the folder is that of a run that was killed when only the move to its place was left.
    pub fn is_whole(&self) -> bool {
        is_run_folder(&self.path)
    }

    /// Sets whether the folder is kept if the run ends early.
    pub fn keep(&mut self, keep: bool) {
        self.keep = keep;
    }

    /// Removes the files that an interrupted run left.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn clear(&self) -> Result<(), FolderError> {
        let refused = |path: &Path, e: &io::Error| FolderError::io("remove", path, e);
        fs::remove_dir_all(&self.state).map_err(|e| refused(&self.state, &e))?;
        for entry in fs::read_dir(&self.path).map_err(|e| FolderError::io("look into", &self.path, &e))? {
            let entry = entry.map_err(|e| FolderError::io("look into", &self.path, &e))?.path();
            if entry.file_name().is_some_and(|name| name == LOCK) {
                continue;
            }
            let removed = if entry.is_dir() { fs::remove_dir_all(&entry) } else { fs::remove_file(&entry) };
            removed.map_err(|e| refused(&entry, &e))?;
        }
        fs::create_dir_all(&self.state).map_err(|e| FolderError::io("make the folder", &self.state, &e))
    }

    /// Moves the folder to its place, without the files that only the run itself needed. Replaces the folder
    /// of an earlier run.
    ///
    /// # Errors
    /// If the file system refuses; the earlier folder is then still in place.
    pub fn finish(mut self) -> Result<PathBuf, FolderError> {
        self.keep = true;
        check_target(&self.target)?;
        // After a power loss, a folder with the final name must not turn out to have empty files.
        self.sync().map_err(|e| FolderError::io("write", &self.path, &e))?;
        let old = self.path.with_extension("old");
        if old.exists() {
            if !is_run_folder(&old) {
                return Err(in_the_way(&old));
            }
            fs::remove_dir_all(&old).map_err(|e| FolderError::io("remove", &old, &e))?;
        }
        fs::remove_dir_all(&self.state).map_err(|e| FolderError::io("remove", &self.state, &e))?;
        self.remove_made();
        let had_old = self.target.exists();
        if had_old {
            fs::rename(&self.target, &old).map_err(|e| FolderError::io("move away", &self.target, &e))?;
        }
        let moved = fs::rename(&self.path, &self.target);
        if let Err(error) = moved {
            if had_old {
                let _ = fs::rename(&old, &self.target);
            }
            return Err(FolderError::io("put in place", &self.target, &error));
        }
        let _ = fs::remove_file(self.target.join(LOCK));
        self.lock = None;
        if had_old {
            let _ = fs::remove_dir_all(&old);
        }
        Ok(self.target.clone())
    }

    /// Removes the folders that this run made for its temporary files, as far as they are empty.
    fn remove_made(&self) {
        let _ = self.made.iter().try_for_each(fs::remove_dir);
    }

    fn sync(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.is_file() {
                File::open(path)?.sync_all()?;
            }
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.lock.is_some() && !self.keep {
            let _ = fs::remove_dir_all(&self.state);
            let _ = fs::remove_dir_all(&self.path);
            self.remove_made();
        }
    }
}

/// Creates the folder, or takes over one that no run holds any more. Returns its lock.
fn lock_folder(path: &Path, target: &Path) -> Result<File, FolderError> {
    let lock_path = path.join(LOCK);
    // Each round ends with a lock, with an error, or because the folder of another run has disappeared.
    for _ in 0..100 {
        match fs::create_dir(path) {
            Ok(()) => {
                let lock =
                    File::create_new(&lock_path).map_err(|e| FolderError::io("write", &lock_path, &e))?;
                lock_or_refuse(&lock, &lock_path, target)?;
                return Ok(lock);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(FolderError::io("make the folder", path, &error)),
        }
        let lock = match File::open(&lock_path) {
            Ok(lock) => lock,
            // The folder disappeared in the meantime.
            Err(_) if !path.exists() => continue,
            // A run was killed at its start, or someone created a folder with this name: remove it if it is
            // empty.
            Err(_) if fs::remove_dir(path).is_ok() => continue,
            // A run was killed while it put its folder in place.
            Err(_) if is_run_folder(path) => {
                File::create(&lock_path).map_err(|e| FolderError::io("write", &lock_path, &e))?
            }
            Err(_) => return Err(in_the_way(path)),
        };
        lock_or_refuse(&lock, &lock_path, target)?;
        // Otherwise another run finished and a third one started in between: try again.
        if is_same_file(&lock, &lock_path) {
            return Ok(lock);
        }
    }
    Err(FolderError::new(format!("other runs keep taking `{}`", path.display())))
}

fn in_the_way(path: &Path) -> FolderError {
    let message = format!("`{}` already exists, and textmill did not create it", path.display());
    FolderError { message, hint: Some("move it away, or name another folder with `--output`".into()) }
}

fn lock_or_refuse(lock: &File, path: &Path, target: &Path) -> Result<(), FolderError> {
    match lock.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let message = format!("another run is writing to `{}`", target.display());
            let hint = "wait for it, or name another folder with `--output`";
            Err(FolderError { message, hint: Some(hint.into()) })
        }
        Err(TryLockError::Error(e)) => Err(FolderError::io("lock", path, &e)),
    }
}

/// Whether an open file is still the one at its path.
#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(there)) = (file.metadata(), path.metadata()) else { return false };
    (open.dev(), open.ino()) == (there.dev(), there.ino())
}

/// Whether an open file is still the one at its path. On this platform, open files cannot be removed.
#[cfg(not(unix))]
fn is_same_file(_: &File, path: &Path) -> bool {
    path.exists()
}
