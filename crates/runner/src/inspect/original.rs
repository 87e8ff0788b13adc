//! The text of a document as it was read: looked for in the input once more, where the input is still there.

use super::find::find;
use super::run_folder::RunFolder;
use crate::config::{Compression, Input};
use crate::input::{Cursor, Kind, Parser, Position, SourceFile, expand};
use crate::json::write_text;
use crate::remote::is_address;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use textmill_core::batch::string;
use textmill_core::column::{ID, TEXT, parse_type};

/// Bytes of input that are looked at together.
const CHUNK: usize = 4 << 20;

/// The text of a document as it was read; none where the input does not have it any more, or has changed.
pub fn original(run: &RunFolder, id: &str, source: &str) -> Option<String> {
    let input = input_of(run);
    let place = |path: &Path| run.place(path);
    let mut files: Vec<SourceFile> = Vec::new();
    for (path, _) in &input.paths {
        files.extend(expand(&place(path)).ok()?.0);
    }
    // Numbers of ids that came again run over the whole input.
    let is_numbered = id.rsplit_once('~').is_some_and(|(_, number)| number.parse::<usize>().is_ok());
    let source = place(Path::new(source));
    if !is_numbered && files.iter().any(|file| file.path == source) {
        files.retain(|file| file.path == source);
    }
    // Places in another text would show what nobody removed.
    let known = run.run.get("inputs").and_then(Value::as_array).into_iter().flatten();
    let known: HashMap<PathBuf, &Value> =
        known.filter_map(|file| Some((place(Path::new(file.get("path")?.as_str()?)), file))).collect();
    files.retain(|file| known.get(&file.path).is_none_or(|then| is_as_it_was(file, then)));
    // Most ids stand in their line as they are: then no other line needs to be read.
    if let Some(text) = files.iter().find_map(|file| text_in_lines(file, &input, id)) {
        return Some(text);
    }
    // An id that came again got a number.
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
                    let text = || string(&batch.documents, TEXT, row).map(str::to_owned);
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

/// Whether a file is as the run had it. Its size may be the same when it is another: what has been written since counts
/// as another, too.
fn is_as_it_was(file: &SourceFile, then: &Value) -> bool {
    let bytes = then.get("bytes").and_then(Value::as_u64);
    // Runs of older versions do not say it.
    let version = then.get("version").and_then(Value::as_str);
    bytes == Some(file.bytes) && version.is_none_or(|version| file.version.as_deref() == Some(version))
}

/// Lines that are looked into because the id stands somewhere in them, at most.
const CANDIDATES: usize = 1000;

/// The text of a document of this very id in a plain file of lines. An id that a line does not hold as it is, is not
/// found here.
fn text_in_lines(file: &SourceFile, input: &Input, id: &str) -> Option<String> {
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
                return string(&batch.documents, TEXT, row).map(str::to_owned);
            }
        }
        from = end;
    }
    None
}

/// Where the line begins that an offset lies in, and where the next one does.
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
