//! The shipped pipeline on the sample documents: a snapshot per document, and the same bytes with any number
//! of threads and any batch size.

use crate::support::{SAME, rows, succeeded, textmill, workspace};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn run(folder: &Path, arguments: &[&str]) -> PathBuf {
    let out = folder.join(format!("run-{}", arguments.join("-").replace(['=', '/', '.'], "-")));
    let call = textmill().args(["run", "config/news.toml", "--output"]).arg(&out).args(arguments);
    succeeded(&call.output());
    out
}

#[test]
fn threads_and_batches_do_not_show() {
    let folder = TempDir::new().unwrap();
    let first = run(folder.path(), &["--threads", "1"]);
    for arguments in [
        &["--threads", "8"][..],
        &["--threads", "8", "--set", "run.batch-documents=1"],
        &["--threads", "1", "--set", "run.batch-documents=1000"],
        &["--threads", "3", "--set", "run.batch-documents=7"],
        &["--threads", "2", "--set", "run.batch-bytes=3000", "--memory", "16MiB"],
    ] {
        let other = run(folder.path(), arguments);
        for file in SAME {
            let (a, b) = (std::fs::read(first.join(file)).unwrap(), std::fs::read(other.join(file)).unwrap());
            assert!(a == b, "{file} differs with {arguments:?}");
        }
    }
}

/// The single stage of the shipped `config/clean.toml`, on text, HTML and an archive: it leaves the main text
/// of each, and loses no document.
#[test]
fn the_clean_stage_alone_runs_on_every_kind_of_input() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let call = textmill().args(["run", "config/clean.toml", "--output"]).arg(&out);
    let inputs = [
        "seeds/01-footbridge-menu-thrice.txt",
        "seeds/36-tide-clock-page.html",
        "seeds/37-saltmarsh-crawl.warc",
    ];
    let call = inputs.iter().fold(call, |call, input| call.args(["--input", input]));
    succeeded(&call.output());
    let documents = rows(&std::fs::read_to_string(out.join("documents.jsonl")).unwrap());
    let texts: Vec<&str> = documents.iter().map(|row| row["text"].as_str().unwrap()).collect();
    assert_eq!(texts.len(), 4);
    for (text, first) in texts.iter().zip(["The ", "The tide clock", "The last bus", "The quay"]) {
        assert!(
            text.starts_with(first) && !text.contains(['<', '©']) && !text.contains("Share on"),
            "{text}"
        );
    }
}

/// One snapshot per sample document: what the whole chain makes of it.
#[test]
fn every_sample_comes_out_as_accepted() {
    let folder = TempDir::new().unwrap();
    let out = run(folder.path(), &[]);
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for (file, verdict) in
        [("documents.jsonl", "written"), ("rejected.jsonl", "rejected"), ("failed.jsonl", "failed")]
    {
        for row in rows(&std::fs::read_to_string(out.join(file)).unwrap()) {
            let id = row["id"].as_str().unwrap().to_owned();
            assert!(shown.insert(id, document(verdict, &row)).is_none(), "a document comes out twice");
        }
    }
    for (id, events) in events(&out.join("ledger.parquet")) {
        let text = shown.get_mut(&id).expect("every event is about a document");
        let _ = write!(text, "--- events\n{events}");
    }
    let seeds = textmill_plugin::harness::case_files(&workspace().join("seeds"));
    let names: Vec<String> =
        seeds.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(shown.keys().cloned().collect::<Vec<_>>(), names, "a document is missing");
    let mut differ = Vec::new();
    for (id, text) in &shown {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(workspace().join("tests/stages/chain"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = id.trim_end_matches(".txt");
        let check = || settings.bind(|| insta::assert_snapshot!(name, text));
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).is_err() {
            differ.push(id);
        }
    }
    assert!(differ.is_empty(), "differ from their snapshots: {differ:?}");
}

fn document(verdict: &str, row: &Value) -> String {
    let mut out = format!("{verdict}\n");
    for (name, value) in row.as_object().unwrap() {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let _ = writeln!(out, "{name}:");
                for item in items {
                    let _ = writeln!(out, "  - {item}");
                }
            }
            _ if name == "text" || name == "id" => {}
            other => {
                let _ = writeln!(out, "{name}: {other}");
            }
        }
    }
    let text = row["text"].as_str().unwrap_or_default();
    let _ = writeln!(out, "--- text");
    for line in cut(text, 12_000).lines() {
        let _ = writeln!(out, "{}", line.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}"));
    }
    out
}

fn cut(text: &str, chars: usize) -> String {
    let count = text.chars().count();
    if count <= chars {
        return text.to_owned();
    }
    let head: String = text.chars().take(chars / 20).collect();
    format!("{head} […{} characters…]", count - chars / 20)
}

/// The events of each document, one per line; consecutive ones of the same rule are counted.
fn events(ledger: &Path) -> BTreeMap<String, String> {
    let mut lines: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(ledger).unwrap()).unwrap().build().unwrap();
    for batch in reader {
        let batch = batch.unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let (id, other) = (column("id").as_string::<i64>(), column("other").as_string::<i64>());
        let [stage, action, rule] = ["stage", "action", "rule"].map(|name| column(name).as_string::<i32>());
        let [value, threshold] =
            ["value", "threshold"].map(|name| column(name).as_primitive::<Float64Type>());
        let start = column("start").as_primitive::<UInt64Type>();
        for row in 0..batch.num_rows() {
            let mut line = format!("{} {} {}", stage.value(row), action.value(row), rule.value(row));
            if start.is_null(row) {
                if value.is_valid(row) {
                    let _ = write!(line, " value {}", value.value(row));
                }
                if threshold.is_valid(row) {
                    let _ = write!(line, " threshold {}", threshold.value(row));
                }
                if other.is_valid(row) {
                    let _ = write!(line, " other {}", other.value(row));
                }
            }
            let of_document = lines.entry(id.value(row).to_owned()).or_default();
            match of_document.last_mut() {
                Some((last, count)) if *last == line => *count += 1,
                _ => of_document.push((line, 1)),
            }
        }
    }
    let text = |lines: Vec<(String, usize)>| {
        lines.into_iter().fold(String::new(), |mut out, (line, count)| {
            let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
            let _ = writeln!(out, "{line}{times}");
            out
        })
    };
    lines.into_iter().map(|(id, lines)| (id, text(lines))).collect()
}
