//! A folder that is being filled: files are written into one that is new or empty, and nothing is overwritten.

use crate::failure::Failure;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A folder that was new or empty.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder, and those above it, where it is not there yet.
    ///
    /// # Errors
    /// Where it holds anything, is no folder, or cannot be made.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let refused = |what: &str| {
            Failure::new(format!("{} {what}", path.display()))
                .hint("nothing is overwritten: name a folder that is empty or not there yet")
        };
        match fs::read_dir(path) {
            Ok(mut entries) => match entries.next() {
                None => Ok(Self { path: path.to_owned() }),
                Some(_) => Err(refused("is not empty")),
            },
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
                fs::create_dir_all(path).map_err(|e| cannot("make the folder", path, &e))?;
                Ok(Self { path: path.to_owned() })
            }
            Err(_) if path.is_file() => Err(refused("is a file")),
            Err(error) => Err(cannot("read the folder", path, &error)),
        }
    }

    /// Its path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, and makes the folders that it lies in.
    ///
    /// # Errors
    /// Where it is there already, or cannot be written.
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
}
