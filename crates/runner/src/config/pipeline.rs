//! The pipeline: the contents of its files, read and checked as far as possible without plugins.

use super::extends::{gather, toml_files};
use super::problem::{Problem, Problems, nearest};
use super::section::Section;
use super::sets::apply_set;
use super::settings::{Input, Output, Run};
use super::source::Source;
use super::stages::{StageConfig, stages};
use super::testing::Testing;
use super::tree::{Node, Place};
use super::variables::{self, Environment, environment};
use std::path::{Path, PathBuf};

/// A pipeline file, together with the files that it extends and the settings of the command line.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Path of the file as given.
    pub path: PathBuf,
    /// The files: this one, followed by the chain of files that it extends.
    pub sources: Vec<Source>,
    /// All keys, each with its place, and with variables substituted.
    pub tree: Node,
    /// Name; the file's name without its extension if none is given.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where documents come from.
    pub input: Input,
    /// What happens to them, in order.
    pub stages: Vec<StageConfig>,
    /// Stages that are switched off, each with its place.
    pub off: Vec<(String, Place)>,
    /// Where documents go.
    pub output: Output,
    /// How the work is done; does not change the output.
    pub run: Run,
    /// What its snapshots are made from.
    pub test: Testing,
}

/// A pipeline as far as it could be read, and its problems.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The part that could be read.
    pub pipeline: Pipeline,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Whether parts of the files could not be read, so that what seems missing may be there.
    pub gaps: bool,
    /// Whether all stages could be read.
    pub has_all_stages: bool,
}

/// The tables of a pipeline file, apart from its stages.
pub const TABLES: [&str; 5] = ["pipeline", "input", "output", "run", "test"];

impl Draft {
    /// Reads a pipeline file and the files that it extends, and applies `--set` arguments.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(path: &Path, sets: &[String]) -> Result<Self, Problems> {
        let source = std::fs::read(path).map_err(|error| {
            let folder = path.parent().unwrap_or(Path::new(""));
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let names = toml_files(folder);
            let hint = match (nearest(&name, names.iter().map(String::as_str)), names.as_slice()) {
                (Some(near), _) => format!("did you mean `{}`?", folder.join(near).display()),
                (None, [only]) => format!("the folder has `{}`", folder.join(only).display()),
                (None, _) => "give the path of a pipeline file, such as `config/news.toml`".to_owned(),
            };
            let problem = Problem::whole(format!("cannot read the pipeline file: {error}")).hint(hint);
            Problems::whole(path, problem)
        })?;
        let source = String::from_utf8(source).map_err(|error| {
            Problems::whole(path, Problem::whole(format!("the pipeline file is not UTF-8: {error}")))
        })?;
        Ok(Self::parse(path, source, sets))
    }

    /// Reads the text of a pipeline file.
    pub fn parse(path: &Path, source: String, sets: &[String]) -> Self {
        Self::parse_in(path, source, sets, &environment)
    }

    /// Like [`Draft::parse`], with the environment that variables come from.
    pub(super) fn parse_in(
        path: &Path,
        source: String,
        sets: &[String],
        environment: Environment<'_>,
    ) -> Self {
        let mut problems = Vec::new();
        let gathered = gather(path, source, environment, &mut problems);
        let (sources, mut tree, gaps) = (gathered.sources, gathered.tree, gathered.gaps);
        for set in sets {
            apply_set(&mut tree, set, environment, gaps, &mut problems);
        }
        // Only after `--set`, so that a value that is replaced needs no variable.
        variables::put_in(&mut tree, &sources, environment, &mut problems);
        let mut top = Section::new("the pipeline file", &tree, &mut problems);
        top.known("extends");
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let (mut name, mut description) = (stem, None);
        if let Some(node) = top.node("pipeline") {
            let mut section = Section::new("`[pipeline]`", node, &mut problems);
            name = section.text("name", &mut problems).map_or(name, str::to_owned);
            description = section.text("description", &mut problems).map(str::to_owned);
            section.finish(&mut problems);
        }
        let input = Input::read(top.node("input"), &sources, &mut problems);
        // Variables in names are already substituted.
        let stages = stages(top.node("stage"), &sources, &|_| None, gaps, &mut problems);
        let output = Output::read(top.node("output"), &sources, &mut problems);
        let run = Run::read(top.node("run"), &sources, &mut problems);
        let test = Testing::read(top.node("test"), path, &sources, &mut problems);
        top.finish(&mut problems);
        let pipeline = Pipeline {
            path: path.to_owned(),
            sources,
            name,
            description,
            input,
            stages: stages.list,
            off: stages.off,
            output,
            run,
            test,
            tree,
        };
        Self { pipeline, problems, gaps, has_all_stages: !gaps && !stages.gaps }
    }

    /// The pipeline, if there are no errors.
    ///
    /// # Errors
    /// Returns every mistake found, each with its place.
    pub fn sound(self) -> Result<Pipeline, Problems> {
        let problems = self.pipeline.problems(self.problems);
        if problems.has_errors() { Err(problems) } else { Ok(self.pipeline) }
    }
}

impl Pipeline {
    /// Reads a pipeline file and applies `--set` arguments.
    ///
    /// # Errors
    /// Returns every mistake found, each with its place.
    pub fn read(path: &Path, sets: &[String]) -> Result<Self, Problems> {
        Draft::read(path, sets)?.sound()
    }

    /// Reads the text of a pipeline file.
    ///
    /// # Errors
    /// As for [`Pipeline::read`].
    pub fn parse(path: &Path, source: String, sets: &[String]) -> Result<Self, Problems> {
        Draft::parse(path, source, sets).sound()
    }

    /// The text of the file itself.
    pub fn source(&self) -> &str {
        self.sources.first().map_or("", |source| source.text.as_str())
    }

    /// Combines problems found later with the texts of the files.
    pub fn problems(&self, list: Vec<Problem>) -> Problems {
        Problems::new(self.sources.clone(), list)
    }
}
