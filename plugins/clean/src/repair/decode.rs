//! Finds the encoding of bytes that are not UTF-8, decodes them, and expresses the result as edits of the
//! lossy text that the host passed. Of texts that are valid UTF-8, only those in ISO-2022-JP are decoded.

use std::ops::Range;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};
use textmill_plugin::edit::Edit;

use crate::clean::Format;
use crate::options::Rule;

/// The result of decoding.
pub struct Decoded {
    /// Edits of the received text.
    pub edits: Vec<Edit>,
    /// WHATWG name of the encoding, in lower case; `None` if the bytes are UTF-8 after all.
    pub encoding: Option<String>,
}

/// How many bytes at the start of a document are checked for the NUL pattern of UTF-16.
const NUL_SAMPLE: usize = 4096;
/// How many bytes at the start of a document are searched for escapes to Japanese.
const ESCAPE_SAMPLE: usize = 4096;

/// Decodes `raw`, whose lossy UTF-8 decoding is `received`. HTML may declare its encoding.
pub fn decode(received: &str, raw: &[u8], format: Format) -> Decoded {
    let (encoding, skip) = detect(raw, format);
    if encoding == UTF_8 {
        return Decoded { edits: Vec::new(), encoding: None };
    }
    let (text, _) = encoding.decode_without_bom_handling(&raw[skip..]);
    Decoded { edits: difference(received, &text), encoding: Some(encoding.name().to_ascii_lowercase()) }
}

/// Decodes a text in ISO-2022-JP, which is valid UTF-8 because that encoding uses ASCII bytes only. The text
/// must have an escape to Japanese in its first bytes, or be an HTML page that declares this encoding, and
/// must be valid in it.
pub fn escaped(text: &str, format: Format) -> Option<Decoded> {
    let bytes = text.as_bytes();
    let is_declared = || format == Format::Html && declared(bytes) == Some(ISO_2022_JP);
    let is_shift = |at: usize| matches!(bytes.get(at + 1..at + 3), Some(b"$@" | b"$B" | b"(I"));
    let head = bytes.get(..ESCAPE_SAMPLE).unwrap_or(bytes);
    if !memchr::memchr_iter(0x1b, head).any(is_shift) && !is_declared() {
        return None;
    }
    let decoded = ISO_2022_JP.decode_without_bom_handling_and_without_replacement(bytes)?;
    let edits = difference(text, &decoded);
    let encoding = Some(ISO_2022_JP.name().to_ascii_lowercase());
    (!edits.is_empty()).then_some(Decoded { edits, encoding })
}

/// Share of the bytes that the WHATWG's MIME Sniffing standard calls binary data bytes: controls that no text
/// has. 0 for UTF-16, where half of the bytes can be such, and for UTF-8 with a few broken bytes.
pub fn binary_share(raw: &[u8]) -> f64 {
    if Encoding::for_bom(raw).is_some() || utf16_by_nuls(raw).is_some() || mostly_utf8(raw) {
        return 0.0;
    }
    let is_binary = |byte: &&u8| matches!(byte, 0..=0x08 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    raw.iter().filter(is_binary).count() as f64 / raw.len().max(1) as f64
}

/// The encoding of `raw` and the length of its byte order mark.
fn detect(raw: &[u8], format: Format) -> (&'static Encoding, usize) {
    if let Some((encoding, length)) = Encoding::for_bom(raw) {
        return (encoding, length);
    }
    if let Some(encoding) = utf16_by_nuls(raw) {
        return (encoding, 0);
    }
    if mostly_utf8(raw) {
        return (UTF_8, 0);
    }
    if let Some(encoding) = declared(raw).filter(|_| format == Format::Html) {
        return (encoding, 0);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(raw, true);
    (detector.guess(None, Utf8Detection::Deny), 0)
}

/// The encoding that the `charset` in the first bytes of an HTML page names, as the WHATWG prescan finds it.
/// UTF-8 and UTF-16 do not count: the bytes show that they are wrong.
fn declared(raw: &[u8]) -> Option<&'static Encoding> {
    /// How many bytes the prescan reads.
    const HEAD: usize = 1024;
    let head = raw.get(..HEAD).unwrap_or(raw).to_ascii_lowercase();
    let mut rest = head.as_slice();
    while let Some(at) = memchr::memmem::find(rest, b"charset") {
        rest = &rest[at + b"charset".len()..];
        let value = rest.trim_ascii_start().strip_prefix(b"=").map(<[u8]>::trim_ascii_start);
        let Some(value) = value else { continue };
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let end = value
            .iter()
            .position(|b| !b.is_ascii_alphanumeric() && !b"-_:.".contains(b))
            .unwrap_or(value.len());
        if let Some(encoding) = Encoding::for_label(&value[..end]) {
            return Some(encoding).filter(|e| ![UTF_8, UTF_16LE, UTF_16BE].contains(e));
        }
    }
    None
}

/// Detects UTF-16 without a byte order mark. In text of any script that uses ASCII spaces and line ends, one
/// half of the byte pairs holds many NULs and the other next to none.
fn utf16_by_nuls(raw: &[u8]) -> Option<&'static Encoding> {
    let head = raw.get(..NUL_SAMPLE).unwrap_or(raw);
    let pairs = head.len() / 2;
    if pairs < 4 {
        return None;
    }
    let (mut even, mut odd) = (0, 0);
    for pair in head.chunks_exact(2) {
        even += usize::from(pair[0] == 0);
        odd += usize::from(pair[1] == 0);
    }
    let (many, few) = (pairs / 10 + 1, pairs / 50);
    if odd > many && even <= few {
        Some(UTF_16LE)
    } else if even > many && odd <= few {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Whether the bytes are damaged UTF-8: valid multi-byte characters outnumber the broken places. Text in a
/// legacy encoding forms valid sequences only by chance, and rarely.
fn mostly_utf8(raw: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in raw.utf8_chunks() {
        // Counting lead bytes: every byte of a multi-byte character but the first is 10xxxxxx.
        good += chunk.valid().bytes().filter(|&b| b >= 0xc0).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad
}

/// Edits that turn `from` into `to`: line by line if both have the same number of lines, otherwise a single
/// edit.
fn difference(from: &str, to: &str) -> Vec<Edit> {
    let lines = memchr::memchr_iter(b'\n', from.as_bytes()).count();
    if lines != memchr::memchr_iter(b'\n', to.as_bytes()).count() {
        return changed(from, to).map(|(span, with)| edit(span, with)).into_iter().collect();
    }
    let mut edits = Vec::new();
    let mut at = 0;
    for (old, new) in from.split('\n').zip(to.split('\n')) {
        if old != new
            && let Some((span, with)) = changed(old, new)
        {
            edits.push(edit(span.start + at..span.end + at, with));
        }
        at += old.len() + 1;
    }
    edits
}

fn edit(span: Range<usize>, with: &str) -> Edit {
    Edit::replace(span, with.to_owned(), Rule::LegacyEncoding.id())
}

/// The part of `from` that differs from `to`, and what `to` has in its place; `None` if they are equal.
pub fn changed<'t>(from: &str, to: &'t str) -> Option<(Range<usize>, &'t str)> {
    if from == to {
        return None;
    }
    let (a, b) = (from.as_bytes(), to.as_bytes());
    let mut prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    while !from.is_char_boundary(prefix) || !to.is_char_boundary(prefix) {
        prefix -= 1;
    }
    let most = a.len().min(b.len()) - prefix;
    let mut suffix = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(x, y)| x == y).count();
    while !from.is_char_boundary(a.len() - suffix) || !to.is_char_boundary(b.len() - suffix) {
        suffix -= 1;
    }
    Some((prefix..a.len() - suffix, &to[prefix..b.len() - suffix]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use textmill_plugin::edit::apply;

    #[test]
    fn escapes_to_japanese_are_decoded() {
        let decoded = |text, format| escaped(text, format).map(|d| d.edits.len());
        assert_eq!(decoded("\u{1b}$BEO$7A%\u{1b}(B and a swan", Format::Plain), Some(1));
        assert_eq!(decoded("<meta charset=iso-2022-jp>no Japanese", Format::Html), None);
        for text in ["a swan", "\u{1b}[31mred\u{1b}[0m", "\u{1b}$BEO é", "cost: $B"] {
            assert_eq!(decoded(text, Format::Plain), None, "{text}");
        }
    }

    fn run(raw: &[u8]) -> (String, Option<String>, usize) {
        let received = String::from_utf8_lossy(raw).into_owned();
        let decoded = decode(&received, raw, Format::Plain);
        (apply(&received, &decoded.edits), decoded.encoding, decoded.edits.len())
    }

    #[test]
    fn windows_1252_is_detected_and_edited_line_by_line() {
        let raw = b"Das Caf\xe9 am Fluss hat wieder ge\xf6ffnet.\nPlain line.\nDie Br\xfccke ist sch\xf6n.\n";
        let (text, encoding, edits) = run(raw);
        assert_eq!(text, "Das Café am Fluss hat wieder geöffnet.\nPlain line.\nDie Brücke ist schön.\n");
        assert_eq!(encoding.as_deref(), Some("windows-1252"));
        assert_eq!(edits, 2);
    }

    #[test]
    fn one_broken_byte_does_not_make_a_utf8_page_legacy() {
        let (text, encoding, edits) = run(b"Br\xc3\xbccke, Stra\xc3\x9fe, sch\xc3\xb6n \xff Ende");
        assert_eq!((text.as_str(), encoding, edits), ("Brücke, Straße, schön \u{fffd} Ende", None, 0));
    }

    #[test]
    fn utf16_with_and_without_a_mark() {
        for (mark, big) in [(true, false), (false, false), (true, true), (false, true)] {
            let text = "The bridge opened.\nIt is crooked – on purpose.";
            let mut raw = Vec::new();
            if mark {
                raw.extend(if big { [0xfe, 0xff] } else { [0xff, 0xfe] });
            }
            for unit in text.encode_utf16() {
                raw.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
            }
            let (got, encoding, _) = run(&raw);
            assert_eq!(got, text);
            assert_eq!(encoding.as_deref(), Some(if big { "utf-16be" } else { "utf-16le" }));
        }
    }

    #[test]
    fn binary_data_is_told_from_text() {
        let spoilt = "Die Fähre fährt wieder, und der Schwan schläft.".repeat(20).into_bytes();
        for text in [
            [&b"\x01"[..], &spoilt, b"\xff"].concat(),
            b"\xff\xfea\0b\0".to_vec(),
            b"a\0b\0c\0d\0 \0".repeat(40),
            b"F\xe4hre\x1b\x0c\r\n\t".to_vec(),
            Vec::new(),
        ] {
            assert_eq!(binary_share(&text), 0.0, "{text:?}");
        }
        let picture = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\xe4"[..], &[0x9d, 0x07, 0xd4, 0x5c]].concat();
        assert!(binary_share(&picture) > 0.2);
    }

    #[test]
    fn cyrillic_and_japanese() {
        let russian = "Мост через реку открыли в субботу утром. Жители шли по нему до вечера.";
        let (raw, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(run(&raw).0, russian);
        let japanese = "土曜日の朝、川に架かる新しい橋が開通した。住民は夕方まで橋を渡った。";
        let (raw, _, _) = encoding_rs::SHIFT_JIS.encode(japanese);
        assert_eq!(run(&raw).0, japanese);
    }
}
