//! A run folder on a store: checks it, uploads files to it, and empties it. The order in which a run's files
//! are uploaded is defined in `publish`.

use super::address::{Address, Scheme};
use super::explain::explain;
use super::listing::all_below;
use super::object::{get, meta};
use super::store::{Place, resolve};
use super::upload::{put, upload};
use super::{FolderState, RemoteError, runtime};
use futures_util::StreamExt;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The file that identifies a folder as a run folder.
pub(super) const MARKER: &str = "run.json";
/// The object that identifies a folder as incomplete.
const PARTIAL: &str = ".textmill-partial";

/// A run folder on a store: all objects below a prefix.
pub struct RemoteFolder {
    place: Place,
}

impl RemoteFolder {
    /// Opens the folder at an address, without network access.
    ///
    /// # Errors
    /// If the address is invalid, or is that of a web server.
    pub fn open(address: &Path) -> Result<Self, RemoteError> {
        let address = Address::parse(address)?;
        if address.scheme == Scheme::Web {
            let error =
                RemoteError::new(&address, ErrorKind::Unsupported, "runs are not written to web servers");
            return Err(error.hint("name a folder, or an address on `s3://`, `gs://` or `az://`"));
        }
        Ok(Self { place: resolve(address)? })
    }

    /// Determines what is at the address.
    ///
    /// # Errors
    /// If the store cannot be queried.
    pub fn check(&self) -> Result<FolderState, RemoteError> {
        if !self.place.key.is_root() && !self.place.address.is_prefix {
            match meta(&self.place) {
                // An empty object with this name represents the folder.
                Ok(object) if object.size > 0 => return Ok(FolderState::Object),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(RemoteError::of(&self.place.address, error)),
            }
        }
        let names = self.names()?;
        let has = |name: &str| names.iter().any(|other| other == name);
        Ok(match () {
            () if names.is_empty() => FolderState::Empty,
            () if has(PARTIAL) => FolderState::Interrupted,
            () if has(MARKER) && self.marker_is_ours()? => FolderState::Run,
            () => FolderState::Other,
        })
    }

    /// Checks whether a run may put its files there: nothing is there, or only what an earlier run left.
    ///
    /// # Errors
    /// If anything else is there, or the store cannot be queried.
    pub fn check_target(&self) -> Result<(), RemoteError> {
        let why = match self.check()? {
            FolderState::Empty | FolderState::Run | FolderState::Interrupted => return Ok(()),
            FolderState::Object => "already exists and is not a folder",
            FolderState::Other => "is a folder that textmill did not create",
        };
        let error =
            RemoteError::new(&self.place.address, ErrorKind::AlreadyExists, format!("the output {why}"));
        Err(error.hint("name another folder with `--output`, or move the existing one away"))
    }

    /// Uploads a local file under a name, which may contain `/`. Replaces a file with that name.
    ///
    /// # Errors
    /// If the file cannot be read, or the store rejects it.
    pub fn upload(&self, local: &Path, name: &str) -> io::Result<()> {
        self.upload_with(local, name, &|_| ())
    }

    /// Deletes what a run left there, `run.json` first. Keeps the folders of other runs below it.
    ///
    /// # Errors
    /// If anything else is there, or the store refuses.
    pub fn delete_all_of_run(&self) -> Result<(), RemoteError> {
        self.check_target()?;
        self.begin()?;
        self.delete(&self.names_of_run()?)?;
        self.end()
    }

    pub(super) fn upload_with(&self, local: &Path, name: &str, sent: &impl Fn(u64)) -> io::Result<()> {
        upload(local, &self.below(name)?, sent)
    }

    /// Marks the folder as incomplete, and deletes `run.json`.
    pub(super) fn begin(&self) -> Result<(), RemoteError> {
        let note = format!("{{\"textmill\": \"{}\"}}\n", env!("CARGO_PKG_VERSION"));
        put(&self.below(PARTIAL)?, note.into_bytes())
            .map_err(|error| RemoteError::of(&self.place.address, error))?;
        self.delete(&[MARKER.to_owned()])
    }

    /// Removes the mark.
    pub(super) fn end(&self) -> Result<(), RemoteError> {
        self.delete(&[PARTIAL.to_owned()])
    }

    /// Names of the run's files, without the mark and without the files of other runs in subfolders.
    pub(super) fn names_of_run(&self) -> Result<Vec<String>, RemoteError> {
        let mut names = self.names()?;
        let others: Vec<String> = names
            .iter()
            .filter_map(|name| name.strip_suffix(MARKER).or_else(|| name.strip_suffix(PARTIAL)))
            .filter(|folder| folder.ends_with('/'))
            .map(str::to_owned)
            .collect();
        names.retain(|name| name != PARTIAL && !others.iter().any(|other| name.starts_with(other)));
        Ok(names)
    }

    /// Deletes files. It is no error if one does not exist.
    pub(super) fn delete(&self, names: &[String]) -> Result<(), RemoteError> {
        let keys = names.iter().map(|name| Ok(self.below(name)?.key));
        let keys: Vec<_> = keys.collect::<Result<_, RemoteError>>()?;
        let place = self.place.clone();
        let deleted = runtime::wait(async move {
            let keys = futures_util::stream::iter(keys.into_iter().map(Ok)).boxed();
            let mut answers = place.store.delete_stream(keys);
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(explain(&place.address, &error)),
                }
            }
            Ok(())
        });
        deleted.map_err(|error| RemoteError::of(&self.place.address, error))?
    }

    fn names(&self) -> Result<Vec<String>, RemoteError> {
        Ok(all_below(&self.place)?.into_iter().map(|file| file.name).collect())
    }

    fn below(&self, name: &str) -> Result<Place, RemoteError> {
        self.place.at(self.place.address.below(name))
    }

    fn marker_is_ours(&self) -> Result<bool, RemoteError> {
        let marker = self.below(MARKER)?;
        let bytes = runtime::wait(async move {
            let answer = get(&marker, None).await?;
            answer.bytes().await.map_err(|error| explain(&marker.address, &error))
        });
        let bytes = bytes.map_err(|error| RemoteError::of(&self.place.address, error))??;
        let json = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
        Ok(json.is_some_and(|json| json.get("textmill").is_some_and(serde_json::Value::is_string)))
    }
}
