//! The command line of snapshot tests.

use clap::Args;
use std::path::PathBuf;

/// Runs pipelines on their test inputs, and compares what each stage does to each document with the accepted snapshots.
///
/// The table `[test]` of a pipeline file has `inputs` (files, folders and globs; by default the first 20 documents of the
/// pipeline's own input), the folder of `snapshots` (by default `snapshots/` and the file's name, beside the file), and a
/// `limit` of documents. Without PIPELINE, all pipelines in the current folder and in `config` that have this table, or
/// inherit it, are tested.
///
/// A snapshot shows the text with removed lines struck out and labelled with their rule, the columns that the stage wrote,
/// its verdict and its events. If a stage does nothing to a document, there is no snapshot. A changed threshold that leads
/// to the same decision is not a difference. Differences are shown together with the options that have changed, and are
/// saved beside the accepted snapshots as `.snap.new`, for `textmill review` or `cargo insta review`. The first time,
/// everything is new: read it, and accept it. Snapshots that are no longer produced (orphans) count as differences.
///
/// Exit status: 0 if everything is as accepted, 1 if something differs or a pipeline does not run.
#[derive(Args, Debug)]
#[command(after_help = TEST_EXAMPLES)]
pub struct TestArgs {
    /// The pipeline files.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
    /// Write nothing, not even pending snapshots.
    #[arg(long)]
    pub ci: bool,
}

const TEST_EXAMPLES: &str = "Examples:
  textmill test
  textmill test config/news.toml
  textmill test --ci";

/// Goes through pending snapshots one by one: accept, reject or skip, each with a key.
///
/// Each is shown as a diff, with the rule that caused it and the options that have changed. If stdin is not a terminal, the
/// first letter of each line is the key. Snapshots that are no longer produced come last. As with `textmill accept`, the
/// pipeline, its plugins and its inputs must be unchanged since the last `textmill test`.
#[derive(Args, Debug)]
#[command(after_help = REVIEW_KEYS)]
pub struct ReviewArgs {
    /// The pipeline files; by default those that `textmill test` finds.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
}

const REVIEW_KEYS: &str = "Keys:
  a  accept            A  accept this and all that follow
  r  reject            R  reject this and all that follow
  s  skip, leave it pending
  q  quit, leave the rest pending
  ?  show the keys";

/// Accepts all pending snapshots of the last `textmill test`.
///
/// It runs no stage, and refuses if the pipeline, a plugin or an input has changed since, or if that test did not finish.
#[derive(Args, Debug)]
pub struct AcceptArgs {
    /// The pipeline files; by default those that `textmill test` finds.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
    /// Also remove snapshots that the last test no longer produced.
    #[arg(long)]
    pub delete_orphans: bool,
}

/// Discards all pending snapshots; accepted ones stay unchanged.
#[derive(Args, Debug)]
pub struct RejectArgs {
    /// The pipeline files; by default those that `textmill test` finds.
    #[arg(value_name = "PIPELINE")]
    pub pipelines: Vec<PathBuf>,
}
