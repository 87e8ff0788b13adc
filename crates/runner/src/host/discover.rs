//! Where plugins are looked for: first hit wins, and every attempt is kept for the error message.

use super::project::{Project, builds};
use super::trust::is_privileged;
use crate::config::suggest;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Variable with further folders, separated as `PATH` is.
pub const PATH_VARIABLE: &str = "TEXTMILL_PLUGIN_PATH";

/// Folders that plugins are looked for in, each with why.
#[derive(Clone, Debug)]
pub struct Discovery {
    folders: Vec<(String, PathBuf)>,
    base: PathBuf,
}

/// One place that was looked at.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Why there.
    pub why: String,
    /// The file.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
}

/// A library that was found under a plugin's name.
#[derive(Clone, Debug)]
pub struct Found {
    /// Name in pipeline files.
    pub name: String,
    /// The library, by its absolute path. Links on the way are still in it: they are checked when it is opened.
    pub path: PathBuf,
    /// Why its folder was looked at.
    pub why: String,
}

impl Found {
    /// The library without links on the way, to tell whether two names mean one library.
    pub fn real_path(&self) -> PathBuf {
        std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

impl Discovery {
    /// The folders for a pipeline file: its workspace's `plugins` folder (beside the file or beside the
    /// file's folder), the variable `TEXTMILL_PLUGIN_PATH`, the folder of the running program, the
    /// user's data folder. Never the current folder, never the system's library path.
    ///
    /// Where the program has rights that its caller does not have (setuid, setgid), what the caller's environment
    /// says is not believed: neither the variable nor the data folder, which `HOME` and `XDG_DATA_HOME` name.
    pub fn new(pipeline: Option<&Path>) -> Self {
        Self::with(pipeline, |name| if is_privileged() { None } else { std::env::var_os(name) })
    }

    /// As [`Discovery::new`], with the environment that is believed.
    fn with(pipeline: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let base = pipeline.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let mut folders = Vec::new();
        if pipeline.is_some() {
            folders.push(("beside the pipeline file".to_owned(), base.join("plugins")));
            folders.push(("the workspace's plugins".to_owned(), base.join("..").join("plugins")));
        }
        if let Some(paths) = variable(PATH_VARIABLE) {
            let paths = std::env::split_paths(&paths).filter(|p| p.is_absolute());
            folders.extend(paths.map(|path| (PATH_VARIABLE.to_owned(), path)));
        }
        folders.extend(beside_program());
        if let Some(home) = data_home(&variable) {
            folders.push(("the user's data folder".to_owned(), home.join("textmill").join("plugins")));
        }
        let mut seen = std::collections::HashSet::new();
        folders.retain(|(_, folder)| seen.insert(folder.clone()));
        Self { folders, base }
    }

    /// The folder of the running program alone: the plugins that came with it.
    pub fn of_program() -> Self {
        Self { folders: beside_program().into_iter().collect(), base: PathBuf::new() }
    }

    /// Looks for a plugin named in a pipeline file: by path where the name has a slash, else by name. A folder with a
    /// plugin's sources stands for what was built there last.
    ///
    /// # Errors
    /// Every place that was looked at.
    pub fn find(&self, plugin: &str) -> Result<Found, Vec<Attempt>> {
        let mut attempts = Vec::new();
        for attempt in self.candidates(plugin) {
            if attempt.exists {
                let name = plugin_name(&attempt.path).unwrap_or_else(|| plugin.to_owned());
                return Ok(Found { name, path: absolute(&attempt.path), why: attempt.why });
            }
            attempts.push(attempt);
        }
        Err(attempts)
    }

    /// What is told of a plugin that [`Discovery::find`] does not find, and what to do.
    pub fn not_found(&self, plugin: &str, attempts: &[Attempt]) -> (String, String) {
        let tried: Vec<String> = attempts.iter().map(|a| format!("  {}", a.path.display())).collect();
        let message = format!("there is no plugin `{plugin}`; looked for\n{}", tried.join("\n"));
        let mut places = self.folders.iter().map(|(_, folder)| folder.join(plugin));
        let project = match plugin.contains(['/', '\\']) {
            true => Project::at(&self.base.join(plugin)),
            false => places.find_map(|folder| Project::at(&folder)),
        };
        let hint =
            project.map(|project| format!("its project is not built: run `{}`", project.build_command()));
        let hint = hint.or_else(|| {
            let names: Vec<String> = self.all().into_iter().map(|found| found.name).collect();
            suggest(plugin, names.iter().map(String::as_str))
        });
        (message, hint.unwrap_or_else(|| "`textmill plugin list` shows the plugins that there are".into()))
    }

    /// Every place that is looked at for a plugin, in order. Where there is a project of the plugin, that is what it
    /// has built, the newest first.
    pub fn candidates(&self, plugin: &str) -> Vec<Attempt> {
        let attempt =
            |why: &str, path: PathBuf| Attempt { why: why.to_owned(), exists: path.is_file(), path };
        if plugin.contains(['/', '\\']) {
            let path = self.base.join(plugin);
            let built = builds(&path);
            let paths = if built.is_empty() { vec![path] } else { built };
            return paths.into_iter().map(|path| attempt("the path in the pipeline file", path)).collect();
        }
        let file = library_name(plugin);
        let places = self.folders.iter().flat_map(|(why, folder)| {
            let built = builds(&folder.join(plugin)).into_iter();
            let built = built.map(move |path| attempt(&format!("{why}, a project"), path));
            std::iter::once(attempt(why, folder.join(&file))).chain(built)
        });
        places.collect()
    }

    /// Libraries of a plugin that another one of its name hides, which is found first.
    pub fn hidden(&self, plugin: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        for attempt in self.candidates(plugin).into_iter().filter(|attempt| attempt.exists) {
            // Links may lead to one and the same.
            let path = std::fs::canonicalize(&attempt.path).unwrap_or(attempt.path);
            if !found.contains(&path) {
                found.push(path);
            }
        }
        found.into_iter().skip(1).collect()
    }

    /// Every library in the folders whose name could be a plugin's; hidden ones (found later under a
    /// name that is taken) left out. Whether it is a plugin shows when it is opened.
    pub fn all(&self) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for (why, folder) in &self.folders {
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
            // A library before a project of its name, as where it is looked for.
            paths.sort_by_cached_key(|path| (path.is_dir(), path.clone()));
            for path in paths {
                let built = if path.is_dir() { builds(&path) } else { Vec::new() };
                let path = built.into_iter().next().filter(|path| path.is_file()).unwrap_or(path);
                let Some(name) = plugin_name(&path) else { continue };
                if !found.iter().any(|f| f.name == name) {
                    found.push(Found { name, path: absolute(&path), why: why.clone() });
                }
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The folders, each with why.
    pub fn folders(&self) -> &[(String, PathBuf)] {
        &self.folders
    }
}

/// File name of a plugin's library on this platform.
pub fn library_name(plugin: &str) -> String {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    format!("{prefix}{}{suffix}", plugin.replace('-', "_"))
}

/// The plugin's name that a library's file name stands for.
pub(super) fn plugin_name(path: &Path) -> Option<String> {
    let file = path.file_name()?.to_str()?;
    let stem = file.strip_prefix(std::env::consts::DLL_PREFIX)?.strip_suffix(std::env::consts::DLL_SUFFIX)?;
    Some(stem.replace('_', "-"))
}

fn beside_program() -> Option<(String, PathBuf)> {
    let program = std::env::current_exe().ok()?;
    Some(("beside the program".to_owned(), program.parent()?.to_owned()))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn data_home(variable: &impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let variable = |name: &str| variable(name).map(PathBuf::from).filter(|p| p.is_absolute());
    if cfg!(windows) {
        return variable("APPDATA");
    }
    let home = variable("HOME").map(|home| match cfg!(target_os = "macos") {
        true => home.join("Library").join("Application Support"),
        false => home.join(".local").join("share"),
    });
    variable("XDG_DATA_HOME").or(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_is_not_believed_names_no_folder() {
        let whys = |variable: &dyn Fn(&str) -> Option<OsString>| -> Vec<String> {
            Discovery::with(None, variable).folders().iter().map(|(why, _)| why.clone()).collect()
        };
        let home = std::env::temp_dir();
        let believed = whys(&|_| Some(home.clone().into_os_string()));
        assert_eq!(believed, [PATH_VARIABLE, "beside the program", "the user's data folder"]);
        assert_eq!(whys(&|_| None), ["beside the program"]);
    }
}
