//! `--set` arguments: keys of a table of the file, or options of a stage.

use super::TABLES;
use super::problem::{Problem, suggest};
use super::stages::stage_names;
use super::tree::{Kind, Node, Place, set_value};
use super::variables::Environment;

/// `--set input.text-field=body`, `--set STAGE.threshold=0.9`. Where the file has `gaps`, a stage that is not there may
/// be in one of them.
pub(super) fn apply_set(
    tree: &mut Node,
    argument: &str,
    environment: Environment<'_>,
    gaps: bool,
    problems: &mut Vec<Problem>,
) {
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
        set_option(tree, first, rest, value, &place, environment)
    };
    problems.extend(result.err().filter(|_| !gaps));
}

fn set_option(
    tree: &mut Node,
    stage: &str,
    path: &[&str],
    value: Node,
    place: &Place,
    environment: Environment<'_>,
) -> Result<(), Problem> {
    let stages = tree.entry_mut("stage").map(|entry| &mut entry.node.kind);
    let mut none = Vec::new();
    let stages = if let Some(Kind::List(stages)) = stages { stages } else { &mut none };
    let names = stage_names(stages, environment);
    match names.iter().position(|name| name == stage).and_then(|at| stages.get_mut(at)) {
        Some(node) => {
            let full: Vec<&str> = std::iter::once("options").chain(path.iter().copied()).collect();
            node.set(&full, value, place)
        }
        None => {
            let known: Vec<&str> = TABLES.into_iter().chain(names.iter().map(String::as_str)).collect();
            let hint = suggest(stage, known.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("there are `{}`", known.join("`, `")));
            Err(Problem::at(place, format!("there is no stage or table `{stage}`")).hint(hint))
        }
    }
}
