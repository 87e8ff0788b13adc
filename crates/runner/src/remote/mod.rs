//! Object stores and web servers: lists objects, reads them as streams or in ranges, and writes run folders.
//! Independent of formats and the engine; all calls are blocking.
//!
//! # Addresses
//!
//! | address | where |
//! | --- | --- |
//! | `s3://bucket/key` (or `s3a`) | Amazon S3 and stores that speak its protocol |
//! | `gs://bucket/key` | Google Cloud Storage |
//! | `az://container/key` (or `azure`, `abfs`, `abfss`, `adl`) | Azure Blob Storage |
//! | `http://host/path`, `https://host/path` | one file of a web server; no listing, no writing |
//!
//! A key is written in an address as it is, without percent encoding. An address of a web server is used as
//! it is, with its query. Only [`list`] interprets wildcards.
//!
//! # Options
//!
//! Options come from the environment, under the names that the stores' own tools use. The main ones:
//!
//! - S3: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`; without keys, the
//!   role of the machine. `AWS_ENDPOINT` for another server, `AWS_ALLOW_HTTP=true` if that speaks plain HTTP.
//!   `AWS_SKIP_SIGNATURE=true` for public buckets. `AWS_DISABLE_BULK_DELETE=true` for servers without
//!   `DeleteObjects`.
//! - Google: `GOOGLE_APPLICATION_CREDENTIALS` or `GOOGLE_SERVICE_ACCOUNT` (a file),
//!   `GOOGLE_SERVICE_ACCOUNT_KEY` (its content); `GOOGLE_SKIP_SIGNATURE=true` for public buckets.
//! - Azure: `AZURE_STORAGE_ACCOUNT_NAME` with `AZURE_STORAGE_ACCOUNT_KEY` or `AZURE_STORAGE_SAS_TOKEN`;
//!   `AZURE_STORAGE_USE_EMULATOR`, `AZURE_ALLOW_HTTP`.
//! - All: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`; with the store's prefix `…_CONNECT_TIMEOUT`,
//!   `…_READ_TIMEOUT`, `…_PROXY_URL`.
//!
//! A profile in `~/.aws` is not read.
//!
//! # Failures
//!
//! A request that fails in transit, or with a status of 429 or 5xx, is retried for some seconds. A stream
//! that breaks is resumed where it broke, if the object has not changed. A permanent failure is a
//! [`RemoteError`]; where a call returns an [`std::io::Error`], `get_ref` gives access to it.

mod error;
mod scheme;

pub use error::RemoteError;
pub use scheme::is_address;

#[cfg(feature = "remote")]
mod address;
#[cfg(feature = "remote")]
mod explain;
#[cfg(feature = "remote")]
mod folder;
#[cfg(feature = "remote")]
mod listing;
#[cfg(feature = "remote")]
mod object;
#[cfg(feature = "remote")]
mod publish;
#[cfg(feature = "remote")]
mod reader;
#[cfg(feature = "remote")]
mod runtime;
#[cfg(feature = "remote")]
mod store;
#[cfg(feature = "remote")]
mod upload;

#[cfg(not(feature = "remote"))]
mod absent;

#[cfg(not(feature = "remote"))]
pub use absent::{RemoteFolder, list, open, publish, read_range, size};
#[cfg(feature = "remote")]
pub use folder::RemoteFolder;
#[cfg(feature = "remote")]
pub use listing::list;
#[cfg(feature = "remote")]
pub use object::{read_range, size};
#[cfg(feature = "remote")]
pub use publish::publish;
#[cfg(feature = "remote")]
pub use reader::open;

use std::path::PathBuf;

/// An object that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its full address, for [`open`].
    pub address: PathBuf,
    /// Its key below the given prefix, or the last part of its key if the address names the object itself.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// A value that changes when the object does: its entity tag, or else its modification time. A web server
    /// may report neither.
    pub version: Option<String>,
}

/// What is at the address of a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderState {
    /// Nothing.
    Empty,
    /// A run folder.
    Run,
    /// The remains of a run that was interrupted while it wrote.
    Interrupted,
    /// A single object with that name.
    Object,
    /// Objects that textmill did not put there.
    Other,
}
