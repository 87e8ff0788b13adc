//! A folder to fill: files are only written to a new or empty one, and nothing is overwritten.

use crate::failure::Failure;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A folder that was new or empty.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Files that existed before and are kept.
    kept: Vec<String>,
}

/// Whether an entry of a folder is typical of a new repository.
fn is_of_repository(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    matches!(name, ".git" | ".gitignore" | ".gitattributes")
        || ["README", "LICENSE", "LICENCE"].iter().any(|known| stem.split('-').next() == Some(known))
}

impl Folder {
    /// Creates the folder and its parents if they do not exist.
    ///
    /// # Errors
    /// If it is not empty, is not a folder, or cannot be created.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Self::open_with(path, |_| false)
    }

    /// Like [`Folder::open`], but the folder may be a new repository: `.git`, `.gitignore`, README and
    /// LICENSE files are kept.
    ///
    /// # Errors
    /// If it holds anything else, is not a folder, or cannot be created.
    pub fn open_repository(path: &Path) -> Result<Self, Failure> {
        Self::open_with(path, is_of_repository)
    }

    fn open_with(path: &Path, stays: fn(&str) -> bool) -> Result<Self, Failure> {
        let refused = |what: &str| {
            Failure::new(format!("{} {what}", path.display()))
                .hint("nothing is overwritten: name a folder that is empty or not there yet")
        };
        match fs::read_dir(path) {
            Ok(entries) => {
                let mut kept = Vec::new();
                for entry in entries {
                    let entry = entry.map_err(|e| cannot("read the folder", path, &e))?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if !stays(&name) {
                        return Err(refused("is not empty"));
                    }
                    kept.push(name);
                }
                kept.sort();
                Ok(Self { path: path.to_owned(), kept })
            }
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
                fs::create_dir_all(path).map_err(|e| cannot("make the folder", path, &e))?;
                Ok(Self { path: path.to_owned(), kept: Vec::new() })
            }
            Err(_) if path.is_file() => Err(refused("is a file")),
            Err(error) => Err(cannot("read the folder", path, &error)),
        }
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a file existed before and is kept.
    pub fn has(&self, file: &str) -> bool {
        self.kept.iter().any(|kept| kept == file)
    }

    /// Writes a file, and creates the folders on its path.
    ///
    /// # Errors
    /// If it already exists, or cannot be written.
    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) -> Result<(), Failure> {
        let path = self.path.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| cannot("make the folder", parent, &e))?;
        }
        let mut open = OpenOptions::new();
        let written = open.write(true).create_new(true).open(&path);
        written.and_then(|mut f| f.write_all(content.as_ref())).map_err(|e| cannot("write", &path, &e))
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten() {
        let temp = tempfile::TempDir::new().unwrap();
        let place = temp.path().join("a/b");
        let folder = Folder::open(&place).unwrap();
        folder.write("c/d.txt", "one").unwrap();
        assert!(folder.write("c/d.txt", "two").is_err());
        assert_eq!(fs::read_to_string(place.join("c/d.txt")).unwrap(), "one");
        assert!(Folder::open(&place).is_err());
        assert!(Folder::open(&place.join("c/d.txt")).is_err());
    }

    #[test]
    fn a_new_repository_is_as_good_as_empty() {
        let temp = tempfile::TempDir::new().unwrap();
        fs::create_dir(temp.path().join(".git")).unwrap();
        for name in [".gitignore", "README.md", "LICENSE-MIT", "license.txt"] {
            fs::write(temp.path().join(name), "").unwrap();
        }
        let folder = Folder::open_repository(temp.path()).unwrap();
        assert!(folder.has("README.md") && !folder.has("pipeline.toml"));
        assert!(Folder::open(temp.path()).is_err());
        fs::write(temp.path().join("licensed.csv"), "").unwrap();
        assert!(Folder::open_repository(temp.path()).is_err());
    }
}
