//! The run folder: built beside its place under another name, and moved there when it is whole.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The file by which a folder is known to be textmill's.
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

/// Whether a run may put its folder here: nothing there, an empty folder, or a folder of an earlier run.
///
/// # Errors
/// Where something else is there.
pub fn check_target(target: &Path) -> Result<(), FolderError> {
    let hint = "name another folder with `--output`, or move that one away";
    let refuse = |why: &str| {
        let message = format!("the output `{}` {why}", target.display());
        Err(FolderError { message, hint: Some(hint.into()) })
    };
    let Ok(meta) = target.symlink_metadata() else { return Ok(()) };
    if !meta.is_dir() {
        return refuse("is there already and is not a folder");
    }
    let mut entries = fs::read_dir(target).map_err(|e| FolderError::io("look into", target, &e))?;
    if entries.next().is_none() || is_run_folder(target) {
        return Ok(());
    }
    refuse("is a folder that textmill did not make")
}

/// Whether a folder is that of a run.
pub fn is_run_folder(folder: &Path) -> bool {
    let marker = fs::read(folder.join(MARKER)).ok();
    let json = marker.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    json.is_some_and(|json| json.get("textmill").is_some_and(serde_json::Value::is_string))
}

/// The file that a staging folder is known by. It is locked while the run lasts.
const LOCK: &str = ".textmill-lock";

/// A run folder that is not whole yet. Dropped without [`Staging::finish`], it goes away.
pub struct Staging {
    path: PathBuf,
    target: PathBuf,
    /// Held while the run lasts, so that two runs do not share a folder.
    lock: Option<File>,
}

impl Staging {
    /// Makes the folder `.<name>.partial` beside the target. One that an interrupted run left there is
    /// removed; anything else there is left alone.
    ///
    /// # Errors
    /// Where the target is not ours, another run is writing there, or the file system refuses.
    pub fn create(target: &Path) -> Result<Self, FolderError> {
        check_target(target)?;
        let name = target.file_name().ok_or_else(|| {
            FolderError::new(format!("the output `{}` is not the path of a folder", target.display()))
        })?;
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        fs::create_dir_all(&parent).map_err(|e| FolderError::io("make the folder", &parent, &e))?;
        let path = parent.join(format!(".{}.partial", name.to_string_lossy()));
        // Each round ends with the folder made, an error, or one stale folder less.
        for _ in 0..100 {
            match fs::create_dir(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    remove_stale(&path, target)?;
                    continue;
                }
                Err(error) => return Err(FolderError::io("make the folder", &path, &error)),
            }
            let lock_path = path.join(LOCK);
            let lock = File::create_new(&lock_path).map_err(|e| FolderError::io("write", &lock_path, &e))?;
            lock_or_refuse(&lock, &lock_path, target)?;
            return Ok(Self { path, target: target.to_owned(), lock: Some(lock) });
        }
        Err(FolderError::new(format!("other runs keep taking `{}`", path.display())))
    }

    /// Path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Puts the folder in its place. An earlier run's folder there is replaced.
    ///
    /// # Errors
    /// Where the file system refuses; then the earlier folder is where it was.
    pub fn finish(mut self) -> Result<PathBuf, FolderError> {
        check_target(&self.target)?;
        let old = self.path.with_extension("old");
        if old.exists() {
            if !is_run_folder(&old) {
                return Err(in_the_way(&old));
            }
            fs::remove_dir_all(&old).map_err(|e| FolderError::io("remove", &old, &e))?;
        }
        let had_old = self.target.exists();
        if had_old {
            fs::rename(&self.target, &old).map_err(|e| FolderError::io("move away", &self.target, &e))?;
        }
        let lock_path = self.path.join(LOCK);
        let moved = fs::remove_file(&lock_path).and_then(|()| fs::rename(&self.path, &self.target));
        if let Err(error) = moved {
            if had_old {
                let _ = fs::rename(&old, &self.target);
            }
            return Err(FolderError::io("put in place", &self.target, &error));
        }
        self.lock = None;
        if had_old {
            let _ = fs::remove_dir_all(&old);
        }
        Ok(self.target.clone())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.lock.is_some() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes a staging folder that no run holds any more.
fn remove_stale(path: &Path, target: &Path) -> Result<(), FolderError> {
    let lock_path = path.join(LOCK);
    let lock = match File::open(&lock_path) {
        Ok(lock) => lock,
        // It went away in the meantime.
        Err(_) if !path.exists() => return Ok(()),
        Err(_) => return Err(in_the_way(path)),
    };
    lock_or_refuse(&lock, &lock_path, target)?;
    if !is_same_file(&lock, &lock_path) {
        // Another run finished and a third one began in between: look again.
        return Ok(());
    }
    fs::remove_dir_all(path).map_err(|e| FolderError::io("remove", path, &e))
}

fn in_the_way(path: &Path) -> FolderError {
    let message = format!("`{}` is in the way, and textmill did not make it", path.display());
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

/// Whether an open file is still the one that its path leads to.
#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(there)) = (file.metadata(), path.metadata()) else { return false };
    (open.dev(), open.ino()) == (there.dev(), there.ino())
}

/// Whether an open file is still the one that its path leads to: elsewhere, an open file cannot be removed.
#[cfg(not(unix))]
fn is_same_file(_: &File, path: &Path) -> bool {
    path.exists()
}
