//! Documents as JSON Lines: the staged file is renamed, cut into parts, or compressed.

use super::blocks::{Cut, Ranges};
use super::fanout::each_in_order;
use super::parts::{PartNames, cannot, create, open, sync};
use crate::config::Compression;
use flate2::GzBuilder;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use textmill_plugin::error::Result;

/// Minimum number of uncompressed bytes in a block: it ends with the line that reaches them. Each block is
/// compressed separately, so this size affects the bytes of the files; larger blocks gain less than 1 %.
const BLOCK: u64 = 1 << 20;
/// Gzip level: the default of the `gzip` program.
const GZIP_LEVEL: u32 = 6;
/// Zstandard level: the default of the `zstd` program.
const ZSTD_LEVEL: i32 = 3;
/// Number of bytes to compress at a time. A block may be larger, because a line may.
const CHUNK: u64 = 1 << 20;

/// Writes the files of documents from `plain`, a file of whole lines in `folder`, and removes `plain`.
/// Returns the paths of the files in order: `<stem>.jsonl`, or `<stem>-00000.jsonl` and so on if `part_bytes`
/// is given, followed by `.gz` or `.zst` if compressed. The concatenated parts equal the single file byte for
/// byte.
///
/// A plain part ends before the line that would take it past `part_bytes`; a single longer line is a part of
/// its own. A compressed part ends after the block (a gzip member, a zstd frame) that takes it to
/// `part_bytes` or more. An empty corpus gives one file without documents.
///
/// # Errors
/// If a file cannot be read or written, or if the format is one that is never written. Then `plain` still
/// exists, and the call may be repeated.
pub fn documents(
    plain: &Path,
    folder: &Path,
    stem: &str,
    compression: Compression,
    part_bytes: Option<u64>,
    threads: usize,
) -> Result<Vec<PathBuf>> {
    let suffix = match compression {
        Compression::Plain => ".jsonl",
        Compression::Gzip => ".jsonl.gz",
        Compression::Zstd => ".jsonl.zst",
        Compression::Bzip2 => return Err("bzip2 is read, never written".into()),
    };
    let names = PartNames { folder, stem, suffix, numbered: part_bytes.is_some() };
    if compression != Compression::Plain {
        let paths = compressed(plain, &names, compression, part_bytes.unwrap_or(u64::MAX), threads)?;
        sync(&paths)?;
        fs::remove_file(plain).map_err(cannot("remove", plain))?;
        return Ok(paths);
    }
    let length = fs::metadata(plain).map_err(cannot("read", plain))?.len();
    match part_bytes {
        Some(bytes) if length > bytes => {
            let paths = copied(plain, &names, bytes, threads)?;
            sync(&paths)?;
            fs::remove_file(plain).map_err(cannot("remove", plain))?;
            Ok(paths)
        }
        _ => {
            let path = names.path(0);
            fs::rename(plain, &path).map_err(cannot("write", &path))?;
            Ok(vec![path])
        }
    }
}

fn copied(plain: &Path, names: &PartNames<'_>, bytes: u64, threads: usize) -> Result<Vec<PathBuf>> {
    let parts = Ranges::of(plain, Cut::AtMost(bytes))?.enumerate();
    let jobs = parts.map(|(number, range)| range.map(|range| (names.path(number), range)));
    let mut paths = Vec::new();
    let copy = |(path, range): (PathBuf, Range<u64>)| {
        let length = range.end - range.start;
        let mut from = at(plain, range.start)?.take(length);
        let copied = io::copy(&mut from, &mut create(&path)?).map_err(cannot("write", &path))?;
        if copied < length {
            return Err(cannot("read", plain)("it became shorter"));
        }
        Ok(path)
    };
    each_in_order(threads, jobs, copy, |path| {
        paths.push(path);
        Ok(())
    })?;
    Ok(paths)
}

fn compressed(
    plain: &Path,
    names: &PartNames<'_>,
    compression: Compression,
    part_bytes: u64,
    threads: usize,
) -> Result<Vec<PathBuf>> {
    let pack = |range: Range<u64>| pack(plain, range, compression).map_err(cannot("compress", plain));
    let mut paths = vec![names.path(0)];
    let mut part = Part::begin(&paths[0])?;
    let commit = |block: Vec<u8>| {
        if part.bytes >= part_bytes {
            let path = names.path(paths.len());
            part = Part::begin(&path)?;
            paths.push(path);
        }
        part.append(&block)
    };
    each_in_order(threads, Ranges::of(plain, Cut::AtLeast(BLOCK))?, pack, commit)?;
    if part.bytes == 0 {
        part.append(&pack(0..0)?)?;
    }
    Ok(paths)
}

/// A file that grows block by block.
struct Part {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Part {
    fn begin(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_owned(), file: create(path)?, bytes: 0 })
    }

    fn append(&mut self, block: &[u8]) -> Result<()> {
        self.bytes += block.len() as u64;
        self.file.write_all(block).map_err(cannot("write", &self.path))
    }
}

/// Compresses a range of a file. Holds at most one chunk of it uncompressed in memory.
fn pack(plain: &Path, range: Range<u64>, compression: Compression) -> io::Result<Vec<u8>> {
    let length = range.end - range.start;
    let mut from = File::open(plain)?;
    from.seek(SeekFrom::Start(range.start))?;
    if compression == Compression::Gzip {
        // This builder writes a header without name and time.
        let mut to = GzBuilder::new().write(Vec::new(), flate2::Compression::new(GZIP_LEVEL));
        feed(&mut from, length, &mut to)?;
        return to.finish();
    }
    let mut to = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    to.set_pledged_src_size(Some(length))?;
    to.include_checksum(true)?;
    feed(&mut from, length, &mut to)?;
    to.finish()
}

/// Passes bytes on in whole chunks, so that a compressor always sees the same calls.
fn feed(from: &mut File, length: u64, to: &mut impl Write) -> io::Result<()> {
    let mut left = length;
    let mut chunk = vec![0; left.min(CHUNK) as usize];
    while left > 0 {
        chunk.truncate(left.min(CHUNK) as usize);
        from.read_exact(&mut chunk)?;
        to.write_all(&chunk)?;
        left -= chunk.len() as u64;
    }
    Ok(())
}

fn at(path: &Path, place: u64) -> Result<File> {
    let mut file = open(path)?;
    file.seek(SeekFrom::Start(place)).map_err(cannot("read", path))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The files that result from `text`.
    fn made(text: &[u8], kind: Compression, part: Option<u64>, threads: usize) -> Vec<(String, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("documents.staged");
        fs::write(&plain, text).unwrap();
        let paths = documents(&plain, folder.path(), "documents", kind, part, threads).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), paths.len(), "something is left over");
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        paths.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
    }

    fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
        files.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn joined(files: &[(String, Vec<u8>)]) -> Vec<u8> {
        files.iter().flat_map(|(_, bytes)| bytes).copied().collect()
    }

    fn unpacked(bytes: &[u8], kind: Compression) -> Vec<u8> {
        let mut out = Vec::new();
        match kind {
            Compression::Gzip => flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).unwrap(),
            Compression::Zstd => zstd::Decoder::new(bytes).unwrap().read_to_end(&mut out).unwrap(),
            _ => Write::write(&mut out, bytes).unwrap(),
        };
        out
    }

    /// About `bytes` bytes of lines that do not compress to almost nothing.
    fn text(bytes: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut state = 1_u64;
        while out.len() < bytes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            out.extend_from_slice(format!("{{\"n\":{}}}\n", state >> 20).as_bytes());
        }
        out
    }

    #[test]
    fn files_are_named_by_what_they_are() {
        let text = b"{}\n{}\n";
        assert_eq!(names(&made(text, Compression::Plain, None, 2)), ["documents.jsonl"]);
        assert_eq!(names(&made(text, Compression::Gzip, None, 2)), ["documents.jsonl.gz"]);
        assert_eq!(names(&made(text, Compression::Zstd, Some(9), 2)), ["documents-00000.jsonl.zst"]);
        assert_eq!(names(&made(text, Compression::Plain, Some(9), 2)), ["documents-00000.jsonl"]);
        let parts = made(text, Compression::Plain, Some(3), 2);
        assert_eq!(names(&parts), ["documents-00000.jsonl", "documents-00001.jsonl"]);
    }

    #[test]
    fn an_empty_corpus_is_one_valid_file() {
        for kind in [Compression::Plain, Compression::Gzip, Compression::Zstd] {
            for part in [None, Some(10)] {
                let files = made(b"", kind, part, 2);
                assert_eq!(files.len(), 1);
                assert_eq!(unpacked(&files[0].1, kind), b"");
                assert_eq!(files[0].1.is_empty(), kind == Compression::Plain);
            }
        }
    }

    #[test]
    fn compressed_parts_are_the_one_file_at_any_number_of_threads() {
        let text = text(7 << 19);
        for kind in [Compression::Gzip, Compression::Zstd] {
            let whole = joined(&made(&text, kind, None, 1));
            assert!(unpacked(&whole, kind) == text);
            for (part, count) in [(1, 4), (whole.len() as u64 / 2, 2), (u64::MAX, 1)] {
                for threads in [1, 3] {
                    let files = made(&text, kind, Some(part), threads);
                    assert_eq!(files.len(), count);
                    assert!(joined(&files) == whole);
                    // Each part can be decompressed separately, and ends at a line end.
                    assert!(files.iter().all(|(_, bytes)| unpacked(bytes, kind).ends_with(b"\n")));
                }
            }
        }
    }

    #[test]
    fn a_line_longer_than_a_block_is_one_block() {
        let mut text = vec![b'a'; 5 * BLOCK as usize / 2];
        text.extend_from_slice(b"\nshort\n");
        let files = made(&text, Compression::Zstd, Some(1), 2);
        assert_eq!(files.len(), 2);
        assert_eq!(zstd::zstd_safe::get_frame_content_size(&files[0].1).unwrap(), Some(5 * BLOCK / 2 + 1));
        assert_eq!(unpacked(&files[1].1, Compression::Zstd), b"short\n");
    }

    #[test]
    fn a_gzip_header_has_neither_name_nor_time() {
        let files = made(b"{}\n", Compression::Gzip, None, 1);
        assert_eq!(files[0].1[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn plain_parts_hold_what_fits(
            lines in prop::collection::vec("[a-c]{0,9}\n", 0..30),
            part in 1u64..40,
            threads in 1usize..4,
        ) {
            let text = lines.concat().into_bytes();
            let files = made(&text, Compression::Plain, Some(part), threads);
            prop_assert_eq!(joined(&files), text);
            for (n, (_, bytes)) in files.iter().enumerate() {
                let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
                prop_assert!(bytes.len() as u64 <= part || lines == 1);
                if let Some((_, next)) = files.get(n + 1) {
                    let line = next.iter().position(|&byte| byte == b'\n').unwrap() + 1;
                    prop_assert!((bytes.len() + line) as u64 > part);
                }
            }
        }
    }
}
