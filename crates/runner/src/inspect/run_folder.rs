//! An existing run folder: its files, and the contents of `run.json` and `summary.json`.

use crate::config::suggest;
use crate::failure::Failure;
use crate::output::is_run_folder;
use crate::remote::is_address;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use textmill_plugin::descriptor::Threshold;

/// The error for a file of a run that is missing or not as it was written.
pub(super) fn damaged(path: &Path, why: &dyn Display) -> Failure {
    Failure::new(format!("the run is damaged: {}: {why}", path.display()))
        .hint("restore the file, or run the pipeline again")
}

/// A finished run.
pub struct RunFolder {
    path: PathBuf,
    /// The contents of `run.json`.
    pub run: Value,
    /// The contents of `summary.json`.
    pub summary: Value,
}

impl RunFolder {
    /// Opens a run folder.
    ///
    /// # Errors
    /// If it is not a run folder, or if one of its files cannot be read.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if !is_run_folder(path) {
            let file = path.join("run.json");
            // The other file in the folder shows that this is a run's `run.json`.
            if file.is_file() && path.join("ledger.parquet").exists() {
                return Err(damaged(&file, &"it is not what a run writes"));
            }
            let message = format!("`{}` is not a run folder", path.display());
            let hint = "give the folder that `textmill run` wrote, which contains `run.json`";
            return Err(Failure::new(message).hint(hint));
        }
        let json = |name: &str| {
            let path = path.join(name);
            let text = std::fs::read(&path).map_err(|e| damaged(&path, &e))?;
            serde_json::from_slice(&text).map_err(|e| damaged(&path, &e))
        };
        Ok(Self { path: path.to_owned(), run: json("run.json")?, summary: json("summary.json")? })
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Resolves a path that the run was given: relative paths are relative to the folder in which the run was
    /// started.
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

    /// The names of the stages, in order. The input comes first, as in the ledger.
    pub fn stages(&self) -> Vec<&str> {
        let stages = self.run.pointer("/pipeline/stages").and_then(Value::as_array);
        let names = stages.into_iter().flatten().filter_map(|stage| stage.get("name")?.as_str());
        std::iter::once("input").chain(names).collect()
    }

    /// What a stage was run with, as `run.json` has it.
    pub fn stage(&self, name: &str) -> Option<&Value> {
        let stages = self.run.pointer("/pipeline/stages")?.as_array()?;
        stages.iter().find(|own| own.get("name").and_then(Value::as_str) == Some(name))
    }

    /// The thresholds that a stage's options decide.
    pub fn thresholds(&self, stage: &str) -> Vec<Threshold> {
        let thresholds = self.stage(stage).and_then(|stage| stage.get("thresholds"));
        thresholds.and_then(|own| serde_json::from_value(own.clone()).ok()).unwrap_or_default()
    }

    /// The rules that did something, in a stage or in the whole run.
    pub fn rules(&self, stage: Option<&str>) -> BTreeSet<&str> {
        let stages = self.summary.get("stages").and_then(Value::as_array).into_iter().flatten();
        let named = stages.filter_map(|own| Some((own.get("stage")?.as_str()?, own.get("rules")?)));
        let input = self.summary.pointer("/input/rules").map(|rules| ("input", rules));
        let asked = input.into_iter().chain(named).filter(|(own, _)| stage.is_none_or(|stage| stage == *own));
        let rules = asked.filter_map(|(_, rules)| rules.as_object());
        rules.flat_map(|rules| rules.keys().map(String::as_str)).collect()
    }

    /// Checks that the run has a stage.
    ///
    /// # Errors
    /// If there is no such stage.
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
