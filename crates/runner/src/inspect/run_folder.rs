//! A run folder that is there: its files, and what `run.json` and `summary.json` say.

use crate::config::suggest;
use crate::failure::Failure;
use crate::output::is_run_folder;
use crate::remote::is_address;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The error of a file of a run that is gone or not as it was written.
pub(super) fn damaged(path: &Path, why: &dyn Display) -> Failure {
    Failure::new(format!("the run is damaged: {}: {why}", path.display()))
        .hint("put the file back as it was, or make the run again")
}

/// A finished run.
pub struct RunFolder {
    path: PathBuf,
    /// What `run.json` says.
    pub run: Value,
    /// What `summary.json` says.
    pub summary: Value,
}

impl RunFolder {
    /// Opens a run folder.
    ///
    /// # Errors
    /// Where it is none, or one of its files cannot be read.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if !is_run_folder(path) {
            let file = path.join("run.json");
            // What else the folder holds says whose file it is.
            if file.is_file() && path.join("ledger.parquet").exists() {
                return Err(damaged(&file, &"it is not what a run writes"));
            }
            let message = format!("`{}` is no run folder", path.display());
            let hint = "give the folder that `textmill run` has written, the one with `run.json` in it";
            return Err(Failure::new(message).hint(hint));
        }
        let json = |name: &str| {
            let path = path.join(name);
            let text = std::fs::read(&path).map_err(|e| damaged(&path, &e))?;
            serde_json::from_slice(&text).map_err(|e| damaged(&path, &e))
        };
        Ok(Self { path: path.to_owned(), run: json("run.json")?, summary: json("summary.json")? })
    }

    /// Path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A path that the run was given: relative ones are those of the folder that it was started in.
    pub fn place(&self, path: &Path) -> PathBuf {
        if is_address(path) {
            return path.to_owned();
        }
        let directory = self.run.get("directory").and_then(Value::as_str).unwrap_or_default();
        Path::new(directory).join(path)
    }

    /// The pipeline file that was run.
    pub fn pipeline(&self) -> Option<PathBuf> {
        Some(self.place(Path::new(self.run.pointer("/pipeline/file")?.as_str()?)))
    }

    /// Names of the stages, in order; the input comes first, as it does in the ledger.
    pub fn stages(&self) -> Vec<&str> {
        let stages = self.run.pointer("/pipeline/stages").and_then(Value::as_array);
        let names = stages.into_iter().flatten().filter_map(|stage| stage.get("name")?.as_str());
        std::iter::once("input").chain(names).collect()
    }

    /// Rules that did something, in a stage or in the whole run.
    pub fn rules(&self, stage: Option<&str>) -> BTreeSet<&str> {
        let stages = self.summary.get("stages").and_then(Value::as_array).into_iter().flatten();
        let named = stages.filter_map(|own| Some((own.get("stage")?.as_str()?, own.get("rules")?)));
        let input = self.summary.pointer("/input/rules").map(|rules| ("input", rules));
        let asked = input.into_iter().chain(named).filter(|(own, _)| stage.is_none_or(|stage| stage == *own));
        let rules = asked.filter_map(|(_, rules)| rules.as_object());
        rules.flat_map(|rules| rules.keys().map(String::as_str)).collect()
    }

    /// Says so where a stage is asked for that the run does not have.
    ///
    /// # Errors
    /// Where there is no such stage.
    pub fn check_stage(&self, stage: &str) -> Result<(), Failure> {
        let stages = self.stages();
        if stages.contains(&stage) {
            return Ok(());
        }
        let hint = suggest(stage, stages.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("it has `{}`", stages.join("`, `")));
        Err(Failure::new(format!("the run has no stage `{stage}`")).hint(hint))
    }
}
