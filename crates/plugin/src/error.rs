//! The error of plugin code: a sentence, and what kind of failure it was.

use std::fmt;

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The work failed; the same call with other rows may succeed.
    Failed,
    /// The options are not acceptable.
    Options,
    /// The operator cannot do what was asked of it.
    Unsupported,
    /// The host asked to stop.
    Cancelled,
    /// The code panicked; its worker must not be used again.
    Panicked,
    /// What came back breaks the contract.
    Contract,
    /// The stage cannot go on: no single document is at fault.
    Fatal,
    /// The host cannot read or write its own files, as on a full disk.
    Storage,
    /// The process that the plugin runs in died.
    Crashed,
    /// The plugin gave no answer in time.
    TimeLimit,
    /// The plugin wanted more memory than it may have.
    MemoryLimit,
}

/// An error of plugin code. Strings and everything else that can be displayed, so every standard
/// error, turn into one with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What went wrong: lowercase, no full stop, values in backticks.
    pub message: String,
    /// Row of the batch that caused it, where known.
    pub row: Option<u32>,
}

impl Error {
    /// An error of some kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), row: None }
    }

    /// The error of an operator that lacks an ability.
    pub fn unsupported(what: &str) -> Self {
        Self::new(ErrorKind::Unsupported, format!("the operator does not support `{what}`"))
    }

    /// The same error as one that ends the stage. A cancellation and a failure of the host's files do so already.
    #[must_use]
    pub fn fatal(mut self) -> Self {
        if !matches!(self.kind, ErrorKind::Cancelled | ErrorKind::Storage) {
            self.kind = ErrorKind::Fatal;
        }
        self
    }

    /// The same error as one about options: what an operator objects to when it is given nothing else. An error that says
    /// more of itself than that it failed stays what it is.
    #[must_use]
    pub(crate) fn of_options(mut self) -> Self {
        if self.kind == ErrorKind::Failed {
            self.kind = ErrorKind::Options;
        }
        self
    }

    /// The same error with the row that caused it.
    #[must_use]
    pub fn at_row(mut self, row: Option<u32>) -> Self {
        self.row = row;
        self
    }
}

// `Error` itself is not `Display`: that leaves room for this impl, by which strings and every standard
// error turn into one with `?` and `.into()`.
impl<E: fmt::Display> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(ErrorKind::Failed, error.to_string())
    }
}

/// A result of plugin code.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;
