//! The command line of the commands that inspect finished runs.

use super::advice::number;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Filters and counts the ledger of a run: what was decided, how often, on what evidence.
///
/// Prints a line for each stage, action and rule: events, documents, and the least, the middle and the greatest of the
/// values that the rule measured. With `--rows` also the rows themselves. The ledger is a Parquet file: any program
/// that reads Parquet can ask it more.
///
/// A run knows its stages, and a stage that it does not have is an error. It does not know of rules that found nothing: a
/// rule that no event has is none, and the nearest is named on stderr.
#[derive(Args, Debug)]
#[command(after_help = LEDGER_EXAMPLES)]
pub struct LedgerArgs {
    /// The run folder.
    pub run: PathBuf,
    /// What this stage did; the reading of the input is called `input`.
    #[arg(long, value_name = "NAME")]
    pub stage: Option<String>,
    /// What was done by this rule.
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// What was done in this way.
    #[arg(long, value_name = "ACTION")]
    pub action: Option<ActionName>,
    /// What happened to this document.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Show the first N rows, too.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = number::<usize>)]
    pub rows: usize,
    /// Print every row that passes as a line of JSON, and no table.
    #[arg(long, conflicts_with = "rows")]
    pub json: bool,
}

/// Tells everything that happened to a document: stage by stage, what was decided by which rule, on what evidence, and
/// what was changed in its text.
///
/// Removed and changed passages are shown where the input is still where the run found it; else their places alone. For a
/// duplicate the kept twin is shown beside it. A rule in brackets behind an edit is one that would have made it, too; `with`
/// says that it changed the same passage. Where the bytes were not UTF-8 and the document says in a column `encoding` which
/// one they are in, passages are shown decoded.
#[derive(Args, Debug)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct ExplainArgs {
    /// The run folder.
    pub run: PathBuf,
    /// The document's id.
    pub id: String,
    /// Show passages and texts in full.
    #[arg(long)]
    pub full: bool,
    /// Print what is known as JSON.
    #[arg(long, conflicts_with = "full")]
    pub json: bool,
}

/// Compares two runs: which lines of the configuration differ, what each rule did more or less often, and which
/// documents came, went and changed, the most changed first.
///
/// Documents are matched by their ids. Exit status: 0 where the outputs are the same, 1 where they differ.
#[derive(Args, Debug)]
#[command(after_help = DIFF_EXAMPLES)]
pub struct DiffArgs {
    /// The run folder before the change.
    pub before: PathBuf,
    /// The run folder after it.
    pub after: PathBuf,
    /// Show so many of the documents that changed most.
    #[arg(long, value_name = "N", default_value_t = 5, allow_negative_numbers = true, value_parser = number::<usize>)]
    pub documents: usize,
    /// Print what differs as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Tries another threshold on a finished run, without its documents: how many would change sides, and which come nearest.
///
/// It asks the ledger alone, so it takes seconds, and knows of rules that a plugin has declared, which put the values of
/// documents and passages on the ledger that they dropped or came near to dropping (up to twice the threshold away). What stages
/// further down would do with a document that is kept now is not known.
#[derive(Args, Debug)]
#[command(after_help = WHAT_IF_EXAMPLES)]
pub struct WhatIfArgs {
    /// The run folder.
    pub run: PathBuf,
    /// The option of a stage, with the value to try; may be given several times.
    #[arg(long, value_name = "STAGE.OPTION=VALUE", required = true)]
    pub set: Vec<String>,
    /// Show so many documents on each side of the new threshold.
    #[arg(long, value_name = "N", default_value_t = 5, allow_negative_numbers = true, value_parser = number::<usize>)]
    pub documents: usize,
    /// Print what is known as JSON.
    #[arg(long)]
    pub json: bool,
}

const WHAT_IF_EXAMPLES: &str = "Examples:
  textmill what-if out/news --set STAGE.OPTION=400
  textmill what-if out/news --set STAGE.OPTION=400 --documents 20";

const DIFF_EXAMPLES: &str = "Examples:
  textmill diff out/before out/after
  textmill diff out/before out/after --documents 50
  textmill diff out/before out/after --json";

const EXPLAIN_EXAMPLES: &str = "Examples:
  textmill explain out/news 14-kite-day-inland-courier.txt
  textmill explain out/news 14-kite-day-inland-courier.txt --full";

const LEDGER_EXAMPLES: &str = "Examples:
  textmill ledger out/news
  textmill ledger out/news --action drop --rows 20
  textmill ledger out/news --rule too-short --json

The same in DuckDB:
  SELECT stage, action, rule, count(*) AS events, count(DISTINCT id) AS documents, min(value), median(value), max(value)
  FROM 'out/news/ledger.parquet' WHERE action = 'drop' GROUP BY ALL ORDER BY ALL;";

/// Actions of events.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ActionName {
    /// A span of the text was replaced.
    Edit,
    /// The document went no further.
    Drop,
    /// Something worth knowing.
    Annotate,
    /// The document could not be processed.
    Fail,
}

impl ActionName {
    /// The name of the action in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Drop => "drop",
            Self::Annotate => "annotate",
            Self::Fail => "fail",
        }
    }
}
