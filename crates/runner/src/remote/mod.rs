//! Object stores and web servers: listing what is there, reading it as a stream or in ranges, writing run
//! folders. Not formats, and nothing of the engine: callers see plain blocking calls.
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
//! A key stands in an address as it is, without percent encoding; an address of a web server is taken as
//! it is, with its query. Only [`list`] reads wildcards.
//!
//! # Options
//!
//! They come from the environment, under the names that the stores' own tools use. The main ones:
//!
//! | store | variables |
//! | --- | --- |
//! | S3 | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`; without keys, the role of the machine. `AWS_ENDPOINT` for another server, `AWS_ALLOW_HTTP=true` where that speaks plain HTTP. `AWS_SKIP_SIGNATURE=true` for public buckets. `AWS_DISABLE_BULK_DELETE=true` for servers without `DeleteObjects` |
//! | Google | `GOOGLE_APPLICATION_CREDENTIALS` or `GOOGLE_SERVICE_ACCOUNT` (a file), `GOOGLE_SERVICE_ACCOUNT_KEY` (its content); `GOOGLE_SKIP_SIGNATURE=true` for public buckets |
//! | Azure | `AZURE_STORAGE_ACCOUNT_NAME` with `AZURE_STORAGE_ACCOUNT_KEY` or `AZURE_STORAGE_SAS_TOKEN`; `AZURE_STORAGE_USE_EMULATOR`, `AZURE_ALLOW_HTTP` |
//! | all | `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`; with the store's prefix `…_CONNECT_TIMEOUT`, `…_READ_TIMEOUT`, `…_PROXY_URL` |
//!
//! A profile in `~/.aws` is not read.
//!
//! # Failures
//!
//! A request that fails on its way, or with a status of 429 or 5xx, is tried again for some seconds. A
//! stream that breaks goes on where it broke, if the object is still the same. What fails for good is a
//! [`RemoteError`]; from the calls that give an [`std::io::Error`] it can be had back with `get_ref`.

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
    /// Its key below the prefix that was asked for, or the last part of it where the address names the
    /// object.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// What changes when the object does: its entity tag, else the time of its last change. A web server
    /// may tell neither.
    pub version: Option<String>,
}

/// What is at the address of a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderState {
    /// Nothing.
    Empty,
    /// A run's folder.
    Run,
    /// What a run left there that was cut off while it wrote.
    Interrupted,
    /// An object of that very name.
    Object,
    /// Objects that textmill did not put there.
    Other,
}
