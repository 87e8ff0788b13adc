//! Compares case files of a plugin's tests with their snapshots.

use super::{case_files, show};
use crate::operator::Plugin;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Runs every case file (`*.txt`) of a folder through the plugin's first operator and compares the result
/// with `snapshots/<file>.snap` in that folder. Each case runs as one batch and document by document; the two
/// results must agree.
///
/// # Panics
/// If a case cannot be read, the two runs differ, or a snapshot does not match, as a test does.
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
