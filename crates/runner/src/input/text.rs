//! Plain text files: a file is a document.

use super::files::SourceFile;
use super::record::{Failure, Item, Record};

/// Reads a file as a document.
pub fn read(file: &SourceFile, columns: usize) -> Item {
    let source = file.path.to_string_lossy().into_owned();
    match std::fs::read(&file.path) {
        Ok(bytes) => Item::Document(Record {
            id: file.name.clone(),
            source,
            bytes,
            carried: String::new(),
            columns: vec![serde_json::Value::Null; columns],
            offset: 0,
        }),
        Err(error) => Item::Failed(Failure {
            id: file.name.clone(),
            source,
            offset: 0,
            rule: "unreadable-file",
            note: format!("cannot read the file: {error}"),
        }),
    }
}
