//! Where plugins are searched: the first hit wins, and every attempt is kept for the error message.

use super::project::{Project, builds};
use super::trust::is_privileged;
use crate::config::suggest;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The environment variable with additional folders, separated as in `PATH`.
pub const PATH_VARIABLE: &str = "TEXTMILL_PLUGIN_PATH";

/// The folders that are searched for plugins, each with the reason.
#[derive(Clone, Debug)]
pub struct Discovery {
    folders: Vec<(String, PathBuf)>,
    base: PathBuf,
}

/// A place that was searched.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Why this place is searched.
    pub why: String,
    /// The file.
    pub path: PathBuf,
    /// Whether the file exists.
    pub exists: bool,
}

/// A library that was found under a plugin's name.
#[derive(Clone, Debug)]
pub struct Found {
    /// Name of the plugin in pipeline files.
    pub name: String,
    /// Absolute path of the library. Symlinks are not resolved: they are checked when the library is opened.
    pub path: PathBuf,
    /// Why its folder was searched.
    pub why: String,
}

impl Found {
    /// The path of the library with symlinks resolved, to tell whether two names mean the same library.
    pub fn real_path(&self) -> PathBuf {
        std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

impl Discovery {
    /// The folders for a pipeline file: its workspace's `plugins` folder (next to the file or next to the
    /// file's folder), the variable `TEXTMILL_PLUGIN_PATH`, the folder of the running program, the user's
    /// data folder. Never the current folder, never the system's library path.
    ///
    /// If the program has privileges that its caller lacks (setuid, setgid), the caller's environment is not
    /// trusted: neither the variable nor the data folder, which `HOME` and `XDG_DATA_HOME` name.
    pub fn new(pipeline: Option<&Path>) -> Self {
        Self::with(pipeline, |name| if is_privileged() { None } else { std::env::var_os(name) })
    }

    /// Like [`Discovery::new`], with the environment to trust.
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

    /// Only the folder of the running program: the plugins that are shipped with it.
    pub fn of_program() -> Self {
        Self { folders: beside_program().into_iter().collect(), base: PathBuf::new() }
    }

    /// Finds a plugin named in a pipeline file: by path if the name contains a slash, or else by name. A
    /// folder with a plugin's sources stands for its newest build.
    ///
    /// # Errors
    /// Returns every place that was searched.
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

    /// The message and the hint for a plugin that [`Discovery::find`] does not find.
    pub fn not_found(&self, plugin: &str, attempts: &[Attempt]) -> (String, String) {
        let tried: Vec<String> = attempts.iter().map(|a| format!("  {}", a.path.display())).collect();
        let message = format!("there is no plugin `{plugin}`; searched:\n{}", tried.join("\n"));
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

    /// Every place that is searched for a plugin, in order. If there is a project of the plugin, its builds
    /// are included, the newest first.
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

    /// Libraries of a plugin that are hidden by another one of the same name, which is found first.
    pub fn hidden(&self, plugin: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        for attempt in self.candidates(plugin).into_iter().filter(|attempt| attempt.exists) {
            // Symlinks may lead to the same file.
            let path = std::fs::canonicalize(&attempt.path).unwrap_or(attempt.path);
            if !found.contains(&path) {
                found.push(path);
            }
        }
        found.into_iter().skip(1).collect()
    }

    /// Every library in the folders whose file name could be that of a plugin, except hidden ones (found
    /// later under a name that is taken). Only opening a library shows whether it is a plugin.
    pub fn all(&self) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for (why, folder) in &self.folders {
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
            // A library comes before a project of the same name, as in the search for a plugin.
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

    /// The folders, each with the reason why it is searched.
    pub fn folders(&self) -> &[(String, PathBuf)] {
        &self.folders
    }
}

/// The file name of a plugin's library on this platform.
pub fn library_name(plugin: &str) -> String {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    format!("{prefix}{}{suffix}", plugin.replace('-', "_"))
}

/// The plugin name that corresponds to a library's file name.
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
