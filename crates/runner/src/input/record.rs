//! A place in the input that gives no document.

use super::files::SourceFile;

/// A place in the input that gives no document.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Id that a document would have had there.
    pub id: String,
    /// The file.
    pub source: String,
    /// First byte of the record in the (decompressed) file; in Parquet, its row.
    pub offset: u64,
    /// Kebab-case reason.
    pub rule: &'static str,
    /// The reason in words.
    pub note: String,
}

impl Failure {
    /// A failure of a whole file.
    pub(super) fn of_file(file: &SourceFile, rule: &'static str, note: String) -> Self {
        Self { id: file.name.clone(), source: file.source(), offset: 0, rule, note }
    }

    /// A failure of the record with this number, from 1, in a file of many.
    pub(super) fn of_record(
        file: &SourceFile,
        number: u64,
        offset: u64,
        rule: &'static str,
        note: String,
    ) -> Self {
        Self { id: file.id_of(number), source: file.source(), offset, rule, note }
    }
}

/// The note on a record that has more bytes than a document may have.
pub(super) fn too_large(what: &str, bytes: u64, most: usize) -> (&'static str, String) {
    ("too-large", format!("{what} has {bytes} bytes, and `max-document-bytes` is {most}"))
}
