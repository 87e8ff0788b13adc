//! `--set` arguments, which set keys of a table of the file, or options of a stage.

use super::TABLES;
use super::problem::{Problem, suggest};
use super::stages::stage_names;
use super::tree::{Kind, Node, Place, set_value};
use super::variables::Environment;

/// Applies an argument such as `input.text-field=body`, `STAGE.threshold=0.9` or `STAGE.enabled=false`. If
/// the file has `gaps`, a missing stage may be in one of them, and is not reported.
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
        // No number in a pipeline has such a value, but an option may accept the word.
        Err(_) if is_word_of_toml(value.trim()) => {
            Node::new(Kind::Text(value.trim().to_owned()), place.clone())
        }
        Err(problem) => {
            problems.push(problem);
            return;
        }
    };
    let (first, rest) = match path.as_slice() {
        [first, rest @ ..] if !rest.is_empty() && path.iter().all(|p| !p.is_empty()) => (*first, rest),
        _ => {
            let hint = "name a table and a key, such as `run.threads`, or a stage and an option";
            problems.push(Problem::at(&place, "it does not name a key to set").hint(hint));
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

/// Whether TOML reads the value as a non-finite float where a user may mean the word.
fn is_word_of_toml(value: &str) -> bool {
    matches!(value.trim_start_matches(['+', '-']), "nan" | "inf")
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
            let is_option = |key| node.entry("options").is_some_and(|own| own.node.entry(key).is_some());
            if path == ["enabled"] && !is_option("enabled") {
                return node.set(path, value, place);
            }
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

#[cfg(test)]
mod tests {
    use crate::config::{Draft, Kind};
    use std::path::Path;

    #[test]
    fn a_stage_is_switched_off() {
        let text = "[[stage]]\nplugin = \"a\"\n[[stage]]\nplugin = \"b\"\noptions.enabled = 1\n".to_owned();
        let sets = ["a.enabled=false".to_owned(), "b.enabled=2".to_owned()];
        let draft = Draft::parse(Path::new("a.toml"), text, &sets);
        assert!(draft.problems.is_empty(), "{:?}", draft.problems);
        let [b] = draft.pipeline.stages.as_slice() else { panic!("{:?}", draft.pipeline.stages) };
        assert_eq!((b.name.as_str(), b.options.to_json().to_string()), ("b", "{\"enabled\":2}".into()));
        assert_eq!(draft.pipeline.off[0].0, "a");
    }

    #[test]
    fn words_that_toml_takes_for_floats_are_words() {
        let text = "[[stage]]\nplugin = \"a\"\noptions = { unit = \"x\" }\n".to_owned();
        for (value, read) in
            [("nan", Some("nan")), ("-inf", Some("-inf")), ("1.5", None), ("\"nan\"", Some("nan"))]
        {
            let draft = Draft::parse(Path::new("a.toml"), text.clone(), &[format!("a.unit={value}")]);
            assert!(draft.problems.is_empty(), "{value}");
            let unit = &draft.pipeline.stages[0].options.at_pointer("/unit").kind;
            let word = if let Kind::Text(word) = unit { Some(word.as_str()) } else { None };
            assert_eq!(word, read);
        }
    }
}
