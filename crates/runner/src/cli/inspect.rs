//! The command line of the commands that inspect finished runs.

use super::advice::number;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Filters and counts the ledger of a run: what was decided, how often, on what evidence.
///
/// Prints a line for each stage, action and rule: number of events and documents, and minimum, median and maximum of the
/// measured values. `--rows` also prints the rows themselves. The ledger is a Parquet file, so any program that reads
/// Parquet can query it.
///
/// An unknown stage is an error. A rule without events is not: the ledger does not know rules that never matched. The
/// most similar rule name is then printed to stderr.
#[derive(Args, Debug)]
#[command(after_help = LEDGER_EXAMPLES)]
pub struct LedgerArgs {
    /// The run folder.
    pub run: PathBuf,
    /// Only events of this stage; reading the input is the stage `input`.
    #[arg(long, value_name = "NAME")]
    pub stage: Option<String>,
    /// Only events of this rule.
    #[arg(long, value_name = "NAME")]
    pub rule: Option<String>,
    /// Only events with this action.
    #[arg(long, value_name = "ACTION")]
    pub action: Option<ActionName>,
    /// Only events of this document.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Also show the first N rows.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = number::<usize>)]
    pub rows: usize,
    /// Print every matching row as a line of JSON, and no table.
    #[arg(long, conflicts_with = "rows")]
    pub json: bool,
}

/// Shows everything that happened to a document: stage by stage, which rule decided what, on what evidence, and what
/// changed in its text.
///
/// Removed and changed passages are shown if the input is still where the run found it; otherwise only their positions. A
/// duplicate is shown beside the document that was kept. A rule in brackets after an edit would have made the same edit;
/// `with` names a rule that changed the same passage. If the document was not UTF-8 and its column `encoding` names an
/// encoding, passages are shown decoded.
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
    /// Print JSON.
    #[arg(long, conflicts_with = "full")]
    pub json: bool,
}

/// Compares two runs: which lines of the configuration differ, which rules acted more or less often, and which documents
/// were added, removed or changed, the most changed first.
///
/// Documents are matched by id. Exit status: 0 if the outputs are the same, 1 if they differ.
#[derive(Args, Debug)]
#[command(after_help = DIFF_EXAMPLES)]
pub struct DiffArgs {
    /// The run folder before the change.
    pub before: PathBuf,
    /// The run folder after it.
    pub after: PathBuf,
    /// Number of most-changed documents to show.
    #[arg(long, value_name = "N", default_value_t = 5, allow_negative_numbers = true, value_parser = number::<usize>)]
    pub documents: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Tries another threshold on a finished run: how many documents would be kept instead of dropped or dropped instead of
/// kept, and which are nearest.
///
/// It reads only the ledger, so it takes seconds. It works for rules whose threshold the plugin has declared: the ledger
/// holds the values of the documents and passages that they removed or nearly removed (within a factor of two of the
/// threshold). What later
/// stages would do with a document that is no longer dropped is unknown.
#[derive(Args, Debug)]
#[command(after_help = WHAT_IF_EXAMPLES)]
pub struct WhatIfArgs {
    /// The run folder.
    pub run: PathBuf,
    /// The option of a stage, with the value to try; may be given several times.
    #[arg(long, value_name = "STAGE.OPTION=VALUE", required = true)]
    pub set: Vec<String>,
    /// Number of documents to show on each side of the new threshold.
    #[arg(long, value_name = "N", default_value_t = 5, allow_negative_numbers = true, value_parser = number::<usize>)]
    pub documents: usize,
    /// Print JSON.
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
    /// The document was dropped.
    Drop,
    /// A note on the document.
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
