//! The file of a library, held open by a single descriptor: what is hashed is what is loaded. Does not run
//! any of the library's code.

use super::elf::bytes_of_whole;
use super::trust::{self, Refusal, unread};
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// The open file of a library that nobody else can change.
#[derive(Debug)]
pub(super) struct LibraryFile {
    /// Path of the library, with symlinks resolved.
    pub path: PathBuf,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    file: File,
    stamp: Stamp,
}

/// Identifies a file and a state of its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    number: u64,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        #[cfg(unix)]
        let (device, number) = {
            use std::os::unix::fs::MetadataExt;
            (meta.dev(), meta.ino())
        };
        #[cfg(not(unix))]
        let (device, number) = (0, 0);
        Self { device, number, bytes: meta.len(), modified: meta.modified().ok() }
    }

    fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.number) == (other.device, other.number)
    }
}

/// A library that was passed to the system's loader. Its descriptor stays open for the life of the process:
/// the loader may know the library by the descriptor's name, and would mistake another file that gets the
/// same name for it.
struct Kept {
    file: File,
    stamp: Stamp,
    sha256: String,
}

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// Whether a file begins as shared libraries do, on any system.
fn is_library(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    // ELF, PE, and the byte orders, word sizes and universal form of Mach-O.
    const BEGINNINGS: [&[u8]; 7] = [
        b"\x7fELF",
        b"MZ",
        b"\xcf\xfa\xed\xfe",
        b"\xce\xfa\xed\xfe",
        b"\xfe\xed\xfa\xcf",
        b"\xfe\xed\xfa\xce",
        b"\xca\xfe\xba\xbe",
    ];
    file.rewind()?;
    let mut bytes = Vec::new();
    file.take(4).read_to_end(&mut bytes)?;
    Ok(BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning)))
}

impl LibraryFile {
    /// Opens a library and hashes it, after checking that nobody but its owner can change it.
    ///
    /// # Errors
    /// If it cannot be read or is not a file, or if others can change it.
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        let real = trust::check(path)?;
        let file = options().open(&real).map_err(unread)?;
        let meta = file.metadata().map_err(unread)?;
        if let Some(kind) = trust::other_kind(&meta) {
            return Err(Refusal::new(format!("it is {kind}, not a file")));
        }
        // Check the file that was opened, not what was there a moment ago, and then the path to it once more.
        trust::check_open(&real, &meta)?;
        if trust::check(path)? != real {
            return Err(changing());
        }
        let path = real;
        let stamp = Stamp::of(&meta);
        // The path was checked, and the descriptor leads to the same file.
        if !stamp.is_same_file(&Stamp::of(&path.symlink_metadata().map_err(unread)?)) {
            return Err(changing());
        }
        let sha256 = hash(&file).map_err(unread)?;
        let opened = Self { path, sha256, file, stamp };
        if opened.now()? != stamp {
            return Err(changing());
        }
        Ok(opened)
    }

    /// Lets the system's loader open this very file, by a name that leads to it.
    ///
    /// # Errors
    /// Returns the loader's error, or an error if the file is truncated or changes meanwhile.
    pub fn load<T, E: std::fmt::Display>(
        self,
        load: impl FnOnce(&Path) -> Result<T, E>,
    ) -> Result<T, Refusal> {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.iter().find(|k| cfg!(unix) && k.stamp.is_same_file(&self.stamp));
        if before.is_some_and(|k| k.sha256 != self.sha256) {
            let refusal = Refusal::new("it was overwritten after this process loaded it, and is in use");
            return Err(refusal.hint("replace a library by moving another file into its place"));
        }
        let whole = bytes_of_whole(&mut &self.file).map_err(unread)?;
        if let Some(whole) = whole.filter(|whole| *whole > self.stamp.bytes) {
            let bytes = self.stamp.bytes;
            let message =
                format!("the file is cut off: it has {bytes} bytes, and its headers speak of {whole}");
            return Err(Refusal::new(message).hint("copy the library again, or build it again"));
        }
        let name = descriptor_name(before.map_or(&self.file, |k| &k.file), &self.stamp);
        let by_path = name.is_none();
        if by_path && Stamp::of(&self.path.symlink_metadata().map_err(unread)?) != self.stamp {
            return Err(changing());
        }
        let loaded = load(name.as_deref().unwrap_or(&self.path)).map_err(|e| self.not_loaded(&e))?;
        let now = self.now();
        let there = self.path.symlink_metadata().map(|meta| Stamp::of(&meta));
        let stamp = self.stamp;
        if before.is_none() {
            kept.push(Kept { file: self.file, stamp, sha256: self.sha256 });
        }
        if now? != stamp || (by_path && there.ok() != Some(stamp)) {
            return Err(changing());
        }
        Ok(loaded)
    }

    fn not_loaded(&self, error: &impl std::fmt::Display) -> Refusal {
        if is_library(&mut &self.file).unwrap_or(true) {
            return Refusal::new(format!("the system cannot load it: {error}"));
        }
        let refusal = Refusal::new("it is not a shared library");
        refusal.hint("give the library that was built from the plugin, or the folder of its sources")
    }

    fn now(&self) -> Result<Stamp, Refusal> {
        Ok(Stamp::of(&self.file.metadata().map_err(unread)?))
    }
}

fn changing() -> Refusal {
    Refusal::new("it changes while it is being loaded").hint("wait until it is built, then try again")
}

/// Options for opening a library without ever blocking, as opening a pipe would.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        // Shared for reading only: while it is open, nobody can write, move or remove it.
        const FILE_SHARE_READ: u32 = 1;
        options.share_mode(FILE_SHARE_READ);
    }
    options
}

/// A path by which the system's loader opens exactly the file of a descriptor. `None` if there is no such
/// path. In that case the library is opened by its own path, and checked before and after. Others cannot put
/// another file there (it would have been refused), so these checks detect a concurrent rebuild, not an
/// attack. On Windows the open file cannot be moved.
fn descriptor_name(file: &File, stamp: &Stamp) -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let name = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let leads_there = name.metadata().is_ok_and(|meta| Stamp::of(&meta).is_same_file(stamp));
        leads_there.then_some(name)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, stamp);
        None
    }
}

/// The SHA-256 of a file, read in pieces.
fn hash(mut file: &File) -> io::Result<String> {
    let mut sha = Sha256::new();
    let mut piece = vec![0; 1 << 18];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => sha.update(&piece[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// A file for a single test. Its contents are not a library: the loader of these tests only reads it.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("library");
        std::fs::write(&path, "what was hashed").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_that_is_swapped_after_hashing_is_not_the_one_that_is_loaded() {
        let (folder, path) = folder();
        let file = LibraryFile::open(&path).unwrap();
        // Computed with `printf 'what was hashed' | sha256sum`.
        assert_eq!(file.sha256, "3ebe079530feb693b25d794e9bb741aeb27069f2b40fcc2e9bc37aa5e8727ac8");
        let other = folder.path().join("other");
        std::fs::write(&other, "something else").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_eq!(file.load(|name| std::fs::read_to_string(name)).unwrap(), "what was hashed");
    }

    #[test]
    fn a_file_that_is_written_over_after_hashing_is_refused() {
        let (_folder, path) = folder();
        let file = LibraryFile::open(&path).unwrap();
        let write_and_read = |name: &Path| {
            std::fs::write(&path, "something else, and longer")?;
            std::fs::read_to_string(name)
        };
        let refusal = file.load(write_and_read).unwrap_err();
        assert_eq!(refusal.message, "it changes while it is being loaded");
    }

    #[test]
    fn a_descriptor_outlives_what_was_loaded_by_it() {
        let (_folder, path) = folder();
        let name = |file: LibraryFile| file.load(|name| Ok::<_, io::Error>(name.to_owned())).unwrap();
        let first = name(LibraryFile::open(&path).unwrap());
        assert_eq!(first, name(LibraryFile::open(&path).unwrap()), "one descriptor for one file");
        let other = path.with_file_name("other");
        std::fs::write(&other, "another").unwrap();
        assert_ne!(first, name(LibraryFile::open(&other).unwrap()));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(std::fs::read_to_string(first).unwrap(), "what was hashed");
    }
}
