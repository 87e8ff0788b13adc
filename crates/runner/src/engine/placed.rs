//! Errors that a plugin reports when a stage is bound, at their places in the pipeline file.

use crate::config::{Entry, Kind, Node, Place, Problem, StageConfig, option_doc};
use serde_json::{Map, Value};
use textmill_plugin::error::{Error, ErrorKind};
use textmill_plugin::options::{Mistake, mistakes};

/// Turns an error of binding into problems, one per option, each at the option or the plugin that it is
/// about.
pub(super) fn placed(stage: &StageConfig, schema: &Value, error: &Error) -> Vec<Problem> {
    if error.kind != ErrorKind::Options {
        let message = format!("stage `{}`: {}", stage.name, error.message);
        return vec![Problem::at(&stage.plugin_place, message)];
    }
    let at_option = |mistake: Mistake<'_>| {
        let place = named(stage, &mistake).map_or(&stage.options.place, |entry| &entry.node.place);
        said(stage, schema, &mistake, place)
    };
    mistakes(&error.message).into_iter().map(at_option).collect()
}

/// The plugin's message with its description of the option. If the message names another option that is
/// missing, that is the hint.
fn said(stage: &StageConfig, schema: &Value, mistake: &Mistake<'_>, place: &Place) -> Problem {
    let problem = Problem::at(place, format!("stage `{}`: {}", stage.name, mistake.message));
    let doc = mistake.option.and_then(|option| option_doc(schema, option));
    let absent = |name: &&str| entry_at(&stage.options, name).is_none();
    let others = mistake.message.split('`').skip(1).step_by(2).filter(absent);
    let wanted = others.filter_map(|name| Some((name, option_doc(schema, name)?))).next();
    problem.maybe_doc(doc).maybe_hint(wanted.map(|(name, doc)| {
        let doc = doc.strip_prefix(&format!("`{name}`: ")).map(str::to_owned).unwrap_or(doc);
        format!("give the option `{name}` ({})", doc.trim_end_matches('.'))
    }))
}

/// Adds what the plugin reports about options by name to the problems that the schema found, or if columns
/// are assumed. Options that have a problem already are skipped.
pub(super) fn also(
    stage: &StageConfig,
    schema: &Value,
    error: &Error,
    mut found: Vec<Problem>,
) -> Vec<Problem> {
    if error.kind != ErrorKind::Options {
        return found;
    }
    let known = found.clone();
    for mistake in mistakes(&error.message) {
        // Skip what depends on a wrong option that was left out: it shows once that option is right. A
        // message may quote an option with its value: `mode = "passages"`.
        let quoted = mistake.message.split('`').skip(1).step_by(2);
        let mut names = quoted.map(|name| name.split_once(" = ").map_or(name, |(name, _)| name));
        if names.any(|name| entry_at(&stage.options, name).is_some_and(|entry| is_wrong(entry, &known))) {
            continue;
        }
        let Some(entry) = mistake.option.and_then(|option| entry_at(&stage.options, option)) else {
            continue;
        };
        let is_said = |problem: &Problem| {
            let place = problem.place.as_ref();
            place.is_some_and(|place| *place == entry.place || entry.node.place.contains(place))
        };
        if !found.iter().any(is_said) {
            found.push(said(stage, schema, &mistake, &entry.node.place));
        }
    }
    found
}

/// The options without those that are known to be wrong, since the plugin would only fail on those.
pub(super) fn without_wrong(options: &Node, wrong: &[Problem]) -> Value {
    let Kind::Table(entries) = &options.kind else { return options.to_json() };
    let right = entries.iter().filter(|entry| !is_wrong(entry, wrong));
    right.map(|entry| (entry.key.clone(), without_wrong(&entry.node, wrong))).collect::<Map<_, _>>().into()
}

/// Whether a problem is about this option itself, and not about one inside the table that it is.
fn is_wrong(entry: &Entry, wrong: &[Problem]) -> bool {
    let is_table = matches!(entry.node.kind, Kind::Table(_));
    wrong.iter().filter_map(|problem| problem.place.as_ref()).any(|place| {
        *place == entry.place || *place == entry.node.place || (!is_table && entry.node.place.contains(place))
    })
}

/// The option that a message begins with, or else the first one that it names in backticks.
fn named<'a>(stage: &'a StageConfig, mistake: &Mistake<'_>) -> Option<&'a Entry> {
    let others = mistake.message.split('`').skip(1).step_by(2);
    mistake.option.into_iter().chain(others).find_map(|name| entry_at(&stage.options, name))
}

/// The entry of an option; dots separate the levels of nested tables. If a table lacks the rest of the path,
/// the entry of the table itself.
fn entry_at<'a>(options: &'a Node, name: &str) -> Option<&'a Entry> {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let entry = options.entry(first)?;
    if rest.is_empty() { Some(entry) } else { entry_at(&entry.node, rest).or(Some(entry)) }
}
