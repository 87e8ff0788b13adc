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
    if entries.next().is_none() || is_ours(target) {
        return Ok(());
    }
    refuse("is a folder that textmill did not make")
}

fn is_ours(folder: &Path) -> bool {
    let marker = fs::read(folder.join(MARKER)).ok();
    let json = marker.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    json.is_some_and(|json| json.get("textmill").is_some_and(serde_json::Value::is_string))
}

/// A run folder that is not whole yet. Dropped without [`Staging::finish`], it goes away.
pub struct Staging {
    path: PathBuf,
    target: PathBuf,
    /// Held while the run lasts, so that two runs do not share a folder.
    lock: Option<File>,
}

impl Staging {
    /// Makes the folder `.<name>.partial` beside the target.
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
        let beside = |ending: &str| parent.join(format!(".{}.{ending}", name.to_string_lossy()));
        let lock_path = beside("lock");
        let lock = File::create(&lock_path).map_err(|e| FolderError::io("write", &lock_path, &e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("another run is writing to `{}`", target.display());
                let hint = "wait for it, or name another folder with `--output`";
                return Err(FolderError { message, hint: Some(hint.into()) });
            }
            Err(TryLockError::Error(e)) => return Err(FolderError::io("lock", &lock_path, &e)),
        }
        // What an interrupted run left: with the lock held, nobody is using it.
        let path = beside("partial");
        if path.exists() {
            fs::remove_dir_all(&path).map_err(|e| FolderError::io("remove", &path, &e))?;
        }
        fs::create_dir(&path).map_err(|e| FolderError::io("make the folder", &path, &e))?;
        Ok(Self { path, target: target.to_owned(), lock: Some(lock) })
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
            fs::remove_dir_all(&old).map_err(|e| FolderError::io("remove", &old, &e))?;
        }
        let had_old = self.target.exists();
        if had_old {
            fs::rename(&self.target, &old).map_err(|e| FolderError::io("move away", &self.target, &e))?;
        }
        if let Err(error) = fs::rename(&self.path, &self.target) {
            if had_old {
                let _ = fs::rename(&old, &self.target);
            }
            return Err(FolderError::io("put in place", &self.target, &error));
        }
        if had_old {
            let _ = fs::remove_dir_all(&old);
        }
        self.unlock();
        Ok(self.target.clone())
    }

    fn unlock(&mut self) {
        if self.lock.take().is_some() {
            let _ = fs::remove_file(self.path.with_extension("lock"));
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.lock.is_some() {
            let _ = fs::remove_dir_all(&self.path);
            self.unlock();
        }
    }
}
