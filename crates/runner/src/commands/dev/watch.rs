//! Detects changes to the sources of a plugin or to its pipeline, by polling.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Extensions of files that are built, not written by hand.
const BUILT: [&str; 8] = ["o", "so", "dylib", "dll", "a", "d", "lock", "new"];

/// Watched sources.
pub(super) struct Watch {
    places: Vec<PathBuf>,
    seen: Seen,
}

type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl Watch {
    /// Watches a folder and the given files.
    pub fn new(folder: &Path, files: impl IntoIterator<Item = PathBuf>) -> Self {
        let places: Vec<PathBuf> = std::iter::once(folder.to_owned()).chain(files).collect();
        let seen = look(&places);
        Self { places, seen }
    }

    /// Whether anything has changed since the last call.
    pub fn changed(&mut self) -> bool {
        let now = look(&self.places);
        let changed = now != self.seen;
        self.seen = now;
        changed
    }
}

fn look(places: &[PathBuf]) -> Seen {
    let mut seen = Seen::new();
    let mut left = places.to_vec();
    while let Some(path) = left.pop() {
        // A file that cannot be read now counts as changed once it can be read.
        let Ok(meta) = path.metadata() else { continue };
        if !meta.is_dir() {
            seen.insert(path, (meta.modified().ok(), meta.len()));
            continue;
        }
        let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
        left.extend(entries.filter(|entry| is_source(&entry.path())).map(|entry| entry.path()));
    }
    seen
}

/// Whether a person may have written this file. Skips build folders, hidden files and folders, and symlinks
/// to folders, which may form a cycle.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let is_folder_elsewhere = path.is_symlink() && path.is_dir();
    !name.starts_with('.')
        && !["target", "build", "out"].contains(&name.as_ref())
        && !BUILT.contains(&ending.as_ref())
        && !is_folder_elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_source_is_told_from_what_is_built() {
        let temp = tempfile::TempDir::new().unwrap();
        let write = |file: &str, text: &str| {
            let path = temp.path().join("mine").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let pipeline = temp.path().join("pipeline.toml");
        write("src/lib.rs", "one");
        let mut watch = Watch::new(&temp.path().join("mine"), [pipeline.clone()]);
        assert!(!watch.changed());
        for built in ["target/debug/mine.txt", ".git/HEAD", "build/x", "Cargo.lock", "a.o", "src/x.snap.new"]
        {
            write(built, "made");
            assert!(!watch.changed(), "{built}");
        }
        write("src/lib.rs", "one two");
        assert!(watch.changed() && !watch.changed());
        write("src/more.rs", "more");
        assert!(watch.changed());
        fs::remove_file(temp.path().join("mine/src/more.rs")).unwrap();
        assert!(watch.changed());
        fs::write(&pipeline, "").unwrap();
        assert!(watch.changed() && !watch.changed());
    }
}
