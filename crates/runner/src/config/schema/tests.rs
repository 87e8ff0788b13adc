//! Compares the schema with the reader: both must know the same keys and accept the same values.

use super::super::{Pipeline, TABLES};
use super::*;
use crate::config::Node;
use std::path::Path;
use textmill_plugin::descriptor::PluginDescriptor;

/// The tables of a pipeline file, and how each begins.
const HEADERS: [(&str, &str); 6] = [
    ("pipeline", "[pipeline]\n"),
    ("input", "[input]\n"),
    ("stage", "[[stage]]\nplugin = \"any\"\n"),
    ("output", "[output]\n"),
    ("run", "[run]\n"),
    ("test", "[test]\n"),
];

fn properties(schema: &Value, table: &str) -> Vec<String> {
    let table = match table {
        "stage" => &schema["$defs"]["stage"],
        table => &schema["properties"][table],
    };
    table["properties"].as_object().unwrap().keys().cloned().collect()
}

fn accepted_by_reader(text: &str) -> bool {
    Pipeline::parse(Path::new("pipeline.toml"), text.to_owned(), &[]).is_ok()
}

fn accepted_by_schema(validator: &jsonschema::Validator, text: &str) -> bool {
    Node::parse(text).is_ok_and(|tree| validator.is_valid(&tree.to_json()))
}

#[test]
fn the_schema_has_the_keys_that_the_reader_takes() {
    let schema = schema(&[]);
    for (table, header) in HEADERS {
        let text = format!("{header}no-such-key-anywhere = 1\n");
        let problems = Pipeline::parse(Path::new("x.toml"), text, &[]).unwrap_err();
        // The hint for an unknown key lists every key that the reader has queried.
        let hint = problems.list[0].hint.clone().unwrap();
        let mut taken: Vec<&str> = hint.split(" has ").nth(1).unwrap().split(", ").collect();
        taken.iter_mut().for_each(|key| *key = key.trim_matches('`'));
        taken.sort_unstable();
        taken.dedup();
        let mut told = properties(&schema, table);
        told.sort();
        assert_eq!(taken, told, "{table}");
    }
    let mut tables = properties(&json!({"properties": {"all": schema}}), "all");
    tables.retain(|table| !["stage", "extends"].contains(&table.as_str()));
    assert_eq!(tables, TABLES);
}

/// Each key with values of every kind: reader and schema must agree on each.
#[test]
fn the_schema_takes_the_values_that_the_reader_takes() {
    let schema = schema(&[]);
    let validator = jsonschema::options().build(&schema).unwrap();
    let values = [
        "\"\"",
        "\"word\"",
        "\"512MiB\"",
        "\"2 GB\"",
        "\"1.5kB \"",
        "\"0\"",
        "\"-1MB\"",
        "\"2 apples\"",
        "\"jsonl\"",
        "\"parquet\"",
        "\"gzip\"",
        "\"bzip2\"",
        "\"run\"",
        "\"a.b\"",
        "0",
        "1",
        "-1",
        "4194303",
        "4194304",
        "1024",
        "1025",
        "1.5",
        "true",
        "[]",
        "[\"a\", \"b\"]",
        "[1]",
        "{}",
        "{ a = \"utf8\" }",
        "{ a = \"list<struct<b: utf8>>\" }",
        "{ a = \"string\" }",
        "{ text = \"utf8\" }",
        "{ a = 1 }",
        "1979-05-27",
    ];
    let mut compared = 0;
    for (table, header) in HEADERS {
        for key in properties(&schema, table) {
            for value in values {
                // A stage is named after its plugin if it has no name, and some names are not allowed.
                if key == "plugin" && (value.contains('.') || value == "\"run\"") {
                    continue;
                }
                // A schema cannot know which stages there are.
                if ["before", "after"].contains(&key.as_str()) && value.starts_with('"') {
                    continue;
                }
                // Too little memory, written as a string, whose size a schema cannot check.
                if key == "memory" && value == "\"1.5kB \"" {
                    continue;
                }
                let header = if key == "plugin" { "[[stage]]\n" } else { header };
                let text = format!("{header}{key} = {value}\n");
                // A date is a string in JSON, but the reader wants a real string: a schema cannot tell the
                // difference.
                if value == "1979-05-27" && accepted_by_schema(&validator, &text) {
                    continue;
                }
                let reader = accepted_by_reader(&text);
                assert_eq!(reader, accepted_by_schema(&validator, &text), "reader says {reader}: {text}");
                compared += 1;
            }
        }
    }
    assert!(compared > 500, "{compared}");
    for text in [
        "",
        "[output]\nformat = \"parquet\"\ncompression = \"zstd\"\n",
        "[output]\nformat = \"parquet\"\ncompression = \"gzip\"\n",
        "[output]\nformat = \"jsonl\"\ncompression = \"gzip\"\n",
        "stage = 1\n",
        "[stage]\nplugin = \"a\"\n",
        "[[stage]]\n",
        "[[stages]]\n",
        "run = 1\n",
    ] {
        assert_eq!(accepted_by_reader(text), accepted_by_schema(&validator, text), "{text}");
    }
}

fn plugin(options: Value) -> PluginDescriptor {
    serde_json::from_value(json!({
        "name": "two", "version": "1", "description": "Two operators.",
        "operators": [
            {"name": "first", "kind": "map", "options": options},
            {"name": "second", "kind": "map", "options": {
                "properties": {"must": {"type": "integer"}}, "required": ["must"], "additionalProperties": false,
            }},
            {"name": "step", "kind": "map", "step": true},
        ],
    }))
    .unwrap()
}

#[test]
fn options_are_checked_by_plugin_and_operator() {
    let descriptor = plugin(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "two",
        "properties": {"rules": {"$ref": "#/$defs/Rules"}, "default": {"$ref": "#/$defs/Rules"}},
        "additionalProperties": false,
        "$defs": {"Rules": {
            "properties": {"on": {"type": "boolean"}, "inner": {"$ref": "#"}},
            "additionalProperties": false,
            "default": {"$ref": "#kept"},
        }},
    }));
    let names = ["two", "./plugins/two"].map(str::to_owned).to_vec();
    let schema = schema(&[Offered { names, descriptor: &descriptor }]);
    let data = schema.pointer("/$defs/options-of.two.-plugins-two.first/$defs/Rules/default/$ref");
    assert_eq!(data, Some(&json!("#kept")), "what is data stays as it is");
    let validator = jsonschema::options().build(&schema).unwrap();
    for (stage, right) in [
        ("plugin = \"other\"\noptions = { any = 1 }", true),
        ("plugin = \"two\"", true),
        ("plugin = \"two\"\noptions = { rules = { on = true } }", true),
        ("plugin = \"two\"\noptions = { rules = { on = 1 } }", false),
        ("plugin = \"two\"\noptions = { rules = { on = \"yes\" } }", false),
        ("plugin = \"two\"\noptions = { rules = { on = \"${ON:-true}\" } }", true),
        ("plugin = \"two\"\noptions = { default = { on = 1 } }", false),
        ("plugin = \"./plugins/two\"\noptions = { rules = { off = true } }", false),
        ("plugin = \"two\"\noptions = { rules = { inner = { rules = { on = true } } } }", true),
        ("plugin = \"two\"\noptions = { rules = { inner = { on = true } } }", false),
        ("plugin = \"two\"\noptions = { must = 1 }", false),
        ("plugin = \"two\"\noperator = \"second\"\noptions = { must = 1 }", true),
        ("plugin = \"two\"\noperator = \"second\"\noptions = { rules = {} }", false),
        ("plugin = \"two\"\noperator = \"second\"", false),
        ("plugin = \"two\"\noperator = \"step\"", false),
    ] {
        assert_eq!(accepted_by_schema(&validator, &format!("[[stage]]\n{stage}\n")), right, "{stage}");
    }
    // What is missing here comes from the stage of the base file.
    for (stage, right) in [
        ("name = \"two\"", true),
        ("options = { rules = {} }", false),
        ("name = \"two\"\noptions = { any = 1 }", true),
        ("plugin = \"two\"\noperator = \"second\"", true),
        ("plugin = \"two\"\noptions = { any = 1 }", false),
    ] {
        let text = format!("extends = \"base.toml\"\n[[stage]]\n{stage}\n");
        assert_eq!(accepted_by_schema(&validator, &text), right, "{stage}");
    }
}
