//! The keys of each table, with types, ranges and descriptions. A test compares them with the keys that the
//! reader accepts.

use super::super::pipeline::TABLES;
use super::super::settings::{Input, LEAST_MEMORY, MOST_THREADS, Run};
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
        "description": "A pipeline file to begin from, relative to this one: its tables are read first, key by key, and this file wins. A stage here with the name of one there changes it.",
        "type": "string",
    })
}

pub(super) fn pipeline() -> Value {
    table(
        "What the pipeline is called.",
        json!({
            "name": {
                "description": "Name of the pipeline; the file's name without its ending where none is given.",
                "type": "string",
            },
            "description": {"description": "What it is for.", "type": "string"},
        }),
    )
}

pub(super) fn input() -> Value {
    let default = Input::default();
    table(
        "Where documents come from.",
        json!({
            "paths": {
                "description": "Files, folders, globs and addresses, relative to this file. Formats may be mixed.",
                "$ref": "#/$defs/texts",
            },
            "text-field": {
                "description": "Field of a JSON line, a row or a record that holds the text.",
                "type": "string",
                "default": default.text_field,
            },
            "id-field": {
                "description": "Field that holds the id.",
                "type": "string",
                "default": default.id_field,
            },
            "source-field": {
                "description": "Field that says where the document comes from.",
                "type": "string",
                "default": default.source_field,
            },
            "columns": {
                "description": "Fields that a stage reads, with their types. All others travel along untouched.",
                "type": "object",
                "propertyNames": {"not": {"enum": RESERVED}},
                "additionalProperties": {"$ref": "#/$defs/column-type"},
            },
            "media-type": {
                "description": "Media type of every document, such as `text/html`; told by the format where none is given.",
                "type": "string",
            },
            "max-document-bytes": {
                "description": "Bytes that a document may have, such as `64MiB`; a larger one fails.",
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
                "description": "The plugin: its name, or the path of its library or its project where it has a slash.",
                "type": "string",
                "minLength": 1,
            },
            "name": {
                "description": "Name of the stage in this pipeline; the plugin's where none is given.",
                "type": "string",
                "pattern": r"^[^.]*$",
                "not": {"enum": TABLES},
            },
            "operator": {
                "description": "Operator of the plugin; its first where none is given.",
                "type": "string",
            },
            "enabled": {
                "description": "Whether the stage is there at all.",
                "default": true,
                "$ref": "#/$defs/boolean",
            },
            "before": {
                "description": "Name of a stage that this one goes before, wherever it is written.",
                "type": "string",
            },
            "after": {
                "description": "Name of a stage that this one goes after, wherever it is written.",
                "type": "string",
            },
            "options": {
                "description": "Options of the operator; `textmill plugin info` shows them, too.",
                "type": "object",
            },
            "isolation": {
                "description": "Where the plugin runs: in this process, or in one of its own, so that a crash or an endless loop costs one document.",
                "default": "none",
                "anyOf": [{"enum": ["none", "process"]}, {"$ref": "#/$defs/variable"}],
            },
            "time-limit": {
                "description": "Time that a call may take, such as `10s`, in a process of its own.",
                "default": format!("{:?}", limits.time),
                "$ref": "#/$defs/time",
            },
            "memory-limit": {
                "description": "Memory that the process may use, such as `1GiB`, in a process of its own.",
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
                "description": "The run folder, or an address, relative to this file. A run replaces the folder of an earlier run, and nothing else.",
                "type": "string",
            },
            "exclude": {
                "description": "Columns to leave out of the documents.",
                "$ref": "#/$defs/texts",
            },
            "format": {
                "description": "How documents are written.",
                "default": "jsonl",
                "anyOf": [{"enum": ["jsonl", "parquet"]}, {"$ref": "#/$defs/variable"}],
            },
            "compression": {
                "description": "How documents are compressed; Parquet always has zstd.",
                "anyOf": [{"enum": ["none", "gzip", "zstd"]}, {"$ref": "#/$defs/variable"}],
            },
            "part-bytes": {
                "description": "Bytes of a file of documents, about, such as `1GiB`; one file where it is not said.",
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
        "How the work is done. Nothing here changes what is written, but a document may have an eighth of the memory.",
        json!({
            "threads": {
                "description": "Threads; as many as there are cores where it is not said.",
                "maximum": MOST_THREADS,
                "$ref": "#/$defs/count",
            },
            "batch-documents": {
                "description": "Documents in a batch, at most.",
                "default": default.batch_documents,
                "$ref": "#/$defs/count",
            },
            "batch-bytes": {
                "description": "Bytes of input that a thread takes at a time, about, such as `4MiB`.",
                "default": in_words(default.batch_bytes as u64),
                "$ref": "#/$defs/bytes",
            },
            "memory": {
                "description": "Memory that the run may use, such as `512MiB`.",
                "default": in_words(default.memory),
                "anyOf": [{"type": "integer", "minimum": LEAST_MEMORY}, {"$ref": "#/$defs/bytes-in-words"}, {"$ref": "#/$defs/variable"}],
            },
            "temp-dir": {
                "description": "Folder for what does not fit in memory, relative to this file; beside the run folder where none is given.",
                "type": "string",
            },
            "checkpoint-after": {
                "description": "How long a run goes, such as `5s`, before it writes down how far it is. Killed earlier, it begins anew.",
                "default": format!("{:?}", default.checkpoint_after),
                "$ref": "#/$defs/time",
            },
        }),
    )
}

pub(super) fn test() -> Value {
    table(
        "What `textmill test` runs the pipeline on, and where the snapshots are that it compares.",
        json!({
            "inputs": {
                "description": "Files, folders and globs, relative to this file; the first documents of the pipeline's own input where none are given.",
                "minItems": 1,
                "$ref": "#/$defs/texts",
            },
            "snapshots": {
                "description": "Folder of the accepted snapshots, relative to this file; `snapshots/` and this file's name without its ending where none is given.",
                "type": "string",
            },
            "limit": {
                "description": "Documents, at most: the first of the inputs. Where it is not said, 20 of the pipeline's own input; inputs that are given may have 1000.",
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
