//! The formats of input files, recognized by their endings.

pub use crate::config::Compression;
use std::path::Path;

/// What a file contains once it is decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The file is a document of this media type, or plain text if `None`.
    Whole(Option<&'static str>),
    /// Each line is a document: a JSON object.
    Jsonl,
    /// Each row is a document. The byte is the cell separator; the first row names the columns.
    Csv(u8),
    /// Each row is a document.
    Parquet,
    /// Each record is a document, or belongs to one.
    Warc,
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// What it contains.
    pub kind: Kind,
    /// How it is compressed.
    pub compression: Compression,
}

/// The kinds that [`format_of`] knows, for hints.
pub(super) const KNOWN: &str = "textmill reads `.txt`, `.md`, `.html`, `.jsonl`, `.csv`, `.tsv`, `.warc`, `.wet`, each also with \
                                `.gz`, `.zst` or `.bz2` after it, and `.parquet`; set `input.format` to read files with other endings";

const HTML: Kind = Kind::Whole(Some("text/html"));
const MARKDOWN: Kind = Kind::Whole(Some("text/markdown"));

const KINDS: [(&str, Kind); 13] = [
    ("txt", Kind::Whole(None)),
    ("text", Kind::Whole(None)),
    ("md", MARKDOWN),
    ("markdown", MARKDOWN),
    ("html", HTML),
    ("htm", HTML),
    ("xhtml", Kind::Whole(Some("application/xhtml+xml"))),
    ("jsonl", Kind::Jsonl),
    ("ndjson", Kind::Jsonl),
    ("csv", Kind::Csv(b',')),
    ("tsv", Kind::Csv(b'\t')),
    ("warc", Kind::Warc),
    ("wet", Kind::Warc),
];

const COMPRESSIONS: [(&str, Compression); 4] = [
    ("gz", Compression::Gzip),
    ("zst", Compression::Zstd),
    ("zstd", Compression::Zstd),
    ("bz2", Compression::Bzip2),
];

/// The kind that an ending stands for.
fn kind_of(ending: &str) -> Option<Kind> {
    KINDS.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind)
}

/// The format that a path's ending stands for, ignoring case. A file with an unknown ending has that of the
/// ending `other`, if there is one.
pub(super) fn format_of(path: &Path, other: Option<&str>) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    if ending == "parquet" {
        return Some(Format { kind: Kind::Parquet, compression: Compression::Plain });
    }
    let packed = COMPRESSIONS.iter().find(|(known, _)| *known == ending);
    let (ending, compression) = match packed {
        Some((_, compression)) => (stem.rsplit_once('.').map_or("", |(_, ending)| ending), *compression),
        None => (ending, Compression::Plain),
    };
    // Parquet cannot be read from a compressed file.
    let other = other.filter(|_| ending != "parquet");
    let kind = kind_of(ending).or_else(|| kind_of(other?))?;
    Some(Format { kind, compression })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_go_by_the_ending() {
        let of = |name: &str| format_of(Path::new(name), None).map(|f| (f.kind, f.compression));
        assert_eq!(of("a.TXT"), Some((Kind::Whole(None), Compression::Plain)));
        assert_eq!(of("a.jsonl.zst"), Some((Kind::Jsonl, Compression::Zstd)));
        assert_eq!(of("a.Md.BZ2"), Some((MARKDOWN, Compression::Bzip2)));
        assert_eq!(of("x.warc.wet.gz"), Some((Kind::Warc, Compression::Gzip)));
        for unknown in ["a.arc", "a.parquet.gz", "a.gz", "jsonl", "a.pdf"] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
        let of = |name: &str| format_of(Path::new(name), Some("html")).map(|f| (f.kind, f.compression));
        for name in ["page.php", "page", "page."] {
            assert_eq!(of(name), Some((HTML, Compression::Plain)), "{name}");
        }
        assert_eq!(of("page.php.gz"), Some((HTML, Compression::Gzip)));
        assert_eq!(of("page.gz"), Some((HTML, Compression::Gzip)));
        assert_eq!(of("a.parquet.gz"), None);
        assert_eq!(of("page.txt"), Some((Kind::Whole(None), Compression::Plain)));
        assert!(crate::config::FORMATS.iter().all(|ending| kind_of(ending).is_some()));
    }
}
