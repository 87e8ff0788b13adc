//! Reads the size and ranges of an object. Streaming is in `reader`.

use super::address::Address;
use super::explain::explain;
use super::store::{Place, resolve};
use super::{RemoteError, runtime};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::Path;

/// The size of an object in bytes.
///
/// # Errors
/// If it cannot be determined; the error holds a [`RemoteError`].
pub fn size(address: &Path) -> io::Result<u64> {
    let place = resolve(Address::parse(address)?)?;
    Ok(meta(&place)?.size)
}

/// Reads a range of an object: all of it, or an error.
///
/// # Errors
/// If it cannot be read, or the object ends too early; the error holds a [`RemoteError`].
pub fn read_range(address: &Path, range: Range<u64>) -> io::Result<Bytes> {
    let place = resolve(Address::parse(address)?)?;
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    let wanted = range.end - range.start;
    let asked = place.clone();
    let bytes = runtime::wait(async move {
        let mut answer = get(&asked, Some(GetRange::Bounded(range))).await?.into_stream();
        let mut whole = BytesMut::new();
        while let Some(part) = answer.next().await {
            whole.extend_from_slice(&part.map_err(|error| explain(&asked.address, &error))?);
        }
        Ok::<_, RemoteError>(whole.freeze())
    })??;
    if bytes.len() as u64 != wanted {
        let message = format!("{} bytes came where {wanted} were asked for", bytes.len());
        return Err(RemoteError::new(address, ErrorKind::UnexpectedEof, message).into());
    }
    Ok(bytes)
}

/// The metadata of an object.
///
/// # Errors
/// If there is no such object, or the store does not tell.
pub(super) fn meta(place: &Place) -> io::Result<ObjectMeta> {
    let asked = place.clone();
    let answer = runtime::wait(async move {
        let options = GetOptions::new().with_head(true);
        match asked.store.get_opts(&asked.key, options).await {
            Ok(answer) => Ok(answer.meta),
            // A signed address may only allow reading, so the metadata is taken from a GET request.
            Err(_) if asked.key.is_root() => Ok(get(&asked, None).await?.meta),
            Err(error) => Err(explain(&asked.address, &error)),
        }
    })?;
    Ok(answer?)
}

/// Starts to read an object, or a range of it.
pub(super) async fn get(place: &Place, range: Option<GetRange>) -> Result<GetResult, RemoteError> {
    let options = GetOptions::new().with_range(range);
    place.store.get_opts(&place.key, options).await.map_err(|error| explain(&place.address, &error))
}

/// A value that changes when the object does. The epoch means that a web server reports no modification time.
pub(super) fn version(meta: &ObjectMeta) -> Option<String> {
    let changed = Some(meta.last_modified).filter(|time| time.timestamp() != 0);
    meta.e_tag.clone().or_else(|| changed.map(|time| time.to_rfc3339()))
}
