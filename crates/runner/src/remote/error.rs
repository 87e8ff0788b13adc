//! The error of an operation at an address. The error itself is worked out in `explain`.

use crate::failure::Failure;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The error of an operation at an address.
#[derive(Clone, Debug)]
pub struct RemoteError {
    /// The address.
    pub address: PathBuf,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// The kind of the error when it is converted to an [`io::Error`].
    pub kind: io::ErrorKind,
}

impl RemoteError {
    pub(super) fn new(address: impl AsRef<Path>, kind: io::ErrorKind, message: impl Into<String>) -> Self {
        Self { address: address.as_ref().to_owned(), message: message.into(), hint: None, kind }
    }

    /// Extracts the error that an [`io::Error`] holds, or else converts the [`io::Error`] itself.
    #[cfg(feature = "remote")]
    pub(super) fn of(address: impl AsRef<Path>, error: io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        inner.cloned().unwrap_or_else(|| Self::new(address, error.kind(), error.to_string()))
    }

    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.address.display(), self.message)
    }
}

impl std::error::Error for RemoteError {}

impl From<RemoteError> for io::Error {
    fn from(error: RemoteError) -> Self {
        Self::new(error.kind, error)
    }
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        Self::Message { message: error.to_string(), hint: error.hint }
    }
}
