//! `[[stage]]`: the keys of each stage, and the names of stages.

use super::TABLES;
use super::extends::from_first;
use super::problem::Problem;
use super::section::Section;
use super::source::Source;
use super::tree::{Kind, Node, Place};
use super::variables::{Environment, lenient};
use crate::isolate::Limits;
use std::path::Path;

/// One stage.
#[derive(Clone, Debug)]
pub struct StageConfig {
    /// Unique name of the stage in this pipeline.
    pub name: String,
    /// The plugin: a name, or a path if it contains a slash.
    pub plugin: String,
    /// The place where the plugin is named.
    pub plugin_place: Place,
    /// The operator; the plugin's first one if none is given.
    pub operator: Option<String>,
    /// The place where the operator is named, or else that of the stage.
    pub operator_place: Place,
    /// Options, a table.
    pub options: Node,
    /// The limits of the plugin's own process; `None` if it runs in this one.
    pub isolation: Option<Limits>,
    /// The whole table of the stage.
    pub node: Node,
}

/// The stages of a file.
#[derive(Debug, Default)]
pub(super) struct Stages {
    /// The stages that run, as far as they could be read.
    pub list: Vec<StageConfig>,
    /// The stages that are switched off.
    pub off: Vec<(String, Place)>,
    /// Whether a stage that runs could not be read.
    pub gaps: bool,
}

/// Names of stages: their `name`, or else the plugin's name, with a number if that is taken.
pub(super) fn stage_names(stages: &[Node], environment: Environment<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for stage in stages {
        let name = match stage.text("name") {
            Some(name) => lenient(name, environment),
            None => {
                let plugin = stage.text("plugin").unwrap_or("stage");
                let base = plugin_stem(&lenient(plugin, environment));
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

/// The name of a plugin that is given as a path.
fn plugin_stem(plugin: &str) -> String {
    if !plugin.contains(['/', '\\']) {
        return plugin.to_owned();
    }
    let stem = Path::new(plugin).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    stem.strip_prefix("lib").unwrap_or(&stem).replace('_', "-")
}

/// Reads all stages.
pub(super) fn stages(
    node: Option<&Node>,
    sources: &[Source],
    environment: Environment<'_>,
    gaps: bool,
    problems: &mut Vec<Problem>,
) -> Stages {
    let Some(node) = node else { return Stages::default() };
    let Kind::List(nodes) = &node.kind else {
        let message = format!("`stage` must be an array of tables, but it is {}", node.kind_name());
        problems.push(Problem::at(&node.place, message).hint("write `[[stage]]`, with two brackets"));
        return Stages { gaps: true, ..Stages::default() };
    };
    let mut stages = Stages::default();
    let mut names: Vec<(String, Place)> = Vec::new();
    for (node, name) in nodes.iter().zip(stage_names(nodes, environment)) {
        let mut section = Section::new("`[[stage]]`", node, problems);
        let place = section.node("name").map_or(section.place(), |n| &n.place).clone();
        check_name(&name, &place, &names, problems);
        names.push((name.clone(), place));
        let is_on = section.flag("enabled", problems).unwrap_or(true);
        match stage(&mut section, name.clone(), node, sources, gaps, problems) {
            _ if !is_on => stages.off.push((name, section.place().clone())),
            Some(stage) => stages.list.push(stage),
            None => stages.gaps = true,
        }
        section.finish(problems);
    }
    stages
}

fn check_name(name: &str, place: &Place, names: &[(String, Place)], problems: &mut Vec<Problem>) {
    if let Some((_, first)) = names.iter().find(|(other, _)| other == name) {
        let problem = Problem::at(place, format!("two stages are called `{name}`"));
        problems.push(problem.other(first, "the first of them").hint("give one of them another `name`"));
    }
    if TABLES.contains(&name) || name.contains('.') {
        let problem = Problem::at(place, format!("a stage cannot be called `{name}`"));
        let hint = "`--set` could not tell it from a table of the file; give it another `name`";
        problems.push(problem.hint(hint));
    }
}

fn stage(
    section: &mut Section<'_>,
    name: String,
    node: &Node,
    sources: &[Source],
    gaps: bool,
    problems: &mut Vec<Problem>,
) -> Option<StageConfig> {
    section.text("name", problems);
    let plugin_place = section.node("plugin").map_or(section.place(), |n| &n.place).clone();
    let plugin = section.text("plugin", problems);
    let operator_place = section.node("operator").map_or(section.place(), |n| &n.place).clone();
    let operator = section.text("operator", problems).map(str::to_owned);
    // These keys are still there only if their values are not valid: moving the stages removes all others.
    section.text("before", problems);
    section.text("after", problems);
    let options = match section.node("options") {
        Some(options) => {
            Section::new("`[stage.options]`", options, problems);
            match options.kind {
                Kind::Table(_) => options.clone(),
                _ => Node::new(Kind::Table(Vec::new()), options.place.clone()),
            }
        }
        None => Node::new(Kind::Table(Vec::new()), section.place().clone()),
    };
    let isolation = isolation(section, problems);
    match plugin {
        Some("") => {
            let hint = "`textmill plugin list` shows what there is";
            problems.push(Problem::at(&plugin_place, "the name of the plugin is empty").hint(hint));
            None
        }
        Some(plugin) => Some(StageConfig {
            name,
            plugin: from_first(plugin, &plugin_place, sources),
            plugin_place,
            operator,
            operator_place,
            options,
            isolation,
            node: node.clone(),
        }),
        None => {
            if section.node("plugin").is_none() && section.is_table() && !gaps {
                let hint = "add `plugin = \"…\"`; `textmill plugin list` shows what there is";
                problems.push(Problem::at(section.place(), "a stage names no plugin").hint(hint));
            }
            None
        }
    }
}

/// The minimum memory that a process may have beyond what it starts with: with less, no library can be
/// loaded.
const LEAST_MEMORY: u64 = 1 << 20;

/// Reads `isolation` and its limits.
fn isolation(section: &mut Section<'_>, problems: &mut Vec<Problem>) -> Option<Limits> {
    let word = section.word("isolation", &["none", "process"], problems);
    let time = section.time("time-limit", problems);
    let memory = section.bytes("memory-limit", problems);
    if let Some(node) = section.node("memory-limit").filter(|_| memory.is_some_and(|m| m < LEAST_MEMORY)) {
        let message = format!("`memory-limit` must be at least 1 MiB, but it is {}", node.shown());
        let hint = "write `memory-limit = \"256MiB\"`, or leave it out";
        problems.push(section.with_doc("memory-limit", Problem::at(&node.place, message).hint(hint)));
    }
    if word == Some("process") {
        let usual = Limits::default();
        // A limit that was refused is not used.
        let memory = memory.filter(|&memory| memory >= LEAST_MEMORY).unwrap_or(usual.memory);
        return Some(Limits { time: time.unwrap_or(usual.time), memory });
    }
    let has_word = section.node("isolation").is_some() && word.is_none();
    for (key, is_read) in [("time-limit", time.is_some()), ("memory-limit", memory.is_some())] {
        if let Some(node) = section.node(key).filter(|_| !has_word && is_read) {
            let message = format!("`{key}` needs `isolation = \"process\"`");
            let hint = "add `isolation = \"process\"`, or leave it out";
            problems.push(Problem::at(&node.place, message).hint(hint));
        }
    }
    None
}
