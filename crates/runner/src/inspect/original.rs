//! The text of a document as it was read: finds it in the input again, if the input is still there.

use super::find::find;
use super::run_folder::RunFolder;
use crate::config::{Compression, Input};
use crate::input::{Cursor, Kind, Parser, Position, SourceFile, expand};
use crate::json::write_text;
use crate::remote::is_address;
use arrow_array::RecordBatch;
use encoding_rs::Encoding;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use textmill_core::batch::{bytes, string};
use textmill_core::column::{ID, RAW, TEXT, parse_type};

/// Bytes of input that are processed together.
const CHUNK: usize = 4 << 20;

/// A document as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Its text.
    pub text: String,
    /// Its bytes, if they are not UTF-8. The text then has a replacement character for each invalid sequence.
    raw: Option<Vec<u8>>,
    /// The parts of the bytes that are valid UTF-8: offset in the text, offset in the bytes, and length.
    parts: Vec<[usize; 3]>,
}

impl Original {
    fn of(batch: &RecordBatch, row: usize) -> Option<Self> {
        let raw = batch.column_by_name(RAW).and_then(|column| bytes(column, row));
        let parts = raw.map_or_else(Vec::new, parts);
        Some(Self { text: string(batch, TEXT, row)?.to_owned(), raw: raw.map(<[u8]>::to_vec), parts })
    }

    /// Whether its bytes are UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.raw.is_none()
    }

    /// A passage of the text, decoded from its original bytes. `None` if those are UTF-8, or if the encoding
    /// is unknown.
    pub fn decoded(&self, passage: Range<usize>, encoding: &str) -> Option<String> {
        let raw = self.raw.as_deref()?;
        let encoding = Encoding::for_label(encoding.as_bytes())?;
        let bytes = raw.get(self.place_in_bytes(passage.start)?..self.place_in_bytes(passage.end)?)?;
        Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
    }

    /// Converts an offset in the text to an offset in the bytes.
    fn place_in_bytes(&self, place: usize) -> Option<usize> {
        let part = self.parts.partition_point(|[in_text, ..]| *in_text <= place).checked_sub(1)?;
        let [in_text, in_bytes, length] = *self.parts.get(part)?;
        // `None` inside a replacement character.
        (place - in_text <= length).then_some(in_bytes + place - in_text)
    }
}

/// The valid UTF-8 parts of some bytes, with their offsets in the lossily decoded text, where each invalid
/// sequence is one character.
fn parts(raw: &[u8]) -> Vec<[usize; 3]> {
    let (mut parts, mut in_text, mut in_bytes) = (Vec::new(), 0, 0);
    for chunk in raw.utf8_chunks() {
        let length = chunk.valid().len();
        parts.push([in_text, in_bytes, length]);
        in_text += length + char::REPLACEMENT_CHARACTER.len_utf8();
        in_bytes += length + chunk.invalid().len();
    }
    // An empty last part, for bytes that end with an invalid sequence.
    parts.push([in_text, in_bytes, 0]);
    parts
}

/// Finds a document as it was read. `None` if the input does not have it any more, or has changed.
pub fn original(run: &RunFolder, id: &str, source: &str) -> Option<Original> {
    let input = input_of(run);
    let place = |path: &Path| run.place(path);
    let mut files: Vec<SourceFile> = Vec::new();
    for (path, _) in &input.paths {
        files.extend(expand(&place(path), input.format.as_deref()).ok()?.0);
    }
    // The numbers of repeated ids count through the whole input.
    let is_numbered = id.rsplit_once('~').is_some_and(|(_, number)| number.parse::<usize>().is_ok());
    let source = place(Path::new(source));
    if !is_numbered && files.iter().any(|file| file.path == source) {
        files.retain(|file| file.path == source);
    }
    // Spans in a changed text would show passages that nobody removed.
    let known = run.run.get("inputs").and_then(Value::as_array).into_iter().flatten();
    let known: HashMap<PathBuf, &Value> =
        known.filter_map(|file| Some((place(Path::new(file.get("path")?.as_str()?)), file))).collect();
    files.retain(|file| known.get(&file.path).is_none_or(|then| is_as_it_was(file, then)));
    // Most ids appear literally in their line, so no other line needs to be parsed.
    if let Some(text) = files.iter().find_map(|file| text_in_lines(file, &input, id)) {
        return Some(text);
    }
    // Repeated ids have a number appended.
    let (base, number) = match id.rsplit_once('~') {
        Some((base, number)) => (base, number.parse::<usize>().ok()),
        None => (id, None),
    };
    let mut parser = Parser::new(&input);
    let mut seen = 0;
    let mut renamed = None;
    for file in &files {
        let most = input.max_document_bytes;
        let read = Arc::new(AtomicU64::new(0));
        let mut cursor = Cursor::new(std::slice::from_ref(file), &input, CHUNK, most, read);
        while let Some(chunk) = cursor.next() {
            if !chunk.may_hold(base) {
                continue;
            }
            for batch in parser.parse(chunk).finish(0, usize::MAX, usize::MAX).ok()? {
                for row in 0..batch.documents.num_rows() {
                    let text = || Original::of(&batch.documents, row);
                    let found = string(&batch.documents, ID, row);
                    if found == Some(id) {
                        return text();
                    }
                    if found == Some(base) {
                        seen += 1;
                        if number == Some(seen) {
                            renamed = text();
                        }
                    }
                }
            }
        }
    }
    renamed
}

/// Whether a file is unchanged since the run. Its size may be the same although its contents differ, so a
/// file that was written to since then counts as changed, too.
fn is_as_it_was(file: &SourceFile, then: &Value) -> bool {
    let bytes = then.get("bytes").and_then(Value::as_u64);
    // Runs of older versions do not record it.
    let version = then.get("version").and_then(Value::as_str);
    bytes == Some(file.bytes) && version.is_none_or(|version| file.version.as_deref() == Some(version))
}

/// The maximum number of lines that are parsed because they contain the id.
const CANDIDATES: usize = 1000;

/// Finds the document with exactly this id in an uncompressed file of lines. An id that does not appear
/// literally in its line is not found here.
fn text_in_lines(file: &SourceFile, input: &Input, id: &str) -> Option<Original> {
    let format = file.format;
    if format.kind != Kind::Jsonl || format.compression != Compression::Plain || is_address(&file.path) {
        return None;
    }
    let mut needle = Vec::new();
    write_text(&mut needle, id);
    let mut parser = Parser::new(input);
    let mut from = 0;
    for _ in 0..CANDIDATES {
        let at = find(&file.path, &needle, from).ok()??;
        let (start, end) = line_around(&file.path, at).ok()?;
        let most = input.max_document_bytes;
        let read = Arc::new(AtomicU64::new(0));
        let mut cursor = Cursor::new(std::slice::from_ref(file), input, 1, most, read);
        cursor.resume_at(&Position { file: 0, offset: start, number: 0 });
        let chunk = cursor.next()?;
        for batch in parser.parse(chunk).finish(0, usize::MAX, usize::MAX).ok()? {
            let rows = 0..batch.documents.num_rows();
            let found = rows.into_iter().find(|&row| string(&batch.documents, ID, row) == Some(id));
            if let Some(row) = found {
                return Original::of(&batch.documents, row);
            }
        }
        from = end;
    }
    None
}

/// The start of the line that contains an offset, and the start of the next line.
fn line_around(path: &Path, at: u64) -> std::io::Result<(u64, u64)> {
    let mut file = BufReader::new(File::open(path)?);
    let (mut start, mut block) = (at, 4096u64);
    loop {
        let from = start.saturating_sub(block);
        let mut bytes = vec![0; (start - from) as usize];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut bytes)?;
        match memchr::memrchr(b'\n', &bytes) {
            Some(found) => {
                start = from + found as u64 + 1;
                break;
            }
            None if from == 0 => {
                start = 0;
                break;
            }
            None => (start, block) = (from, block * 4),
        }
    }
    file.seek(SeekFrom::Start(at))?;
    let mut rest = Vec::new();
    file.read_until(b'\n', &mut rest)?;
    Ok((start, at + rest.len() as u64))
}

/// The table `[input]` of the pipeline that was run.
fn input_of(run: &RunFolder) -> Input {
    let mut input = Input::default();
    let table = run.run.pointer("/pipeline/input").cloned().unwrap_or_default();
    let text = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let paths = table.get("paths").and_then(Value::as_array);
    input.paths =
        paths.into_iter().flatten().filter_map(|p| Some((PathBuf::from(p.as_str()?), None))).collect();
    input.text_field = text("text-field").unwrap_or(input.text_field);
    input.id_field = text("id-field").unwrap_or(input.id_field);
    input.source_field = text("source-field").unwrap_or(input.source_field);
    input.format = text("format");
    input.media_type = text("media-type");
    let bytes = table.get("max-document-bytes").and_then(Value::as_u64);
    input.max_document_bytes = bytes.map_or(input.max_document_bytes, |bytes| bytes as usize);
    let columns = table.get("columns").and_then(Value::as_object);
    for (name, words) in columns.into_iter().flatten() {
        if let Some(kind) = words.as_str().and_then(|words| parse_type(words).ok()) {
            input.columns.push((name.clone(), kind));
        }
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_decoded_from_the_bytes() {
        let of = |raw: &[u8]| Original {
            parts: parts(raw),
            text: String::from_utf8_lossy(raw).into_owned(),
            raw: Some(raw.to_vec()),
        };
        // A truncated euro sign is a single invalid sequence of two bytes.
        let read = of(b"caf\xe9 \xe2\x82 na\xefve");
        assert_eq!(read.text, "caf\u{fffd} \u{fffd} na\u{fffd}ve");
        assert_eq!(read.decoded(0..6, "windows-1252").unwrap(), "café");
        assert_eq!(read.decoded(7..16, "windows-1252").unwrap(), "â‚ naï");
        assert_eq!(read.decoded(16..18, "windows-1252").unwrap(), "ve");
        assert_eq!(read.decoded(0..read.text.len(), "windows-1252").unwrap(), "café â‚ naïve");
        assert_eq!(of(b"\xcc\xe8\xf0").decoded(0..9, "windows-1251").unwrap(), "Мир");
        // Inside an invalid sequence, past the end, and with an unknown encoding.
        assert_eq!((read.decoded(4..6, "windows-1252"), read.decoded(0..99, "windows-1252")), (None, None));
        assert_eq!(read.decoded(0..6, "klingon"), None);
        assert_eq!(
            Original { text: "a".into(), raw: None, parts: Vec::new() }.decoded(0..1, "windows-1252"),
            None
        );
    }
}
