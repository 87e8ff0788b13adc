//! What a test's process is asked for. Travels as JSON in an argument.

use crate::host::Expected;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// A test of a library, for a process of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The library.
    pub library: PathBuf,
    /// What it must be: every test looks at the same one.
    pub expected: Option<Expected>,
    /// Id of the test.
    pub test: String,
    /// The operator, for tests of one.
    pub operator: Option<String>,
    /// Options, where they were given.
    pub options: Option<Value>,
    /// Documents, where they were given.
    pub input: Option<PathBuf>,
    /// What everything random follows from.
    pub seed: u64,
    /// Seconds after which the process is ended.
    pub limit_seconds: u64,
    /// Bytes of a document that is called huge.
    pub huge_bytes: u64,
    /// Bytes of address space that the process may have; 0 for any number.
    pub memory_bytes: u64,
    /// The file for its notes.
    pub notes: PathBuf,
}
