//! The length that an ELF file claims to have, so that a truncated file is detected before the system's
//! loader maps it: the loader trusts the headers, and reading mapped memory past the end of a file kills the
//! process (SIGBUS). Checks nothing else, and no other file formats.

use std::io::{Read, Result, Seek, SeekFrom};

/// Size in bytes of the header of a 64-bit file.
const HEADER: usize = 64;

/// A table of the file: offsets of fields in the file's header and in each entry of the table.
struct Table {
    /// Offsets in the header of the table's position, the size of an entry, and the number of entries.
    header: (usize, usize, usize),
    /// Offsets in an entry of the position and the size of its contents.
    entry: (usize, usize),
    /// Offset in an entry of its kind, and the kinds that have no contents in the file.
    without: (usize, &'static [u64]),
}

const TABLES: [Table; 2] = [
    // Segments.
    Table { header: (32, 54, 56), entry: (8, 32), without: (0, &[]) },
    // Sections. Kind 0 is unused; kind 8 is zeros that exist only in memory.
    Table { header: (40, 58, 60), entry: (24, 32), without: (4, &[0, 8]) },
];

/// The minimum size of a complete 64-bit ELF file, as far as its headers can be read. `None` for a file of
/// another format.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn bytes_of_whole(file: &mut (impl Read + Seek)) -> Result<Option<u64>> {
    let header = read(file, 0, HEADER as u64)?;
    // The magic number of ELF files, and the class of 64-bit files.
    if !header.starts_with(b"\x7fELF\x02") {
        return Ok(None);
    }
    let big_endian = header.get(5) == Some(&2);
    let field = |bytes: &[u8], at: usize, width: usize| number(bytes, at, width, big_endian).unwrap_or(0);
    let mut whole = HEADER as u64;
    for Table { header: (place, size, count), entry, without } in TABLES {
        let (place, size, count) =
            (field(&header, place, 8), field(&header, size, 2), field(&header, count, 2));
        if place == 0 || size == 0 {
            continue;
        }
        let length = size * count;
        whole = whole.max(place.saturating_add(length));
        // If the table is cut off, the entries that are present.
        for bytes in read(file, place, length)?.chunks_exact(size as usize) {
            if !without.1.contains(&field(bytes, without.0, 4)) {
                whole = whole.max(field(bytes, entry.0, 8).saturating_add(field(bytes, entry.1, 8)));
            }
        }
    }
    Ok(Some(whole))
}

/// Up to `length` bytes from an offset.
fn read(file: &mut (impl Read + Seek), place: u64, length: u64) -> Result<Vec<u8>> {
    file.seek(SeekFrom::Start(place))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A number that is `width` bytes wide.
fn number(bytes: &[u8], at: usize, width: usize, big_endian: bool) -> Option<u64> {
    let digits = bytes.get(at..at + width)?.iter().map(|byte| u64::from(*byte));
    let join = |number, digit| number << 8 | digit;
    Some(if big_endian { digits.fold(0, join) } else { digits.rev().fold(0, join) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A file with a segment of 100 bytes after the header, and at its end a table of two sections: one of 10
    /// bytes in the middle of the file, and one of zeros in memory.
    fn file(big_endian: bool) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56 + 100 + 2 * 64];
        let mut put = |at: usize, width: usize, value: u64| {
            let digits = value.to_be_bytes()[8 - width..].to_vec();
            let digits: Vec<u8> = if big_endian { digits } else { digits.into_iter().rev().collect() };
            bytes[at..at + width].copy_from_slice(&digits);
        };
        let (segments, sections) = (64, 64 + 56 + 100);
        for (at, width, value) in [
            (32, 8, segments),
            (54, 2, 56),
            (56, 2, 1),
            (40, 8, sections),
            (58, 2, 64),
            (60, 2, 2),
            (64 + 8, 8, 120),
            (64 + 32, 8, 100),
            (sections as usize + 4, 4, 1),
            (sections as usize + 24, 8, 150),
            (sections as usize + 32, 8, 10),
            (sections as usize + 64 + 4, 4, 8),
            (sections as usize + 64 + 24, 8, 160),
            (sections as usize + 64 + 32, 8, 1 << 40),
        ] {
            put(at, width, value);
        }
        bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, if big_endian { 2 } else { 1 }]);
        bytes
    }

    fn whole(bytes: &[u8]) -> Option<u64> {
        bytes_of_whole(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_is_shorter_than_it_says() {
        for big_endian in [false, true] {
            let bytes = file(big_endian);
            assert_eq!(whole(&bytes), Some(bytes.len() as u64), "big endian: {big_endian}");
            for cut in 5..bytes.len() {
                assert!(whole(&bytes[..cut]).is_some_and(|whole| whole > cut as u64), "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_segment_may_reach_further_than_the_tables() {
        let mut bytes = file(false);
        bytes[64 + 32..64 + 40].copy_from_slice(&1000_u64.to_le_bytes());
        assert_eq!(whole(&bytes), Some(120 + 1000));
        bytes[64 + 32..64 + 40].fill(0xff);
        assert_eq!(whole(&bytes), Some(u64::MAX));
    }

    #[test]
    fn other_formats_are_left_alone() {
        for bytes in [&b""[..], b"\x7fEL", b"\x7fELF\x01\x01 of 32 bits", b"\xcf\xfa\xed\xfe", b"MZ", b"text"]
        {
            assert_eq!(whole(bytes), None);
        }
    }

    #[test]
    fn this_program_is_whole() {
        let path = std::env::current_exe().unwrap();
        let mut file = std::fs::File::open(path).unwrap();
        let bytes = file.metadata().unwrap().len();
        assert!(bytes_of_whole(&mut file).unwrap().is_none_or(|whole| whole <= bytes));
    }
}
