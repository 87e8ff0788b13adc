//! A JSON Schema (2020-12) of pipeline files, for editors: tables and keys of the reader, and for each plugin the options
//! of its operators. It describes; what a file means is read elsewhere.

mod keys;
mod plugins;
#[cfg(test)]
mod tests;

pub use plugins::Offered;

use serde_json::{Value, json};

/// Name of the file that a workspace keeps the schema in.
pub const SCHEMA_FILE: &str = "textmill.schema.json";

/// The table of a pipeline file that has a key.
pub(super) fn table_of(key: &str) -> Option<&'static str> {
    let tables = [
        ("[pipeline]", keys::pipeline()),
        ("[input]", keys::input()),
        ("[[stage]]", keys::stage()),
        ("[output]", keys::output()),
        ("[run]", keys::run()),
    ];
    tables.into_iter().find(|(_, table)| table["properties"].get(key).is_some()).map(|(name, _)| name)
}

/// The schema of pipeline files that may name these plugins.
///
/// A name that is not among them is no mistake: the plugin may be built later, and textmill itself says when it cannot
/// be found.
pub fn schema(plugins: &[Offered<'_>]) -> Value {
    let mut defs = keys::shared();
    defs.insert("stage".into(), plugins::stage(keys::stage(), plugins));
    defs.insert("stage-of-plugin".into(), plugins::conditions(plugins));
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
                // Two of them, since some editors see no keys beside a list of conditions.
                "items": {"allOf": [{"$ref": "#/$defs/stage"}, {"$ref": "#/$defs/stage-of-plugin"}]},
            },
            "output": keys::output(),
            "run": keys::run(),
        },
        "$defs": defs,
    })
}
