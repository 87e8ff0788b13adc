//! The command line: its commands and options, and their help texts.

mod advice;
mod inspect;
mod plugin;
mod snapshots;

pub use advice::parse;
pub use inspect::{ActionName, DiffArgs, ExplainArgs, LedgerArgs, WhatIfArgs};
pub use plugin::{
    InfoArgs, ListArgs, LockArgs, NewArgs, PluginCheckArgs, PluginCommand, PluginName, ReproArgs, WhichArgs,
};
pub use snapshots::{AcceptArgs, RejectArgs, ReviewArgs, TestArgs};

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Cleans, deduplicates, annotates and measures text corpora, with a record of every decision.
///
/// A pipeline file (TOML) names inputs, a chain of plugins and an output folder. Plugins are shared
/// libraries, loaded when the pipeline runs.
#[derive(Debug, Parser)]
#[command(name = "textmill", version, arg_required_else_help = true, after_help = AFTER)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print only errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Also print debug messages of plugins.
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Load only plugins that the pipeline's lock file lists; fail without a lock file.
    #[arg(long, global = true)]
    pub locked: bool,
}

const AFTER: &str = "Results go to stdout, progress and messages to stderr. NO_COLOR=1 turns colours off.
Exit status: 0 success (even if some documents are in failed.jsonl), 1 failure (also if all documents failed), 2 wrong command line, 130 stopped by Ctrl-C.";

/// A subcommand.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a doc comment here would hide the help text of the arguments")]
pub enum Command {
    Run(RunArgs),
    Check(CheckArgs),
    Test(TestArgs),
    Review(ReviewArgs),
    Accept(AcceptArgs),
    Reject(RejectArgs),
    Explain(ExplainArgs),
    Diff(DiffArgs),
    WhatIf(WhatIfArgs),
    Ledger(LedgerArgs),
    Schema(SchemaArgs),
    Init(InitArgs),
    Dev(DevArgs),
    /// Lists, creates, checks and locks plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Runs an isolated plugin; started by textmill itself.
    #[command(name = crate::isolate::SUBCOMMAND, hide = true)]
    IsolatedPlugin,
}

/// Runs a pipeline and writes a run folder.
///
/// The folder holds documents.jsonl (documents that passed), rejected.jsonl (documents that a stage dropped, with rule,
/// value and threshold), failed.jsonl (documents that could not be processed, with the reason), ledger.parquet (every
/// decision and every edit), summary.json (counts and reports) and run.json (the resolved pipeline, the plugins with
/// their hashes, the timings). It appears complete or not at all. All files except run.json are byte-for-byte identical
/// from run to run.
///
/// An interrupted run (Ctrl-C, a kill, a full disk) keeps its progress beside the run folder, and `--resume` continues
/// from there. If every document fails, the run folder is still written and the exit status is 1.
#[derive(Args, Debug)]
#[command(after_help = RUN_EXAMPLES)]
pub struct RunArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Read this file, folder or glob instead of the pipeline's; may be given several times.
    #[arg(long, value_name = "PATH")]
    pub input: Vec<PathBuf>,
    /// Write the run folder here instead of where the pipeline says.
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Set a key of the file, such as `run.threads=2`, an option of a stage, such as `dedupe.threshold=0.9` or
    /// `'clean.languages=["de", "en"]'`, or whether a stage runs, as `extract.enabled=false`; may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Number of threads; does not change the output.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = advice::threads)]
    pub threads: Option<u16>,
    /// Memory budget, such as `512MiB`; does not change the output, except that a document that needs more than an eighth of it fails.
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// Stop after this many documents.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = advice::at_least_one)]
    pub limit: Option<u64>,
    /// Continue an interrupted run.
    #[arg(long, conflicts_with_all = ["restart", "dry_run"])]
    pub resume: bool,
    /// Discard an interrupted run and start over.
    #[arg(long, conflicts_with = "dry_run")]
    pub restart: bool,
    /// End the run at the first document that cannot be read or processed.
    #[arg(long)]
    pub strict: bool,
    /// Show what would be done, with an estimate from a sample, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Show where time and memory were spent.
    #[arg(long)]
    pub profile: bool,
}

const RUN_EXAMPLES: &str = "Examples:
  textmill run config/news.toml
  textmill run config/news.toml --input pages --output out/pages
  textmill run config/news.toml --input 'crawl/*.jsonl.zst' --memory 512MiB --limit 1000
  textmill run config/news.toml --input s3://bucket/crawl --output s3://bucket/news
  textmill run config/news.toml --dry-run
  textmill run config/news.toml --resume";

/// Checks a pipeline file: keys, inputs, output folder, plugins, options, columns.
///
/// All mistakes are reported at once, each at its line and column. No document is read, nothing is written, and remote
/// addresses are not contacted.
#[derive(Args, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Set a key of the file or a stage's option, as `textmill run` does.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Print the pipeline as it would run: every key and option with its value and its origin, the columns, the libraries.
    #[arg(long)]
    pub explain: bool,
    /// Print the explanation as JSON.
    #[arg(long, requires = "explain")]
    pub json: bool,
    /// Also print the description of each key and option.
    #[arg(long, requires = "explain", conflicts_with = "json")]
    pub docs: bool,
}

const CHECK_EXAMPLES: &str = "Examples:
  textmill check config/news.toml
  textmill check config/news.toml --explain --docs
  textmill check config/news.toml --set run.threads=2 --explain --json";

/// Prints a JSON Schema of pipeline files, for editors.
///
/// It covers all tables and keys, and the options of every plugin that can be found. Editors with TOML schema support
/// complete and check files that begin with `#:schema ./textmill.schema.json`.
#[derive(Args, Debug)]
#[command(after_help = SCHEMA_EXAMPLES)]
pub struct SchemaArgs {
    /// Include the plugins that this pipeline file can use.
    pub pipeline: Option<PathBuf>,
}

const SCHEMA_EXAMPLES: &str = "Example:
  textmill schema pipeline.toml > textmill.schema.json";

/// Creates a workspace: a pipeline, sample documents with their snapshots, a folder for plugins, a schema for editors.
///
/// The stages are those shipped plugins that need only text.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// Folder of the workspace. It must be new, empty, or hold only what a new repository has.
    pub dir: PathBuf,
}

/// Rebuilds a plugin after each change, runs a sample, and shows what changed, document by document.
///
/// The sample goes through the whole pipeline, in memory, with the new build of the plugin. The result is compared with
/// that of the previous build (the first time, of the library that the pipeline finds). Nothing is written.
#[derive(Args, Debug)]
#[command(after_help = DEV_EXAMPLES)]
pub struct DevArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Name of the plugin in the pipeline.
    #[arg(long, value_name = "NAME")]
    pub plugin: String,
    /// Folder with its sources; by default `plugins/NAME` or `NAME`, beside the pipeline file or its folder.
    #[arg(long = "crate", value_name = "DIR")]
    pub crate_dir: Option<PathBuf>,
    /// Maximum number of documents in the sample, taken from the start of the input.
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Build and compare once, then exit.
    #[arg(long)]
    pub once: bool,
}

const DEV_EXAMPLES: &str = "Example:
  textmill dev pipeline.toml --plugin long-lines";
