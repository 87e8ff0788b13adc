//! A folder of snapshots. It has a subfolder for each document, with a file for each stage that did something
//! to the document, a file for each report, and one for the options of all stages. Pending snapshots lie
//! beside those that they would replace.

use super::change::Change;
use super::content::{is_nothing, is_same};
use super::file::{ENDING, NEW_ENDING, Snapshot};
use super::name::file_names;
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a snapshot is of. Ordered as in a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The options of all stages.
    Options,
    /// A document in a stage, by their indices.
    Document(usize, usize),
    /// The report of a stage, by its index.
    Report(usize),
}

/// The snapshots of a pipeline.
pub struct SnapshotFolder {
    path: PathBuf,
    /// Name of the pipeline file, which is in the header of its snapshots.
    source: String,
    documents: Vec<String>,
    stages: Vec<String>,
    /// Paths below the folder, without endings.
    paths: BTreeMap<Key, String>,
    keys: BTreeMap<String, Key>,
}

impl SnapshotFolder {
    /// Creates the folder at `path` for the pipeline file named `source`, with these documents and stages.
    pub fn new(path: PathBuf, source: String, documents: Vec<String>, stages: Vec<String>) -> Self {
        let (document_names, stage_names) = (file_names(&documents), file_names(&stages));
        let mut paths = BTreeMap::from([(Key::Options, "options".to_owned())]);
        for (stage, stage_name) in stage_names.iter().enumerate() {
            paths.insert(Key::Report(stage), format!("{stage_name}.report"));
            for (document, name) in document_names.iter().enumerate() {
                paths.insert(Key::Document(document, stage), format!("{name}/{stage_name}"));
            }
        }
        let keys = paths.iter().map(|(key, path)| (path.clone(), *key)).collect();
        Self { path, source, documents, stages, paths, keys }
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Name of the pipeline file.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Compares a content with the accepted snapshot. `None` if they are the same.
    ///
    /// # Errors
    /// If the accepted snapshot cannot be read.
    pub fn compare(&self, key: Key, content: &str) -> Result<Option<Change>, Failure> {
        let old = self.read(key, ENDING)?.map(|snapshot| snapshot.content);
        let content = content.trim_end();
        let same = match &old {
            Some(old) => is_same(old, content),
            None => is_nothing(content),
        };
        Ok((!same).then(|| self.change(key, old, content.to_owned())))
    }

    /// Whether any snapshots of this pipeline were accepted: the options always have one.
    ///
    /// # Errors
    /// If the snapshot of the options cannot be read.
    pub fn is_accepted(&self) -> Result<bool, Failure> {
        Ok(self.read(Key::Options, ENDING)?.is_some())
    }

    /// The pending changes, in the order of documents and stages.
    ///
    /// # Errors
    /// If the folder or a snapshot cannot be read.
    pub fn pending(&self) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        for name in self.files()? {
            let Some(key) = name.strip_suffix(NEW_ENDING).and_then(|name| self.keys.get(name)) else {
                continue;
            };
            if let Some(new) = self.read(*key, NEW_ENDING)? {
                let old = self.read(*key, ENDING)?.map(|snapshot| snapshot.content);
                changes.push(self.change(*key, old, new.content));
            }
        }
        changes.sort_by_key(|change| change.key);
        Ok(changes)
    }

    /// Snapshots of this pipeline that none of its documents and stages produces, as paths below the folder.
    ///
    /// # Errors
    /// If the folder or a snapshot cannot be read.
    pub fn orphans(&self) -> Result<Vec<String>, Failure> {
        let mut orphans = Vec::new();
        for name in self.files()? {
            let Some(stem) = name.strip_suffix(ENDING) else { continue };
            // Snapshots of other pipelines are not touched.
            if !self.keys.contains_key(stem)
                && read(&self.path.join(&name))?.is_some_and(|snapshot| snapshot.source == self.source)
            {
                orphans.push(name);
            }
        }
        Ok(orphans)
    }

    /// Makes exactly these changes pending, and removes all other pending ones.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn hold(&self, changes: &[Change]) -> Result<(), Failure> {
        let wanted: BTreeMap<&str, &Change> =
            changes.iter().map(|change| (self.paths[&change.key].as_str(), change)).collect();
        for name in self.files()? {
            let Some(stem) = name.strip_suffix(NEW_ENDING) else { continue };
            let path = self.path.join(&name);
            if !wanted.contains_key(stem) && read(&path)?.is_none_or(|s| s.source == self.source) {
                self.remove(&path)?;
            }
        }
        for (stem, change) in wanted {
            let path = self.path.join(format!("{stem}{NEW_ENDING}"));
            let snapshot = Snapshot {
                source: self.source.clone(),
                description: change.what.clone(),
                expression: change.stage.clone().unwrap_or_default(),
                content: change.new.clone(),
            };
            let parent = path.parent().unwrap_or(&self.path);
            fs::create_dir_all(parent).map_err(|error| failed("make", parent, &error))?;
            fs::write(&path, snapshot.to_text()).map_err(|error| failed("write", &path, &error))?;
        }
        Ok(())
    }

    /// Accepts a pending snapshot. If it says that nothing happens, no file is left.
    ///
    /// # Errors
    /// If a file cannot be moved or removed.
    pub fn accept(&self, change: &Change) -> Result<(), Failure> {
        let [pending, accepted] = [NEW_ENDING, ENDING].map(|ending| self.file(change.key, ending));
        if is_nothing(&change.new) {
            self.remove(&accepted)?;
            return self.remove(&pending);
        }
        fs::rename(&pending, &accepted).map_err(|error| failed("move", &pending, &error))
    }

    /// Removes a pending snapshot.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn reject(&self, change: &Change) -> Result<(), Failure> {
        self.remove(&self.file(change.key, NEW_ENDING))
    }

    /// Removes an orphan.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn delete(&self, orphan: &str) -> Result<(), Failure> {
        self.remove(&self.path.join(orphan))
    }

    fn change(&self, key: Key, old: Option<String>, new: String) -> Change {
        let stage = |stage: usize| self.stages.get(stage).cloned();
        let (what, stage) = match key {
            Key::Options => ("options of all stages".to_owned(), None),
            Key::Document(document, number) => {
                (self.documents.get(document).cloned().unwrap_or_default(), stage(number))
            }
            Key::Report(number) => ("report".to_owned(), stage(number)),
        };
        Change { key, what, stage, old, new }
    }

    fn file(&self, key: Key, ending: &str) -> PathBuf {
        self.path.join(format!("{}{ending}", self.paths[&key]))
    }

    fn read(&self, key: Key, ending: &str) -> Result<Option<Snapshot>, Failure> {
        let path = self.file(key, ending);
        let snapshot = read(&path)?;
        if let Some(other) = snapshot.as_ref().filter(|snapshot| snapshot.source != self.source) {
            let message = format!("{} is a snapshot of `{}`", path.display(), other.source);
            let hint = "give each pipeline its own folder, with `snapshots` under `[test]`";
            return Err(Failure::new(message).hint(hint));
        }
        Ok(snapshot)
    }

    /// Names of all snapshots in the folder and its subfolders, sorted, with `/`.
    fn files(&self) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for (name, is_folder) in entries(&self.path)? {
            if is_folder {
                let inner = entries(&self.path.join(&name))?;
                names.extend(
                    inner.into_iter().filter(|(_, folder)| !folder).map(|(n, _)| format!("{name}/{n}")),
                );
            } else {
                names.push(name);
            }
        }
        names.retain(|name| name.ends_with(ENDING) || name.ends_with(NEW_ENDING));
        names.sort();
        Ok(names)
    }

    /// Removes a file if it exists, and its folder if that becomes empty.
    fn remove(&self, path: &Path) -> Result<(), Failure> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("remove", path, &error));
            }
            _ => {}
        }
        if let Some(parent) = path.parent() {
            // Fails if the folder is not empty.
            let _ = fs::remove_dir(parent);
        }
        Ok(())
    }
}

/// The entries of a folder, each with whether it is a folder. Links are not followed.
fn entries(folder: &Path) -> Result<Vec<(String, bool)>, Failure> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(|error| failed("list", folder, &error))?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let entry = entry.map_err(|error| failed("list", folder, &error))?;
        let kind = entry.file_type().map_err(|error| failed("list", folder, &error))?;
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, kind.is_dir()));
        }
    }
    Ok(found)
}

/// The hint for a file that is not a snapshot.
const RESTORE: &str = "restore it, or remove it and accept what `textmill test` makes";

fn read(path: &Path) -> Result<Option<Snapshot>, Failure> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let message = format!("{} is not a snapshot: it is not UTF-8", path.display());
            return Err(Failure::new(message).hint(RESTORE));
        }
        text => text.map_err(|error| failed("read", path, &error))?,
    };
    match Snapshot::parse(&text) {
        Some(snapshot) => Ok(Some(snapshot)),
        None => {
            let message =
                format!("{} is not a snapshot: it has no header between two lines `---`", path.display());
            Err(Failure::new(message).hint(RESTORE))
        }
    }
}

pub(super) fn failed(verb: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot {verb} {}: {error}", path.display()))
}
