//! Properties that hold for every format: the result depends neither on where chunks are cut nor on where
//! batches end.

use super::{Cursor, Ids, InputBatch, Parser, SourceFile, expand};
use crate::config::Input;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use textmill_core::value::value_at;

/// A folder of input.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, bytes) in files {
            std::fs::write(folder.0.path().join(name), bytes).unwrap();
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn files(&self) -> Vec<SourceFile> {
        expand(self.path(), None).unwrap().0
    }

    /// Reads everything, and returns a line for each document, event and failure, in order.
    pub fn read(&self, input: &Input, chunk: usize, batch: (usize, usize)) -> Vec<String> {
        let files = self.files();
        let mut cursor = Cursor::new(&files, input, chunk, input.max_document_bytes, Arc::default());
        let (mut parser, mut ids, mut ordinal) = (Parser::new(input), Ids::default(), 0);
        let mut lines = Vec::new();
        while let Some(chunk) = cursor.next() {
            let mut parsed = parser.parse(chunk);
            ids.settle(&mut parsed);
            let count = parsed.len() as u64;
            for batch in parsed.finish(ordinal, batch.0, batch.1).unwrap() {
                lines.extend(shown(&batch, self.path()));
            }
            ordinal += count;
        }
        lines.sort_by_key(|(ordinal, _)| *ordinal);
        assert!(lines.iter().map(|(ordinal, _)| *ordinal).eq(0..ordinal), "{lines:?}");
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// Like [`Self::read`], but also checks that other cuts give the same result.
    pub fn documents(&self, input: &Input) -> Vec<String> {
        let whole = self.read(input, 1 << 20, (1 << 20, 1 << 30));
        for chunk in [1, 7, 64, 300] {
            assert_eq!(self.read(input, chunk, (2, 40)), whole, "chunks of {chunk}");
        }
        whole
    }
}

fn shown(batch: &InputBatch, folder: &Path) -> Vec<(u64, String)> {
    let documents: &RecordBatch = &batch.documents;
    let folder = folder.display().to_string();
    let mut lines = Vec::new();
    for row in 0..documents.num_rows() {
        let mut line = String::new();
        let mut ordinal = 0;
        for (field, column) in documents.schema().fields().iter().zip(documents.columns()) {
            match field.name().as_str() {
                "ordinal" => ordinal = value_at(column, row).as_u64().unwrap(),
                "source" if value_at(column, row).as_str().unwrap().starts_with(&folder) => {}
                _ if column.is_null(row) || value_at(column, row) == "" => {}
                "carried" => write!(line, "{{{}}} ", value_at(column, row).as_str().unwrap()).unwrap(),
                name => write!(line, "{name}={} ", value_at(column, row)).unwrap(),
            }
        }
        for event in batch.events.iter().filter(|event| event.row as usize == row) {
            write!(line, "! {} ", event.rule).unwrap();
        }
        lines.push((ordinal, line.trim_end().to_owned()));
    }
    for (ordinal, failure) in &batch.failures {
        let line = format!("{} @{} {}: {}", failure.id, failure.offset, failure.rule, failure.note);
        lines.push((*ordinal, line.replace(&folder, "")));
    }
    lines
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn reading_can_be_shared() {
    fn sent<T: Send>() {}
    sent::<(Cursor<'_>, super::Chunk, Parser<'_>, super::Parsed, Ids)>();
}

#[test]
fn lines_are_documents() {
    let lines = "\u{feff}{\"id\":\"a\",\"text\":\"x\\n\\u00e9\",\"n\" : 1.50,\"m\":[1, {}]}\r\n\n{\"text\":\"y\",\"media_type\":\"text/html\",\"source\":\"s\"}\n\
                 {\"id\":\"a\",\"text\":\"z\",\"\\u006b\":1}\nbad\n{\"text\":\"\\ud800\"}\n{\"id\":7,\"text\":\"w\"}{}\n{\"id\":7,\"text\":\"last\"}";
    let folder = Folder::new(&[
        ("a.jsonl", lines.as_bytes()),
        ("b.ndjson.bz2", &bzip2(b"{\"id\":7,\"text\":\"\"}\n")),
    ]);
    insta::assert_snapshot!(folder.documents(&Input::default()).join("\n"));
}

#[test]
fn whole_files_are_documents() {
    let folder = Folder::new(&[
        ("a.txt", b"one"),
        ("b.md.gz", &gzip(b"# two")),
        ("c.html", b"<p>\xe9"),
        ("d.text", b"far too long"),
        ("e.txt.zst", b"no"),
        ("f.txt.gz", b"plain text"),
        ("g.jsonl.bz2", b"plain text"),
        ("h.parquet", b"abc"),
    ]);
    let input = Input { max_document_bytes: 8, ..Input::default() };
    insta::assert_snapshot!(folder.documents(&input).join("\n"));
    let input = Input { media_type: Some("text/x".into()), ..input };
    assert!(folder.documents(&input)[0].contains("text/x"));
}

/// The lines before the break are documents; the torn line is one failure with its offset.
#[test]
fn a_file_that_breaks_off_loses_one_line() {
    let lines: String = (0..2000).map(|n| format!("{{\"id\":{n},\"text\":\"{}\"}}\n", n * 7919)).collect();
    let packed = gzip(lines.as_bytes());
    let folder = Folder::new(&[("a.jsonl.gz", &packed[..packed.len() / 2]), ("b.txt", b"next")]);
    let read = folder.documents(&Input::default());
    let documents = read.len() - 2;
    let offset: usize = lines.split_inclusive('\n').take(documents).map(str::len).sum();
    assert!(documents > 100);
    assert!(
        read[documents].starts_with(
            &format!("a.jsonl#{} @{offset} broken-file", documents + 1).replace("jsonl#", "jsonl.gz#")
        ),
        "{}",
        read[documents]
    );
    assert!(read[documents + 1].contains("next"));
}

#[test]
fn a_line_that_is_too_large_is_passed_over() {
    let long = "x".repeat(10_000);
    let lines = format!("{{\"text\":\"a\"}}\n{long}\n{{\"text\":\"b\"}}\n{long}");
    let folder = Folder::new(&[("a.jsonl", lines.as_bytes())]);
    let input = Input { max_document_bytes: 20, ..Input::default() };
    insta::assert_snapshot!(folder.documents(&input).join("\n"));
}

/// Resuming after any chunk gives the same as reading straight through.
#[test]
fn reading_goes_on_anywhere() {
    let lines: String = (0..50).map(|n| format!("{{\"text\":\"{}\"}}\n", n * 7919)).collect();
    let folder = Folder::new(&[
        ("a.jsonl", lines.as_bytes()),
        ("b.jsonl.gz", &gzip(lines.as_bytes())),
        ("c.txt", b"c"),
    ]);
    resumes(&folder, &Input::default());
}

/// Checks that resuming after any chunk gives the same as reading straight through.
pub(super) fn resumes(folder: &Folder, input: &Input) {
    let files = folder.files();
    let cursor = || Cursor::new(&files, input, 1, input.max_document_bytes, Arc::default());
    let read = |cursor: &mut Cursor<'_>| {
        let mut all = Vec::new();
        while let Some(chunk) = cursor.next() {
            let after = chunk.after().clone();
            let batches = Parser::new(input).parse(chunk).finish(0, 100, 1 << 20).unwrap();
            all.push((after, batches.iter().flat_map(|b| shown(b, folder.path())).collect::<Vec<_>>()));
        }
        all
    };
    let through = read(&mut cursor());
    assert!(through.len() > 5);
    for (n, (after, _)) in through.iter().enumerate() {
        let mut again = cursor();
        again.resume_at(after);
        assert_eq!(read(&mut again), through[n + 1..], "after chunk {n}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_of_lines_do_not_show(
        lines in prop::collection::vec(prop_oneof![
            3 => "\\{\"text\":\"([a-zé]|\\\\n|\\\\u00e9){0,9}\"(,\"id\":\"[ab]\")?(,\"k\": ?[0-9])?\\}\r?",
            1 => "[ -~]{0,30}",
            1 => "\\PC{0,12}",
        ], 0..20),
        broken in any::<prop::sample::Index>(),
        end in any::<bool>(),
        chunk in 1usize..200,
        batch in (1usize..5, 1usize..100),
    ) {
        let mut bytes = lines.join("\n").into_bytes();
        if end {
            bytes.push(b'\n');
        }
        if !bytes.is_empty() {
            let at = broken.index(bytes.len());
            bytes[at] = 0xff;
        }
        let folder = Folder::new(&[("a.jsonl", &bytes), ("b.jsonl.gz", &gzip(&bytes))]);
        let input = Input { max_document_bytes: 50, ..Input::default() };
        prop_assert_eq!(folder.read(&input, chunk, batch), folder.read(&input, 1 << 20, (100, 1 << 20)));
    }

    /// The fast path gives the same as serde_json. The tab forces the slow path.
    #[test]
    fn both_ways_give_the_same_documents(
        members in prop::collection::vec(prop_oneof![
            3 => "\"(text|id|source|media_type|n|k)\": ?\"([a-zé]|\\\\[nu\"\\\\]|\\\\u00e9|\\\\ud83d\\\\ude00|\\\\ud800){0,4}\"",
            2 => "\"(text|id|source|media_type|n|k)\" ?:(-?[0-9]{1,2}(\\.5)?|null|\\[1, 2\\]|\\{\\}|[a-z])",
        ], 0..6),
    ) {
        let members = members.join(",");
        let (short, long) = (format!("{{{members}}}"), format!("{{\t{members}}}"));
        let columns = vec![("n".into(), DataType::Float64), ("k".into(), DataType::Utf8)];
        let input = Input { columns, ..Input::default() };
        let read = |line: &str| Folder::new(&[("a.jsonl", line.as_bytes())]).read(&input, 1 << 20, (9, 1 << 20));
        prop_assert_eq!(read(&short), read(&long));
    }

    #[test]
    fn cuts_of_rows_do_not_show(
        bytes in "text,id\r?\n([ab\",\n]|,\"[ab]\"|\r\n|é){0,60}",
        most in 5usize..40,
        chunk in 1usize..100,
        batch in (1usize..5, 1usize..100),
    ) {
        let folder = Folder::new(&[("a.csv", bytes.as_bytes())]);
        let input = Input { max_document_bytes: most, ..Input::default() };
        prop_assert_eq!(folder.read(&input, chunk, batch), folder.read(&input, 1 << 20, (100, 1 << 20)));
    }

    #[test]
    fn cuts_of_records_do_not_show(
        parts in prop::collection::vec(prop_oneof![
            4 => (0usize..80, "[a\n]{0,60}").prop_map(|(length, body)| format!(
                "WARC/1.0\nWARC-Type: conversion\nContent-Type: text/plain\nContent-Length: {}\n\n{body}\n\n",
                // Most lengths are right.
                if length < 60 { body.len() } else { length },
            )),
            1 => "(WARC/1.0|[a\r\n]){0,9}",
        ], 0..8),
        most in 20usize..90,
        chunk in 1usize..300,
        batch in (1usize..5, 1usize..100),
    ) {
        let folder = Folder::new(&[("a.wet", parts.concat().as_bytes())]);
        let input = Input { max_document_bytes: most, ..Input::default() };
        prop_assert_eq!(folder.read(&input, chunk, batch), folder.read(&input, 1 << 20, (100, 1 << 20)));
    }
}
