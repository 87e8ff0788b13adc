//! Builds a plugin and keeps the results. Each library is loaded from a copy of its own: a loaded library is
//! never unloaded, and loading the same path again would return the old one.

use crate::failure::Failure;
use crate::host::{Project, Tool};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Builds a project and returns the library. The tools' messages go to stderr.
///
/// # Errors
/// If the tool cannot be started, if the build fails, or if it produces no library.
pub(super) fn build(project: &Project) -> Result<PathBuf, Failure> {
    let (mut tool, name) = match project.tool {
        Tool::Cargo => {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut cargo = Command::new(cargo);
            cargo.args(["build", "--message-format=json-render-diagnostics"]);
            (cargo, "cargo build")
        }
        Tool::Make => (Command::new("make"), "make"),
    };
    let folder = project.folder.display();
    let output = tool.current_dir(&project.folder).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| {
        Failure::new(format!("cannot start `{name}` in {folder}: {e}")).hint("is it installed?")
    })?;
    if !output.status.success() {
        return Err(Failure::new(format!("`{name}` in {folder} failed: {}", output.status)));
    }
    let built = match project.tool {
        Tool::Cargo => artifact(&String::from_utf8_lossy(&output.stdout), &project.folder),
        // The name may be known only after a build.
        Tool::Make => Project::at(&project.folder).and_then(|project| {
            let mut builds = project.builds();
            builds.retain(|path| path.is_file());
            builds.into_iter().next()
        }),
    };
    built.ok_or_else(|| {
        let hint = match project.tool {
            Tool::Cargo => "a plugin crate needs `crate-type = [\"cdylib\"]`",
            Tool::Make => "the library is looked for in `build`, under the name of the folder",
        };
        Failure::new(format!("`{name}` in {folder} made no library")).hint(hint)
    })
}

/// Finds the library in cargo's messages about what it has built.
fn artifact(messages: &str, folder: &Path) -> Option<PathBuf> {
    let manifest = folder.join("Cargo.toml").canonicalize().ok()?;
    let mut library = None;
    for message in messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
        let kinds = message.pointer("/target/kind").and_then(Value::as_array);
        let is_library = kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"));
        let of_project = text("/manifest_path")
            .and_then(|path| Path::new(path).canonicalize().ok())
            .is_some_and(|path| path == manifest);
        if text("/reason") != Some("compiler-artifact") || !is_library || !of_project {
            continue;
        }
        let files = message.pointer("/filenames").and_then(Value::as_array).into_iter().flatten();
        let mut files = files.filter_map(Value::as_str).map(PathBuf::from);
        library = files.find(|f| f.to_string_lossy().ends_with(std::env::consts::DLL_SUFFIX)).or(library);
    }
    library
}

/// Copies of the libraries that were built, each in a file of its own.
pub(super) struct Builds {
    folder: TempDir,
    count: usize,
}

impl Builds {
    /// Starts without any builds.
    ///
    /// # Errors
    /// If the temporary folder cannot be created.
    pub fn new() -> Result<Self, Failure> {
        let folder = TempDir::with_prefix("textmill-dev-")
            .map_err(|e| Failure::new(format!("cannot make a temporary folder: {e}")))?;
        Ok(Self { folder, count: 0 })
    }

    /// Copies a library to a place where nothing overwrites it. The name of the copy is not the name of a
    /// plugin.
    ///
    /// # Errors
    /// If it cannot be copied.
    pub fn keep(&mut self, library: &Path) -> Result<PathBuf, Failure> {
        self.count += 1;
        let stem = library.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}_build_{}{}", self.count, std::env::consts::DLL_SUFFIX);
        let kept = self.folder.path().join(name);
        std::fs::copy(library, &kept)
            .map_err(|e| Failure::new(format!("cannot copy {}: {e}", library.display())))?;
        Ok(kept)
    }
}
