//! The error of plugin code: a message, and the kind of failure.

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
    /// What the plugin returned breaks the contract.
    Contract,
    /// The stage cannot go on: no single document is at fault.
    Fatal,
    /// The host cannot read or write its own files, for example because the disk is full.
    Storage,
    /// The process that the plugin runs in died.
    Crashed,
    /// The plugin did not answer within its time limit.
    TimeLimit,
    /// The plugin needed more memory than it may use.
    MemoryLimit,
}

/// An error of plugin code. `?` turns everything that implements `Display`, such as strings and all standard
/// errors, into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// What went wrong: lowercase, no full stop, values in backticks.
    pub message: String,
    /// Row of the batch that caused it, if known.
    pub row: Option<u32>,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), row: None }
    }

    /// The error of an operator that does not support something.
    pub fn unsupported(what: &str) -> Self {
        Self::new(ErrorKind::Unsupported, format!("the operator does not support `{what}`"))
    }

    /// Makes the error one that ends the stage. A cancellation and a failure of the host's files stay as they
    /// are: they end it anyway.
    #[must_use]
    pub fn fatal(mut self) -> Self {
        if !matches!(self.kind, ErrorKind::Cancelled | ErrorKind::Storage) {
            self.kind = ErrorKind::Fatal;
        }
        self
    }

    /// Makes the error one about options: they are all that an operator is given when it makes itself from
    /// them. An error whose kind is more specific than [`ErrorKind::Failed`] keeps its kind.
    #[must_use]
    pub(crate) fn of_options(mut self) -> Self {
        if self.kind == ErrorKind::Failed {
            self.kind = ErrorKind::Options;
        }
        self
    }

    /// Sets the row that caused the error.
    #[must_use]
    pub fn at_row(mut self, row: Option<u32>) -> Self {
        self.row = row;
        self
    }
}

// `Error` itself does not implement `Display`. That makes this impl possible, with which strings and every
// standard error convert with `?` and `.into()`.
impl<E: fmt::Display> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(ErrorKind::Failed, error.to_string())
    }
}

/// A result of plugin code.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;
