//! The request to a test's process. It is passed as a JSON argument.

use crate::host::Expected;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// A test of a library, to run in a process of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The library.
    pub library: PathBuf,
    /// What the library must match, so that every test looks at the same one.
    pub expected: Option<Expected>,
    /// Id of the test.
    pub test: String,
    /// The operator, for tests of a single operator.
    pub operator: Option<String>,
    /// The options, if they were given.
    pub options: Option<Value>,
    /// The file of documents, if it was given.
    pub input: Option<PathBuf>,
    /// The seed of everything random.
    pub seed: u64,
    /// Seconds after which the process is killed.
    pub limit_seconds: u64,
    /// Size in bytes of a huge document.
    pub huge_bytes: u64,
    /// Maximum address space of the process in bytes; 0 for no limit.
    pub memory_bytes: u64,
    /// The file for its notes.
    pub notes: PathBuf,
}
