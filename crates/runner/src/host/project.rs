//! The folder of a plugin's sources: how it is built, and where its library is after that. Builds nothing
//! itself.

use super::discover::{library_name, plugin_name};
use super::trust::is_privileged;
use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The variable that tells cargo where to put its build output.
const TARGET_VARIABLE: &str = "CARGO_TARGET_DIR";

/// The folder of a plugin's sources.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// The tool that builds it.
    pub tool: Tool,
    /// Name of the plugin.
    pub name: String,
}

/// The tool that builds a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// There is a `Cargo.toml`.
    Cargo,
    /// There is a `Makefile`.
    Make,
}

impl Project {
    /// The project in a folder; `None` if nothing there says how to build it.
    pub fn at(folder: &Path) -> Option<Self> {
        let of = |tool, name| Some(Self { folder: folder.to_owned(), tool, name });
        if let Ok(manifest) = std::fs::read_to_string(folder.join("Cargo.toml")) {
            let manifest: toml::Table = manifest.parse().ok()?;
            let name = |table: &str| manifest.get(table)?.get("name")?.as_str().map(str::to_owned);
            return of(Tool::Cargo, name("lib").or_else(|| name("package"))?.replace('_', "-"));
        }
        if !folder.join("Makefile").is_file() {
            return None;
        }
        // For `.` and the like, the name comes from the folder that the path stands for.
        let place = folder.canonicalize().ok()?;
        let own = place.file_name()?.to_str()?.replace('_', "-");
        let mut built = libraries(&folder.join("build"));
        built.sort();
        // If it has built a plugin that is not named after the folder, that is the plugin.
        let name = if built.contains(&own) { None } else { built.into_iter().next() };
        of(Tool::Make, name.unwrap_or(own))
    }

    /// The command that builds it, as a line for a shell.
    pub fn build_command(&self) -> String {
        let folder = self.folder.display().to_string();
        // A shell takes text in single quotes literally.
        let quoted = |path: String| match path.contains([' ', '\'', '"', '$', '\\', '`', '(', '&', ';']) {
            true => format!("'{}'", path.replace('\'', r"'\''")),
            false => path,
        };
        match self.tool {
            Tool::Cargo => {
                format!("cargo build --release --manifest-path {}", quoted(format!("{folder}/Cargo.toml")))
            }
            Tool::Make => format!("make -C {}", quoted(folder)),
        }
    }

    /// The places where its library may be after a build: existing files first, the newest before older ones,
    /// then places without a file.
    pub fn builds(&self) -> Vec<PathBuf> {
        let target = if is_privileged() { None } else { std::env::var_os(TARGET_VARIABLE) };
        self.builds_with(target.map(PathBuf::from).as_deref())
    }

    /// The same, with an additional target folder for cargo.
    fn builds_with(&self, target: Option<&Path>) -> Vec<PathBuf> {
        let own = self.folder.join("target");
        let folders = match self.tool {
            // A relative path is skipped: only cargo knows what it is relative to.
            Tool::Cargo => [Some(own.as_path()), target.filter(|target| target.is_absolute())]
                .into_iter()
                .flatten()
                .flat_map(|target| [target.join("release"), target.join("debug")])
                .collect(),
            Tool::Make => vec![self.folder.join("build"), self.folder.clone()],
        };
        let file = library_name(&self.name);
        let mut builds: Vec<PathBuf> = folders.into_iter().map(|folder| folder.join(&file)).collect();
        builds.sort_by_cached_key(|path| Reverse(built_at(path)));
        builds
    }
}

/// The places of the library of the project in this folder, as for [`Project::builds`]; empty if the folder
/// is not a project.
pub(super) fn builds(folder: &Path) -> Vec<PathBuf> {
    Project::at(folder).map(|project| project.builds()).unwrap_or_default()
}

/// The names of the plugins that the libraries in a folder may be.
fn libraries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| plugin_name(&entry.path())).collect()
}

fn built_at(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Discovery;
    use std::fs;
    use std::time::Duration;

    #[test]
    fn cargo_may_build_elsewhere() {
        let temp = tempfile::TempDir::new().unwrap();
        fs::write(temp.path().join("Cargo.toml"), "[package]\nname = \"long-lines\"\n").unwrap();
        let elsewhere = temp.path().join("elsewhere");
        let project = Project::at(temp.path()).unwrap();
        let built = elsewhere.join("debug").join(library_name("long-lines"));
        fs::create_dir_all(built.parent().unwrap()).unwrap();
        fs::write(&built, "").unwrap();
        assert_eq!(project.builds_with(Some(&elsewhere)).first(), Some(&built));
        for target in [None, Some(Path::new("elsewhere"))] {
            assert!(!project.builds_with(target).contains(&built), "{target:?}");
        }
    }

    #[test]
    fn the_newest_build_of_a_project_is_the_plugin() {
        let temp = tempfile::TempDir::new().unwrap();
        let pipeline = temp.path().join("pipeline.toml");
        let folder = temp.path().join("plugins/long-lines");
        for profile in ["release", "debug"] {
            fs::create_dir_all(folder.join("target").join(profile)).unwrap();
        }
        let discovery = Discovery::new(Some(&pipeline));
        let found = |plugin: &str| discovery.find(plugin).ok().map(|f| f.path.canonicalize().unwrap());
        assert_eq!(found("long-lines"), None);
        fs::write(folder.join("Cargo.toml"), "[package]\nname = \"long-lines\"\n").unwrap();
        let tried: Vec<PathBuf> =
            discovery.find("long-lines").unwrap_err().into_iter().map(|a| a.path).collect();
        let [release, debug] =
            ["release", "debug"].map(|p| folder.join("target").join(p).join(library_name("long-lines")));
        assert!(tried.contains(&release) && tried.contains(&debug));
        let hint = |plugin: &str| discovery.not_found(plugin, &[]).1;
        for plugin in ["long-lines", "./plugins/long-lines"] {
            let told = hint(plugin);
            assert!(told.starts_with("its project is not built: run `cargo build"), "{told}");
        }
        assert!(!hint("short-lines").contains("built"));

        fs::write(&release, "").unwrap();
        fs::write(&debug, "").unwrap();
        let hour = Duration::from_secs(3600);
        let now = SystemTime::now();
        for (newer, older) in [(&release, &debug), (&debug, &release)] {
            let set = |path, time| fs::File::open(path).and_then(|f| f.set_modified(time)).unwrap();
            set(newer, now);
            set(older, now - hour);
            let newer = newer.canonicalize().unwrap();
            assert_eq!(found("long-lines"), Some(newer.clone()));
            assert_eq!(found("./plugins/long-lines"), Some(newer.clone()));
            assert!(discovery.all().iter().any(|f| f.path.canonicalize().ok().as_ref() == Some(&newer)));
        }
        // A library that was put there by hand comes first, and is the one listed.
        let library = temp.path().join("plugins").join(library_name("long-lines"));
        fs::write(&library, "").unwrap();
        let library = library.canonicalize().unwrap();
        assert_eq!(found("long-lines"), Some(library.clone()));
        assert!(discovery.all().iter().any(|f| f.path.canonicalize().ok().as_ref() == Some(&library)));
        assert_eq!(discovery.hidden("long-lines").len(), 2);
    }
}
