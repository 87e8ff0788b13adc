//! Checks a stage's options against the plugin's own JSON Schema, and points at the place in the file.

mod choices;
mod fit;

pub use self::fit::fitted;

use self::choices::{choices, of_choice};
use super::problem::{Problem, nearest};
use super::section::{flag_of, quoted};
use super::tree::{Kind, Node, Place};
use crate::table::count;
use jsonschema::error::ValidationErrorKind as Fault;
use serde_json::{Value, json};

/// Returns every way in which options do not fit their schema. If the file has `gaps`, a missing option may
/// be in one of them.
pub fn check_options(plugin: &str, schema: &Value, options: &Node, gaps: bool) -> Vec<Problem> {
    if !schema.is_object() {
        return Vec::new();
    }
    let validator = match jsonschema::options().build(schema) {
        Ok(validator) => validator,
        Err(error) => {
            let message = format!("plugin `{plugin}` has an invalid options schema: {error}");
            return vec![Problem::at(&options.place, message)];
        }
    };
    let json = options.to_json();
    let mut problems = Vec::new();
    for error in validator.iter_errors(&json) {
        let pointer = error.instance_path().as_str().to_owned();
        let node = options.at_pointer(&pointer);
        match error.kind() {
            Fault::AdditionalProperties { unexpected } => {
                let own = properties(schema, &pointer);
                let own: Vec<&str> = own.iter().map(String::as_str).collect();
                for key in unexpected {
                    problems.push(unknown(plugin, key, options, &own, (schema, &pointer)));
                }
            }
            Fault::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let at = format!("{pointer}/{name}");
                let within =
                    if pointer.is_empty() { String::new() } else { option_words(options, &pointer) + ": " };
                let message = format!("{within}plugin `{plugin}` requires the option `{name}`");
                let example =
                    subschema(schema, &at).and_then(|own| example(schema, own)).unwrap_or("…".into());
                let table = if pointer.is_empty() { " under `[stage.options]`" } else { "" };
                let problem = Problem::at(&node.place, message).maybe_doc(described(schema, &at));
                if !gaps {
                    problems.push(problem.hint(format!("write `{name} = {example}`{table}")));
                }
            }
            Fault::AnyOf { .. } | Fault::OneOfNotValid { .. }
                if let Some(found) = of_choice(plugin, schema, options, &pointer, gaps) =>
            {
                problems.extend(found);
            }
            fault => {
                let own = subschema(schema, &pointer);
                let (what, hint) = told(schema, own, node, &pointer, fault)
                    .unwrap_or_else(|| (format!("does not suit: {}", lower_first(&error.to_string())), None));
                let message = format!("{} of `{plugin}` {what}", option_words(options, &pointer));
                // A type error and a choice error at the same value give the same message.
                let is_told =
                    |other: &Problem| other.message == message && other.place.as_ref() == Some(&node.place);
                if problems.iter().any(is_told) {
                    continue;
                }
                let problem = Problem::at(&node.place, message).maybe_hint(hint);
                problems.push(problem.maybe_doc(described(schema, &pointer)));
            }
        }
    }
    problems
}

fn unknown(
    plugin: &str,
    key: &str,
    options: &Node,
    known: &[&str],
    (schema, pointer): (&Value, &str),
) -> Problem {
    let node = options.at_pointer(pointer);
    let place = node.entry(key).map_or(&node.place, |e| &e.place);
    let message = match pointer {
        "" => format!("plugin `{plugin}` has no option `{key}`"),
        _ => format!("{} of `{plugin}` has no `{key}`", option_words(options, pointer)),
    };
    let problem = Problem::at(place, message);
    match nearest(key, known.iter().copied()) {
        Some(near) => problem
            .hint(format!("did you mean `{near}`?"))
            .maybe_doc(described(schema, &format!("{pointer}/{near}"))),
        None if known.is_empty() => problem.hint("it takes no options here"),
        None => problem.hint(format!("it has `{}`", known.join("`, `"))),
    }
}

/// Explains a fault: what is wrong with the value, and what to do about it.
fn told(
    root: &Value,
    own: Option<&Value>,
    node: &Node,
    pointer: &str,
    fault: &Fault,
) -> Option<(String, Option<String>)> {
    let own = own?;
    let key = pointer.rsplit('/').next().unwrap_or_default();
    // An item of an array has no key.
    let write = |value: &str| match (key.parse::<usize>(), &node.place) {
        // A shell would take the quotes away.
        (_, Place::Set(argument)) if value.contains('"') => {
            let path = argument.split_once('=').map_or("", |(path, _)| path.trim());
            format!("write `--set '{path}={value}'`")
        }
        (Ok(_), _) => format!("write `{value}`"),
        (Err(_), _) => format!("write `{} = {value}`", key.replace("~1", "/").replace("~0", "~")),
    };
    if let Some(words) = words_of(root, own) {
        let near = match &node.kind {
            Kind::Text(text) => nearest(text, words.iter().map(String::as_str)),
            _ => None,
        };
        let hint = match near {
            Some(near) => format!("did you mean `{}`?", quoted(near)),
            None => format!("it is one of {}", listed(&words)),
        };
        return Some((format!("cannot be {}", value_words(node)), Some(hint)));
    }
    match fault {
        Fault::Type { .. } | Fault::AnyOf { .. } | Fault::OneOfNotValid { .. } => {
            let types = types(root, own);
            if types.is_empty() {
                return None;
            }
            let named: Vec<&str> = types.iter().map(|t| type_words(t)).collect();
            let message = format!("must be {}, but it is {}", named.join(" or "), node.shown());
            let right = types.iter().find_map(|kind| converted(kind, node));
            let hint = right.or_else(|| example(root, own)).map(|right| write(&right));
            Some((message, hint))
        }
        Fault::Minimum { .. }
        | Fault::Maximum { .. }
        | Fault::ExclusiveMinimum { .. }
        | Fault::ExclusiveMaximum { .. } => {
            let message = format!("must be {}, but it is {}", range_words(root, own)?, node.shown());
            let is_default = own.get("default").is_some_and(|default| !default.is_null());
            let words = if is_default { "the default is" } else { "it could be" };
            Some((message, example(root, own).map(|value| format!("{words} `{value}`"))))
        }
        Fault::MinLength { limit: 1 } | Fault::MinItems { limit: 1 } => {
            Some(("must not be empty".into(), Some("give a value, or leave it out".into())))
        }
        Fault::MinLength { limit } => Some(too_few_or_many(node, "at least", *limit, "character")),
        Fault::MaxLength { limit } => Some(too_few_or_many(node, "at most", *limit, "character")),
        Fault::MinItems { limit } => Some(too_few_or_many(node, "at least", *limit, "item")),
        Fault::MaxItems { limit } => Some(too_few_or_many(node, "at most", *limit, "item")),
        _ => None,
    }
}

fn too_few_or_many(node: &Node, how: &str, limit: u64, what: &str) -> (String, Option<String>) {
    let has = match &node.kind {
        Kind::Text(text) => text.chars().count(),
        Kind::List(items) => items.len(),
        _ => 0,
    };
    let limit = count(usize::try_from(limit).unwrap_or(usize::MAX), what);
    (format!("must have {how} {limit}, but it has {has}"), None)
}

/// A value as a pipeline file writes it.
fn value_words(node: &Node) -> String {
    match &node.kind {
        Kind::Text(text) => format!("`{}`{}", quoted(text), node.variables_in_words()),
        _ => node.shown(),
    }
}

fn listed(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{}`", quoted(word))).collect();
    words.join(", ")
}

/// How deep nested choices and tables are followed: a schema may refer to itself.
const LOOKS_INTO: usize = 3;

/// The words that a schema allows, if it is a choice of words.
fn words_of(root: &Value, schema: &Value) -> Option<Vec<String>> {
    words_within(root, schema, LOOKS_INTO)
}

fn words_within(root: &Value, schema: &Value, depth: usize) -> Option<Vec<String>> {
    let schema = resolved(root, schema)?;
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
    }
    if let Some(word) = schema.get("const") {
        return Some(vec![word.as_str()?.to_owned()]);
    }
    let choices = ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key))?.as_array()?;
    let choices = choices.iter().filter(|choice| choice.get("type") != Some(&"null".into()));
    let depth = depth.checked_sub(1)?;
    let words: Option<Vec<Vec<String>>> = choices.map(|choice| words_within(root, choice, depth)).collect();
    words.map(|words| words.concat()).filter(|words| !words.is_empty())
}

/// The types that a schema accepts, except null, which TOML does not have.
fn types<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a str> {
    types_within(root, schema, LOOKS_INTO)
}

fn types_within<'a>(root: &'a Value, schema: &'a Value, depth: usize) -> Vec<&'a str> {
    let Some(schema) = resolved(root, schema) else { return Vec::new() };
    let mut found: Vec<&str> = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => {
            let choices = ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key)?.as_array());
            let choices = choices.filter(|_| depth > 0).into_iter().flatten();
            choices.flat_map(|choice| types_within(root, choice, depth - 1)).collect()
        }
    };
    found.retain(|kind| *kind != "null");
    found.dedup();
    found
}

fn type_words(kind: &str) -> &str {
    match kind {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "an array",
        "object" => "a table",
        other => other,
    }
}

/// The value converted to another type, as TOML, if it seems to be meant that way.
fn converted(kind: &str, node: &Node) -> Option<String> {
    let text = node.as_string();
    match kind {
        "string" => text.map(|text| quoted(&text)),
        "boolean" => flag_of(&text?).map(|flag| flag.to_string()),
        "integer" => text?.trim().parse::<i64>().ok().map(|number| number.to_string()),
        "number" => {
            let number = text?.trim().replace(',', ".");
            number.parse::<f64>().ok().filter(|n| n.is_finite()).map(|_| number)
        }
        "array" => text.map(|text| {
            // A list without quotes, as a shell leaves it.
            let items = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            let items = items.map_or(vec![text.as_str()], |items| items.split(',').collect());
            let items: Vec<String> =
                items.iter().map(|item| quoted(item.trim().trim_matches(['"', '\'']))).collect();
            format!("[{}]", items.join(", "))
        }),
        _ => None,
    }
}

/// A value that would fit: the default, or else the schema's own example, or else a plain one of the right
/// type.
fn example(root: &Value, schema: &Value) -> Option<String> {
    example_within(root, schema, LOOKS_INTO)
}

fn example_within(root: &Value, schema: &Value, depth: usize) -> Option<String> {
    if let Some(default) = schema.get("default").filter(|default| !default.is_null() && !default.is_object())
    {
        return Some(default.to_string());
    }
    if let Some(example) = schema.pointer("/examples/0") {
        return Some(example.to_string());
    }
    if let Some(word) = words_of(root, schema).and_then(|words| words.into_iter().next()) {
        return Some(quoted(&word));
    }
    let least = resolved(root, schema).and_then(|s| s.get("minimum")).map(Value::to_string);
    types(root, schema).first().and_then(|kind| match *kind {
        "string" => Some("\"…\"".to_owned()),
        "boolean" => Some("true".to_owned()),
        "integer" => Some(least.unwrap_or_else(|| "1".to_owned())),
        "number" => Some(least.unwrap_or_else(|| "1.0".to_owned())),
        "array" => Some("[…]".to_owned()),
        "object" => {
            let properties = resolved(root, schema)?.get("properties")?.as_object()?;
            let (name, own) = properties.iter().next()?;
            // The default is what leaving the table out would do as well.
            let value = match types(root, own).as_slice() {
                ["boolean"] => "true".to_owned(),
                _ => example_within(root, own, depth.checked_sub(1)?)?,
            };
            Some(format!("{{ {name} = {value} }}"))
        }
        _ => None,
    })
}

/// The range that a schema sets for a number, in words.
fn range_words(root: &Value, schema: &Value) -> Option<String> {
    let schema = resolved(root, schema)?;
    let limit =
        |key: &str| schema.get(key).filter(|limit| limit.is_number()).map(|limit| format!("`{limit}`"));
    let low = limit("minimum").map(|low| format!("at least {low}"));
    let low = low.or_else(|| limit("exclusiveMinimum").map(|low| format!("above {low}")));
    let high = limit("maximum").map(|high| format!("at most {high}"));
    let high = high.or_else(|| limit("exclusiveMaximum").map(|high| format!("below {high}")));
    let both: Vec<String> = low.into_iter().chain(high).collect();
    (!both.is_empty()).then(|| both.join(" and "))
}

/// The target of a pointer, in words: an option, or an item of an array.
fn option_words(options: &Node, pointer: &str) -> String {
    let (outer, last) = pointer.rsplit_once('/').unwrap_or_default();
    match (&options.at_pointer(outer).kind, last.parse::<usize>()) {
        (Kind::List(_), Ok(item)) => format!("item {} of {}", item + 1, option_words(options, outer)),
        _ => format!("option `{}`", dotted(options, pointer)),
    }
}

/// The keys that lead to an option, counted from the last array on the way.
fn dotted(options: &Node, pointer: &str) -> String {
    let (mut path, mut keys) = (String::new(), Vec::new());
    for part in pointer.split('/').skip(1) {
        if matches!(options.at_pointer(&path).kind, Kind::List(_)) {
            keys.clear();
        } else {
            keys.push(part.replace("~1", "/").replace("~0", "~"));
        }
        path.push_str(&format!("/{part}"));
    }
    keys.join(".")
}

/// The description of an option in a schema; dots separate the levels of nested tables.
pub fn option_doc(schema: &Value, option: &str) -> Option<String> {
    described(schema, &pointer_of(option))
}

/// Whether an option takes numbers; dots separate the levels of nested tables. `None` if there is no such
/// option.
pub fn takes_numbers(schema: &Value, option: &str) -> Option<bool> {
    let (outer, name) = option.rsplit_once('.').unwrap_or(("", option));
    let outer = if outer.is_empty() { String::new() } else { pointer_of(outer) };
    let outer = present(schema, subschema(schema, &outer)?);
    let own = outer.get("properties")?.get(name)?;
    Some(types(schema, own).iter().any(|kind| ["integer", "number"].contains(kind)))
}

/// The schema of the value if it may be null, as for an `Option` of a struct.
fn present<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let is_null = |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("null");
    match schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one, null] | [null, one]) if is_null(&null) => resolved(root, one).unwrap_or(one),
        _ => schema,
    }
}

/// The JSON pointer to an option; dots separate the levels of nested tables.
fn pointer_of(option: &str) -> String {
    format!("/{}", option.replace('.', "/"))
}

/// The part of a schema that covers some of its options, as a schema of its own. Dots separate the levels of
/// nested tables.
pub fn schema_of_options<'a>(schema: &Value, options: impl IntoIterator<Item = &'a str>) -> Value {
    let mut out = json!({"type": "object"});
    for option in options {
        let Some(own) = subschema(schema, &pointer_of(option)) else { continue };
        let mut own = own.clone();
        if let (Some(own), Some(doc)) = (own.as_object_mut(), description(schema, &pointer_of(option))) {
            own.insert("description".into(), doc.into());
        }
        let mut at = &mut out;
        for part in option.split('.') {
            at = &mut at["properties"][part];
        }
        *at = own;
    }
    out
}

/// The maximum number of tables that are completed: the defaults of a schema that refers to itself may never
/// end.
const TABLES_AT_MOST: usize = 10_000;
/// The deepest nesting of tables that is completed.
const DEPTH_AT_MOST: usize = 64;

/// The options, completed with the schema's defaults and in the schema's order.
pub fn with_defaults(schema: &Value, given: &Value) -> Value {
    complete(schema, schema, given, 0, &mut 0)
}

fn complete(root: &Value, schema: &Value, given: &Value, depth: usize, tables: &mut usize) -> Value {
    *tables += 1;
    if depth > DEPTH_AT_MOST || *tables > TABLES_AT_MOST {
        return given.clone();
    }
    let schema = resolved(root, schema).unwrap_or(schema);
    let (Some(properties), Some(given)) =
        (schema.get("properties").and_then(Value::as_object), given.as_object())
    else {
        return given.clone();
    };
    let mut out = serde_json::Map::new();
    for (name, own) in properties {
        let default = own.get("default").cloned();
        match given.get(name).cloned().or(default) {
            Some(value) => out.insert(name.clone(), complete(root, own, &value, depth + 1, tables)),
            None => None,
        };
    }
    for (name, value) in given {
        out.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(out)
}

/// The schema of the value at a pointer, with references followed.
fn subschema<'a>(schema: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut at = resolved(schema, schema)?;
    for part in pointer.split('/').skip(1) {
        let own = at.get("properties").and_then(|properties| properties.get(part));
        at = own.or_else(|| at.get("items")).or_else(|| at.get("additionalProperties"))?;
        at = resolved(schema, at)?;
    }
    Some(at)
}

fn resolved<'a>(root: &'a Value, mut at: &'a Value) -> Option<&'a Value> {
    for _ in 0..8 {
        let reference = at.get("$ref").or_else(|| at.pointer("/allOf/0/$ref"));
        match reference.and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
            Some(pointer) => at = root.pointer(pointer)?,
            None => return Some(at),
        }
    }
    None
}

fn properties(schema: &Value, pointer: &str) -> Vec<String> {
    let object = subschema(schema, pointer).and_then(|s| s.get("properties")).and_then(Value::as_object);
    object.map(|o| o.keys().cloned().collect()).unwrap_or_default()
}

fn described(schema: &Value, pointer: &str) -> Option<String> {
    let (parent, property) = pointer.rsplit_once('/')?;
    if subschema(schema, parent)?.get("items").is_some() {
        // An item of an array has no name.
        return described(schema, parent);
    }
    Some(format!("`{property}`: {}", description(schema, pointer)?.replace('\n', " ")))
}

/// The description of the option at a pointer.
fn description<'a>(schema: &'a Value, pointer: &str) -> Option<&'a str> {
    let (parent, property) = pointer.rsplit_once('/')?;
    let own = subschema(schema, parent)?.get("properties")?.get(property)?;
    own.get("description").or_else(|| resolved(schema, own)?.get("description"))?.as_str()
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
