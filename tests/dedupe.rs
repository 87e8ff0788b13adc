//! Deduplication in whole runs: the same bytes however they are made, an index that is continued, tables and
//! reports in the run folder, the shipped pipelines.

use crate::support::{Bench, SAME, rows, stderr, succeeded, textmill};
use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use tempfile::TempDir;

/// Documents, many of which are similar: texts of a small vocabulary, and versions of them with some words
/// changed. They are always the same.
fn documents(count: usize) -> Vec<(String, String)> {
    let mut state = 7_u64;
    let mut draw = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % below
    };
    let mut texts: Vec<Vec<String>> = Vec::new();
    for n in 0..count {
        let mut words = match texts.len() {
            0..8 => Vec::new(),
            known if draw(3) > 0 => texts[draw(known)].clone(),
            _ => Vec::new(),
        };
        if words.is_empty() {
            let length = 3 + draw(80);
            words = (0..length).map(|_| format!("word{}", draw(400))).collect();
        } else {
            for _ in 0..draw(4) {
                let at = draw(words.len());
                words[at] = format!("change{n}");
            }
            let more = draw(12);
            words.extend((0..more).map(|at| format!("more{}", at % 3)));
        }
        texts.push(words);
    }
    texts.iter().enumerate().map(|(n, words)| (format!("d{n}"), words.join(" "))).collect()
}

fn lines(documents: &[(String, String)]) -> String {
    let mut text = String::new();
    for (id, words) in documents {
        writeln!(text, "{}", json!({ "id": id, "text": words })).unwrap();
    }
    text
}

fn stage(options: &str) -> String {
    format!("[[stage]]\nplugin = \"dedupe\"\n[stage.options]\n{options}\n")
}

/// What became of each document: `None` if it was kept, else the rule and the twin that was kept.
fn fates(bench: &Bench) -> BTreeMap<String, Option<(String, String)>> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let kept = rows(&bench.read("documents.jsonl")).into_iter().map(|row| (text(&row, "id"), None));
    let dropped = rows(&bench.read("rejected.jsonl"));
    let dropped = dropped.iter().map(|row| (text(row, "id"), Some((text(row, "rule"), text(row, "other")))));
    kept.chain(dropped).collect()
}

fn table(path: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let reader = reader.with_batch_size(1 << 20).build().unwrap();
    reader.map(Result::unwrap).next().unwrap()
}

#[test]
fn threads_batches_and_memory_do_not_show() {
    for options in [
        "threshold = 0.8",
        "threshold = 0.5\nlinkage = \"components\"\nkeep = \"longest\"",
        "metric = \"containment\"\nthreshold = 0.7",
    ] {
        let bench = Bench::new();
        bench.write("input.jsonl", lines(&documents(600)));
        let files = |bench: &Bench| {
            let names = SAME.iter().chain(&["clusters.parquet"]);
            names.map(|file| std::fs::read(bench.path("out").join(file)).unwrap()).collect::<Vec<_>>()
        };
        succeeded(&bench.run(&stage(options), &["--threads", "1"]));
        let first = files(&bench);
        assert!(bench.ids("rejected.jsonl").len() > 100);
        for arguments in [
            &["--threads", "4", "--set", "run.batch-documents=7"][..],
            &["--threads", "2", "--set", "run.batch-bytes=2000", "--memory", "16MiB"],
            &["--threads", "3", "--set", "run.batch-documents=1000"],
        ] {
            succeeded(&bench.run(&stage(options), arguments));
            assert!(files(&bench) == first, "{arguments:?} with {options}");
        }
    }
}

#[test]
fn an_index_and_a_new_batch_are_both_together() {
    for options in ["threshold = 0.8", "threshold = 0.6\nmetric = \"containment\"", "mode = \"exact\""] {
        let documents = documents(500);
        let together = Bench::new();
        together.write("input.jsonl", lines(&documents));
        succeeded(&together.run(&stage(options), &[]));
        let expected = fates(&together);
        let bench = Bench::new();
        // One index that grows; it does not exist before the first day.
        let daily = stage(&format!("{options}\nagainst = \"known.parquet\"\nindex = \"known.parquet\""));
        let mut found = BTreeMap::new();
        for day in documents.chunks(170) {
            bench.write("input.jsonl", lines(day));
            succeeded(&bench.run(&daily, &[]));
            found.extend(fates(&bench));
        }
        assert_eq!(found, expected, "{options}");
        let kept = expected.values().filter(|fate| fate.is_none()).count();
        assert_eq!(table(&bench.path("known.parquet")).num_rows(), kept);
    }
}

#[test]
fn against_an_index_nothing_else_is_compared() {
    let bench = Bench::new();
    let words = |from: usize| (from..from + 60).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    let [a, b] = [words(0), words(500)];
    bench.write("input.jsonl", lines(&[("known".into(), a.clone())]));
    succeeded(
        &bench.run(&stage("metric = \"containment\"\nthreshold = 0.8\nindex = \"known.parquet\""), &[]),
    );
    let more = format!("{} {a} {}", words(1000), words(2000));
    let new = [("copy", &a), ("holds", &more), ("other", &b), ("other-again", &b)];
    bench.write("input.jsonl", lines(&new.map(|(id, text)| (id.to_owned(), text.clone()))));
    let against =
        "mode = \"against\"\nagainst = \"known.parquet\"\nmetric = \"containment\"\nthreshold = 0.8";
    succeeded(&bench.run(&stage(against), &[]));
    let dropped = |rule: &str| Some((rule.to_owned(), "known".to_owned()));
    let expected = [
        ("copy", dropped("exact-duplicate")),
        ("holds", dropped("near-duplicate")),
        ("other", None),
        ("other-again", None),
    ];
    assert_eq!(fates(&bench), expected.map(|(id, fate)| (id.to_owned(), fate)).into());
}

#[test]
fn an_index_that_does_not_suit_is_refused() {
    let bench = Bench::new();
    bench.documents(&["one text of some words", "another text"]);
    let told = |options: &str| {
        let output = bench.run(&stage(options), &[]);
        assert_eq!(output.status.code(), Some(1), "{options}");
        stderr(&output, bench.folder.path())
    };
    let mut all = told("against = \"missing.parquet\"");
    all.push_str(&told("against = \"input.jsonl\""));
    succeeded(&bench.run(&stage("index = \"words.parquet\""), &[]));
    all.push_str(&told("against = \"words.parquet\"\nshingle-size = 3"));
    all.push_str(&told("against = \"words.parquet\"\nkeep = \"longest\"\nlinkage = \"components\""));
    insta::assert_snapshot!(all);
}

#[test]
fn clusters_and_the_audit_stand_in_the_run_folder() {
    let bench = Bench::new();
    let base: Vec<String> = (0..40).map(|n| format!("w{n}")).collect();
    let with = |at: usize| {
        let mut words = base.clone();
        words[at] = "changed".into();
        words.join(" ")
    };
    let base = base.join(" ");
    bench.documents(&[&base, "quite another text of more than five words", &with(0), &base, &with(39), ""]);
    succeeded(&bench.run(&stage("threshold = 0.8\nlinkage = \"components\""), &[]));
    let clusters = table(&bench.path("out/clusters.parquet"));
    let text = |column: &str, row: usize| {
        let column = clusters.column_by_name(column).unwrap().as_string::<i64>();
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let members: Vec<_> = (0..clusters.num_rows())
        .map(|row| {
            [text("id", row), text("cluster", row), text("rule", row), text("twin", row)]
                .map(Option::unwrap_or_default)
        })
        .collect();
    let member = |id: &str, rule: &str, twin: &str| [id, "d0", rule, twin].map(str::to_owned);
    assert_eq!(
        members,
        [
            member("d0", "kept", ""),
            member("d2", "near-duplicate", "d0"),
            member("d3", "exact-duplicate", "d0"),
            member("d4", "near-duplicate", "d0"),
        ]
    );
    let summary: Value = serde_json::from_str(&bench.read("summary.json")).unwrap();
    let report = &summary["reports"]["dedupe"];
    assert_eq!(report["pairs"]["bands"]["bands"], 16);
    assert_eq!(report["pairs"]["bands"]["rows"], 6);
    assert_eq!(report["clusters"], json!({ "clusters": 1, "documents": 4, "largest": 4 }));
    assert!(report["pairs"]["alike"].as_u64().unwrap() >= 2 && report["sample"]["pairs_alike"].is_u64());
    // A run may still replace a folder with tables.
    succeeded(&bench.run(&stage("mode = \"exact\""), &[]));
}

#[test]
fn check_tells_bands_and_probability() {
    let bench = Bench::new();
    bench.documents(&["a"]);
    let text = |options: &str| {
        format!("[input]\npaths = [\"input.jsonl\"]\n[output]\nfolder = \"out\"\n{}", stage(options))
    };
    for (options, expected) in [
        (
            "threshold = 0.8",
            "16 bands of 6 rows, 96 minima: a pair at the threshold 0.8 is compared with probability 0.992",
        ),
        (
            "",
            "14 bands of 8 rows, 112 minima: a pair at the threshold 0.75 is compared with probability 0.772",
        ),
        ("metric = \"containment\"", "one shingle in 8 is a key"),
    ] {
        let pipeline = bench.write("pipeline.toml", text(options));
        let output = textmill().args(["check", "--explain"]).arg(pipeline).output();
        succeeded(&output);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.contains(expected), "{told}");
    }
}

/// The shipped pipelines on the sample pages: near-duplicates, and the two halves of decontamination.
#[test]
fn shipped_pipelines_run() {
    let folder = TempDir::new().unwrap();
    let index = folder.path().join("benchmark.parquet");
    let run = |pipeline: &str, sets: &[String]| {
        let out = folder.path().join(pipeline);
        let call = textmill().args(["run", &format!("config/{pipeline}.toml"), "--output"]).arg(&out);
        let call = sets.iter().fold(call, |call, set| call.args(["--set", set]));
        succeeded(&call.output());
        rows(&std::fs::read_to_string(out.join("rejected.jsonl")).unwrap())
    };
    let near = run("dedupe-near", &[]);
    assert!(!near.is_empty() && near.iter().all(|row| row["value"].as_f64() >= Some(0.8)));
    let set = |option: &str| format!("dedupe.{option}=\"{}\"", index.display());
    run("benchmark-index", &[set("index")]);
    let found = run("decontaminate", &[set("against")]);
    // The texts of the index are among the pages, and none of them passes.
    assert!(found.len() == 8 && found.iter().all(|row| row["other"].is_string()));
}
