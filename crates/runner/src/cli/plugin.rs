//! The command line of `textmill plugin`.

use crate::config::time_of;
use crate::scaffold::{Kind, Language};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// A subcommand of `plugin`.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a doc comment here would hide the help text of the arguments")]
pub enum PluginCommand {
    List(ListArgs),
    Info(InfoArgs),
    Which(WhichArgs),
    New(NewArgs),
    Repro(ReproArgs),
    Lock(LockArgs),
    Check(PluginCheckArgs),
    /// Runs one test of `check`, for `check`.
    #[command(hide = true)]
    CheckOne {
        /// What to run, as JSON.
        request: String,
    },
}

/// Lists the plugins that can be found: name, version, operators, and the library.
///
/// Folders are searched in this order, and the first hit wins: `plugins` beside the pipeline file and beside its folder
/// (with --pipeline), the folders in TEXTMILL_PLUGIN_PATH, the folder of this program, the user's data folder.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Search where this pipeline file would.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
}

/// Shows a plugin: its operators, the columns they read and write, their options with types, defaults
/// and docs.
#[derive(Args, Debug)]
pub struct InfoArgs {
    /// The plugin to show.
    #[command(flatten)]
    pub plugin: PluginName,
}

/// Shows every place where a plugin is searched for, and which one wins.
#[derive(Args, Debug)]
pub struct WhichArgs {
    /// The plugin to look for.
    #[command(flatten)]
    pub plugin: PluginName,
}

/// Creates the project of a new plugin: options, docs, test cases with snapshots, a README.
///
/// It builds, passes its own tests, and runs in a pipeline. It does little; change it to do what you need.
#[derive(Args, Debug)]
#[command(after_help = NEW_EXAMPLES)]
pub struct NewArgs {
    /// Name of the plugin, in kebab-case, such as `long-lines`.
    pub name: String,
    /// Kind of the plugin.
    #[arg(long, value_enum, default_value_t = Kind::Map)]
    pub kind: Kind,
    /// Language of the project; C supports only `map`.
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    pub lang: Language,
    /// Folder of the project, which must be empty or not exist; by default NAME in the current folder, or with
    /// --pipeline `plugins/NAME` beside the file.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Add the plugin to this pipeline file, as its last stage.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// The folder `crates/plugin` of a checkout of textmill; by default the one that this program was built from.
    #[arg(long, value_name = "DIR")]
    pub sdk: Option<PathBuf>,
}

const NEW_EXAMPLES: &str = "Examples:
  textmill plugin new long-lines
  textmill plugin new long-lines --pipeline pipeline.toml
  textmill plugin new word-counts --kind aggregate --dir ../word-counts";

// Names a plugin. No doc comment: it would replace the one of the command that this struct is flattened into.
#[derive(Args, Debug)]
#[expect(missing_docs, reason = "see above")]
pub struct PluginName {
    /// Name of the plugin, or the path of its library.
    pub name: String,
    /// Search where this pipeline file would.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
}

/// Replays a document that crashed a plugin's process.
///
/// A stage with `isolation = "process"` saves each such document in the folder `repro` of the run folder, together with
/// the plugin's name, the operator, the options and the limits. The file is a test case of the SDK's harness: add it to
/// a plugin's cases to make it a test. Exit status: 1 if the document still fails, 0 if it does not.
#[derive(Args, Debug)]
pub struct ReproArgs {
    /// The reproduction file.
    pub file: PathBuf,
    /// Use this plugin (a name or the path of a library) instead of the one that the file names.
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,
    /// Search for the plugin where this pipeline file would.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Run the plugin in this process and without limits, for use under a debugger.
    #[arg(long)]
    pub in_process: bool,
    /// Shrink the text while it still fails by the same rule, and write the result to this file.
    #[arg(long, value_name = "FILE", conflicts_with = "in_process")]
    pub shrink: Option<PathBuf>,
}

/// Writes textmill.lock: which libraries pipelines may load, by hash.
///
/// The file lists the pipelines, and each plugin with its version, its ABI and the SHA-256 of its library per platform.
/// It is written beside the pipelines, or one folder higher if that folder has `plugins` or a lock file. From then on, a
/// library that differs is refused before any of its code runs; `--locked` also refuses libraries that are not locked. On
/// another platform, the same command adds that platform's hashes.
///
/// Without a pipeline, the lock file in the current folder is updated for the pipelines that it lists. A plugin is loaded
/// to read its name and version, so lock only what you trust.
#[derive(Args, Debug)]
#[command(after_help = LOCK_EXAMPLES)]
pub struct LockArgs {
    /// Pipeline files whose plugins are locked, in addition to those that the lock file lists already.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
    /// Also lock this plugin, which no pipeline names; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub plugin: Vec<String>,
    /// Change nothing; fail if the lock file is stale. `--locked` does the same.
    #[arg(long)]
    pub check: bool,
}

const LOCK_EXAMPLES: &str = "Examples:
  textmill plugin lock config/news.toml
  textmill plugin lock
  textmill plugin lock --check config/news.toml
  textmill --locked run config/news.toml";

/// Tests whether a plugin conforms to the contract.
///
/// The tests give it empty, sliced, misaligned, null and huge input, hostile texts and options, several threads, its documents
/// split in every way, and a host that asks to stop. They check what it answers, releases and keeps.
///
/// Each test runs in its own process, with limits on time and memory, so that a crash or a hang fails only that test. A table
/// shows the results, followed by each failure with what was observed and the command that runs the test again. Exit
/// status: 1 if a test failed.
#[derive(Args, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct PluginCheckArgs {
    /// Name of the plugin, or the path of its library.
    #[arg(value_name = "LIB", required_unless_present = "list")]
    pub name: Option<String>,
    /// Search where this pipeline file would.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Run only this test; may be given several times.
    #[arg(long, value_name = "TEST")]
    pub only: Vec<String>,
    /// Test only this operator; by default all that can be stages.
    #[arg(long, value_name = "OPERATOR")]
    pub operator: Option<String>,
    /// Options to bind with: JSON, or a file with JSON.
    #[arg(long, value_name = "JSON|FILE")]
    pub options: Option<String>,
    /// Documents to use instead of generated ones: a case file of the harness, or JSON Lines with `id`, `text` and columns.
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Seed for the generated documents and all other randomness.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Time limit of a test: seconds, or with a unit, such as `2m`.
    #[arg(long, value_name = "TIME", default_value = "120", value_parser = seconds)]
    pub time_limit: u64,
    /// Size of the huge documents; choose less for a plugin built without optimisation.
    #[arg(long, value_name = "SIZE", default_value = "10MB")]
    pub huge: String,
    /// Memory limit of a test; 0 for none.
    #[arg(long, value_name = "SIZE", default_value = "4GiB")]
    pub memory: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// List the tests and their requirements without running them.
    #[arg(long)]
    pub list: bool,
}

const CHECK_EXAMPLES: &str = "Examples:
  textmill plugin check min-length
  textmill plugin check target/release/libmine.so --options '{\"column\": \"title\"}' --input tests/cases/pages.txt
  textmill plugin check target/release/libmine.so --only release-once --operator mine --seed 7";

/// Parses a time from 1 second to 1 day, in whole seconds. A shorter time counts as 1 second.
fn seconds(words: &str) -> Result<u64, String> {
    let time = time_of(words).map(|time| time.as_secs().max(1)).filter(|seconds| *seconds <= 86_400);
    time.ok_or_else(|| "it must be a time of at most a day; write `90`, `90s` or `2m`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_time_limit_has_a_unit_or_none() {
        for (words, right) in [("90", 90), ("10s", 10), ("2m", 120), ("100ms", 1), ("24h", 86_400)] {
            assert_eq!(seconds(words), Ok(right), "{words}");
        }
        assert!(["0", "25h", "soon", "-1", ""].into_iter().all(|words| seconds(words).is_err()));
    }
}
