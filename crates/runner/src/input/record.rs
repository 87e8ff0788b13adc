//! Failures: places in the input that give no document.

use super::files::SourceFile;
use crate::config::Input;

/// A place in the input that gives no document.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The id that a document there would have.
    pub id: String,
    /// The file.
    pub source: String,
    /// Offset of the record's first byte in the (decompressed) file; in Parquet, the index of its row.
    pub offset: u64,
    /// The reason as a kebab-case rule name.
    pub rule: &'static str,
    /// The reason in words.
    pub note: String,
}

impl Failure {
    /// Creates the failure of a whole file.
    pub(super) fn of_file(file: &SourceFile, rule: &'static str, note: String) -> Self {
        Self { id: file.name.clone(), source: file.source(), offset: 0, rule, note }
    }

    /// Creates the failure of the record with this number, counted from 1, in a file of many records.
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

/// The maximum size of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub bytes: usize,
    pub is_memory_short: bool,
}

impl Limit {
    pub fn of(input: &Input) -> Self {
        Self { bytes: input.max_document_bytes, is_memory_short: input.is_memory_short }
    }

    /// The limit in words.
    pub fn shown(self) -> String {
        let Self { bytes, is_memory_short } = self;
        match is_memory_short {
            true => format!(
                "a document may have an eighth of the memory, which is {bytes}: give more with `--memory`, or `memory` in \
                 the table `[run]`"
            ),
            false => format!("`max-document-bytes` is {bytes}"),
        }
    }

    /// The rule and the note for a record that exceeds the limit.
    pub fn too_large(self, what: &str, bytes: u64) -> (&'static str, String) {
        ("too-large", format!("{what} has {bytes} bytes, and {}", self.shown()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_limits_a_document_is_named() {
        let mut input = Input { max_document_bytes: 8, ..Input::default() };
        let note = |input: &Input| Limit::of(input).too_large("line 3", 9).1;
        assert_eq!(note(&input), "line 3 has 9 bytes, and `max-document-bytes` is 8");
        input.is_memory_short = true;
        assert_eq!(
            note(&input),
            "line 3 has 9 bytes, and a document may have an eighth of the memory, which is 8: give more with `--memory`, or \
             `memory` in the table `[run]`"
        );
    }
}
