//! Finds bytes in a large file, on all cores.

use memchr::memmem::Finder;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Bytes that are read at a time.
const BLOCK: usize = 1 << 20;
/// The minimum size of the parts that a file is divided into for threads.
const PART: u64 = 16 << 20;

/// The offset of the first occurrence of `needle` at or after `from`.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn find(path: &Path, needle: &[u8], from: u64) -> io::Result<Option<u64>> {
    let end = path.metadata()?.len();
    let length = end.saturating_sub(from);
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    let parts = (length / PART).clamp(1, threads);
    // The earliest occurrence found so far; nobody searches past it.
    let first = AtomicU64::new(u64::MAX);
    let finder = Finder::new(needle);
    thread::scope(|scope| {
        let handles: Vec<_> = (0..parts)
            .map(|part| {
                let start = from + length * part / parts;
                let stop = from + length * (part + 1) / parts;
                let (first, finder) = (&first, &finder);
                scope.spawn(move || find_within(path, finder, start, stop, first))
            })
            .collect();
        for handle in handles {
            handle.join().map_err(|_| io::Error::other("a thread that searched panicked"))??;
        }
        Ok::<(), io::Error>(())
    })?;
    let found = first.into_inner();
    Ok((found != u64::MAX).then_some(found))
}

/// Searches for an occurrence that begins in `start..stop`.
fn find_within(path: &Path, finder: &Finder<'_>, start: u64, stop: u64, first: &AtomicU64) -> io::Result<()> {
    let overlap = finder.needle().len().saturating_sub(1);
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut held: Vec<u8> = Vec::with_capacity(BLOCK + overlap);
    let mut offset = start;
    while offset < stop && offset < first.load(Ordering::Relaxed) {
        let read = (&mut file).take((BLOCK + overlap - held.len()) as u64).read_to_end(&mut held)?;
        if let Some(at) = finder.find(&held) {
            let at = offset + at as u64;
            if at < stop {
                first.fetch_min(at, Ordering::Relaxed);
            }
            return Ok(());
        }
        if read == 0 {
            return Ok(());
        }
        // Keep what may be the beginning of a match.
        let gone = held.len().saturating_sub(overlap);
        held.drain(..gone);
        offset += gone as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_first_place_is_found() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut bytes = vec![b'.'; 40 << 20];
        let write = |bytes: &mut Vec<u8>, at: usize| bytes[at..at + 6].copy_from_slice(b"needle");
        let part = (40 << 20) / 2;
        for at in [0, 5, (1 << 20) - 3, part - 3, part, (40 << 20) - 6] {
            write(&mut bytes, at);
            // A later occurrence must not win.
            if at < (40 << 20) - 6 {
                write(&mut bytes, (40 << 20) - 6);
            }
            std::fs::write(file.path(), &bytes).unwrap();
            assert_eq!(find(file.path(), b"needle", 0).unwrap(), Some(at as u64));
            assert_eq!(find(file.path(), b"needle", at as u64).unwrap(), Some(at as u64));
            bytes[at..at + 6].fill(b'.');
        }
        assert_eq!(find(file.path(), b"needles", 0).unwrap(), None);
        assert_eq!(find(file.path(), b"needle", 1 << 40).unwrap(), None);
    }
}
