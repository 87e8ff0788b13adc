//! The plugins' part of the schema: their names, their operators, and the options of each operator.

use super::keys::VARIABLE;
use serde_json::{Map, Value, json};
use textmill_plugin::descriptor::{OperatorDescriptor, PluginDescriptor};

/// A plugin that a pipeline may name.
#[derive(Clone, Debug)]
pub struct Offered<'a> {
    /// The names that a stage may use for it; at least one.
    pub names: Vec<String>,
    /// Its descriptor.
    pub descriptor: &'a PluginDescriptor,
}

impl Offered<'_> {
    /// Its operators that can be stages.
    fn stages(&self) -> Vec<&OperatorDescriptor> {
        self.descriptor.operators.iter().filter(|o| o.is_stage()).collect()
    }

    /// The key of an operator's options among the definitions. Plugin names are unique. Characters that JSON
    /// pointers escape, as in paths, are replaced.
    fn key(&self, operator: &OperatorDescriptor) -> String {
        let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let name: String = self.names.iter().flat_map(|name| name.chars()).map(plain).collect();
        let operator: String = operator.name.chars().map(plain).collect();
        format!("options-of.{name}.{operator}")
    }
}

/// Completes the keys of a stage with the plugins' names and options.
pub(super) fn stage(mut stage: Value, plugins: &[Offered<'_>]) -> Value {
    let named = plugins.iter().flat_map(|plugin| {
        plugin.names.iter().map(|name| json!({"const": name, "description": plugin.descriptor.description}))
    });
    stage["properties"]["plugin"]["anyOf"] = named.chain([json!({"type": "string"})]).collect();
    let operators = plugins.iter().flat_map(|p| p.stages().into_iter().map(|o| (p.key(o), o)));
    let references = operators.map(|(key, _)| reference(&key));
    // The last alternative accepts anything. The others are for editors that offer completions but do not
    // follow conditions.
    stage["properties"]["options"]["anyOf"] = references.chain([json!({"type": "object"})]).collect();
    stage
}

/// One condition per plugin: which operators it has, and which options each one takes.
pub(super) fn conditions(plugins: &[Offered<'_>]) -> Value {
    if plugins.is_empty() {
        return json!({});
    }
    let conditions = plugins.iter().map(|plugin| {
        json!({
            "if": {"properties": {"plugin": {"enum": plugin.names}}, "required": ["plugin"]},
            "then": of_plugin(plugin),
        })
    });
    json!({"allOf": conditions.collect::<Value>()})
}

fn of_plugin(plugin: &Offered<'_>) -> Value {
    let stages = plugin.stages();
    let names: Vec<&str> = stages.iter().map(|o| o.name.as_str()).collect();
    let default = plugin.descriptor.operators.first().map(|o| o.name.as_str());
    let operators = stages.iter().map(|operator| {
        let mut condition = json!({"properties": {"operator": {"const": operator.name}}});
        if default != Some(operator.name.as_str()) {
            condition["required"] = json!(["operator"]);
        }
        json!({"if": condition, "then": {"properties": {"options": reference(&plugin.key(operator))}}})
    });
    json!({"properties": {"operator": {"enum": names}}, "allOf": operators.collect::<Value>()})
}

/// What a stage must have unless it changes a stage of another file: its plugin, and the options that the
/// plugin requires.
pub(super) fn complete(plugins: &[Offered<'_>]) -> Value {
    let mut conditions: Vec<Value> = Vec::new();
    for plugin in plugins {
        for operator in plugin.stages() {
            let Some(required) = required(&operator.options) else { continue };
            let mut own = json!({
                "properties": {"plugin": {"enum": plugin.names}, "operator": {"const": operator.name}},
                "required": ["plugin"],
            });
            if plugin.descriptor.operators.first().is_some_and(|first| first.name != operator.name) {
                own["required"] = json!(["plugin", "operator"]);
            }
            let options = json!({"properties": {"options": {"required": required}}, "required": ["options"]});
            conditions.push(json!({"if": own, "then": options}));
        }
    }
    let mut complete = json!({"required": ["plugin"]});
    if !conditions.is_empty() {
        complete["allOf"] = conditions.into();
    }
    complete
}

/// The options of all operators, each under its own key.
pub(super) fn options(plugins: &[Offered<'_>]) -> Map<String, Value> {
    let mut defs = Map::new();
    for plugin in plugins {
        for operator in plugin.stages() {
            let key = plugin.key(operator);
            let mut schema = match &operator.options {
                Value::Object(_) => operator.options.clone(),
                _ => json!({"type": "object"}),
            };
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("$schema");
                schema.remove("$id");
                // A file that is extended may supply them: see `complete`.
                schema.remove("required");
            }
            move_references(&mut schema, &format!("#/$defs/{key}"));
            take_variables(&mut schema);
            defs.insert(key, schema);
        }
    }
    defs
}

fn reference(key: &str) -> Value {
    json!({"$ref": format!("#/$defs/{key}")})
}

/// The required options, if there are any.
fn required(options: &Value) -> Option<&Value> {
    options.get("required").filter(|names| names.as_array().is_some_and(|names| !names.is_empty()))
}

/// Keywords whose values are data, not schemas.
const DATA: [&str; 5] = ["const", "default", "enum", "examples", "required"];
/// Keywords whose values map names to schemas.
const NAMED: [&str; 5] = ["$defs", "definitions", "properties", "patternProperties", "dependentSchemas"];

/// Accepts a string with a variable wherever a number, a boolean or one of several words is expected.
fn take_variables(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let types: Vec<&str> = match members.get("type") {
                Some(Value::String(kind)) => vec![kind],
                Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            let is_scalar = types.iter().any(|kind| ["integer", "number", "boolean"].contains(kind));
            if is_scalar && !types.contains(&"string") && !members.contains_key("enum") {
                let types: Vec<&str> = types.into_iter().chain(["string"]).collect();
                let types = json!(types);
                members.insert("type".into(), types);
                members.insert("pattern".into(), VARIABLE.into());
            }
            if let Some(words) = members.remove("enum") {
                let kind = members.remove("type");
                let mut own = json!({"enum": words});
                if let Some(kind) = kind {
                    own["type"] = kind;
                }
                members.insert("anyOf".into(), json!([own, {"$ref": "#/$defs/variable"}]));
                return;
            }
            for (keyword, value) in members {
                match value {
                    Value::Array(choices) if keyword == "oneOf" => {
                        let are_words = choices.iter().all(|choice| choice.get("const").is_some());
                        choices.iter_mut().for_each(take_variables);
                        if are_words {
                            choices.push(json!({"$ref": "#/$defs/variable"}));
                        }
                    }
                    Value::Object(named) if NAMED.contains(&keyword.as_str()) => {
                        named.values_mut().for_each(take_variables);
                    }
                    value if !DATA.contains(&keyword.as_str()) => take_variables(value),
                    _ => {}
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(take_variables),
        _ => {}
    }
}

/// Rewrites the references of a schema that was a separate document, so that they point to its new place.
fn move_references(schema: &mut Value, place: &str) {
    match schema {
        Value::Object(members) => {
            for (keyword, value) in members {
                match value {
                    Value::String(target) if keyword == "$ref" => {
                        if let Some(pointer) = target.strip_prefix('#') {
                            *target = format!("{place}{pointer}");
                        }
                    }
                    Value::Object(named) if NAMED.contains(&keyword.as_str()) => {
                        named.values_mut().for_each(|schema| move_references(schema, place));
                    }
                    value if !DATA.contains(&keyword.as_str()) => move_references(value, place),
                    _ => {}
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_references(item, place)),
        _ => {}
    }
}
