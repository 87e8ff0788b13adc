//! A record of the last completed test, kept beside the snapshots while some of its results await an answer.

use super::folder::{SnapshotFolder, failed};
use crate::failure::Failure;
use crate::journal::Fingerprint;
use serde_json::json;
use std::fs;
use std::io;
use std::path::PathBuf;

/// The folder of the record, which version control should ignore.
const FOLDER: &str = ".last-test";

/// A completed test.
pub struct Finished {
    /// What it was made of.
    pub basis: Fingerprint,
    /// The snapshots that it no longer produces, as paths below the folder.
    pub orphans: Vec<String>,
}

impl Finished {
    /// Reads the record. `None` if there is none or it cannot be read: a test writes it anew.
    pub fn read(folder: &SnapshotFolder) -> Option<Self> {
        let mut kept: serde_json::Value = serde_json::from_slice(&fs::read(file(folder)).ok()?).ok()?;
        let orphans = serde_json::from_value(kept["orphans"].take()).ok()?;
        Some(Self { basis: kept["basis"].take(), orphans })
    }

    /// Writes the record if snapshots are pending or orphans are left.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn keep(&self, folder: &SnapshotFolder, pending: bool) -> Result<(), Failure> {
        if !pending && self.orphans.is_empty() {
            return Ok(());
        }
        let place = folder.path().join(FOLDER);
        fs::create_dir_all(&place).map_err(|error| failed("make", &place, &error))?;
        let write = |path: PathBuf, text: String| {
            fs::write(&path, text).map_err(|error| failed("write", &path, &error))
        };
        write(place.join(".gitignore"), "*\n".into())?;
        let kept = json!({ "basis": self.basis, "orphans": self.orphans });
        write(file(folder), format!("{kept:#}\n"))
    }

    /// Removes the record.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn forget(folder: &SnapshotFolder) -> Result<(), Failure> {
        let path = file(folder);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            removed => removed.map_err(|error| failed("remove", &path, &error))?,
        }
        let place = folder.path().join(FOLDER);
        // Other pipelines may keep their snapshots here, too.
        let others = fs::read_dir(&place).into_iter().flatten().flatten();
        if others.into_iter().all(|entry| entry.file_name() == ".gitignore") {
            let _ = fs::remove_dir_all(&place);
            // Fails if the folder is not empty.
            let _ = fs::remove_dir(folder.path());
        }
        Ok(())
    }

    /// Removes the record once nothing awaits an answer.
    ///
    /// # Errors
    /// If the folder cannot be read or the file cannot be removed.
    pub fn forget_if_done(folder: &SnapshotFolder) -> Result<(), Failure> {
        let left = Self::read(folder).map(|kept| kept.orphans).unwrap_or_default();
        if folder.pending()?.is_empty() && !left.iter().any(|orphan| folder.path().join(orphan).exists()) {
            Self::forget(folder)?;
        }
        Ok(())
    }
}

fn file(folder: &SnapshotFolder) -> PathBuf {
    folder.path().join(FOLDER).join(format!("{}.json", folder.source()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_as_long_as_something_waits() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("snapshots");
        let folder = |source: &str| SnapshotFolder::new(place.clone(), source.into(), vec![], vec![]);
        let (one, two) = (folder("one.toml"), folder("two.toml"));
        let test = |orphans: &[&str]| Finished {
            basis: json!({"plugins": {}}),
            orphans: orphans.iter().map(|&orphan| orphan.to_owned()).collect(),
        };
        test(&[]).keep(&one, false).unwrap();
        assert!(!place.exists());
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("old.snap"), "").unwrap();
        test(&["old.snap"]).keep(&one, false).unwrap();
        test(&[]).keep(&two, true).unwrap();
        assert_eq!(fs::read_to_string(place.join(".last-test/.gitignore")).unwrap(), "*\n");
        Finished::forget_if_done(&one).unwrap();
        let kept = Finished::read(&one).unwrap();
        assert_eq!((kept.basis, kept.orphans), (json!({"plugins": {}}), vec!["old.snap".to_owned()]));
        fs::remove_file(place.join("old.snap")).unwrap();
        Finished::forget_if_done(&one).unwrap();
        assert!(Finished::read(&one).is_none() && Finished::read(&two).is_some());
        Finished::forget_if_done(&two).unwrap();
        assert!(!place.exists());
    }
}
