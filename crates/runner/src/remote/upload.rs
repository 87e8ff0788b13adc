//! Uploads one file to a store, in parts if it is large.

use super::explain::explain;
use super::runtime;
use super::store::Place;
use object_store::{PutMultipartOptions, PutOptions, PutPayload, WriteMultipart};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Minimum size of a part in bytes. Some parts are held in memory.
const PART: u64 = 8 << 20;
/// Maximum number of parts, somewhat below what stores accept.
const MOST_PARTS: u64 = 9_000;
/// Number of parts to upload concurrently.
const AT_ONCE: usize = 4;

/// Uploads a local file to a place. The place then holds either the whole file or its previous content.
/// `sent` receives the number of bytes of each part when it is handed on.
///
/// # Errors
/// If the file cannot be read, or the store rejects it.
pub(super) fn upload(local: &Path, place: &Place, sent: &impl Fn(u64)) -> io::Result<()> {
    let unreadable = |e: io::Error| io::Error::new(e.kind(), format!("cannot read {}: {e}", local.display()));
    let mut file = File::open(local).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let part = bytes.div_ceil(MOST_PARTS).next_multiple_of(1 << 20).max(PART);
    let mut next = || -> io::Result<Vec<u8>> {
        let mut buffer = Vec::with_capacity(usize::try_from(part.min(bytes + 1)).unwrap_or_default());
        (&mut file).take(part).read_to_end(&mut buffer).map_err(unreadable)?;
        Ok(buffer)
    };
    if bytes <= PART {
        let whole = next()?;
        let length = whole.len() as u64;
        put(place, whole)?;
        sent(length);
        return Ok(());
    }
    let to = place.clone();
    let mut writer = runtime::wait(async move {
        let upload = to.store.put_multipart_opts(&to.key, PutMultipartOptions::default()).await;
        let upload = upload.map_err(|error| explain(&to.address, &error))?;
        Ok::<_, io::Error>(WriteMultipart::new_with_chunk_size(
            upload,
            usize::try_from(part).unwrap_or(1 << 23),
        ))
    })??;
    loop {
        let buffer = match next() {
            Ok(buffer) => buffer,
            Err(error) => {
                let _ = runtime::wait(writer.abort());
                return Err(error);
            }
        };
        let length = buffer.len() as u64;
        if length == 0 {
            break;
        }
        let (back, result) = runtime::wait(async move {
            let result = writer.wait_for_capacity(AT_ONCE).await;
            if result.is_ok() {
                writer.put(buffer.into());
            }
            (writer, result)
        })?;
        writer = back;
        if let Err(error) = result {
            let _ = runtime::wait(writer.abort());
            return Err(explain(&place.address, &error).into());
        }
        sent(length);
    }
    let finished = runtime::wait(writer.finish())?;
    finished.map(drop).map_err(|error| explain(&place.address, &error).into())
}

/// Uploads some bytes to a place.
///
/// # Errors
/// If the store rejects them.
pub(super) fn put(place: &Place, bytes: Vec<u8>) -> io::Result<()> {
    let to = place.clone();
    let put = runtime::wait(async move {
        let payload = PutPayload::from(bytes);
        let result = to.store.put_opts(&to.key, payload, PutOptions::default()).await;
        result.map(drop).map_err(|error| explain(&to.address, &error))
    });
    Ok(put??)
}
