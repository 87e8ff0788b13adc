//! Broken plugins: each causes a clear error or one failed document, and affects no other document.

use crate::support::{Bench, examples, hide, rows, stderr, succeeded};
use std::fmt::Write as _;
use textmill::host::{LoadedPlugin, library_name};

const TEXTS: [&str; 6] = ["one", "two", "BOOM", "four", "five", "six"];

fn bad_stage(defect: &str) -> String {
    format!("[[stage]]\nplugin = \"bad-plugin\"\n[stage.options]\ndefect = \"{defect}\"\n")
}

/// Defects that show while a batch is processed: the document that triggers them fails, the others pass.
#[test]
fn a_defect_costs_the_guilty_document_alone() {
    let defects = [
        "error-on-document",
        "error-on-batch",
        "panic-on-document",
        "panic-on-batch",
        "wrong-column-type",
        "wrong-length",
        "row-out-of-range",
        "invalid-utf8",
        "drop-without-event",
        "drop-and-keep",
        "event-out-of-range",
        "edit-without-change",
        "report-error",
    ];
    let mut shown = String::new();
    for defect in defects {
        let bench = Bench::new();
        bench.documents(&TEXTS);
        let output = bench.run(&bad_stage(defect), &[]);
        succeeded(&output);
        assert_eq!(bench.ids("documents.jsonl"), ["d0", "d1", "d3", "d4", "d5"], "{defect}");
        let summary: serde_json::Value = serde_json::from_str(&bench.read("summary.json")).unwrap();
        assert_eq!(summary["stages"][0]["edited"], 0, "{defect}");
        for row in rows(&bench.read("failed.jsonl")) {
            assert_eq!((row["id"].as_str(), row["text"].as_str()), (Some("d2"), Some("BOOM")), "{defect}");
            let note = row["note"].as_str().unwrap_or_default();
            let _ = writeln!(
                shown,
                "{defect}: {} in `{}`: {note}",
                row["rule"],
                row["stage"].as_str().unwrap_or("")
            );
        }
    }
    // The line of the panic changes with every edit of the plugin's source.
    let lines = shown.lines().map(|line| match line.split_once("documents.rs:") {
        Some((before, _)) => format!("{before}documents.rs:[line]"),
        None => line.to_owned(),
    });
    insta::assert_snapshot!(hide(&lines.collect::<Vec<_>>().join("\n"), &examples()));
}

#[test]
fn rows_that_go_backwards_cost_the_two_documents_that_meet() {
    let bench = Bench::new();
    bench.documents(&TEXTS);
    succeeded(&bench.run(&bad_stage("rows-descend"), &[]));
    let (written, failed) = (bench.ids("documents.jsonl"), bench.ids("failed.jsonl"));
    assert!(failed.contains(&"d2".to_owned()), "{failed:?}");
    assert_eq!(written.len() + failed.len(), TEXTS.len());
}

/// Otherwise the run would leave half an output and a status that signals success.
#[cfg(unix)]
#[test]
fn a_plugin_that_ends_the_program_is_named_and_the_run_fails() {
    for threads in ["1", "3"] {
        let bench = Bench::new();
        bench.documents(&TEXTS);
        let output = bench.run(&bad_stage("exit"), &["--threads", threads]);
        assert_eq!(output.status.code(), Some(1));
        let shown = stderr(&output, bench.folder.path());
        assert!(shown.contains("error: plugin `bad-plugin` ended the program: it called `exit`"), "{shown}");
        assert!(!bench.path("out").exists());
    }
}

/// Defects that show before the first document: the run ends with a clear error and leaves no output.
#[test]
fn a_defect_at_binding_ends_the_run() {
    let mut shown = String::new();
    for defect in ["undeclared-type", "fail-on-bind", "writes-carried"] {
        let bench = Bench::new();
        bench.documents(&TEXTS);
        let output = bench.run(&bad_stage(defect), &[]);
        assert!(!output.status.success());
        assert!(!bench.path("out").exists());
        let _ = writeln!(shown, "{}", stderr(&output, bench.folder.path()));
    }
    insta::assert_snapshot!(shown);
}

/// Every document of every batch fails, in batches of one and of many.
#[test]
fn a_plugin_that_always_panics_fails_every_document() {
    for batch in ["1", "1000"] {
        let bench = Bench::new();
        bench.documents(&["BOOM"; 40]);
        let set = format!("run.batch-documents={batch}");
        let output = bench.run(&bad_stage("panic-on-document"), &["--set", &set]);
        assert_eq!(output.status.code(), Some(1), "nothing came through");
        assert_eq!(bench.ids("failed.jsonl").len(), 40);
        assert!(bench.ids("documents.jsonl").is_empty());
    }
}

/// An aggregate that panics in a batch keeps its earlier counts and does not count the document that caused
/// the panic.
#[test]
fn a_panic_in_an_aggregate_loses_no_count() {
    for batch in ["1", "2", "1000"] {
        let bench = Bench::new();
        bench.documents(&TEXTS);
        let set = format!("run.batch-documents={batch}");
        let stages = "[[stage]]\nplugin = \"bad-plugin\"\noperator = \"count\"\n";
        succeeded(&bench.run(stages, &["--set", &set, "--threads", "1"]));
        let summary: serde_json::Value = serde_json::from_str(&bench.read("summary.json")).unwrap();
        assert_eq!(summary["reports"]["bad-plugin"], 5, "batches of {batch}");
        assert_eq!(bench.ids("failed.jsonl"), ["d2"]);
    }
}

/// An aggregate reports even if no document reached it.
#[test]
fn an_aggregate_of_nothing_reports_nothing() {
    let bench = Bench::new();
    bench.write("input.jsonl", "");
    succeeded(&bench.run("[[stage]]\nplugin = \"bad-plugin\"\noperator = \"count\"\n", &[]));
    let summary: serde_json::Value = serde_json::from_str(&bench.read("summary.json")).unwrap();
    assert_eq!(summary["reports"]["bad-plugin"], 0);
}

#[test]
fn libraries_that_are_no_plugins_are_refused_by_name() {
    let bench = Bench::new();
    let text = bench.write("libtext.so", "this is not a library");
    let mut shown = String::new();
    for path in [
        examples().join(library_name("bad-version")),
        examples().join(library_name("bad-symbol")),
        text,
        bench.path("missing.so"),
    ] {
        let error = LoadedPlugin::open(&path).err().expect("it is refused");
        let _ = writeln!(shown, "{error}\n  hint: {}", error.hint.as_deref().unwrap_or("none"));
    }
    let shown = hide(&shown, bench.folder.path());
    // The messages of the system's loader differ between systems.
    let lines = shown.lines().map(|line| match line.split_once("the system cannot load it: ") {
        Some((before, _)) => format!("{before}the system cannot load it: […]"),
        None => line.to_owned(),
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
