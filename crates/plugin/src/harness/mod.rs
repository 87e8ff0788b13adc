//! Running a plugin in a test, the way the host runs it but without loading a library, and showing what
//! it did in a form fit for a snapshot.
//!
//! ```no_run
//! # use textmill_plugin::operator::PluginSpec;
//! # fn plugin() -> PluginSpec { unimplemented!() }
//! #[test]
//! fn stage_snapshots() {
//!     textmill_plugin::harness::snapshots(&plugin(), "tests/cases");
//! }
//! ```

mod case;
mod render;
mod run;

pub use case::{Case, Document};
pub use render::render;
pub use run::{Outcome, Verdict, run};

use crate::operator::Plugin;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Runs every case file (`*.txt`) of a folder through the plugin's first operator and compares what it
/// did with `snapshots/<file>.snap` beside it. Each case runs as one batch and document by document; the
/// two must agree.
///
/// # Panics
/// Where a case cannot be read, the two runs differ, or a snapshot does not match, as a test does.
#[expect(clippy::panic, reason = "it is the body of a test")]
pub fn snapshots(plugin: &dyn Plugin, folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    let mut failed = Vec::new();
    let files = case_files(folder);
    assert!(!files.is_empty(), "no case in {}", folder.display());
    for file in files {
        let outcome = catch_unwind(AssertUnwindSafe(|| snapshot(plugin, folder, &file)));
        if outcome.is_err() {
            failed.push(file.display().to_string());
        }
    }
    if !failed.is_empty() {
        panic!("{} cases differ from their snapshots: {}", failed.len(), failed.join(", "));
    }
}

/// The case files of a folder, sorted by name.
///
/// # Panics
/// Where the folder cannot be read.
#[expect(clippy::panic, reason = "it is part of the body of a test")]
pub fn case_files(folder: &Path) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => panic!("cannot read the cases in {}: {error}", folder.display()),
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files.sort();
    files
}

#[expect(clippy::panic, reason = "it is the body of a test")]
fn snapshot(plugin: &dyn Plugin, folder: &Path, file: &Path) {
    let name = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let shown = match show(plugin, file, usize::MAX) {
        Ok(shown) => shown,
        Err(message) => panic!("{}: {message}", file.display()),
    };
    match show(plugin, file, 1) {
        Ok(one_by_one) => assert_eq!(shown, one_by_one, "{}: batches of one document differ", file.display()),
        Err(message) => panic!("{}: in batches of one document: {message}", file.display()),
    }
    let mut settings = insta::Settings::clone_current();
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    settings.set_snapshot_path(folder.join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, shown));
}

/// What a plugin does to a case file, as a snapshot shows it.
///
/// # Errors
/// Where the file is not a case, or the stage fails as a whole.
pub fn show(plugin: &dyn Plugin, file: &Path, batch_size: usize) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let name = file.file_name().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let case = Case::parse(&name, &bytes)?;
    Ok(render(&run(plugin, None, &case, batch_size)?))
}
