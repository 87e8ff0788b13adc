//! Options that are an enum with data: one of several keys, each with its own values.

use super::super::problem::{Problem, suggest};
use super::super::tree::{Kind, Node};
use super::{check_options, option_words, present, resolved, subschema};
use serde_json::{Value, json};

/// Returns what is wrong with a table that should name one choice, with that choice's values. `None` if the
/// schema has no such choices, or if nothing wrong is found.
pub(super) fn of_choice(
    plugin: &str,
    schema: &Value,
    options: &Node,
    pointer: &str,
    gaps: bool,
) -> Option<Vec<Problem>> {
    let node = options.at_pointer(pointer);
    let Kind::Table(entries) = &node.kind else { return None };
    let choices = choices(schema, subschema(schema, pointer)?);
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let only = match entries.as_slice() {
        _ if names.is_empty() => return None,
        [only] => only,
        _ => {
            let message = format!("{} of `{plugin}` takes exactly one key", option_words(options, pointer));
            let hint = format!("keep only one of these: `{}`", names.join("`, `"));
            return Some(vec![Problem::at(&node.place, message).hint(hint)]);
        }
    };
    let Some((name, inner)) = choices.into_iter().find(|(name, _)| *name == only.key) else {
        let message = format!("{} of `{plugin}` has no `{}`", option_words(options, pointer), only.key);
        let hint = suggest(&only.key, names.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("it has `{}`", names.join("`, `")));
        return Some(vec![Problem::at(&only.place, message).hint(hint)]);
    };
    // References point to the definitions of the whole schema.
    let mut own = json!({ "type": "object", "properties": { name: inner } });
    for key in ["$defs", "definitions"] {
        if let Some(definitions) = schema.get(key) {
            own[key] = definitions.clone();
        }
    }
    let found = check_options(plugin, &own, node, gaps);
    (!found.is_empty()).then_some(found)
}

/// The choices of a schema that are tables with a single key, as for an enum with data.
pub(super) fn choices<'a>(root: &'a Value, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let schema = present(root, schema);
    let all = ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key)?.as_array());
    let of = |choice: &'a Value| {
        let choice = resolved(root, choice)?;
        let properties = choice.get("properties")?.as_object()?;
        let is_one = properties.len() == 1 && choice.get("additionalProperties") == Some(&false.into());
        properties.iter().next().filter(|_| is_one).map(|(name, own)| (name.as_str(), own))
    };
    all.into_iter().flatten().filter_map(of).collect()
}
