//! Minimal reproductions: the one document that killed a plugin's process, with everything needed to
//! reproduce the crash. The file is a test case for the SDK's harness, so that it can be added to a plugin's
//! tests as it is.

use super::limits::Limits;
use arrow_array::RecordBatch;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use textmill_core::batch::{bytes, string};
use textmill_core::column::{ID, RAW, TEXT, type_name};
use textmill_core::value::value_at;
use textmill_plugin::drive::map::rule_of;
use textmill_plugin::error::Error;
use textmill_plugin::harness::Case;

/// The folder of minimal reproductions in a run folder.
pub const FOLDER: &str = "repro";

/// Where minimal reproductions are written: nowhere, until a run has a folder.
#[derive(Clone, Debug, Default)]
pub struct Repros(Arc<OnceLock<PathBuf>>);

/// What to record about a document that killed a process.
pub(super) struct Guilty<'a> {
    pub plugin: &'a str,
    pub version: &'a str,
    pub operator: &'a str,
    pub options: &'a str,
    pub limits: &'a Limits,
    pub error: &'a Error,
    /// One row, with the columns that the operator reads.
    pub document: &'a RecordBatch,
}

impl Repros {
    /// Sets the run folder below which reproductions are written.
    pub fn into_folder(&self, run_folder: &Path) {
        let _ = self.0.set(run_folder.join(FOLDER));
    }

    /// Writes a minimal reproduction, and returns its path within the run folder. If it cannot be written it
    /// is omitted; the document fails all the same.
    pub(super) fn keep(&self, guilty: &Guilty<'_>) -> Option<String> {
        let folder = self.0.get()?;
        let text = guilty.file();
        let digest = Sha256::digest(&text);
        let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        // The name depends only on the content, so that it is the same in every run.
        let name = format!("{}-{}-{digest}.txt", guilty.plugin, rule_of(guilty.error.kind));
        std::fs::create_dir_all(folder).ok()?;
        std::fs::write(folder.join(&name), text).ok()?;
        Some(format!("{FOLDER}/{name}"))
    }
}

impl Guilty<'_> {
    /// The content of the file: a first line with everything but the document, then the document.
    fn file(&self) -> Vec<u8> {
        let options: Value = serde_json::from_str(self.options).unwrap_or_default();
        let mut types = Map::new();
        let mut values = Map::new();
        let text = string(self.document, TEXT, 0);
        let raw = self.document.column_by_name(RAW).and_then(|column| bytes(column.as_ref(), 0));
        // The document is written verbatim if the reader of cases will read it back unchanged.
        let body = match (raw, text) {
            (Some(raw), text) if text.is_none_or(|text| *text == *String::from_utf8_lossy(raw)) => Some(raw),
            (None, Some(text)) => Some(text.as_bytes()),
            _ => None,
        };
        let body = body.filter(|body| !body.starts_with(b"=== ") && !has(body, b"\n=== "));
        for (field, column) in self.document.schema_ref().fields().iter().zip(self.document.columns()) {
            let name = field.name();
            let stands_below = name == ID || (body.is_some() && (name == TEXT || name == RAW));
            if stands_below {
                continue;
            }
            types.insert(name.clone(), type_name(field.data_type()).into());
            values.insert(name.clone(), value_at(column, 0));
        }
        let header = json!({
            "plugin": self.plugin,
            "version": self.version,
            "operator": self.operator,
            "options": options,
            "columns": types,
            "time-limit-ms": u64::try_from(self.limits.time.as_millis()).unwrap_or(u64::MAX),
            "memory-limit": self.limits.memory,
            "rule": rule_of(self.error.kind),
            "note": self.error.message,
        });
        let id = string(self.document, ID, 0).unwrap_or("document").replace(['\n', '\r'], " ");
        // ` {` in an id would be read as the start of the columns.
        let id = id.replace(" {", "{");
        let values = if values.is_empty() { String::new() } else { format!(" {}", Value::Object(values)) };
        let mut file = format!("#! {header}\n=== {id}{values}\n").into_bytes();
        file.extend(body.unwrap_or_default());
        file
    }
}

fn has(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// A minimal reproduction that was read from a file.
#[derive(Clone, Debug)]
pub struct Repro {
    /// Name of the plugin.
    pub plugin: String,
    /// Name of the operator.
    pub operator: Option<String>,
    /// The limits that the process had.
    pub limits: Limits,
    /// How the document failed.
    pub note: String,
    /// The options and the document.
    pub case: Case,
}

impl Repro {
    /// Parses a file: a minimal reproduction, or any case that names a plugin in its first line.
    ///
    /// # Errors
    /// If it is not a valid case.
    pub fn parse(name: &str, file: &[u8]) -> Result<Self, String> {
        let case = Case::parse(name, file)?;
        let line = file.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let header: Value = match line.strip_prefix(b"#! ") {
            Some(json) => serde_json::from_slice(json).map_err(|e| format!("first line: {e}"))?,
            None => Value::Null,
        };
        let text = |key: &str| header.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| header.get(key).and_then(Value::as_u64);
        let mut limits = Limits::default();
        limits.time = number("time-limit-ms").map_or(limits.time, Duration::from_millis);
        limits.memory = number("memory-limit").unwrap_or(limits.memory);
        Ok(Self {
            plugin: text("plugin").unwrap_or_default(),
            operator: text("operator"),
            limits,
            note: text("note").unwrap_or_default(),
            case,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, LargeBinaryArray, LargeStringArray, UInt64Array};
    use arrow_schema::{DataType, Field, Schema};
    use textmill_plugin::error::ErrorKind;

    fn document(text: &str, raw: Option<&[u8]>) -> RecordBatch {
        let fields = vec![
            Field::new("id", DataType::LargeUtf8, true),
            Field::new("text", DataType::LargeUtf8, true),
            Field::new("raw", DataType::LargeBinary, true),
            Field::new("score", DataType::UInt64, true),
        ];
        let columns: Vec<ArrayRef> = vec![
            Arc::new(LargeStringArray::from(vec!["a {b}\nc"])),
            Arc::new(LargeStringArray::from(vec![text])),
            Arc::new(LargeBinaryArray::from(vec![raw])),
            Arc::new(UInt64Array::from(vec![u64::MAX])),
        ];
        RecordBatch::try_new(Schema::new(fields).into(), columns).unwrap()
    }

    #[test]
    fn a_document_is_read_back_as_it_was() {
        let latin = b"caf\xe9 \xff";
        let lossy = String::from_utf8_lossy(latin).into_owned();
        for (text, raw) in [
            ("two lines\nand no end", None),
            ("", None),
            ("=== not a header\nx", None),
            ("one\n=== not a header {\"a\": 1}\n", None),
            ("#! not a header\r\n\u{0}", None),
            (lossy.as_str(), Some(latin.as_slice())),
        ] {
            let before = document(text, raw);
            let error = Error::new(ErrorKind::Crashed, "it died");
            let guilty = Guilty {
                plugin: "some",
                version: "1",
                operator: "op",
                options: "{\"least\": 3}",
                limits: &Limits { time: Duration::from_millis(1500), memory: 7 },
                error: &error,
                document: &before,
            };
            let repro = Repro::parse("file", &guilty.file()).unwrap();
            assert_eq!((repro.plugin.as_str(), repro.operator.as_deref()), ("some", Some("op")));
            assert_eq!(repro.limits, *guilty.limits);
            assert_eq!(repro.case.options, json!({"least": 3}));
            let after = repro.case.batch().unwrap();
            for column in ["text", "raw", "score"] {
                let (a, b) = (before.column_by_name(column).unwrap(), after.column_by_name(column).unwrap());
                assert_eq!(value_at(a, 0), value_at(b, 0), "{column} of {text:?}");
            }
        }
    }
}
