//! The command line of snapshot tests.

use clap::Args;
use std::path::PathBuf;

/// Runs pipelines on their test inputs, and compares what each stage does to each document with what was accepted.
///
/// The table `[test]` of a pipeline file names `inputs` (files, folders and globs; the first 20 documents of the pipeline's
/// own input where there are none), the folder of `snapshots` (`snapshots/` and the file's name, beside the file), and a
/// `limit` of documents. Without PIPELINE, every pipeline in the current folder and in `config` that has the table, itself
/// or from a file that it extends, is tested.
///
/// A snapshot shows the text with removed lines struck out and named by rule, the columns that the stage wrote, its verdict
/// and its events. A stage that lets a document pass untouched has none, and another threshold under the same decision is
/// no difference. What differs is shown with the options that have
/// changed since, and is left beside the accepted snapshots as `.snap.new`, for `textmill review` or `cargo insta review`.
/// The first time, everything is new: read it, and accept it. Snapshots that nothing makes any more (orphans) are a
/// difference, too.
///
/// Exit status: 0 where all is as accepted, 1 where something differs or a pipeline does not run.
#[derive(Args, Debug)]
#[command(after_help = TEST_EXAMPLES)]
pub struct TestArgs {
    /// The pipeline files.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
    /// Write nothing, no pending snapshots either.
    #[arg(long)]
    pub ci: bool,
}

const TEST_EXAMPLES: &str = "Examples:
  textmill test
  textmill test config/news.toml
  textmill test --ci";

/// Goes through pending snapshots one by one: accept, reject or skip, with a key each.
///
/// Each is shown as a difference, with the rule that caused it and the options that have changed. Where stdin is no
/// terminal, the first letter of each line is the key. At the end come snapshots that nothing makes any more. As with
/// `textmill accept`, the pipeline, its plugins and inputs must be what the last `textmill test` ran.
#[derive(Args, Debug)]
#[command(after_help = REVIEW_KEYS)]
pub struct ReviewArgs {
    /// The pipeline files; without any, those that `textmill test` finds.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
}

const REVIEW_KEYS: &str = "Keys:
  a  accept            A  accept this and all that follow
  r  reject            R  reject this and all that follow
  s  skip, leave it pending
  q  quit, leave the rest pending
  ?  show the keys";

/// Accepts all pending snapshots: what the last `textmill test` of a pipeline left, as it left it.
///
/// It runs no stage, and refuses where the pipeline, a plugin or an input has changed since, or the last test did not finish.
#[derive(Args, Debug)]
pub struct AcceptArgs {
    /// The pipeline files; without any, those that `textmill test` finds.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
    /// Remove snapshots, too, that the last test found nothing to make any more.
    #[arg(long)]
    pub delete_orphans: bool,
}

/// Drops all pending snapshots; the accepted ones stay as they are.
#[derive(Args, Debug)]
pub struct RejectArgs {
    /// The pipeline files; without any, those that `textmill test` finds.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
}
