//! Formats in and out: documents are the same in every format, and broken ones are recorded.

use crate::support::{Bench, CHAIN, rows, stderr, succeeded, textmill};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type};
use arrow_array::{
    Array, ArrayRef, Date32Array, DictionaryArray, Float64Array, Int64Array, ListArray, RecordBatch,
    StringArray,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

fn warc(length: usize) -> String {
    let body = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>The ferry is back.</p>";
    let response = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n\
         WARC-Target-URI: https://harbour.example/ferry\r\nWARC-Date: 2024-05-03T10:00:00Z\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{body}\r\n\r\n",
        body.len()
    );
    let conversion = format!(
        "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000002>\r\n\
         WARC-Target-URI: https://harbour.example/tide\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n\
         High tide.\r\n\r\n"
    );
    format!("{response}{conversion}{}", response.replace("0001>", "0003>"))
}

/// All faults at once, in one folder of mixed formats: each costs only its own record.
#[test]
fn every_fault_is_on_record_and_costs_no_other() {
    let bench = Bench::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    for number in 0..3000 {
        writeln!(gzip, "{{\"id\":\"g{number}\",\"text\":\"gzip\"}}").unwrap();
    }
    let gzip = gzip.finish().unwrap();
    bench.write("corpus/a.jsonl.gz", &gzip[..gzip.len() / 2]);
    bench.write("corpus/b.jsonl", b"{\"id\":\"b1\",\"text\":\"fine\"}\n{bad\n{\"id\":\"b3\",\"text\":\"\xff\"}\n{\"id\":\"b4\",\"text\":\"fine\"}\n");
    bench.write("corpus/c.csv", "id,text,n\nc1,\"two\nlines\",1\nc2,short\nc3,last,3\n");
    bench.write("corpus/d.txt", b"caf\xe9");
    bench.write("corpus/e.warc", warc(999_999));
    bench.write("corpus/f.txt", "x".repeat(5000));
    bench.write("corpus/g.parquet", "no Parquet at all");
    #[cfg(unix)]
    std::os::unix::fs::symlink(bench.path("nowhere"), bench.path("corpus/h.txt")).unwrap();
    bench.write("corpus/i.html", "<p>kept as it is</p>");
    bench.write("input.jsonl", "");
    let corpus = bench.path("corpus").display().to_string();
    let arguments = ["--input", &corpus, "--set", "input.max-document-bytes=4000"];
    succeeded(&bench.run("", &arguments));
    let documents = rows(&bench.read("documents.jsonl"));
    let ids: Vec<&str> = documents.iter().filter_map(|row| row["id"].as_str()).collect();
    assert!(ids.contains(&"g0") && ids.contains(&"g1000"), "what was whole before the break is read");
    let rest: Vec<&&str> = ids.iter().filter(|id| !id.starts_with('g')).collect();
    let uuid = |n: u8| format!("00000000-0000-0000-0000-00000000000{n}");
    assert_eq!(rest, [&"b1", &"b4", &"c1", &"c3", &"d.txt", &uuid(1).as_str(), &uuid(3).as_str(), &"i.html"]);
    assert_eq!(documents.last().unwrap()["media_type"], "text/html");
    let failed = bench.read("failed.jsonl");
    let shown: String = rows(&failed)
        .iter()
        .map(|row| format!("{} at {}: {}: {}\n", row["id"], row["offset"], row["rule"], row["note"]))
        .collect();
    insta::assert_snapshot!(shown.replace(&bench.folder.path().display().to_string(), "[folder]"));
    let summary: Value = serde_json::from_str(&bench.read("summary.json")).unwrap();
    assert_eq!(summary["documents"]["read"], documents.len() + rows(&failed).len());

    let strict = bench.run("", &[&arguments[..], &["--strict"]].concat());
    assert!(!strict.status.success());
    let told = stderr(&strict, bench.folder.path());
    assert!(told.contains("a.jsonl.gz") && told.contains("broken-file"), "{told}");
}

/// File names need not be UTF-8.
#[test]
#[cfg(unix)]
fn names_that_are_not_utf_8_are_read() {
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::new();
    let folder = bench.path("caf\u{e9}").parent().unwrap().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&folder).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"fl\xf6te.txt");
    std::fs::write(folder.join(name), "The flute was found under the stage.").unwrap();
    let pipeline = folder.join("pipeline.toml");
    std::fs::write(&pipeline, "[input]\npaths = [\".\"]\n[output]\nfolder = \"out\"\n").unwrap();
    let run = textmill().current_dir(&folder).args(["run", "pipeline.toml"]);
    succeeded(&run.output());
    let made = std::fs::read_to_string(folder.join("out/documents.jsonl")).unwrap();
    assert_eq!(rows(&made)[0]["id"], "fl\u{fffd}te.txt");
    assert!(folder.join("out/run.json").exists());
}

/// Files with unknown endings, as web servers give them to pages, are read if the pipeline says what they are.
#[test]
fn the_pipeline_tells_the_format_of_other_files() {
    let bench = Bench::new();
    bench.write("pages/ferry.php", "<p>The ferry is back.</p>");
    bench.write("pages/tide", "<p>High tide.</p>");
    bench.write("pages/bell.txt", "A bell.");
    let pages = bench.path("pages").display().to_string();
    let media_types = |args: &[&str]| {
        succeeded(&bench.run("", args));
        let made: Vec<(String, String)> = rows(&bench.read("documents.jsonl"))
            .iter()
            .map(|row| {
                (row["id"].as_str().unwrap().into(), row["media_type"].as_str().unwrap_or("none").into())
            })
            .collect();
        std::fs::remove_dir_all(bench.path("out")).unwrap();
        made
    };
    let pair = |id: &str, kind: &str| (id.to_owned(), kind.to_owned());
    assert_eq!(media_types(&["--input", &pages]), [pair("bell.txt", "none")]);
    assert_eq!(
        media_types(&["--input", &pages, "--set", "input.format=html"]),
        [pair("bell.txt", "none"), pair("ferry.php", "text/html"), pair("tide", "text/html")]
    );
    let refused = bench.run("", &["--input", &format!("{pages}/ferry.php")]);
    assert!(!refused.status.success() && stderr(&refused, bench.folder.path()).contains("`input.format`"));
}

/// If the folder of a run is read as input, the documents that the run rejected are left out.
#[test]
fn of_a_run_folder_what_came_through_is_read() {
    let bench = Bench::new();
    bench.documents(&[
        "The ferry leaves at noon, as it has since May.",
        "The ferry leaves at noon, as it has since May.",
        "x",
    ]);
    succeeded(&bench.run(CHAIN, &["--set", "clean.min-chars=5"]));
    let first = rows(&bench.read("documents.jsonl"));
    assert_eq!((first.len(), rows(&bench.read("rejected.jsonl")).len()), (1, 2));
    std::fs::rename(bench.path("out"), bench.path("before")).unwrap();
    let before = bench.path("before").display().to_string();
    succeeded(&bench.run("", &["--input", &before]));
    assert_eq!(rows(&bench.read("documents.jsonl")).len(), 1);
    assert_eq!(bench.read("failed.jsonl"), "");
}

/// The concatenated parts equal the single file; Parquet holds the same documents, with types.
#[test]
fn every_output_holds_the_same_documents() {
    let bench = Bench::new();
    let line = |n: usize| {
        format!(
            "{{\"id\":\"d{n}\",\"text\":\"{}\",\"n\":{n}.50,\"deep\":{{\"a\":[{n}]}}}}",
            "tide ".repeat(n)
        )
    };
    bench.write("input.jsonl", (0..300).map(line).collect::<Vec<_>>().join("\n"));
    let declared = "[input.columns]\nn = \"float64\"\n[[stage]]\nplugin = \"summarize-stats\"\n";
    succeeded(&bench.run(declared, &[]));
    let plain = bench.read("documents.jsonl");
    let parts = |suffix: &str| {
        let mut paths: Vec<_> =
            std::fs::read_dir(bench.path("out")).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("documents") && name.ends_with(suffix)
        });
        paths.sort();
        paths
    };
    let joined = |suffix: &str| {
        parts(suffix).iter().flat_map(|path| std::fs::read(path).unwrap()).collect::<Vec<u8>>()
    };
    succeeded(&bench.run(declared, &["--set", "output.part-bytes=20kB"]));
    assert!(parts(".jsonl").len() > 3);
    assert_eq!(String::from_utf8(joined(".jsonl")).unwrap(), plain);
    succeeded(&bench.run(declared, &["--set", "output.compression=zstd"]));
    assert_eq!(zstd::decode_all(joined(".jsonl.zst").as_slice()).unwrap(), plain.as_bytes());
    succeeded(&bench.run(declared, &["--set", "output.compression=gzip", "--set", "output.part-bytes=1kB"]));
    let mut unpacked = String::new();
    let packed = joined(".jsonl.gz");
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(packed.as_slice()), &mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain);

    succeeded(&bench.run(declared, &["--set", "output.format=parquet"]));
    let batches = |path| -> Vec<_> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        reader.build().unwrap().map(Result::unwrap).collect()
    };
    let first = batches(bench.path("out/documents.parquet"));
    assert_eq!(first.iter().map(|batch| batch.num_rows()).sum::<usize>(), 300);
    let columns: Vec<String> = first[0].schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(columns, ["id", "source", "text", "media_type", "n", "carried"]);
    // And back: from Parquet, the documents come out as in the lines that it was made of.
    let copy = bench.path("copy.parquet");
    std::fs::rename(bench.path("out/documents.parquet"), &copy).unwrap();
    let copy = copy.display().to_string();
    succeeded(&bench.run("", &["--input", &copy]));
    for (row, of_plain) in rows(&bench.read("documents.jsonl")).iter().zip(rows(&plain)) {
        assert_eq!(
            (&row["id"], &row["text"], &row["n"]),
            (&of_plain["id"], &of_plain["text"], &of_plain["n"])
        );
    }
    // Undeclared columns of Parquet keep their types.
    succeeded(&bench.run("", &["--input", &copy, "--set", "output.format=parquet"]));
    let schema = batches(bench.path("out/documents.parquet"))[0].schema();
    assert_eq!(schema.field_with_name("n").unwrap().data_type().to_string(), "Float64");
}

/// Numbers that JSON lacks stay numbers, values of a dictionary keep their type, and a type that textmill
/// lacks becomes a column of text.
#[test]
fn columns_of_parquet_stay_columns() {
    let bench = Bench::new();
    let floats = [Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), None, Some(0.5)];
    let lists = floats.map(|float| Some(vec![float, Some(1.0)]));
    let day = |columns: Vec<(&str, ArrayRef)>, name: &str| {
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)));
        let batch = batch.unwrap();
        let path = bench.path(name);
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    };
    let words: ArrayRef = Arc::new(StringArray::from(vec!["one text", "two", "three", "four", "five"]));
    let columns = vec![
        ("text", Arc::clone(&words)),
        ("score", Arc::new(Float64Array::from(floats.to_vec())) as ArrayRef),
        ("scores", Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(lists))),
        ("day", Arc::new(Date32Array::from(vec![Some(19_844), None, Some(0), Some(1), Some(2)]))),
        ("kind", Arc::new(DictionaryArray::<Int8Type>::from_iter(["a", "b", "a", "a", "b"]))),
        ("either", Arc::clone(&words)),
    ];
    day(columns, "a.parquet");
    let input = bench.path("*.parquet").display().to_string();
    let run = ["--input", &input, "--set", "output.format=parquet"];
    succeeded(&bench.run("", &run));
    let file = || File::open(bench.path("out/documents.parquet")).unwrap();
    let read = || ParquetRecordBatchReaderBuilder::try_new(file()).unwrap().build().unwrap();
    let written = read().next().unwrap().unwrap();
    let column = |name: &str| written.column_by_name(name).unwrap();
    let back: Vec<Option<f64>> = column("score").as_primitive::<Float64Type>().iter().collect();
    assert_eq!(format!("{back:?}"), format!("{floats:?}"));
    let inner = column("scores").as_list::<i32>().values().as_primitive::<Float64Type>().clone();
    let inner: Vec<Option<f64>> = inner.iter().step_by(2).collect();
    assert_eq!(format!("{inner:?}"), format!("{floats:?}"));
    let days: Vec<Option<&str>> = column("day").as_string::<i64>().iter().collect();
    let wanted = [Some("2024-05-01"), None, Some("1970-01-01"), Some("1970-01-02"), Some("1970-01-03")];
    assert_eq!(days, wanted);
    assert_eq!(column("kind").data_type().to_string(), "Utf8");
    assert_eq!(column("carried").null_count(), 5);

    // Columns that some file lacks, or has with another type, are put into `carried`.
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7]));
    let words: ArrayRef = Arc::new(StringArray::from(vec!["six"]));
    day(vec![("text", words), ("either", numbers)], "b.parquet");
    succeeded(&bench.run("", &run));
    let written = read().next().unwrap().unwrap();
    assert!(written.column_by_name("either").is_none());
    let carried = written.column_by_name("carried").unwrap().as_string::<i64>();
    assert!(carried.value(0).contains(r#""score":"NaN""#), "{}", carried.value(0));
    assert_eq!(carried.value(5), r#"{"either":7}"#);
}

/// The memory limits the size of a document, even if the limit of the pipeline is higher.
#[test]
fn a_document_that_the_memory_has_no_room_for_says_so() {
    let bench = Bench::new();
    bench.write("large.txt", "x".repeat(600_000));
    let input = bench.path("large.txt").display().to_string();
    let raised = ["--memory", "4MiB", "--set", "input.max-document-bytes=100MB", "--input", &input];
    // It is the only document, so the run fails.
    assert_eq!(bench.run("", &raised).status.code(), Some(1));
    let failed = rows(&bench.read("failed.jsonl"));
    assert_eq!(
        failed[0]["note"],
        "the file has 600000 bytes, and a document may have an eighth of the memory, which is 524288: give more with \
         `--memory`, or `memory` in the table `[run]`"
    );
}

/// Shows the plan and an estimate, and writes nothing.
#[test]
fn a_dry_run_shows_the_plan() {
    let bench = Bench::new();
    bench.documents(&[&"A text of some words, long enough to stay. ".repeat(20), "too short"]);
    let output = bench.run(CHAIN, &["--dry-run", "--threads", "2"]);
    succeeded(&output);
    assert!(!bench.path("out").exists() && !bench.path(".out.partial").exists());
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    // The sizes of compressed blocks and the times are not tested here.
    let sizes = ["waiting at the first barrier", "disk while it runs", "time up to"];
    assert!(sizes.iter().all(|size| shown.contains(size)), "{shown}");
    let steady = shown.lines().filter(|line| !sizes.iter().any(|size| line.contains(size)));
    insta::assert_snapshot!(steady.collect::<Vec<_>>().join("\n"));
}

/// Files with one document each are counted, whatever the sizes of those in the sample.
#[test]
fn a_dry_run_counts_documents_that_are_files() {
    let bench = Bench::new();
    for number in 0..20 {
        bench.write(&format!("pages/{number}.txt"), "A line. ".repeat(1 + number * number));
    }
    let pages = bench.path("pages").display().to_string();
    for (limit, wanted) in [("100", "documents: 20\n"), ("3", "documents: 3\n")] {
        let output = bench.run("", &["--dry-run", "--input", &pages, "--limit", limit]);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains(wanted), "{shown}");
    }
}
