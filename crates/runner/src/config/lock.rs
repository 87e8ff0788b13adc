//! The lock file: which libraries a workspace's pipelines may load, by hash. This module reads, writes and
//! compares lock files; it does not open libraries.

use super::problem::{Problem, Problems};
use super::section::Section;
use super::settings::join;
use super::source::Source;
use super::tree::{Kind, Node};
use crate::host::Expected;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Name of the lock file.
pub const LOCK_FILE: &str = "textmill.lock";
/// Version of the file's format.
const VERSION: usize = 1;

/// The hint for a file of another format.
const OTHER_FORMAT: &str = "use the textmill that wrote it";

const HEADER: &str = "\
# Which plugin libraries the pipelines named here may load: `textmill` refuses one whose SHA-256 differs from the line of
# its platform. Written by `textmill plugin lock`, which also takes a change in. Keep it under version control.
";

/// A lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The pipelines whose plugins are locked, as paths relative to the file's folder, with `/` as the
    /// separator.
    pub pipelines: BTreeSet<String>,
    /// The locked plugins, by name.
    pub plugins: BTreeMap<String, LockedPlugin>,
}

/// A plugin in a lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockedPlugin {
    /// Version of the plugin.
    pub version: String,
    /// Version of the ABI that the plugin was built with.
    pub abi: String,
    /// Whether the plugin was named on the command line. It then stays locked even if no pipeline names it.
    pub pinned: bool,
    /// SHA-256 of its library in hexadecimal, by platform.
    pub sha256: BTreeMap<String, String>,
}

/// The platform that this program can load libraries for.
pub fn platform() -> String {
    let env = if cfg!(target_env = "musl") { "-musl" } else { "" };
    format!("{}-{}{env}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The places where the lock file of a pipeline may be: next to it, or in the parent folder, as for
/// `plugins`.
pub fn lock_places(pipeline: &Path) -> [PathBuf; 2] {
    let folder = pipeline.parent().unwrap_or(Path::new(""));
    [folder.join(LOCK_FILE), join(folder, "..").join(LOCK_FILE)]
}

impl Lock {
    /// Reads a lock file; `None` if there is none.
    ///
    /// # Errors
    /// Returns every mistake in the file, each with its place.
    pub fn read(path: &Path) -> Result<Option<Self>, Problems> {
        let whole = |message: String| Problems::whole(path, Problem::whole(message));
        // Reading a pipe would wait forever.
        if path.metadata().is_ok_and(|meta| !meta.is_file()) {
            return Err(whole("the lock file is not a file".into()));
        }
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(whole(format!("cannot read the lock file: {error}"))),
        };
        let source = String::from_utf8(bytes)
            .map_err(|error| whole(format!("the lock file is not UTF-8: {error}")))?;
        let mut problems = Vec::new();
        match Node::parse(&source) {
            Ok(tree) => {
                let lock = lock(&tree, &mut problems);
                if problems.is_empty() {
                    return Ok(Some(lock));
                }
            }
            Err(found) => problems = found,
        }
        let advice = "a lock file is written by `textmill plugin lock`; remove it to create a new one";
        // A lock file is not meant to be edited by hand. A newer format keeps its own hint.
        let hinted = |p: Problem| if p.hint.as_deref() == Some(OTHER_FORMAT) { p } else { p.hint(advice) };
        let list = problems.into_iter().map(hinted).collect();
        Err(Problems::new(vec![Source { path: path.to_owned(), text: source }], list))
    }

    /// The text of the file. Equal contents give equal texts.
    pub fn render(&self) -> String {
        let mut out = format!("{HEADER}version = {VERSION}\n");
        if !self.pipelines.is_empty() {
            let pipelines: Vec<String> =
                self.pipelines.iter().map(|p| format!("    {},\n", quoted(p))).collect();
            put(&mut out, &format!("pipelines = [\n{}]", pipelines.concat()));
        }
        for (name, plugin) in &self.plugins {
            put(&mut out, &format!("\n[[plugin]]\nname = {}", quoted(name)));
            put(&mut out, &format!("version = {}\nabi = {}", quoted(&plugin.version), quoted(&plugin.abi)));
            if plugin.pinned {
                put(&mut out, "pinned = true");
            }
            put(&mut out, "[plugin.sha256]");
            for (platform, sha256) in &plugin.sha256 {
                put(&mut out, &format!("{} = {}", key(platform), quoted(sha256)));
            }
        }
        out
    }
}

fn put(out: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{line}");
}

fn key(text: &str) -> String {
    let is_bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if is_bare { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn lock(tree: &Node, problems: &mut Vec<Problem>) -> Lock {
    let mut top = Section::new("the lock file", tree, problems);
    match top.count("version", problems) {
        Some(VERSION) => {}
        Some(other) => {
            let place = top.node("version").map_or(top.place(), |n| &n.place);
            let message =
                format!("the lock file has format {other}, and this textmill reads format {VERSION}");
            problems.push(Problem::at(place, message).hint(OTHER_FORMAT));
            return Lock::default();
        }
        None => {
            if top.node("version").is_none() {
                problems.push(Problem::at(top.place(), "the lock file names no `version` of its format"));
            }
        }
    }
    let pipelines = top.texts("pipelines", problems).unwrap_or_default();
    let pipelines = pipelines.into_iter().map(|(path, _)| path.to_owned()).collect();
    let mut plugins = BTreeMap::new();
    match top.node("plugin").map(|node| (&node.kind, node)) {
        None => {}
        Some((Kind::List(nodes), _)) => {
            for node in nodes {
                let Some((name, plugin)) = plugin(node, problems) else { continue };
                if plugins.insert(name.clone(), plugin).is_some() {
                    problems.push(Problem::at(&node.place, format!("plugin `{name}` is locked twice")));
                }
            }
        }
        Some((_, node)) => {
            let message = format!("`plugin` must be an array of tables, but it is {}", node.kind_name());
            problems.push(Problem::at(&node.place, message));
        }
    }
    top.finish(problems);
    Lock { pipelines, plugins }
}

fn plugin(node: &Node, problems: &mut Vec<Problem>) -> Option<(String, LockedPlugin)> {
    let before = problems.len();
    let mut section = Section::new("`[[plugin]]`", node, problems);
    let mut required = |section: &mut Section<'_>, key: &'static str| {
        let text = section.text(key, problems).map(str::to_owned);
        if section.node(key).is_none() {
            problems.push(Problem::at(section.place(), format!("a locked plugin has no `{key}`")));
        }
        text.unwrap_or_default()
    };
    let name = required(&mut section, "name");
    let (version, abi) = (required(&mut section, "version"), required(&mut section, "abi"));
    let pinned = match section.node("pinned").map(|node| (&node.kind, node)) {
        None => false,
        Some((Kind::Bool(pinned), _)) => *pinned,
        Some((_, node)) => {
            let message = format!("`pinned` must be a boolean, but it is {}", node.kind_name());
            problems.push(Problem::at(&node.place, message));
            false
        }
    };
    let mut sha256 = BTreeMap::new();
    match section.node("sha256").map(|node| (&node.kind, node)) {
        Some((Kind::Table(entries), _)) => {
            for entry in entries {
                match &entry.node.kind {
                    Kind::Text(hash) if is_sha256(hash) => {
                        sha256.insert(entry.key.clone(), hash.clone());
                    }
                    _ => {
                        let message =
                            format!("the sha256 for `{}` must be 64 digits of 0-9 and a-f", entry.key);
                        problems.push(Problem::at(&entry.node.place, message));
                    }
                }
            }
        }
        Some((_, node)) => {
            let message = format!("`sha256` must be a table, but it is {}", node.kind_name());
            problems.push(Problem::at(&node.place, message));
        }
        None => problems.push(Problem::at(section.place(), "a locked plugin has no `sha256`")),
    }
    section.finish(problems);
    (problems.len() == before).then_some((name, LockedPlugin { version, abi, pinned, sha256 }))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Which libraries a pipeline may load: those in its lock file, and whether others are refused.
#[derive(Clone, Debug, Default)]
pub struct LockPolicy {
    /// The path of the lock file, as shown to the user, and its contents.
    lock: Option<(PathBuf, Lock)>,
    /// Whether plugins that are not locked are refused.
    only_locked: bool,
    /// The pipeline whose plugins are loaded.
    pipeline: Option<PathBuf>,
}

/// Why a plugin may not be loaded.
#[derive(Clone, Debug)]
pub struct NotLocked {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl LockPolicy {
    /// Reads the lock file of a pipeline; without a pipeline there is none. With `only_locked`, plugins that
    /// it does not name are refused.
    ///
    /// # Errors
    /// Returns every mistake in the lock file. With `only_locked`, a missing lock file is an error, too.
    pub fn of(pipeline: Option<&Path>, only_locked: bool) -> Result<Self, Problems> {
        let places = pipeline.map(lock_places);
        let of = |lock| Self { lock, only_locked, pipeline: pipeline.map(Path::to_owned) };
        for path in places.iter().flatten() {
            if let Some(lock) = Lock::read(path)? {
                return Ok(of(Some((path.clone(), lock))));
            }
        }
        if !only_locked {
            return Ok(of(None));
        }
        let (path, message, hint) = match (pipeline, places) {
            (Some(pipeline), Some([beside, above])) => {
                let path = pipeline.display().to_string();
                let message = format!(
                    "there is no lock file; searched for:\n  {}\n  {}",
                    beside.display(),
                    above.display()
                );
                let hint = format!("`textmill plugin lock {path}` writes it");
                (path, message, hint)
            }
            _ => {
                let hint = "give `--pipeline FILE`, whose lock file counts";
                (
                    "--locked".to_owned(),
                    "no pipeline is named that could have a lock file".to_owned(),
                    hint.into(),
                )
            }
        };
        Err(Problems::whole(path, Problem::whole(message).hint(hint)))
    }

    /// The same restrictions, except for a plugin under development: any library is accepted for it.
    #[must_use]
    pub fn without(mut self, plugin: &str) -> Self {
        if let Some((_, lock)) = &mut self.lock {
            lock.plugins.remove(plugin);
        }
        self
    }

    /// What the library of a plugin must be; `None` if any library is accepted.
    ///
    /// # Errors
    /// If only locked plugins may be loaded, and this one is not locked.
    pub fn expected(&self, plugin: &str) -> Result<Option<Expected>, NotLocked> {
        let locked = self.lock.as_ref().and_then(|(path, lock)| Some((path, lock.plugins.get(plugin)?)));
        let platform = platform();
        if let Some((path, locked)) = locked
            && let Some(sha256) = locked.sha256.get(&platform)
        {
            return Ok(Some(Expected {
                plugin: plugin.to_owned(),
                version: locked.version.clone(),
                sha256: sha256.clone(),
                lock: Some(path.clone()),
            }));
        }
        if !self.only_locked {
            return Ok(None);
        }
        let lock = self.lock.as_ref().map_or(LOCK_FILE.into(), |(path, _)| path.display().to_string());
        let message = match locked {
            None => format!("plugin `{plugin}` is not locked: {lock} does not name it"),
            Some((_, locked)) => {
                let others: Vec<&str> = locked.sha256.keys().map(String::as_str).collect();
                let others = others.join("`, `");
                format!("plugin `{plugin}` is not locked for `{platform}`: {lock} has it for `{others}`")
            }
        };
        // Without a pipeline, the command would lock only the pipelines that the file names.
        let pipeline = self.pipeline.as_ref().map(|path| format!(" {}", path.display())).unwrap_or_default();
        let hint = format!(
            "take it in with `textmill plugin lock{pipeline}` on this platform, or leave `--locked` out"
        );
        Err(NotLocked { message, hint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Lock {
        let hash = |digit: char| digit.to_string().repeat(64);
        let sha256 = [("linux-x86_64".to_owned(), hash('a')), ("macos-aarch64".to_owned(), hash('0'))];
        let plugin = |pinned| LockedPlugin {
            version: "1.2.0".into(),
            abi: "1.0".into(),
            pinned,
            sha256: sha256.clone().into(),
        };
        Lock {
            pipelines: ["news.toml".into(), "more \"pages\".toml".into()].into(),
            plugins: [("one".into(), plugin(false)), ("another".into(), plugin(true))].into(),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK_FILE);
        for lock in [sample(), Lock::default()] {
            std::fs::write(&path, lock.render()).unwrap();
            assert_eq!(Lock::read(&path).unwrap(), Some(lock));
        }
        insta::assert_snapshot!(sample().render());
        assert_eq!(Lock::read(&folder.path().join("none")).unwrap(), None);
        assert!(Lock::read(folder.path()).unwrap_err().render(false).contains("the lock file is not a file"));
    }

    #[test]
    fn mistakes_are_shown_at_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK_FILE);
        let mut shown = String::new();
        for text in [
            "version = 2\n[[plugin]]\nsomething = \"new\"\n",
            "version = 1\nplugins = []\n[[plugin]]\nname = \"one\"\npinned = 1\n[plugin.sha256]\nlinux-x86_64 = \"abc\"\n",
            "version = 1\n[[plugin]]\nname = \"one\nversion = \"1\"\n",
            "[plugin]\nname = \"one\"\n",
            "",
        ] {
            std::fs::write(&path, text).unwrap();
            let problems = Lock::read(&path).unwrap_err();
            shown.push_str(&problems.render(false));
            shown.push_str("\n\n----\n\n");
        }
        insta::assert_snapshot!(shown.replace(&folder.path().display().to_string(), "[folder]"));
    }

    #[test]
    fn a_plugin_without_a_line_for_this_platform_is_not_locked() {
        let mut lock = sample();
        if let Some(plugin) = lock.plugins.get_mut("one") {
            plugin.sha256.remove(&platform());
            plugin.sha256.remove("linux-x86_64");
        }
        let lock_policy = |only_locked| LockPolicy {
            lock: Some((LOCK_FILE.into(), lock.clone())),
            only_locked,
            pipeline: None,
        };
        assert_eq!(lock_policy(false).expected("one").unwrap(), None);
        let refused = lock_policy(true).expected("one").unwrap_err().message;
        assert!(refused.contains("has it for `macos-aarch64`"), "{refused}");
        let refused = lock_policy(true).expected("third").unwrap_err().message;
        assert_eq!(refused, "plugin `third` is not locked: textmill.lock does not name it");
    }
}
