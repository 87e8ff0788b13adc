//! Runs a plugin in a test the way the host runs it, but without loading a library, and shows what it did in
//! a form that suits snapshots.
//!
//! ```no_run
//! # use textmill_plugin::operator::PluginSpec;
//! # fn plugin() -> PluginSpec { unimplemented!() }
//! #[test]
//! fn stage_snapshots() {
//!     textmill_plugin::harness::snapshots(&plugin(), "tests/cases");
//! }
//! ```

mod bound;
mod case;
mod compare;
#[cfg(feature = "harness")]
mod invariant;
mod partition;
mod random;
mod render;
mod run;
#[cfg(feature = "harness")]
mod snapshots;
#[cfg(all(test, feature = "harness"))]
mod tests;

pub use bound::Bound;
pub use case::{Case, Document};
pub use compare::difference;
#[cfg(feature = "harness")]
pub use invariant::assert_partition_invariant;
pub use partition::{Merging, partition_difference};
pub use random::Random;
pub use render::{event_line, is_hidden, render, visible};
pub use run::{Outcome, Verdict, run};
#[cfg(feature = "harness")]
pub use snapshots::snapshots;

use crate::operator::Plugin;
use std::path::{Path, PathBuf};

/// The case files of a folder, sorted by name.
///
/// # Panics
/// If the folder cannot be read.
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

/// Runs a case file through a plugin and shows the result as in a snapshot.
///
/// # Errors
/// If the file is not a case, or the stage fails as a whole.
pub fn show(plugin: &dyn Plugin, file: &Path, batch_size: usize) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let name = file.file_name().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let case = Case::parse(&name, &bytes)?;
    Ok(render(&run(plugin, None, &case, batch_size)?))
}
