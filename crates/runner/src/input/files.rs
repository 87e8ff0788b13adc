//! Expands paths to the files that they mean. A path may be a file, a folder or a glob; the order does not
//! depend on the file system.

use super::format::{Format, KNOWN, format_of};
use crate::config::suggest;
use crate::output::is_run_folder;
use crate::remote::{RemoteFile, is_address, list};
use globset::GlobBuilder;
use std::fmt;
use std::fs::Metadata;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its path below the given folder or the fixed part of the given glob, with `/`. Ids are built from it,
    /// so that they do not depend on where the corpus lies.
    pub name: String,
    /// How it stores documents.
    pub format: Format,
    /// Its size in bytes.
    pub bytes: u64,
    /// A value that changes when the file does: its modification time in nanoseconds since 1970, or whatever
    /// a remote store reports for the object.
    pub version: Option<String>,
}

/// Size and version of a local file, as in [`SourceFile`].
pub fn state_of(path: &Path) -> (u64, Option<String>) {
    let metadata = path.metadata().ok();
    let bytes = metadata.as_ref().map_or(0, Metadata::len);
    let modified = metadata.and_then(|m| m.modified().ok());
    let modified = modified.and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    (bytes, modified.map(|d| d.as_nanos().to_string()))
}

impl SourceFile {
    fn new(path: PathBuf, name: String, format: Format) -> Self {
        let (bytes, version) = state_of(&path);
        Self { path, name, format, bytes, version }
    }

    /// The source of documents in this file that do not name one.
    pub fn source(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// The id of the record with this number, counted from 1, if it has none of its own.
    pub fn id_of(&self, number: u64) -> String {
        format!("{}#{number}", self.name)
    }
}

/// Why a path gives no files.
#[derive(Debug)]
pub struct InputError {
    /// The path as given.
    pub path: PathBuf,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.as_os_str().is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "input `{}`: {}", self.path.display(), self.message)
    }
}

/// What was found in folders but is not input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Number of files of other kinds, pipes, devices, and run folders.
    pub others: usize,
    /// The names of the first few of these.
    names: Vec<String>,
    /// Number of links to folders, which are not followed because they could lead in a circle.
    pub links: usize,
    /// Number of files and folders whose names begin with a dot.
    pub hidden: usize,
}

impl Skipped {
    /// Maximum number of names to keep.
    const NAMED: usize = 3;

    /// Whether nothing was passed over.
    pub fn is_empty(&self) -> bool {
        self.others + self.links + self.hidden == 0
    }

    fn other(&mut self, name: String) {
        self.others += 1;
        // A folder lists its entries in arbitrary order.
        let at = self.names.partition_point(|known| *known < name);
        if at < Self::NAMED {
            self.names.insert(at, name);
            self.names.truncate(Self::NAMED);
        }
    }

    /// The names of some of the files of other kinds, in parentheses.
    fn named(&self) -> String {
        let more = match self.others - self.names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(" (`{}`{more})", self.names.join("`, `"))
    }
}

impl AddAssign for Skipped {
    fn add_assign(&mut self, more: Self) {
        self.others += more.others;
        self.names.extend(more.names);
        self.names.truncate(Self::NAMED);
        self.links += more.links;
        self.hidden += more.hidden;
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.others, "file of another kind", "files of other kinds", self.named()),
            (self.links, "link to a folder", "links to folders", String::new()),
            (self.hidden, "hidden entry", "hidden entries", String::new()),
        ];
        let counts = counts.into_iter().filter(|(number, ..)| *number > 0);
        let counts = counts.map(|(number, one, more, names)| {
            format!("{number} {}{names}", if number == 1 { one } else { more })
        });
        f.write_str(&counts.collect::<Vec<_>>().join(", "))
    }
}

/// The files that a path means, sorted by name, and what was passed over. `other` is the ending whose format
/// files with unknown endings have, if there is one.
///
/// # Errors
/// If nothing exists at the path, a named file is a pipe or of an unknown kind, or a glob matches nothing.
pub fn expand(path: &Path, other: Option<&str>) -> Result<(Vec<SourceFile>, Skipped), InputError> {
    let fail = |message: String, hint: Option<&str>| InputError {
        path: path.to_owned(),
        message,
        hint: hint.map(str::to_owned),
    };
    if is_address(path) {
        return objects(path, other);
    }
    if path.as_os_str().is_empty() {
        return Err(fail("the path of the input is empty".into(), Some("name a file, a folder or a glob")));
    }
    if path.is_dir() {
        let mut found = Listing::new(other);
        found.walk(path, path, None).map_err(|e| fail(e, Some(UNREADABLE)))?;
        // Only the documents that a run kept are input, not those that it rejected.
        if is_run_folder(path) {
            found.files.retain(|file| file.name.starts_with(DOCUMENTS));
        }
        return found
            .finish()
            .ok_or_else(|| fail("there is no file of a known kind in the folder".into(), Some(KNOWN)));
    }
    if let Ok(meta) = path.metadata() {
        // A pipe or device has no known size and cannot be read a second time.
        if !meta.is_file() {
            let hint = "write what comes out of it into a file, and name that";
            return Err(fail("a pipe or a device, and no file".into(), Some(hint)));
        }
        let Some(format) = format_of(path, other) else {
            return Err(fail("a file of an unknown kind".into(), Some(KNOWN)));
        };
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok((vec![SourceFile::new(path.to_owned(), name, format)], Skipped::default()));
    }
    let text = path.to_string_lossy();
    if !text.contains(['*', '?', '[', '{']) {
        let near = neighbour(path);
        return Err(fail("there is no such file or folder".into(), near.as_deref()));
    }
    let base = fixed_part(path);
    let pattern: PathBuf = match base.as_path() == Path::new(".") {
        true => path.components().collect(),
        false => path.components().skip(base.components().count()).collect(),
    };
    let glob = GlobBuilder::new(&pattern.to_string_lossy()).literal_separator(true).build();
    let glob = glob.map_err(|e| fail(format!("not a glob: {}", e.kind()), None))?.compile_matcher();
    if !base.is_dir() {
        let near = neighbour(&base);
        return Err(fail(format!("there is no folder `{}`", base.display()), near.as_deref()));
    }
    let mut found = Listing::new(other);
    found.walk(&base, &base, Some(&glob)).map_err(|e| fail(e, Some(UNREADABLE)))?;
    found.finish().ok_or_else(|| fail("the glob matches no file of a known kind".into(), Some(KNOWN)))
}

/// The name beside a missing path that is most similar to it.
fn neighbour(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?;
    let mut names: Vec<String> = entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    suggest(&path.file_name()?.to_string_lossy(), names.iter().map(String::as_str))
}

/// The objects that an address means.
fn objects(address: &Path, other: Option<&str>) -> Result<(Vec<SourceFile>, Skipped), InputError> {
    let fail = |message: String, hint: Option<String>| InputError { path: address.to_owned(), message, hint };
    let found = list(address).map_err(|error| fail(error.message, error.hint))?;
    let (mut files, mut skipped) = (Vec::new(), Skipped::default());
    for RemoteFile { address, name, bytes, version } in found {
        match format_of(Path::new(&name), other) {
            Some(format) => files.push(SourceFile { path: address, name, format, bytes, version }),
            None => skipped.other(name),
        }
    }
    if files.is_empty() {
        return Err(fail("there is no file of a known kind".into(), Some(KNOWN.into())));
    }
    Ok((files, skipped))
}

/// The folders of a glob before its first wildcard. A folder that exists is taken literally, even if its name
/// has wildcard characters.
fn fixed_part(glob: &Path) -> PathBuf {
    let mut base = PathBuf::new();
    for component in glob.components() {
        let next = base.join(component);
        if component.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']) && !next.is_dir() {
            break;
        }
        base = next;
    }
    if base.as_os_str().is_empty() { PathBuf::from(".") } else { base }
}

/// The hint for a folder that cannot be listed.
const UNREADABLE: &str = "make it readable for you, or name the files and folders beside it one by one";

/// The prefix of the files in a run folder that hold the kept documents.
const DOCUMENTS: &str = "documents";

struct Listing<'o> {
    files: Vec<SourceFile>,
    skipped: Skipped,
    /// The ending whose format files with unknown endings have.
    other: Option<&'o str>,
}

impl<'o> Listing<'o> {
    fn new(other: Option<&'o str>) -> Self {
        Self { files: Vec::new(), skipped: Skipped::default(), other }
    }

    /// Collects the files below a folder. Entries whose names begin with a dot are skipped.
    fn walk(
        &mut self,
        base: &Path,
        folder: &Path,
        glob: Option<&globset::GlobMatcher>,
    ) -> Result<(), String> {
        let failed = |error: std::io::Error| match folder == base {
            true => format!("cannot list the folder: {error}"),
            false => format!("cannot list the folder `{}` in it: {error}", folder.display()),
        };
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            entries.push(entry.map_err(failed)?.path());
        }
        for path in entries {
            let below = path.strip_prefix(base).unwrap_or(&path);
            let asked = glob.is_none_or(|g| g.is_match(below));
            if path.file_name().is_none_or(|n| n.to_string_lossy().starts_with('.')) {
                self.skipped.hidden += usize::from(asked);
                continue;
            }
            // Links to folders are not followed: they could lead in a circle.
            let kind = path.symlink_metadata().map_err(failed)?;
            if kind.is_dir() {
                // A run folder inside the input is not input.
                if is_run_folder(&path) {
                    self.skipped.other(name(below));
                    continue;
                }
                self.walk(base, &path, glob)?;
                continue;
            }
            if !asked {
                continue;
            }
            if path.is_dir() {
                self.skipped.links += 1;
                continue;
            }
            // A dangling link is kept: reading it fails, and the failure is recorded. Reading pipes and
            // devices would hang.
            let readable = path.metadata().map_or(kind.is_symlink(), |m| m.is_file());
            let name = name(below);
            let Some(format) = format_of(&path, self.other).filter(|_| readable) else {
                self.skipped.other(name);
                continue;
            };
            self.files.push(SourceFile::new(path, name, format));
        }
        Ok(())
    }

    fn finish(mut self) -> Option<(Vec<SourceFile>, Skipped)> {
        // Names that are not UTF-8 may look alike; paths are always distinct.
        self.files.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.path.cmp(&b.path)));
        (!self.files.is_empty()).then_some((self.files, self.skipped))
    }
}

/// The name of a file, from its path below a folder.
fn name(below: &Path) -> String {
    let parts: Vec<_> = below.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_part_of_a_glob_is_what_stands_before_a_wildcard() {
        assert_eq!(fixed_part(Path::new("a/b/*.txt")), Path::new("a/b"));
        assert_eq!(fixed_part(Path::new("*.txt")), Path::new("."));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_listed_says_what_to_do() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let closed = folder.path().join("closed");
        std::fs::create_dir(&closed).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
        // Root can list any folder.
        if std::fs::read_dir(&closed).is_err() {
            let error = expand(folder.path(), None).unwrap_err();
            assert!(error.message.starts_with("cannot list the folder `"), "{error}");
            assert_eq!(error.hint.as_deref(), Some(UNREADABLE));
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_input_is_counted_and_a_pipe_is_refused() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["a.txt", ".hidden.txt", "b.exe"] {
            std::fs::write(path(name), "a text").unwrap();
        }
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("c.txt"), "a text").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), path("link")).unwrap();
        mknodat(CWD, path("pipe.txt"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let (files, skipped) = expand(folder.path(), None).unwrap();
        assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.txt"]);
        assert_eq!(
            skipped.to_string(),
            "2 files of other kinds (`b.exe`, `pipe.txt`), 1 link to a folder, 1 hidden entry"
        );
        for name in ["d.exe", "0/c.exe", "e.exe"] {
            std::fs::create_dir_all(path("0")).unwrap();
            std::fs::write(path(name), "a text").unwrap();
        }
        let skipped = expand(folder.path(), None).unwrap().1.to_string();
        assert!(
            skipped.starts_with("5 files of other kinds (`0/c.exe`, `b.exe`, `d.exe` and 2 more), "),
            "{skipped}"
        );
        // A link that is named explicitly is read.
        assert_eq!(expand(&path("link"), None).unwrap().0.len(), 1);
        for pipe in [path("pipe.txt"), "/dev/null".into()] {
            assert_eq!(expand(&pipe, None).unwrap_err().message, "a pipe or a device, and no file");
        }
    }
}
