//! The pipeline: what a file says, read and checked as far as that goes without plugins.

use super::problem::{Problem, Problems};
use super::section::Section;
use super::settings::{Input, Output, Run};
use super::testing::Testing;
use super::tree::{Kind, Node, Place, set_value};
use crate::isolate::Limits;
use std::path::{Path, PathBuf};

/// A pipeline file.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Path of the file as given.
    pub path: PathBuf,
    /// Text of the file.
    pub source: String,
    /// Name; the file's name without its ending where none is given.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where documents come from.
    pub input: Input,
    /// What happens to them, in order.
    pub stages: Vec<StageConfig>,
    /// Where they go.
    pub output: Output,
    /// How the work is done; changes no output.
    pub run: Run,
    /// What its snapshots are made of.
    pub test: Testing,
}

/// One stage.
#[derive(Clone, Debug)]
pub struct StageConfig {
    /// Name of the stage in this pipeline, unique.
    pub name: String,
    /// Plugin: a name, or a path where it has a slash.
    pub plugin: String,
    /// Where the plugin is named.
    pub plugin_place: Place,
    /// Operator; the plugin's first where none is given.
    pub operator: Option<String>,
    /// Where the operator is named, else the stage.
    pub operator_place: Place,
    /// Options, a table.
    pub options: Node,
    /// What the plugin may take in a process of its own; none where it runs in this one.
    pub isolation: Option<Limits>,
}

impl Pipeline {
    /// Reads a pipeline file and applies `--set` arguments.
    ///
    /// # Errors
    /// Every mistake found, each with its place.
    pub fn read(path: &Path, sets: &[String]) -> Result<Self, Problems> {
        let shown = path.display().to_string();
        let source = std::fs::read(path).map_err(|error| {
            let hint = "give the path of a pipeline file, such as `config/news.toml`";
            let problem = Problem::whole(format!("cannot read the pipeline file: {error}")).hint(hint);
            Problems { path: shown.clone(), source: String::new(), list: vec![problem] }
        })?;
        let source = String::from_utf8(source).map_err(|error| {
            let problem = Problem::whole(format!("the pipeline file is not UTF-8: {error}"));
            Problems { path: shown.clone(), source: String::new(), list: vec![problem] }
        })?;
        Self::parse(path, source, sets)
    }

    /// Reads the text of a pipeline file.
    ///
    /// # Errors
    /// As [`Pipeline::read`].
    pub fn parse(path: &Path, source: String, sets: &[String]) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let read = Node::parse(&source).map_err(|found| problems.extend(found)).ok().and_then(|mut tree| {
            for set in sets {
                apply_set(&mut tree, set, &mut problems);
            }
            pipeline(path, &source, &tree, &mut problems)
        });
        match read {
            Some(mut pipeline) if problems.is_empty() => {
                pipeline.source = source;
                Ok(pipeline)
            }
            _ => Err(Problems { path: path.display().to_string(), source, list: in_order(problems) }),
        }
    }

    /// Problems found later, with this file's text.
    pub fn problems(&self, list: Vec<Problem>) -> Problems {
        Problems { path: self.path.display().to_string(), source: self.source.clone(), list: in_order(list) }
    }
}

/// Problems in the order of the file; those without a place in it come last.
pub(super) fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|p| match &p.place {
        Some(Place::File(span)) => span.start,
        _ => usize::MAX,
    });
    problems
}

/// Tables of a pipeline file beside its stages.
pub const TABLES: [&str; 5] = ["pipeline", "input", "output", "run", "test"];

/// `--set input.text-field=body`, `--set STAGE.threshold=0.9`: a table of the file, or a stage's option.
fn apply_set(tree: &mut Node, argument: &str, problems: &mut Vec<Problem>) {
    let place = Place::Set(argument.to_owned());
    let Some((path, value)) = argument.split_once('=') else {
        let problem = Problem::at(&place, "there is no `=`").hint("write `--set stage.option=value`");
        problems.push(problem);
        return;
    };
    let path: Vec<&str> = path.trim().split('.').map(str::trim).collect();
    let value = match set_value(value.trim(), &place) {
        Ok(value) => value,
        Err(problem) => {
            problems.push(problem);
            return;
        }
    };
    let (first, rest) = match path.as_slice() {
        [first, rest @ ..] if !rest.is_empty() && path.iter().all(|p| !p.is_empty()) => (*first, rest),
        _ => {
            let hint = "name a table and a key, such as `run.threads`, or a stage and an option";
            problems.push(Problem::at(&place, "it names no key to set").hint(hint));
            return;
        }
    };
    let result = if TABLES.contains(&first) {
        tree.set(&path, value, &place)
    } else {
        set_option(tree, first, rest, value, &place)
    };
    problems.extend(result.err());
}

fn set_option(
    tree: &mut Node,
    stage: &str,
    path: &[&str],
    value: Node,
    place: &Place,
) -> Result<(), Problem> {
    let names: Vec<String> = stage_names(tree);
    let Some(at) = names.iter().position(|name| name == stage) else {
        let known: Vec<&str> = TABLES.into_iter().chain(names.iter().map(String::as_str)).collect();
        let problem = Problem::at(place, format!("there is no stage or table `{stage}`"));
        return Err(match super::suggest(stage, known.iter().copied()) {
            Some(hint) => problem.hint(hint),
            None => problem.hint(format!("there are `{}`", known.join("`, `"))),
        });
    };
    let Kind::Table(entries) = &mut tree.kind else { return Ok(()) };
    let stages = entries.iter_mut().find(|e| e.key == "stage").map(|e| &mut e.node.kind);
    if let Some(Kind::List(stages)) = stages
        && let Some(node) = stages.get_mut(at)
    {
        let full: Vec<&str> = std::iter::once("options").chain(path.iter().copied()).collect();
        node.set(&full, value, place)?;
    }
    Ok(())
}

fn stage_nodes(tree: &Node) -> &[Node] {
    match tree.entry("stage").map(|e| &e.node.kind) {
        Some(Kind::List(stages)) => stages,
        _ => &[],
    }
}

/// Names of the stages: their `name`, else the plugin's name, with a number where it comes again.
fn stage_names(tree: &Node) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for stage in stage_nodes(tree) {
        let text = |key: &str| match stage.entry(key).map(|e| &e.node.kind) {
            Some(Kind::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let name = match text("name") {
            Some(name) => name.to_owned(),
            None => {
                let base = plugin_stem(text("plugin").unwrap_or("stage"));
                let mut name = base.clone();
                let mut number = 1;
                while names.contains(&name) {
                    number += 1;
                    name = format!("{base}-{number}");
                }
                name
            }
        };
        names.push(name);
    }
    names
}

/// The name that a plugin given as a path goes by.
fn plugin_stem(plugin: &str) -> String {
    if !plugin.contains(['/', '\\']) {
        return plugin.to_owned();
    }
    let stem = Path::new(plugin).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    stem.strip_prefix("lib").unwrap_or(&stem).replace('_', "-")
}

fn pipeline(path: &Path, source: &str, tree: &Node, problems: &mut Vec<Problem>) -> Option<Pipeline> {
    let mut top = Section::new("the pipeline file", tree, problems);
    let folder = path.parent().unwrap_or(Path::new(""));
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let (mut name, mut description) = (stem, None);
    if let Some(node) = top.node("pipeline") {
        let mut section = Section::new("`[pipeline]`", node, problems);
        name = section.text("name", problems).map_or(name, str::to_owned);
        description = section.text("description", problems).map(str::to_owned);
        section.finish(problems);
    }
    let input = Input::read(top.node("input"), folder, problems);
    let stages = stages(top.node("stage"), stage_names(tree), problems);
    let output = Output::read(top.node("output"), folder, problems);
    let run = Run::read(top.node("run"), folder, problems);
    let test = Testing::read(top.node("test"), path, problems);
    top.finish(problems);
    Some(Pipeline {
        path: path.to_owned(),
        source: source.to_owned(),
        name,
        description,
        input,
        stages,
        output,
        run,
        test,
    })
}

fn stages(node: Option<&Node>, names: Vec<String>, problems: &mut Vec<Problem>) -> Vec<StageConfig> {
    let Some(node) = node else { return Vec::new() };
    let Kind::List(nodes) = &node.kind else {
        let problem = Problem::at(
            &node.place,
            format!("`stage` must be an array of tables, and it is {}", node.kind_name()),
        );
        problems.push(problem.hint("write `[[stage]]`, with two brackets"));
        return Vec::new();
    };
    let mut out: Vec<StageConfig> = Vec::new();
    for (node, name) in nodes.iter().zip(names) {
        let mut section = Section::new("`[[stage]]`", node, problems);
        let named = section.node("name").map(|n| n.place.clone());
        section.text("name", problems);
        let plugin_place = section.node("plugin").map_or(section.place(), |n| &n.place).clone();
        let plugin = section.text("plugin", problems);
        let operator_place = section.node("operator").map_or(section.place(), |n| &n.place).clone();
        let operator = section.text("operator", problems).map(str::to_owned);
        let options = match section.node("options") {
            Some(options) => {
                Section::new("`[stage.options]`", options, problems);
                options.clone()
            }
            None => Node { kind: Kind::Table(Vec::new()), place: section.place().clone() },
        };
        let isolation = isolation(&mut section, problems);
        if out.iter().any(|s| s.name == name) {
            let message = format!("two stages are called `{name}`");
            problems.push(Problem::at(named.as_ref().unwrap_or(section.place()), message));
        }
        if TABLES.contains(&name.as_str()) || name.contains('.') {
            let message = format!("a stage cannot be called `{name}`");
            let problem = Problem::at(named.as_ref().unwrap_or(section.place()), message);
            let hint = "`--set` could not tell it from a table of the file; give it another `name`";
            problems.push(problem.hint(hint));
        }
        match plugin {
            Some("") => problems.push(Problem::at(&plugin_place, "the name of the plugin is empty")),
            Some(plugin) => {
                let plugin = plugin.to_owned();
                out.push(StageConfig {
                    name,
                    plugin,
                    plugin_place,
                    operator,
                    operator_place,
                    options,
                    isolation,
                });
            }
            None if section.node("plugin").is_none() => {
                let problem = Problem::at(section.place(), "a stage names no plugin");
                problems
                    .push(problem.hint("add `plugin = \"…\"`; `textmill plugin list` shows what there is"));
            }
            None => {}
        }
        section.finish(problems);
    }
    out
}

/// `isolation`, and the limits that go with it.
fn isolation(section: &mut Section<'_>, problems: &mut Vec<Problem>) -> Option<Limits> {
    let word = section.word("isolation", &["none", "process"], problems);
    let time = section.time("time-limit", problems);
    let memory = section.bytes("memory-limit", problems);
    if word == Some("process") {
        let usual = Limits::default();
        return Some(Limits { time: time.unwrap_or(usual.time), memory: memory.unwrap_or(usual.memory) });
    }
    let has_word = section.node("isolation").is_some() && word.is_none();
    for key in ["time-limit", "memory-limit"] {
        if let Some(node) = section.node(key).filter(|_| !has_word) {
            let message = format!("`{key}` is for a plugin in a process of its own");
            let hint = "add `isolation = \"process\"`, or leave it out";
            problems.push(Problem::at(&node.place, message).hint(hint));
        }
    }
    None
}
