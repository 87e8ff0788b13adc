//! The SDK's example plugins, one for each rung of the ladder, loaded and run like any plugin.

use crate::support::{Bench, rows, succeeded};

fn summary(bench: &Bench) -> serde_json::Value {
    serde_json::from_str(&bench.read("summary.json")).unwrap()
}

#[test]
fn an_aggregate_reports() {
    let bench = Bench::new();
    bench.documents(&["one line\nand another, somewhat longer one", "short\n\nshort", "x"]);
    let stage = "[[stage]]\nplugin = \"line-lengths\"\n[stage.options]\nstep = 10\n";
    for threads in ["1", "4"] {
        succeeded(&bench.run(stage, &["--threads", threads, "--set", "run.batch-documents=1"]));
        let report = &summary(&bench)["reports"]["line-lengths"];
        assert_eq!(*report, serde_json::json!({ "step": 10, "lines": { "0": 5, "30": 1 } }));
    }
}

#[test]
fn a_corpus_operator_compares_documents() {
    let bench = Bench::new();
    bench.documents(&["High tide\nat noon", "Low tide\nat six", "High tide\r\nat one", "", "", "x", "x"]);
    let stage = "[[stage]]\nplugin = \"same-first-line\"\n[stage.options]\nmin-chars = 2\n";
    succeeded(&bench.run(stage, &["--threads", "2", "--set", "run.batch-documents=2"]));
    assert_eq!(bench.ids("documents.jsonl"), ["d0", "d1", "d3", "d4", "d5", "d6"]);
    let rejected = rows(&bench.read("rejected.jsonl"));
    assert_eq!((&rejected[0]["id"], &rejected[0]["other"]), (&"d2".into(), &"d0".into()));
}

#[test]
fn a_batch_map_writes_a_column() {
    let bench = Bench::new();
    bench.write(
        "input.jsonl",
        "{\"id\":\"a\",\"text\":\"t\",\"city\":\"ÅRHUS\"}\n{\"id\":\"b\",\"text\":\"t\"}\n",
    );
    let stage = "[input.columns]\ncity = \"utf8\"\n[[stage]]\nplugin = \"lower-case-column\"\n[stage.options]\ncolumn = \"city\"\n";
    succeeded(&bench.run(stage, &[]));
    let documents = rows(&bench.read("documents.jsonl"));
    assert_eq!((&documents[0]["lower"], &documents[0]["city"]), (&"århus".into(), &"ÅRHUS".into()));
    assert!(documents[1]["lower"].is_null());
}
