//! What a plugin finds wrong when a stage is bound, at its place in the pipeline file.

use crate::config::{Entry, Kind, Node, Place, Problem, StageConfig};
use serde_json::{Map, Value};
use textmill_plugin::error::{Error, ErrorKind};
use textmill_plugin::options::{Mistake, mistakes};

/// An error of binding, at the options or the plugin that it is about: a problem for each option.
pub(super) fn placed(stage: &StageConfig, error: &Error) -> Vec<Problem> {
    let problem =
        |place: &Place, message: &str| Problem::at(place, format!("stage `{}`: {message}", stage.name));
    if error.kind != ErrorKind::Options {
        return vec![problem(&stage.plugin_place, &error.message)];
    }
    let at_option = |mistake: Mistake<'_>| {
        let place = named(stage, &mistake).map_or(&stage.options.place, |entry| &entry.node.place);
        problem(place, mistake.message)
    };
    mistakes(&error.message).into_iter().map(at_option).collect()
}

/// Beside what was found by the schema, or where columns are assumed: what the plugin says of an option by name, as
/// far as nothing is said of that option yet.
pub(super) fn also(stage: &StageConfig, error: &Error, mut found: Vec<Problem>) -> Vec<Problem> {
    if error.kind != ErrorKind::Options {
        return found;
    }
    for mistake in mistakes(&error.message) {
        let Some(entry) = mistake.option.and_then(|option| entry_at(&stage.options, option)) else {
            continue;
        };
        let is_said = |problem: &Problem| {
            let place = problem.place.as_ref();
            place.is_some_and(|place| *place == entry.place || lies_in(place, &entry.node.place))
        };
        if !found.iter().any(is_said) {
            let message = format!("stage `{}`: {}", stage.name, mistake.message);
            found.push(Problem::at(&entry.node.place, message));
        }
    }
    found
}

/// Whether a place is in another, as an item is in its array.
fn lies_in(place: &Place, outer: &Place) -> bool {
    match (place, outer) {
        (Place::File(place), Place::File(outer)) => {
            outer.file == place.file && outer.start <= place.start && place.end <= outer.end
        }
        _ => place == outer,
    }
}

/// Options without those that the plugin does not have, which it could but stumble over.
pub(super) fn without_unknown(options: &Node, wrong: &[Problem]) -> Value {
    let Kind::Table(entries) = &options.kind else { return options.to_json() };
    // A problem with a value is at the value.
    let is_unknown = |entry: &&Entry| {
        entry.place != entry.node.place && wrong.iter().any(|p| p.place.as_ref() == Some(&entry.place))
    };
    let known = entries.iter().filter(|entry| !is_unknown(entry));
    known.map(|entry| (entry.key.clone(), without_unknown(&entry.node, wrong))).collect::<Map<_, _>>().into()
}

/// The option that a message begins with, else the first that it names in backticks.
fn named<'a>(stage: &'a StageConfig, mistake: &Mistake<'_>) -> Option<&'a Entry> {
    let others = mistake.message.split('`').skip(1).step_by(2);
    mistake.option.into_iter().chain(others).find_map(|name| entry_at(&stage.options, name))
}

/// The entry of an option; dots lead into tables. Of a table that lacks the rest, its own entry.
fn entry_at<'a>(options: &'a Node, name: &str) -> Option<&'a Entry> {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let entry = options.entry(first)?;
    if rest.is_empty() { Some(entry) } else { entry_at(&entry.node, rest).or(Some(entry)) }
}
