//! Replaces the module in builds without the feature `remote`: every call returns an error.

use super::{FolderState, RemoteError, RemoteFile};
use bytes::Bytes;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::Path;

fn absent(address: &Path) -> RemoteError {
    let message = "this build of textmill has no support for addresses";
    RemoteError::new(address, ErrorKind::Unsupported, message)
        .hint("build it with `--features remote`, which is the default, or copy the files here first")
}

/// Always fails.
///
/// # Errors
/// Always.
pub fn list(address: &Path) -> Result<Vec<RemoteFile>, RemoteError> {
    Err(absent(address))
}

/// Always fails.
///
/// # Errors
/// Always.
pub fn open(address: &Path, _: u64) -> io::Result<Box<dyn Read + Send>> {
    Err(absent(address).into())
}

/// Always fails.
///
/// # Errors
/// Always.
pub fn size(address: &Path) -> io::Result<u64> {
    Err(absent(address).into())
}

/// Always fails.
///
/// # Errors
/// Always.
pub fn read_range(address: &Path, _: Range<u64>) -> io::Result<Bytes> {
    Err(absent(address).into())
}

/// Always fails.
///
/// # Errors
/// Always.
pub fn publish(_: &Path, address: &Path, _: impl Fn(u64)) -> Result<(), RemoteError> {
    Err(absent(address))
}

/// A folder that cannot be opened in this build.
#[derive(Debug)]
pub enum RemoteFolder {}

impl RemoteFolder {
    /// Always fails.
    ///
    /// # Errors
    /// Always.
    pub fn open(address: &Path) -> Result<Self, RemoteError> {
        Err(absent(address))
    }

    /// Cannot be called: there is no folder in this build.
    ///
    /// # Errors
    /// None.
    pub fn check(&self) -> Result<FolderState, RemoteError> {
        match *self {}
    }

    /// Cannot be called: there is no folder in this build.
    ///
    /// # Errors
    /// None.
    pub fn check_target(&self) -> Result<(), RemoteError> {
        match *self {}
    }

    /// Cannot be called: there is no folder in this build.
    ///
    /// # Errors
    /// None.
    pub fn upload(&self, _: &Path, _: &str) -> io::Result<()> {
        match *self {}
    }

    /// Cannot be called: there is no folder in this build.
    ///
    /// # Errors
    /// None.
    pub fn delete_all_of_run(&self) -> Result<(), RemoteError> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_error_with_a_way_out() {
        let error = list(Path::new("s3://bucket/key")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`s3://bucket/key`: this build of textmill has no support for addresses"
        );
        assert!(error.hint.is_some_and(|hint| hint.contains("--features remote")));
    }
}
