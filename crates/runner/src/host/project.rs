//! The folder that a plugin is written in: what builds it, and where its library then lies. Builds nothing.

use super::discover::{library_name, plugin_name};
use super::trust::is_privileged;
use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The variable by which cargo is told where to put what it builds.
const TARGET_VARIABLE: &str = "CARGO_TARGET_DIR";

/// The folder of a plugin's sources.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// What builds it.
    pub tool: Tool,
    /// Name of the plugin.
    pub name: String,
}

/// What builds a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// There is a `Cargo.toml`.
    Cargo,
    /// There is a `Makefile`.
    Make,
}

impl Project {
    /// The project in a folder; `None` where nothing there says how to build it.
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
        // Of `.` and the like, the name is told by the place they stand for.
        let place = folder.canonicalize().ok()?;
        let own = place.file_name()?.to_str()?.replace('_', "-");
        let mut built = libraries(&folder.join("build"));
        built.sort();
        // Where it has built another plugin than its folder is called, that is the one.
        let name = if built.contains(&own) { None } else { built.into_iter().next() };
        of(Tool::Make, name.unwrap_or(own))
    }

    /// What builds it, as a line for a shell.
    pub fn build_command(&self) -> String {
        let folder = self.folder.display().to_string();
        // A shell takes what stands in such quotation marks as it is.
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

    /// Where its library lies when it is built: what is there first, the newest before older ones, then what is not.
    pub fn builds(&self) -> Vec<PathBuf> {
        let target = if is_privileged() { None } else { std::env::var_os(TARGET_VARIABLE) };
        self.builds_with(target.map(PathBuf::from).as_deref())
    }

    /// The same, where cargo puts what it builds into another folder, too.
    fn builds_with(&self, target: Option<&Path>) -> Vec<PathBuf> {
        let own = self.folder.join("target");
        let folders = match self.tool {
            // What a relative one starts from is known to cargo alone.
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

/// Where the library of the project in this folder lies, as [`Project::builds`] says; nowhere where it is no project.
pub(super) fn builds(folder: &Path) -> Vec<PathBuf> {
    Project::at(folder).map(|project| project.builds()).unwrap_or_default()
}

/// Names of the plugins that libraries in a folder could be.
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
        // A library that was put there by hand comes first, and is what is listed.
        let library = temp.path().join("plugins").join(library_name("long-lines"));
        fs::write(&library, "").unwrap();
        let library = library.canonicalize().unwrap();
        assert_eq!(found("long-lines"), Some(library.clone()));
        assert!(discovery.all().iter().any(|f| f.path.canonicalize().ok().as_ref() == Some(&library)));
        assert_eq!(discovery.hidden("long-lines").len(), 2);
    }
}
