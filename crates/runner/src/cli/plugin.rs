//! The command line of `textmill plugin`.

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

/// Writes the project of a new plugin: options, docs, cases with snapshots, a README.
///
/// It builds, passes its own tests, and runs in a pipeline as it is. What it does is small: change it.
#[derive(Args, Debug)]
#[command(after_help = NEW_EXAMPLES)]
pub struct NewArgs {
    /// Name of the plugin, in kebab-case, such as `long-lines`.
    pub name: String,
    /// What it does.
    #[arg(long, value_enum, default_value_t = Kind::Map)]
    pub kind: Kind,
    /// What it is written in; in C there is a map alone.
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    pub lang: Language,
    /// The project's folder, which must be empty or not there yet; NAME in the current folder where it is not
    /// said, with --pipeline `plugins/NAME` beside the file.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Add the plugin to this pipeline file, as its last stage.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// The folder `crates/plugin` of a checkout of textmill; the one that this program was built from where it
    /// is not said.
    #[arg(long, value_name = "DIR")]
    pub sdk: Option<PathBuf>,
}

const NEW_EXAMPLES: &str = "Examples:
  textmill plugin new long-lines
  textmill plugin new long-lines --pipeline pipeline.toml
  textmill plugin new word-counts --kind aggregate --dir ../word-counts";

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
