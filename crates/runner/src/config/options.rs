//! Checks a stage's options against the plugin's own JSON Schema, and points at the place in the file.

use super::problem::{Problem, suggest};
use super::tree::{Kind, Node};
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

/// Every way in which options do not fit their schema.
pub fn check_options(plugin: &str, schema: &Value, options: &Node) -> Vec<Problem> {
    if !schema.is_object() {
        return Vec::new();
    }
    let validator = match jsonschema::options().build(schema) {
        Ok(validator) => validator,
        Err(error) => {
            let message = format!("plugin `{plugin}` has an options schema that is not one: {error}");
            return vec![Problem::at(&options.place, message)];
        }
    };
    let json = options.to_json();
    let mut problems = Vec::new();
    for error in validator.iter_errors(&json) {
        let pointer = error.instance_path().as_str().to_owned();
        let node = options.at_pointer(&pointer);
        let option = option_words(options, &pointer);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = properties(schema, &pointer);
                for key in unexpected {
                    let place = node.entry(key).map_or(&node.place, |e| &e.place);
                    let hint = suggest(key, known.iter().map(String::as_str));
                    let hint = hint
                        .or_else(|| (!known.is_empty()).then(|| format!("it has `{}`", known.join("`, `"))));
                    let message = format!("plugin `{plugin}` has no option `{key}`");
                    problems.push(Problem::at(place, message).maybe_hint(hint));
                }
            }
            _ => {
                let doc = described(schema, &pointer);
                let what = words_of(error.schema_path().as_str(), schema)
                    .map(|words| format!("{} is not one of {words}", error.instance()))
                    .unwrap_or_else(|| lower_first(&error.to_string()));
                let message = format!("{option} of `{plugin}`: {what}");
                problems.push(Problem::at(&node.place, message).maybe_hint(doc));
            }
        }
    }
    problems
}

/// What a pointer leads to, in words: an option, or an item of one that is an array.
fn option_words(options: &Node, pointer: &str) -> String {
    let (outer, last) = pointer.rsplit_once('/').unwrap_or_default();
    match (&options.at_pointer(outer).kind, last.parse::<usize>()) {
        (Kind::List(_), Ok(item)) => format!("item {} of {}", item + 1, option_words(options, outer)),
        _ => format!("option `{}`", last.replace("~1", "/").replace("~0", "~")),
    }
}

/// The words that a schema gives to choose from, where it does so by a list of constants with a doc each.
fn words_of(pointer: &str, schema: &Value) -> Option<String> {
    // A path through references is no pointer into the schema, but its end tells where it was going.
    let (path, choice) = pointer.rsplit_once('/')?;
    if choice != "oneOf" {
        return None;
    }
    let target = path.rsplit_once("/$ref").map(|(before, _)| before).unwrap_or(path);
    let choices = resolved(schema, schema.pointer(target)?)?.get("oneOf")?.as_array()?;
    let words: Option<Vec<String>> =
        choices.iter().map(|choice| Some(choice.get("const")?.to_string())).collect();
    words.map(|words| words.join(", "))
}

/// Tables that are completed at most: defaults of a schema that refers to itself could go on for ever.
const TABLES_AT_MOST: usize = 10_000;
/// Tables that may lie in one another.
const DEPTH_AT_MOST: usize = 64;

/// Options with the schema's defaults in place of those that were not given, in the schema's order.
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

/// The schema of the value at a pointer, references followed.
fn subschema<'a>(schema: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut at = resolved(schema, schema)?;
    for part in pointer.split('/').skip(1) {
        at = at.get("properties").and_then(|p| p.get(part)).or_else(|| at.get("items"))?;
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
    let own = subschema(schema, parent)?.get("properties")?.get(property)?;
    let text = own.get("description")?.as_str()?;
    Some(format!("`{property}`: {}", text.replace('\n', " ")))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn defaults_fill_what_was_not_given() {
        let schema = json!({
            "properties": {
                "rules": {"$ref": "#/$defs/Rules", "default": {"a": true, "b": true}},
                "least": {"type": "integer", "default": 3},
                "column": {"type": "string"},
            },
            "$defs": {"Rules": {"properties": {"a": {"default": true}, "b": {"default": true}}}},
        });
        let options = with_defaults(&schema, &json!({"rules": {"b": false}}));
        assert_eq!(options, json!({"rules": {"a": true, "b": false}, "least": 3}));
    }

    #[test]
    fn defaults_of_a_schema_that_refers_to_itself_end() {
        let own = json!({"$ref": "#", "default": {}});
        let schema = json!({"properties": {"a": own, "b": own, "c": own}});
        assert!(with_defaults(&schema, &json!({})).is_object());
    }
}
