//! The command line of `textmill plugin`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// A subcommand of `plugin`.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a doc comment here would hide the help text of the arguments")]
pub enum PluginCommand {
    List(ListArgs),
    Info(InfoArgs),
    Which(WhichArgs),
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
/// Folders, first hit wins: `plugins` beside the pipeline file and beside its folder (with --pipeline),
/// those in TEXTMILL_PLUGIN_PATH, the folder of this program, the user's data folder.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Look where this pipeline file would.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
}

/// Shows a plugin: its operators, the columns they read and write, their options with types, defaults
/// and docs.
#[derive(Args, Debug)]
pub struct InfoArgs {
    /// What to show.
    #[command(flatten)]
    pub plugin: PluginName,
}

/// Shows every place where a plugin is looked for, and which one wins.
#[derive(Args, Debug)]
pub struct WhichArgs {
    /// What to look for.
    #[command(flatten)]
    pub plugin: PluginName,
}

// Names a plugin. No doc comment: it would replace that of the command it is part of.
#[derive(Args, Debug)]
#[expect(missing_docs, reason = "see above")]
pub struct PluginName {
    /// Name of the plugin, or the path of its library.
    pub name: String,
    /// Look where this pipeline file would.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
}

/// Tests whether a plugin keeps to the contract.
///
/// It is given empty, sliced, misaligned, null and huge input, hostile texts and options, several threads, its documents in every
/// split, and a host that asks to stop; what it answers, releases and keeps is looked at.
///
/// Each test runs in a process of its own, with limits of time and memory, so that a crash or a hang is a verdict of that
/// test. A table shows the verdicts, and under it each failure with what was seen and the command that runs it again. Exit
/// status 1 where a test failed.
#[derive(Args, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct PluginCheckArgs {
    /// Name of the plugin, or the path of its library.
    #[arg(value_name = "LIB", required_unless_present = "list")]
    pub name: Option<String>,
    /// Look where this pipeline file would.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Run this test alone; may be given several times.
    #[arg(long, value_name = "TEST")]
    pub only: Vec<String>,
    /// Test this operator alone; all that can be a stage where it is not said.
    #[arg(long, value_name = "OPERATOR")]
    pub operator: Option<String>,
    /// Options to bind with: JSON, or a file that holds it.
    #[arg(long, value_name = "JSON|FILE")]
    pub options: Option<String>,
    /// Documents in place of generated ones: a case file of the harness, or JSON Lines with `id`, `text` and columns.
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// What the documents, and everything else that is random, follow from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// End a test after this many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub time_limit: u64,
    /// Size of the documents that are called huge; less is enough for a plugin built without optimisation.
    #[arg(long, value_name = "SIZE", default_value = "10MB")]
    pub huge: String,
    /// Memory that a test may ask the system for; 0 for any.
    #[arg(long, value_name = "SIZE", default_value = "4GiB")]
    pub memory: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Show what the tests ask for, and run none.
    #[arg(long)]
    pub list: bool,
}

const CHECK_EXAMPLES: &str = "Examples:
  textmill plugin check min-length
  textmill plugin check target/release/libmine.so --options '{\"column\": \"title\"}' --input tests/cases/pages.txt
  textmill plugin check target/release/libmine.so --only release-once --operator mine --seed 7";
