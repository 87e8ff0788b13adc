//! Documents that an author provides for a check: a case file of the harness, or JSON Lines.

use serde_json::{Map, Value};
use std::path::Path;
use textmill_plugin::error::Result;
use textmill_plugin::harness::{Case, Document};

/// Reads documents. A file whose name ends in `.jsonl` or `.ndjson` holds one object per line: `id`, `text`,
/// and columns. Any other file is a case file.
///
/// # Errors
/// If the file cannot be read, or a line is not a document.
pub fn read(path: &Path) -> Result<Case> {
    let fail = |message: String| format!("{}: {message}", path.display());
    let bytes = std::fs::read(path).map_err(|e| fail(e.to_string()))?;
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    if !["jsonl", "ndjson"].contains(&ending.as_str()) {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok(Case::parse(&name, &bytes).map_err(fail)?);
    }
    let text = std::str::from_utf8(&bytes).map_err(|e| fail(e.to_string()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let documents: Result<Vec<Document>> = lines
        .map(|(n, line)| {
            let wrong = |message: String| fail(format!("line {}: {message}", n + 1));
            let mut columns: Map<String, Value> =
                serde_json::from_str(line).map_err(|e| wrong(e.to_string()))?;
            let mut string = |name: &str| match columns.shift_remove(name) {
                Some(Value::String(text)) => Ok(Some(text)),
                None => Ok(None),
                Some(_) => Err(wrong(format!("`{name}` is not a string"))),
            };
            let id = string("id")?.unwrap_or_else(|| format!("line-{}", n + 1));
            let text = string("text")?.ok_or_else(|| wrong("there is no `text`".into()))?;
            Ok(Document { id, bytes: text.into_bytes(), columns })
        })
        .collect();
    let options = Value::Object(Map::new());
    Ok(Case { options, documents: documents?, ..Case::of("") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_and_cases_are_documents() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let lines = "{\"id\": \"a\", \"text\": \"One.\", \"url\": \"x\"}\n\n{\"text\": \"Two.\"}\n";
        let case = read(&write("pages.jsonl", lines)).unwrap();
        let found: Vec<_> = case.documents.iter().map(|d| (d.id.as_str(), d.bytes.as_slice())).collect();
        assert_eq!(found, [("a", b"One.".as_slice()), ("line-3", b"Two.".as_slice())]);
        assert_eq!(case.documents[0].columns.get("url"), Some(&json!("x")));

        let case =
            read(&write("case.txt", "#! {\"options\": {\"least\": 3}}\n=== a\nOne.\n=== b\n")).unwrap();
        assert_eq!((case.documents.len(), &case.options), (2, &json!({"least": 3})));

        for (text, wrong) in
            [("{\"id\": 7}", "line 1: `id` is not a string"), ("{}", "line 1: there is no `text`")]
        {
            let message = read(&write("wrong.jsonl", text)).unwrap_err().message;
            assert!(message.ends_with(wrong), "{message}");
        }
    }
}
