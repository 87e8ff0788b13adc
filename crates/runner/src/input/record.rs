//! One document as it is read, or why it could not be.

use serde_json::Value;

/// What reading gives, in input order.
#[derive(Clone, Debug)]
pub enum Item {
    /// A document.
    Document(Record),
    /// A place in the input that gives no document.
    Failed(Failure),
}

/// A document as read.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Its id: the input's own, else made from file and position.
    pub id: String,
    /// The file it was read from, or the input's own source.
    pub source: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Members of the JSON object that were not asked for, as text, with their commas between.
    pub carried: String,
    /// Values of the declared columns, in their order.
    pub columns: Vec<Value>,
    /// First byte of the record in the (decompressed) file.
    pub offset: u64,
}

/// A place in the input that gives no document.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Id that a document would have had there.
    pub id: String,
    /// The file.
    pub source: String,
    /// First byte of the record in the (decompressed) file.
    pub offset: u64,
    /// Kebab-case reason.
    pub rule: &'static str,
    /// The reason in words.
    pub note: String,
}
