//! What the plugins add to the schema: their names, their operators, and the options of each.

use serde_json::{Map, Value, json};
use textmill_plugin::descriptor::{OperatorDescriptor, PluginDescriptor};

/// A plugin that a pipeline may name.
#[derive(Clone, Debug)]
pub struct Offered<'a> {
    /// How a stage may name it; at least one name.
    pub names: Vec<String>,
    /// What it says of itself.
    pub descriptor: &'a PluginDescriptor,
}

impl Offered<'_> {
    /// Its operators that can be stages.
    fn stages(&self) -> Vec<&OperatorDescriptor> {
        self.descriptor.operators.iter().filter(|o| o.is_stage()).collect()
    }

    /// Key of an operator's options among the definitions. Names of plugins differ, and none holds what JSON pointers
    /// escape: those that are paths are replaced.
    fn key(&self, operator: &OperatorDescriptor) -> String {
        let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        let name: String = self.names.iter().flat_map(|name| name.chars()).map(plain).collect();
        let operator: String = operator.name.chars().map(plain).collect();
        format!("options-of.{name}.{operator}")
    }
}

/// The keys of a stage, completed with what the plugins offer.
pub(super) fn stage(mut stage: Value, plugins: &[Offered<'_>]) -> Value {
    let named = plugins.iter().flat_map(|plugin| {
        plugin.names.iter().map(|name| json!({"const": name, "description": plugin.descriptor.description}))
    });
    stage["properties"]["plugin"]["anyOf"] = named.chain([json!({"type": "string"})]).collect();
    let operators = plugins.iter().flat_map(|p| p.stages().into_iter().map(|o| (p.key(o), o)));
    let references = operators.map(|(key, _)| reference(&key));
    // The last of these lets anything pass; the others are for editors that complete, and follow no conditions.
    stage["properties"]["options"]["anyOf"] = references.chain([json!({"type": "object"})]).collect();
    stage["required"] = json!(["plugin"]);
    stage
}

/// A condition for each plugin: which operators it has, and which options each takes.
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
        let mut then = json!({"properties": {"options": reference(&plugin.key(operator))}});
        if required(&operator.options) {
            then["required"] = json!(["options"]);
        }
        json!({"if": condition, "then": then})
    });
    json!({"properties": {"operator": {"enum": names}}, "allOf": operators.collect::<Value>()})
}

/// The options of all operators, each under its key.
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
            }
            move_references(&mut schema, &format!("#/$defs/{key}"));
            defs.insert(key, schema);
        }
    }
    defs
}

fn reference(key: &str) -> Value {
    json!({"$ref": format!("#/$defs/{key}")})
}

/// Whether some option must be given.
fn required(options: &Value) -> bool {
    options.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty())
}

/// Keywords whose values are data, not schemas.
const DATA: [&str; 5] = ["const", "default", "enum", "examples", "required"];
/// Keywords whose values are schemas by name.
const NAMED: [&str; 5] = ["$defs", "definitions", "properties", "patternProperties", "dependentSchemas"];

/// Lets the references of a schema that was a document of its own point to where it stands now.
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
