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

use crate::config::MOST_THREADS;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Cleans, dedupes, annotates and counts piles of text, with a record of every decision.
///
/// A pipeline file (TOML) names inputs, a chain of plugins and an output folder. Plugins are shared
/// libraries, loaded when the pipeline runs.
#[derive(Debug, Parser)]
#[command(name = "textmill", version, arg_required_else_help = true, after_help = AFTER)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print errors alone.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Print what plugins log for their authors, too.
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Load only plugins that the pipeline's lock file names; without a lock file, none.
    #[arg(long, global = true)]
    pub locked: bool,
}

const AFTER: &str = "Results go to stdout, progress and messages to stderr. NO_COLOR=1 turns colours off.
Exit status: 0 done (also where some documents went to failed.jsonl), 1 it failed (also where all documents did), 2 the command line is wrong, 130 stopped by Ctrl-C.";

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
    /// Look at plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// The process of a plugin. The program starts it by itself.
    #[command(name = crate::isolate::SUBCOMMAND, hide = true)]
    IsolatedPlugin,
}

/// Runs a pipeline and leaves a run folder.
///
/// The folder holds documents.jsonl (what came through), rejected.jsonl (what a stage dropped, with rule,
/// value and threshold), failed.jsonl (what could not be processed, with the reason), ledger.parquet
/// (every decision and every edit), summary.json (counts and reports) and run.json (the pipeline as
/// resolved, the plugins with their hashes, the timings). It appears whole or not at all. All files but
/// run.json are the same, byte for byte, from run to run.
///
/// A run that is interrupted (Ctrl-C, a kill, a full disk) leaves what it has done beside the folder's place, and
/// `--resume` goes on from there. A run of which every document failed is a failed run: its folder is there, and the exit
/// status is 1.
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
    /// Set a key of the file, such as `run.threads=2`, or a stage's option, such as `STAGE.OPTION=VALUE`;
    /// may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Work on this many threads; the output does not depend on it.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_THREADS)))]
    pub threads: Option<u16>,
    /// Use this much memory, such as `512MiB`; the output does not depend on it, but a document above an eighth of it fails.
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// Stop after this many documents.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = advice::at_least_one)]
    pub limit: Option<u64>,
    /// Go on with a run that was interrupted.
    #[arg(long, conflicts_with_all = ["restart", "dry_run"])]
    pub resume: bool,
    /// Begin anew where a run was interrupted, and drop what it has done.
    #[arg(long, conflicts_with = "dry_run")]
    pub restart: bool,
    /// End the run at the first document that cannot be read or processed.
    #[arg(long)]
    pub strict: bool,
    /// Show what would be done, with an estimate from a sample, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Show where the time and the memory went.
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
/// All mistakes are shown at once, each at its line and column. No document is read and nothing is written; addresses are
/// not asked.
#[derive(Args, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
pub struct CheckArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Set a key of the file or a stage's option, as `textmill run` does.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Print the pipeline as it would run: every key and option with its value and where that came from, the columns, the
    /// libraries.
    #[arg(long)]
    pub explain: bool,
    /// Print that as JSON.
    #[arg(long, requires = "explain")]
    pub json: bool,
    /// Print what each key and option is for, too.
    #[arg(long, requires = "explain", conflicts_with = "json")]
    pub docs: bool,
}

const CHECK_EXAMPLES: &str = "Examples:
  textmill check config/news.toml
  textmill check config/news.toml --explain --docs
  textmill check config/news.toml --set run.threads=2 --explain --json";

/// Prints a JSON Schema of pipeline files, for editors.
///
/// It has every table and key, and the options of every plugin that can be found. An editor with TOML support completes
/// and checks a file that begins with `#:schema ./textmill.schema.json`.
#[derive(Args, Debug)]
#[command(after_help = SCHEMA_EXAMPLES)]
pub struct SchemaArgs {
    /// Take the plugins that this pipeline file can name.
    pub pipeline: Option<PathBuf>,
}

const SCHEMA_EXAMPLES: &str = "Example:
  textmill schema pipeline.toml > textmill.schema.json";

/// Writes a workspace: a pipeline with a sample and snapshots of what it makes of it, a folder for plugins, a schema for editors.
///
/// The stages are the plugins that come with this program and want nothing but text.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// The workspace's folder: not there yet, empty, or with nothing but what a new repository begins with.
    pub dir: PathBuf,
}

/// Builds a plugin after each change, runs a sample, and shows what has changed, document by document.
///
/// The sample goes through the whole pipeline, in memory, with the fresh library in the stages of the plugin, and is compared
/// with what the build before made of it; the first time, with the library that the pipeline finds. Nothing is written.
#[derive(Args, Debug)]
#[command(after_help = DEV_EXAMPLES)]
pub struct DevArgs {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// The plugin: its name in the pipeline.
    #[arg(long, value_name = "NAME")]
    pub plugin: String,
    /// The folder with its sources; `plugins/NAME` or `NAME`, beside the pipeline file or its folder, where it is
    /// not said.
    #[arg(long = "crate", value_name = "DIR")]
    pub crate_dir: Option<PathBuf>,
    /// Documents in the sample, at most: the first of the input.
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Build and compare one time.
    #[arg(long)]
    pub once: bool,
}

const DEV_EXAMPLES: &str = "Example:
  textmill dev pipeline.toml --plugin long-lines";
