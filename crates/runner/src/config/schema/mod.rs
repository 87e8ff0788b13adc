//! A JSON Schema (2020-12) of pipeline files, for editors: the tables and keys of the reader, and the options
//! of each plugin's operators. It only describes pipeline files; other modules read them.

mod keys;
mod plugins;
#[cfg(test)]
mod tests;

pub use plugins::Offered;

use serde_json::{Value, json};

/// Name of the file in which a workspace keeps the schema.
pub const SCHEMA_FILE: &str = "textmill.schema.json";

/// The tables of a pipeline file, with their headers.
pub(super) fn tables() -> [(&'static str, Value); 6] {
    [
        ("[pipeline]", keys::pipeline()),
        ("[input]", keys::input()),
        ("[[stage]]", keys::stage()),
        ("[output]", keys::output()),
        ("[run]", keys::run()),
        ("[test]", keys::test()),
    ]
}

/// The keys of a table, in order, each with its schema. `table` is the table's name without brackets.
pub fn key_schemas(table: &str) -> Vec<(String, Value)> {
    let found = tables().into_iter().find(|(header, _)| header.trim_matches(['[', ']']) == table);
    let properties = found.and_then(|(_, table)| table["properties"].as_object().cloned());
    properties.into_iter().flatten().collect()
}

/// The header of the table that has a key.
pub(super) fn table_of(key: &str) -> Option<&'static str> {
    tables().into_iter().find(|(_, table)| table["properties"].get(key).is_some()).map(|(name, _)| name)
}

/// The schema of a key of a table.
pub(super) fn key_schema(table: &str, key: &str) -> Option<Value> {
    let (_, table) = tables().into_iter().find(|(name, _)| *name == table)?;
    table["properties"].get(key).cloned()
}

/// The default of a key, as TOML.
pub(super) fn default_of(key: &str) -> Option<String> {
    key_schema(table_of(key)?, key)?.get("default").map(Value::to_string)
}

/// The schema of pipeline files that may name these plugins.
///
/// Any other plugin name is valid, too: the plugin may be built later, and textmill itself reports when it
/// cannot be found.
pub fn schema(plugins: &[Offered<'_>]) -> Value {
    let mut defs = keys::shared();
    defs.insert("stage".into(), plugins::stage(keys::stage(), plugins));
    defs.insert("stage-of-plugin".into(), plugins::conditions(plugins));
    defs.insert("stage-complete".into(), plugins::complete(plugins));
    defs.extend(plugins::options(plugins));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "textmill pipeline",
        "description": "Input, a chain of plugins, output.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "extends": keys::extends(),
            "pipeline": keys::pipeline(),
            "input": keys::input(),
            "stage": {
                "description": "What happens to the documents, in the order written.",
                "type": "array",
                // Two separate references, since some editors do not see keys beside a list of conditions.
                "items": {"allOf": [{"$ref": "#/$defs/stage"}, {"$ref": "#/$defs/stage-of-plugin"}]},
            },
            "output": keys::output(),
            "run": keys::run(),
            "test": keys::test(),
        },
        // A stage that changes a stage of the base file needs only its `name`.
        "if": {"required": ["extends"]},
        "then": {"properties": {"stage": {"items": {"anyOf": [{"required": ["plugin"]}, {"required": ["name"]}]}}}},
        "else": {"properties": {"stage": {"items": {"$ref": "#/$defs/stage-complete"}}}},
        "$defs": defs,
    })
}
