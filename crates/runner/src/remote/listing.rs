//! Lists what is at an address: one object, everything below a prefix, or what a glob matches.

use super::address::{Address, Scheme};
use super::explain::explain;
use super::object::{meta, version};
use super::store::{Place, resolve};
use super::{RemoteError, RemoteFile, runtime};
use futures_util::StreamExt;
use globset::GlobBuilder;
use object_store::ObjectMeta;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The characters that make a part of a key a pattern.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// The objects that an address means, sorted by name. A key with `*`, `?`, `[` or `{` is a glob whose
/// wildcards do not match `/` (`**` does); if it matches nothing, it may still be the exact name of an
/// object. Any other key is an object, or else the prefix of everything below it. Names with a part that
/// begins with a dot are skipped. For a web server, the address means one file.
///
/// # Errors
/// If nothing is there, or the store cannot be queried.
pub fn list(address: &Path) -> Result<Vec<RemoteFile>, RemoteError> {
    let address = Address::parse(address)?;
    if address.scheme == Scheme::Web {
        return web_file(address);
    }
    if address.key.contains(WILD) {
        return matching(&address);
    }
    if !address.is_prefix {
        match one(&address) {
            Err(error) if error.kind == ErrorKind::NotFound => {}
            answer => return answer.map(|file| vec![file]),
        }
    }
    let found = below(&resolve(address.clone())?)?;
    nothing_is_an_error(found, &address, "there is no such object, and nothing below it")
}

/// The result of [`list`] for a glob.
fn matching(address: &Address) -> Result<Vec<RemoteFile>, RemoteError> {
    let fixed = address.key.find(WILD).and_then(|wild| address.key.get(..wild)).unwrap_or_default();
    let (base, pattern) = match fixed.rfind('/') {
        Some(slash) => (&address.key[..slash], &address.key[slash + 1..]),
        None => ("", address.key.as_str()),
    };
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|error| {
        let message = format!("not a glob: {}", error.kind());
        RemoteError::new(address, ErrorKind::InvalidInput, message)
    });
    // An invalid glob may still be the name of an object.
    let found = glob.and_then(|glob| {
        let glob = glob.compile_matcher();
        let mut found = below(&resolve(address.with_key(base))?)?;
        found.retain(|file| glob.is_match(&file.name));
        nothing_is_an_error(found, address, "the glob matches nothing")
    });
    match found {
        Err(error) if error.kind != ErrorKind::PermissionDenied => {
            one(address).map(|file| vec![file]).map_err(|_| error)
        }
        found => found,
    }
}

fn nothing_is_an_error(
    found: Vec<RemoteFile>,
    address: &Address,
    message: &str,
) -> Result<Vec<RemoteFile>, RemoteError> {
    if found.is_empty() {
        let error = RemoteError::new(address, ErrorKind::NotFound, message);
        return Err(error.hint("check bucket and key"));
    }
    Ok(found)
}

/// The object with exactly this key.
fn one(address: &Address) -> Result<RemoteFile, RemoteError> {
    let place = resolve(address.clone())?;
    let meta = meta(&place).map_err(|error| RemoteError::of(address, error))?;
    let name = address.key.rsplit('/').next().unwrap_or_default();
    Ok(file(PathBuf::from(&address.text), name, &meta))
}

fn web_file(address: Address) -> Result<Vec<RemoteFile>, RemoteError> {
    if address.is_prefix {
        let error = RemoteError::new(&address, ErrorKind::Unsupported, "a web server gives no listing");
        return Err(error.hint("name each file"));
    }
    one(&address).map(|file| vec![file])
}

/// Everything below a prefix that is not hidden, sorted by name.
fn below(place: &Place) -> Result<Vec<RemoteFile>, RemoteError> {
    let mut found = all_below(place)?;
    found.retain(|file| !file.name.split('/').any(|part| part.starts_with('.')));
    Ok(found)
}

/// Everything below a prefix, sorted by name, except the empty objects that represent folders.
pub(super) fn all_below(place: &Place) -> Result<Vec<RemoteFile>, RemoteError> {
    let asked = place.clone();
    let objects = runtime::wait(async move {
        let prefix = (!asked.key.is_root()).then_some(&asked.key);
        let mut stream = asked.store.list(prefix);
        let mut objects = Vec::new();
        while let Some(object) = stream.next().await {
            objects.push(object.map_err(|error| explain(&asked.address, &error))?);
        }
        Ok::<_, RemoteError>(objects)
    });
    let objects = objects.map_err(|error| RemoteError::of(&place.address, error))??;
    let mut found: Vec<RemoteFile> = Vec::new();
    for meta in &objects {
        let key = meta.location.as_ref();
        let name = match place.key.is_root() {
            true => Some(key),
            false => key.strip_prefix(place.key.as_ref()).and_then(|tail| tail.strip_prefix('/')),
        };
        // Without a name, it is the prefix itself: the object that represents the folder.
        let Some(name) = name.filter(|name| !name.is_empty()) else { continue };
        found.push(file(PathBuf::from(place.address.with_key(key).text), name, meta));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let is_folder = |file: &RemoteFile| {
        let below = format!("{}/", file.name);
        let next = found.partition_point(|other| other.name < below);
        file.bytes == 0 && found.get(next).is_some_and(|other| other.name.starts_with(&below))
    };
    let folders: Vec<bool> = found.iter().map(is_folder).collect();
    let mut folders = folders.into_iter();
    found.retain(|_| !folders.next().unwrap_or_default());
    Ok(found)
}

fn file(address: PathBuf, name: &str, meta: &ObjectMeta) -> RemoteFile {
    RemoteFile { address, name: name.to_owned(), bytes: meta.size, version: version(meta) }
}
