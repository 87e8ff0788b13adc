//! The command line: help texts, what goes to stdout and what to stderr, the hello-world plugin.

use crate::support::{Bench, hide, rows, stderr, succeeded, textmill, workspace};
use std::fmt::Write as _;

#[test]
fn every_help_text_is_as_accepted() {
    let calls: &[&[&str]] = &[
        &["--help"],
        &["run", "--help"],
        &["check", "--help"],
        &["schema", "--help"],
        &["init", "--help"],
        &["dev", "--help"],
        &["test", "--help"],
        &["review", "--help"],
        &["accept", "--help"],
        &["reject", "--help"],
        &["plugin", "--help"],
        &["plugin", "list", "--help"],
        &["plugin", "info", "--help"],
        &["plugin", "which", "--help"],
        &["plugin", "repro", "--help"],
        &["ledger", "--help"],
        &["explain", "--help"],
        &["diff", "--help"],
        &["what-if", "--help"],
        &["plugin", "lock", "--help"],
        &["plugin", "new", "--help"],
        &["plugin", "check", "--help"],
    ];
    let mut shown = String::new();
    for call in calls {
        let output = textmill().args(*call).output();
        let _ = writeln!(shown, "$ textmill {}\n{}", call.join(" "), String::from_utf8_lossy(&output.stdout));
    }
    insta::assert_snapshot!(shown);
}

const MIN_LENGTH: &str = "[[stage]]\nplugin = \"min-length\"\n[stage.options]\nmin-chars = 4\n";

#[test]
fn the_hello_world_plugin_has_25_lines_and_runs() {
    let source = std::fs::read_to_string(workspace().join("crates/plugin/examples/min-length.rs")).unwrap();
    assert!(source.lines().filter(|line| !line.trim().is_empty()).count() <= 25);
    let bench = Bench::new();
    bench.documents(&["long enough", "no", "just so"]);
    succeeded(&bench.run(MIN_LENGTH, &[]));
    assert_eq!(bench.ids("documents.jsonl"), ["d0", "d2"]);
    let rejected = &rows(&bench.read("rejected.jsonl"))[0];
    assert_eq!(rejected["id"], "d1");
    assert_eq!(
        (&rejected["rule"], &rejected["value"], &rejected["threshold"]),
        (&"too-short".into(), &2.0.into(), &4.0.into())
    );
}

#[test]
fn the_same_plugin_may_stand_twice() {
    let bench = Bench::new();
    bench.documents(&["long enough", "no", "just so"]);
    let second = MIN_LENGTH.replace("= 4", "= 10");
    succeeded(&bench.run(&format!("{MIN_LENGTH}{second}"), &["--set", "min-length-2.min-chars=8"]));
    assert_eq!(bench.ids("documents.jsonl"), ["d0"]);
    let stages: Vec<_> = rows(&bench.read("rejected.jsonl")).iter().map(|r| r["stage"].clone()).collect();
    assert_eq!(stages, ["min-length", "min-length-2"]);
}

#[test]
fn results_go_to_stdout_and_messages_to_stderr() {
    let bench = Bench::new();
    bench.documents(&["long enough"]);
    let output = bench.run(MIN_LENGTH, &[]);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(stdout.contains("1 read = 1 written + 0 rejected + 0 failed"), "{stdout}");
    assert!(stdout.contains("documents.jsonl"));
    assert!(!stdout.contains('\u{1b}') && !stdout.contains("begins"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("min-length\n"));
    let output = bench.run(MIN_LENGTH, &["--quiet"]);
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn plugin_list_and_info_show_what_there_is() {
    let output = textmill().args(["plugin", "list"]).output();
    succeeded(&output);
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in ["clean", "dedupe", "extract", "summarize-stats", "min-length"] {
        assert!(list.contains(name), "{list}");
    }
    let output = textmill().args(["plugin", "info", "min-length"]).output();
    let info = hide(&String::from_utf8_lossy(&output.stdout), &workspace());
    let lines = info.lines().filter(|line| !line.contains("sha256"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_folder_that_is_not_ours_is_never_overwritten() {
    let bench = Bench::new();
    bench.documents(&["long enough"]);
    let precious = bench.write("out/precious.txt", "mine");
    let output = bench.run(MIN_LENGTH, &[]);
    assert!(!output.status.success());
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "mine");
    insta::assert_snapshot!(stderr(&output, bench.folder.path()));
}

#[test]
fn an_earlier_run_is_replaced_as_a_whole() {
    let bench = Bench::new();
    bench.documents(&["long enough", "no"]);
    succeeded(&bench.run(MIN_LENGTH, &[]));
    bench.documents(&["another one"]);
    succeeded(&bench.run(MIN_LENGTH, &[]));
    assert_eq!(bench.ids("documents.jsonl"), ["d0"]);
    assert!(bench.ids("rejected.jsonl").is_empty());
    let mut left: Vec<_> =
        std::fs::read_dir(bench.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["input.jsonl", "out", "pipeline.toml"]);
}

/// Even with `--quiet`, a run in which every document fails is reported to the user.
#[test]
fn a_run_of_which_every_document_fails_is_a_failed_run() {
    let bench = Bench::new();
    bench.write("input.jsonl", "{\"body\":\"a\"}\n{\"body\":\"b\",\"title\":\"c\"}\n[]\n");
    let output = bench.run("", &["--quiet"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let said = stderr(&output, bench.folder.path());
    insta::assert_snapshot!(said);
    // The folder exists and has the reasons.
    assert_eq!(bench.ids("failed.jsonl").len(), 3);
    // If some documents pass, the run succeeds; the reason for the failures is in the summary.
    bench.write("input.jsonl", "{\"body\":\"a\"}\n{\"text\":\"b\"}\n");
    let output = bench.run("", &[]);
    succeeded(&output);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = "1 document failed, by `no-text` of `input`, such as `input.jsonl#1`: line 1 has no field `text`, but `body`; ";
    assert!(shown.contains(line), "{shown}");
    bench.write("input.jsonl", "");
    succeeded(&bench.run("", &[]));
}

#[test]
fn a_limit_says_that_it_ended_the_run() {
    let bench = Bench::new();
    bench.documents(&["one", "two", "three"]);
    let ended = |limit: &str| {
        let output = bench.run("", &["--limit", limit]);
        succeeded(&output);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        shown.lines().find(|line| line.starts_with("ended")).map(str::to_owned)
    };
    assert_eq!(ended("1").unwrap(), "ended at the limit of 1 document: the input has more documents");
    assert_eq!(ended("3").unwrap(), "ended at the limit of 3 documents: the input has no more documents");
    assert_eq!(ended("4"), None);
    // Also if the remaining documents are in a separate chunk.
    bench.write("more.jsonl", "{\"text\":\"four\"}\n");
    let [all, first] = ["*.jsonl", "input.jsonl"].map(|name| bench.path(name).display().to_string());
    let run = |input: &str| {
        let output = bench.run("", &["--limit", "3", "--input", input]);
        String::from_utf8_lossy(&output.stdout).contains("the input has more")
    };
    assert_eq!((run(&all), run(&first)), (true, false));
}

#[test]
fn check_says_what_a_run_needs_besides() {
    let bench = Bench::new();
    let check = |text: &str| {
        let output = textmill().arg("check").arg(bench.write("pipeline.toml", text)).output();
        succeeded(&output);
        let [said, shown] = [&output.stderr, &output.stdout].map(|text| String::from_utf8_lossy(text));
        hide(&format!("{said}{shown}"), bench.folder.path())
    };
    insta::assert_snapshot!(check(""));
    bench.documents(&["a text"]);
    let whole = format!("[input]\npaths = [\"input.jsonl\"]\n[output]\nfolder = \"out\"\n{MIN_LENGTH}");
    assert!(!check(&whole).contains("note:"));
}

/// A folder for temporary files that the run itself made is gone afterwards; one that was there stays.
#[test]
fn a_folder_for_temporary_files_is_left_as_it_was() {
    let bench = Bench::new();
    bench.documents(&["long enough"]);
    std::fs::create_dir(bench.path("own")).unwrap();
    for (folder, made) in [("made/for/this", "made"), ("own/inner", "own/inner")] {
        let set = format!("run.temp-dir={:?}", bench.path(folder).display().to_string());
        let output = bench.run(MIN_LENGTH, &["--set", &set]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!bench.path(made).exists(), "{made}");
    }
    assert!(bench.path("own").exists());
}
