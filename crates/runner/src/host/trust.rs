//! Checks whether others can change a library, or replace it. Examines owners and modes, and suggests how to
//! fix them. Opens nothing, and does not judge the contents of the library.
//!
//! The checks cover the library, its folder, and every symlink on the path together with the link's own
//! folder. They do not cover folders further up: whatever is put in place there must still belong to the user
//! or to root, and so must the folder around it.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a library is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The maximum number of symlinks that are followed on the path to a library; Linux follows as many.
const LINKS: usize = 40;

/// Whether the program runs with privileges that its caller lacks (setuid, setgid). If so, what the caller's
/// environment says about plugins is not trusted.
pub fn is_privileged() -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{getegid, geteuid, getgid, getuid};
        geteuid() != getuid() || getegid() != getgid()
    }
    #[cfg(not(unix))]
    {
        false
    }
}

/// Checks a library and the path to it. Returns the library's path with symlinks resolved.
///
/// On systems without owners and modes (Windows), only paths that are not files are refused: access lists
/// protect the folders of programs and users there.
///
/// # Errors
/// If others can change what is there, or if it is not a file.
pub fn check(path: &Path) -> Result<PathBuf, Refusal> {
    let way = ResolvedPath::to(path)?;
    #[cfg(unix)]
    unix::check(&way)?;
    let meta = way.real.symlink_metadata().map_err(unread)?;
    if let Some(kind) = other_kind(&meta) {
        return Err(Refusal::new(format!("it is {kind}, not a file")).hint("name the file of a library"));
    }
    Ok(way.real)
}

/// Checks an opened library by the metadata of its descriptor. `path` is where it was found.
///
/// # Errors
/// If others can change it.
pub fn check_open(path: &Path, meta: &std::fs::Metadata) -> Result<(), Refusal> {
    #[cfg(unix)]
    return unix::check_open(path, meta);
    #[cfg(not(unix))]
    {
        let _ = (path, meta);
        Ok(())
    }
}

/// The refusal of a file that cannot be read.
pub fn unread(error: std::io::Error) -> Refusal {
    Refusal::new(format!("cannot read it: {error}"))
}

/// The kind of a file in words, if it is not a regular file.
pub fn other_kind(meta: &std::fs::Metadata) -> Option<&'static str> {
    let kind = meta.file_type();
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_block_device() || kind.is_char_device() {
            return Some("a device");
        }
    }
    Some("a thing of another kind")
}

/// The path to a file, resolved step by step.
struct ResolvedPath {
    /// The file, with symlinks resolved.
    real: PathBuf,
    /// The symlinks on the path; the folder of each has its symlinks resolved.
    #[cfg_attr(not(unix), expect(dead_code, reason = "links have no owner there"))]
    links: Vec<PathBuf>,
}

impl ResolvedPath {
    fn to(path: &Path) -> Result<Self, Refusal> {
        let path = std::path::absolute(path).map_err(unread)?;
        if cfg!(not(unix)) {
            return Ok(Self { real: path.canonicalize().map_err(unread)?, links: Vec::new() });
        }
        let mut real = PathBuf::from("/");
        let mut links: Vec<PathBuf> = Vec::new();
        // Parts still to walk, with the next one last.
        let mut ahead = parts(&path);
        while let Some(part) = ahead.pop() {
            if part == "/" {
                real = PathBuf::from("/");
                continue;
            }
            if part == ".." {
                real.pop();
                continue;
            }
            let next = real.join(&part);
            if next.symlink_metadata().map_err(unread)?.is_symlink() {
                if links.len() == LINKS {
                    return Err(Refusal::new(format!("more than {LINKS} links lie on the way to it")));
                }
                ahead.extend(parts(&next.read_link().map_err(unread)?));
                links.push(next);
            } else {
                real = next;
            }
        }
        Ok(Self { real, links })
    }
}

/// The parts of a path in reverse order. An absolute path has `/` as its first part.
fn parts(path: &Path) -> Vec<std::ffi::OsString> {
    path.components().rev().filter(|c| c.as_os_str() != ".").map(|c| c.as_os_str().to_owned()).collect()
}

#[cfg(unix)]
mod unix {
    //! Owners and modes.

    use super::{Refusal, ResolvedPath, unread};
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    /// Who may write to a file or folder.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Rights {
        pub uid: u32,
        pub gid: u32,
        pub mode: u32,
        /// Whether an access control list grants rights beyond the mode.
        pub list: bool,
    }

    /// The user that the program acts for.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Who {
        pub uid: u32,
        pub gid: u32,
    }

    const ROOT: u32 = 0;
    const GROUP_WRITES: u32 = 0o020;
    const ANYBODY_WRITES: u32 = 0o002;
    const STICKY: u32 = 0o1000;

    impl Rights {
        fn of(path: &Path) -> Result<Self, Refusal> {
            Ok(Self::told(path, &path.symlink_metadata().map_err(unread)?))
        }

        fn told(path: &Path, meta: &std::fs::Metadata) -> Self {
            Self { uid: meta.uid(), gid: meta.gid(), mode: meta.mode(), list: has_list(path) }
        }

        /// Who can write besides the owner, in words.
        pub(super) fn other_writer(&self, who: Who) -> Option<String> {
            // A group with the user's own number belongs to that user alone: with such groups, a umask of 002
            // is common.
            let is_private = self.gid == who.gid && self.gid == who.uid;
            if self.mode & ANYBODY_WRITES != 0 {
                Some("anybody".to_owned())
            } else if self.mode & GROUP_WRITES == 0 {
                None
            } else if !is_private {
                Some(format!("group {}", self.gid))
            } else {
                // The group bits are the most that any entry of the access list grants.
                self.list.then(|| "whom its access list names".to_owned())
            }
        }

        /// Like [`Rights::other_writer`], for a folder. In a sticky folder, each entry belongs to its owner,
        /// which is checked with the entry itself.
        pub(super) fn other_mover(&self, who: Who) -> Option<String> {
            if self.mode & STICKY != 0 { None } else { self.other_writer(who) }
        }

        /// Whether the owner is neither root nor the user, who could change it anyway.
        pub(super) fn has_foreign_owner(&self, who: Who) -> bool {
            self.uid != ROOT && self.uid != who.uid
        }

        fn mode(&self) -> String {
            format!("{:o}", self.mode & 0o7777)
        }
    }

    /// Whether a file has an access control list beyond its mode.
    #[cfg(target_os = "linux")]
    fn has_list(path: &Path) -> bool {
        let mut nothing: [u8; 0] = [];
        // With an empty buffer, the call returns the length of the list.
        rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut nothing).is_ok_and(|length| length > 0)
    }

    #[cfg(not(target_os = "linux"))]
    fn has_list(_: &Path) -> bool {
        false
    }

    fn who() -> Who {
        Who { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
    }

    /// Checks an opened file.
    pub(super) fn check_open(path: &Path, meta: &std::fs::Metadata) -> Result<(), Refusal> {
        let rights = Rights::told(path, meta);
        if rights.has_foreign_owner(who()) {
            return Err(foreign("it", path, rights, who()));
        }
        match rights.other_writer(who()) {
            Some(writer) => Err(open_to(&writer, "it", path, rights)),
            None => Ok(()),
        }
    }

    /// Checks everything on the path.
    pub(super) fn check(way: &ResolvedPath) -> Result<(), Refusal> {
        let who = who();
        for link in &way.links {
            let folder = link.parent().unwrap_or(Path::new("/"));
            let rights = Rights::of(link)?;
            if rights.has_foreign_owner(who) {
                let what = format!("the link {} on the way to it", link.display());
                return Err(foreign(&what, link, rights, who));
            }
            let rights = Rights::of(folder)?;
            let what = format!("the folder {} of a link on the way to it", folder.display());
            if rights.has_foreign_owner(who) {
                return Err(foreign(&what, folder, rights, who));
            }
            if let Some(writer) = rights.other_mover(who) {
                return Err(open_to(&writer, &what, folder, rights));
            }
        }
        let rights = Rights::of(&way.real)?;
        if rights.has_foreign_owner(who) {
            return Err(foreign("it", &way.real, rights, who));
        }
        // A pipe, a device or a folder is refused elsewhere, by its kind.
        if way.real.is_file()
            && let Some(writer) = rights.other_writer(who)
        {
            return Err(open_to(&writer, "it", &way.real, rights));
        }
        let folder = way.real.parent().unwrap_or(Path::new("/"));
        let rights = Rights::of(folder)?;
        let what = format!("its folder {}", folder.display());
        if rights.has_foreign_owner(who) {
            return Err(foreign(&what, folder, rights, who));
        }
        match rights.other_mover(who) {
            Some(writer) => Err(open_to(&writer, &what, folder, rights)),
            None => Ok(()),
        }
    }

    fn open_to(writer: &str, what: &str, path: &Path, rights: Rights) -> Refusal {
        Refusal::new(format!("{writer} can write to {what} (mode {})", rights.mode()))
            .hint(format!("`chmod go-w {}` leaves that to its owner", quoted(path)))
    }

    fn foreign(what: &str, path: &Path, rights: Rights, who: Who) -> Refusal {
        let (own, sudo) = match who.uid {
            ROOT => ("and this is root".to_owned(), ""),
            uid => (format!("neither to you (user {uid}) nor to root"), "sudo "),
        };
        let message = format!("{what} belongs to user {}, {own}", rights.uid);
        let command = format!("{sudo}chown -h {} {}", who.uid, quoted(path));
        Refusal::new(message).hint(format!("where you know what it is, `{command}` makes it yours"))
    }

    /// A path, quoted for a shell if needed.
    fn quoted(path: &Path) -> String {
        let path = path.display().to_string();
        let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
        if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::unix::{Rights, Who};
    use super::*;

    fn rights(uid: u32, gid: u32, mode: u32) -> Rights {
        Rights { uid, gid, mode, list: false }
    }

    const USER: Who = Who { uid: 1000, gid: 1000 };

    #[test]
    fn only_the_owner_and_their_own_group_may_write() {
        let writer = |gid, mode| rights(1000, gid, mode).other_writer(USER);
        assert_eq!(writer(1000, 0o755), None);
        assert_eq!(writer(100, 0o755), None);
        assert_eq!(writer(1000, 0o775), None, "a group of the user's own, under an umask of 002");
        assert_eq!(writer(100, 0o775).as_deref(), Some("group 100"));
        assert_eq!(writer(0, 0o775).as_deref(), Some("group 0"));
        assert_eq!(writer(1000, 0o777).as_deref(), Some("anybody"));
        let in_users = Who { uid: 1000, gid: 100 };
        assert_eq!(rights(1000, 100, 0o664).other_writer(in_users).as_deref(), Some("group 100"));
        assert_eq!(rights(0, 0, 0o664).other_writer(Who { uid: 0, gid: 0 }), None);
        let with_list = |mode| Rights { list: true, ..rights(1000, 1000, mode) }.other_writer(USER);
        assert!(with_list(0o664).is_some() && with_list(0o644).is_none());
    }

    #[test]
    fn a_sticky_folder_leaves_entries_to_their_owners() {
        assert_eq!(rights(0, 0, 0o1777).other_mover(USER), None);
        assert_eq!(rights(0, 0, 0o777).other_mover(USER).as_deref(), Some("anybody"));
        assert_eq!(rights(0, 50, 0o2775).other_mover(USER).as_deref(), Some("group 50"));
    }

    #[test]
    fn root_trusts_root_alone() {
        let root = Who { uid: 0, gid: 0 };
        assert!(rights(1000, 1000, 0o755).has_foreign_owner(root));
        assert!(!rights(0, 0, 0o755).has_foreign_owner(root));
        assert!(!rights(0, 0, 0o755).has_foreign_owner(USER));
        assert!(!rights(1000, 1000, 0o755).has_foreign_owner(USER));
        assert!(rights(1001, 1000, 0o755).has_foreign_owner(USER));
    }

    #[test]
    fn a_way_is_walked_link_by_link() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("a/b/file"), "").unwrap();
        std::os::unix::fs::symlink("a/b", root.join("near")).unwrap();
        std::os::unix::fs::symlink(root.join("near"), root.join("a/far")).unwrap();
        let way = ResolvedPath::to(&root.join("a/./far/../b/file")).unwrap();
        assert_eq!(way.real, root.join("a/b/file"));
        assert_eq!(way.links, [root.join("a/far"), root.join("near")]);
        std::os::unix::fs::symlink("round", root.join("round")).unwrap();
        let refusal = ResolvedPath::to(&root.join("round/file")).err().unwrap();
        assert_eq!(refusal.message, "more than 40 links lie on the way to it");
    }
}
