//! Direct quotations with their speakers.

pub mod attribute;
pub mod find;
mod sources;
pub mod verbs;

use serde::Serialize;

/// A direct quotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// The quoted text, without the outer marks: the document's text from `start` to `end`.
    pub text: String,
    /// Who said it: the full name if the document has it, else the words that name the source.
    pub speaker: Option<String>,
    /// The verb, in the form found.
    pub verb: Option<String>,
    /// Byte offset of the first byte after the opening mark.
    pub start: u64,
    /// Byte offset of the closing mark.
    pub end: u64,
}
