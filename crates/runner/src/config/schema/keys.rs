//! The keys of each table, with types, ranges and descriptions. A test compares them with the keys that the
//! reader accepts.

use super::super::pipeline::TABLES;
use super::super::settings::{FORMATS, Input, LEAST_MEMORY, MOST_THREADS, Run};
use crate::isolate::Limits;
use serde_json::{Map, Value, json};
use textmill_core::column::RESERVED;

/// The pattern of a string with a variable in it, which may stand for any value.
pub(super) const VARIABLE: &str = r"\$\{";

/// Definitions that several keys refer to.
pub(super) fn shared() -> Map<String, Value> {
    let mut defs = Map::new();
    let mut put = |name: &str, schema: Value| defs.insert(name.to_owned(), schema);
    put(
        "bytes-in-words",
        json!({
            "type": "string",
            "pattern": r"^([0-9]*[1-9][0-9]*\.?[0-9]*|[0-9]*\.[0-9]*[1-9][0-9]*)\s*([bB]|[kKmMgGtT]([iI]?[bB])?)?\s*$",
            "examples": ["512MiB", "2GB"],
        }),
    );
    put(
        "bytes",
        json!({"anyOf": [{"type": "integer", "minimum": 1}, {"$ref": "#/$defs/bytes-in-words"}, {"$ref": "#/$defs/variable"}]}),
    );
    put(
        "time",
        json!({
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {
                    "type": "string",
                    "pattern": r"^([0-9]*[1-9][0-9]*\.?[0-9]*|[0-9]*\.[0-9]*[1-9][0-9]*)\s*(ms|s|m|min|h)?\s*$",
                    "examples": ["500ms", "10s", "2m"],
                },
                {"$ref": "#/$defs/variable"},
            ],
        }),
    );
    // Variables are substituted only after an editor has applied the schema.
    put("variable", json!({"type": "string", "pattern": VARIABLE}));
    put("count", json!({"type": ["integer", "string"], "minimum": 1, "pattern": VARIABLE}));
    put("boolean", json!({"type": ["boolean", "string"], "pattern": VARIABLE}));
    put("texts", json!({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}));
    put(
        "column-type",
        json!({
            "type": "string",
            "anyOf": [
                {"enum": ["utf8", "int64", "uint64", "float64", "boolean", "list<utf8>"]},
                {"$ref": "#/$defs/variable"},
                {"pattern": r"^\s*(boolean|u?int(8|16|32|64)|float(32|64)|(large_)?utf8|utf8_view|(large_)?binary|binary_view|null|fixed_size_binary\s*\[.+\]|(large_)?list\s*<.+>|struct\s*<.+>)\s*$"},
            ],
        }),
    );
    defs
}

/// The schema of a table with these keys and no others.
fn table(description: &str, properties: Value) -> Value {
    json!({
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

pub(super) fn extends() -> Value {
    json!({
        "description": "A base pipeline file, relative to this one. Tables are merged key by key, and this file wins; a stage with the name of one in the base changes it.",
        "type": "string",
    })
}

pub(super) fn pipeline() -> Value {
    table(
        "Name and description of the pipeline.",
        json!({
            "name": {
                "description": "Name of the pipeline. Default: the file name without its extension.",
                "type": "string",
            },
            "description": {"description": "What the pipeline is for.", "type": "string"},
        }),
    )
}

pub(super) fn input() -> Value {
    let default = Input::default();
    table(
        "Where documents come from.",
        json!({
            "paths": {
                "description": "Files, folders, globs and URLs, relative to this file. Formats may be mixed.",
                "$ref": "#/$defs/texts",
            },
            "text-field": {
                "description": "Field with the text.",
                "type": "string",
                "default": default.text_field,
            },
            "id-field": {
                "description": "Field with the id.",
                "type": "string",
                "default": default.id_field,
            },
            "source-field": {
                "description": "Field with the document's source.",
                "type": "string",
                "default": default.source_field,
            },
            "columns": {
                "description": "Fields that stages read, with their types. All others pass through untouched.",
                "type": "object",
                "propertyNames": {"not": {"enum": RESERVED}},
                "additionalProperties": {"$ref": "#/$defs/column-type"},
            },
            "format": {
                "description": "How to read files with unknown endings: as if they had this one.",
                "type": "string",
                "enum": FORMATS,
            },
            "media-type": {
                "description": "Media type of every document, such as `text/html`. Default: according to the format.",
                "type": "string",
            },
            "max-document-bytes": {
                "description": "Maximum size of a document, such as `64MiB`; a larger document fails.",
                "default": in_words(default.max_document_bytes as u64),
                "$ref": "#/$defs/bytes",
            },
        }),
    )
}

/// The keys of a stage. `plugin`, `operator` and `options` are completed once the plugins are known.
pub(super) fn stage() -> Value {
    let limits = Limits::default();
    let mut table = table(
        "One plugin with its options.",
        json!({
            "plugin": {
                "description": "Name of the plugin, or the path of its library or project folder; paths contain a slash.",
                "type": "string",
                "minLength": 1,
            },
            "name": {
                "description": "Name of the stage in this pipeline. Default: the plugin's name.",
                "type": "string",
                "pattern": r"^[^.]*$",
                "not": {"enum": TABLES},
            },
            "operator": {
                "description": "Operator of the plugin. Default: its first one.",
                "type": "string",
            },
            "enabled": {
                "description": "Whether the stage runs.",
                "default": true,
                "$ref": "#/$defs/boolean",
            },
            "before": {
                "description": "Name of the stage that this one is placed before, wherever it is written in the file.",
                "type": "string",
            },
            "after": {
                "description": "Name of the stage that this one is placed after, wherever it is written in the file.",
                "type": "string",
            },
            "options": {
                "description": "Options of the operator; see `textmill plugin info`.",
                "type": "object",
            },
            "isolation": {
                "description": "Whether the plugin runs in a separate process, so that a crash or an endless loop costs only one document.",
                "default": "none",
                "anyOf": [{"enum": ["none", "process"]}, {"$ref": "#/$defs/variable"}],
            },
            "time-limit": {
                "description": "Time limit for a call, such as `10s`; only with `isolation = \"process\"`.",
                "default": format!("{:?}", limits.time),
                "$ref": "#/$defs/time",
            },
            "memory-limit": {
                "description": "Memory limit of the process, such as `1GiB`; only with `isolation = \"process\"`.",
                "default": in_words(limits.memory),
                "$ref": "#/$defs/bytes",
            },
        }),
    );
    let own = json!({
        "required": ["isolation"],
        "properties": {"isolation": {"anyOf": [{"const": "process"}, {"$ref": "#/$defs/variable"}]}},
    });
    table["dependentSchemas"] = json!({"time-limit": own, "memory-limit": own});
    table
}

pub(super) fn output() -> Value {
    let mut table = table(
        "Where documents go.",
        json!({
            "folder": {
                "description": "The run folder, relative to this file, or its URL. A run replaces only an earlier run's folder or an empty one.",
                "type": "string",
            },
            "exclude": {
                "description": "Columns to leave out of the output.",
                "$ref": "#/$defs/texts",
            },
            "format": {
                "description": "Format of the documents.",
                "default": "jsonl",
                "anyOf": [{"enum": ["jsonl", "parquet"]}, {"$ref": "#/$defs/variable"}],
            },
            "compression": {
                "description": "Compression of the documents; Parquet always uses zstd.",
                "anyOf": [{"enum": ["none", "gzip", "zstd"]}, {"$ref": "#/$defs/variable"}],
            },
            "part-bytes": {
                "description": "Approximate size of a file of documents, such as `1GiB`. Default: a single file.",
                "$ref": "#/$defs/bytes",
            },
        }),
    );
    table["if"] = json!({"properties": {"format": {"const": "parquet"}}, "required": ["format"]});
    table["then"] = json!({
        "properties": {"compression": {"anyOf": [{"const": "zstd"}, {"$ref": "#/$defs/variable"}]}},
    });
    table
}

pub(super) fn run() -> Value {
    let default = Run::default();
    table(
        "Resources of the run. They do not change the output, except that a document that needs more than an eighth of the memory fails.",
        json!({
            "threads": {
                "description": "Number of threads. Default: the number of cores.",
                "maximum": MOST_THREADS,
                "$ref": "#/$defs/count",
            },
            "batch-documents": {
                "description": "Maximum number of documents per batch.",
                "default": default.batch_documents,
                "$ref": "#/$defs/count",
            },
            "batch-bytes": {
                "description": "Approximate size of the input that a thread takes at a time, such as `4MiB`.",
                "default": in_words(default.batch_bytes as u64),
                "$ref": "#/$defs/bytes",
            },
            "memory": {
                "description": "Memory budget of the run, such as `512MiB`.",
                "default": in_words(default.memory),
                "anyOf": [{"type": "integer", "minimum": LEAST_MEMORY}, {"$ref": "#/$defs/bytes-in-words"}, {"$ref": "#/$defs/variable"}],
            },
            "temp-dir": {
                "description": "Folder for data that does not fit in memory, relative to this file. Default: beside the run folder.",
                "type": "string",
            },
            "checkpoint-after": {
                "description": "Time before the first checkpoint, such as `5s`. A run that is killed earlier starts over.",
                "default": format!("{:?}", default.checkpoint_after),
                "$ref": "#/$defs/time",
            },
        }),
    )
}

pub(super) fn test() -> Value {
    table(
        "Sample documents and snapshots of `textmill test`.",
        json!({
            "inputs": {
                "description": "Files, folders and globs, relative to this file. Default: the first documents of the pipeline's own input.",
                "minItems": 1,
                "$ref": "#/$defs/texts",
            },
            "snapshots": {
                "description": "Folder of the accepted snapshots, relative to this file. Default: `snapshots/` and the file name without its extension.",
                "type": "string",
            },
            "limit": {
                "description": "Maximum number of documents, taken from the start of the inputs. Default: 1000 if `inputs` is given, otherwise 20.",
                "type": "integer",
                "minimum": 1,
            },
        }),
    )
}

/// A number of bytes, written as in a pipeline file.
fn in_words(bytes: u64) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 30) => format!("{}GiB", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{}MiB", bytes >> 20),
        _ => bytes.to_string(),
    }
}
