//! `textmill plugin lock`.

use super::{find, print};
use crate::cli::LockArgs;
use crate::config::{LOCK_FILE, Lock, LockedPlugin, Pipeline, lock_places, platform};
use crate::failure::Failure;
use crate::host::{Discovery, Found, LoadedPlugin, sha256_of};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Writes the lock file, or with `--check` reports whether it is stale.
pub(super) fn lock(args: &LockArgs, locked: bool) -> Result<(), Failure> {
    let path = place(&args.pipelines)?;
    let before = Lock::read(&path)?;
    if before.is_none() && args.pipelines.is_empty() && args.plugin.is_empty() {
        let hint = "name a pipeline file: `textmill plugin lock PIPELINE`";
        return Err(Failure::new("there is no textmill.lock in this folder").hint(hint));
    }
    let old = before.clone().unwrap_or_default();
    let check = args.check || locked;
    let now = Wanted::of(&path, &old, args)?.lock(&old, check)?;
    let changes = changes(&old, &now);
    let shown = path.display();
    let count = match now.plugins.len() {
        1 => "1 plugin".to_owned(),
        count => format!("{count} plugins"),
    };
    if before.as_ref() == Some(&now) {
        return print(&format!("{shown} is up to date: {count}"));
    }
    if check {
        let state = if before.is_some() { "is stale" } else { "is missing" };
        let message = format!("{shown} {state}\n{}", changes.join("\n"));
        return Err(
            Failure::new(message).hint("review the changes, and accept them with `textmill plugin lock`")
        );
    }
    write(&path, &now.render())?;
    let lines: Vec<String> = changes.into_iter().chain([format!("{shown} locks {count}")]).collect();
    print(&lines.join("\n"))
}

/// The lock file that all these pipelines share; without any pipeline, the one in the current folder.
fn place(pipelines: &[PathBuf]) -> Result<PathBuf, Failure> {
    let mut chosen: Option<(PathBuf, &Path)> = None;
    for pipeline in pipelines {
        let [beside, above] = lock_places(pipeline);
        let has_plugins = |lock: &Path| lock.with_file_name("plugins").is_dir();
        let is_above = !beside.exists() && (above.exists() || (!has_plugins(&beside) && has_plugins(&above)));
        let path = if is_above { above } else { beside };
        match &chosen {
            Some((first, of)) if folder(first)? != folder(&path)? => {
                let message = format!(
                    "the pipelines have different lock files: {} has {}, and {} has {}",
                    of.display(),
                    first.display(),
                    pipeline.display(),
                    path.display()
                );
                return Err(Failure::new(message).hint("lock them one at a time"));
            }
            Some(_) => {}
            None => chosen = Some((path, pipeline)),
        }
    }
    Ok(chosen.map_or_else(|| LOCK_FILE.into(), |(path, _)| path))
}

/// The canonical path of a file's folder.
fn folder(file: &Path) -> Result<PathBuf, Failure> {
    let folder = file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder
        .canonicalize()
        .map_err(|e| Failure::new(format!("cannot find the folder {}: {e}", folder.display())))
}

/// What to lock.
struct Wanted {
    pipelines: BTreeSet<String>,
    /// The library of each plugin, and whether the plugin is pinned.
    plugins: BTreeMap<String, (Found, bool)>,
}

impl Wanted {
    fn of(path: &Path, old: &Lock, args: &LockArgs) -> Result<Self, Failure> {
        let root = folder(path)?;
        let mut wanted = Self { pipelines: BTreeSet::new(), plugins: BTreeMap::new() };
        let mut files: Vec<PathBuf> = args.pipelines.clone();
        // A pipeline that no longer exists needs no plugins.
        let known = old.pipelines.iter().map(|name| path.with_file_name("").join(name));
        files.extend(known.filter(|file| file.exists()));
        for file in &files {
            if wanted.pipelines.insert(relative(file, &root)?) {
                let pipeline = Pipeline::read(file, &[])?;
                let discovery = Discovery::new(Some(file));
                for stage in &pipeline.stages {
                    wanted.take(find(&discovery, &stage.plugin)?, false)?;
                }
            }
        }
        let pinned = old.plugins.iter().filter(|(_, plugin)| plugin.pinned).map(|(name, _)| name);
        let names: BTreeSet<&String> = pinned.chain(&args.plugin).collect();
        // Searched as for a pipeline that is next to the lock file.
        let discovery = Discovery::new(Some(path));
        for name in names {
            if name.contains(['/', '\\']) {
                let hint = "give only the name; a pipeline may name a library by its path";
                return Err(Failure::new(format!("`--plugin {name}` is a path")).hint(hint));
            }
            wanted.take(find(&discovery, name)?, true)?;
        }
        Ok(wanted)
    }

    fn take(&mut self, found: Found, pinned: bool) -> Result<(), Failure> {
        match self.plugins.get_mut(&found.name) {
            Some((other, _)) if other.real_path() != found.real_path() => {
                let (one, two) = (other.path.display(), found.path.display());
                let message = format!("two libraries are called `{}`: {one} and {two}", found.name);
                Err(Failure::new(message).hint("give one of them another name"))
            }
            Some((_, was_pinned)) => {
                *was_pinned |= pinned;
                Ok(())
            }
            None => {
                self.plugins.insert(found.name.clone(), (found, pinned));
                Ok(())
            }
        }
    }

    /// Makes the lock file for the current libraries. Hashes for other platforms are kept as long as the
    /// version is the same. A library whose hash is known is not loaded. With `check`, no library is loaded:
    /// a difference can be found without running a plugin's code.
    fn lock(self, old: &Lock, check: bool) -> Result<Lock, Failure> {
        let mut plugins = BTreeMap::new();
        for (name, (found, pinned)) in self.plugins {
            let before = old.plugins.get(&name);
            let sha256 = sha256_of(&found.path)?;
            let is_known = before.is_some_and(|old| old.sha256.get(&platform()) == Some(&sha256));
            let mut plugin = if is_known || check {
                before.cloned().unwrap_or_default()
            } else {
                let plugin = LoadedPlugin::open(&found.path)?;
                let version = plugin.descriptor.version.clone();
                let others = before.filter(|old| old.version == version);
                let hashes = others.map(|old| old.sha256.clone()).unwrap_or_default();
                let abi = format!("{}.{}", plugin.abi.0, plugin.abi.1);
                LockedPlugin { version, abi, sha256: hashes, pinned }
            };
            plugin.pinned = pinned;
            plugin.sha256.insert(platform(), sha256);
            plugins.insert(name, plugin);
        }
        Ok(Lock { pipelines: self.pipelines, plugins })
    }
}

/// The path of a pipeline as written in the lock file.
fn relative(file: &Path, root: &Path) -> Result<String, Failure> {
    let whole = folder(file)?.join(file.file_name().unwrap_or_default());
    let inner = whole.strip_prefix(root).unwrap_or(&whole);
    let parts: Option<Vec<&str>> = inner.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| {
        Failure::new(format!(
            "the name of {} is not UTF-8 and cannot be written to a lock file",
            file.display()
        ))
    })
}

/// The differences, one per line.
fn changes(old: &Lock, now: &Lock) -> Vec<String> {
    let mut lines = Vec::new();
    let here = platform();
    let mut line = |what: &str, name: &str, rest: &str| {
        lines.push(format!("{what:8} {name} {}", rest.trim_start()));
    };
    for (name, plugin) in &now.plugins {
        let hash = plugin.sha256.get(&here).map_or("", String::as_str);
        let short = hash.get(..12).unwrap_or(hash);
        match old.plugins.get(name) {
            None => line("added", name, &format!("{} ({here} {short})", plugin.version)),
            Some(before) if before.version != plugin.version => {
                let stale: Vec<&str> =
                    before.sha256.keys().map(String::as_str).filter(|p| *p != here).collect();
                let stale = match stale.is_empty() {
                    true => String::new(),
                    false => format!(", no longer locked for {}", stale.join(", ")),
                };
                let versions = format!("{} -> {}", before.version, plugin.version);
                line("changed", name, &format!("{versions} ({here} {short}{stale})"));
            }
            Some(before) => match before.sha256.get(&here) {
                None => line("added", name, &format!("{} ({here} {short})", plugin.version)),
                Some(was) if was != hash => {
                    let was = was.get(..12).unwrap_or(was);
                    line("changed", name, &format!("{} ({here} {was} -> {short})", plugin.version));
                }
                Some(_) if before != plugin => {
                    line("changed", name, &format!("{} (how it is noted)", plugin.version));
                }
                Some(_) => {}
            },
        }
    }
    for (name, plugin) in old.plugins.iter().filter(|(name, _)| !now.plugins.contains_key(*name)) {
        line("removed", name, &plugin.version);
    }
    for name in now.pipelines.difference(&old.pipelines) {
        line("added", name, "(pipeline)");
    }
    for name in old.pipelines.difference(&now.pipelines) {
        line("removed", name, "(pipeline, which no longer exists)");
    }
    lines
}

/// Writes a file atomically.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let fresh = path.with_file_name(format!("{LOCK_FILE}.new"));
    std::fs::write(&fresh, text)
        .and_then(|()| std::fs::rename(&fresh, path))
        .map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))
}
