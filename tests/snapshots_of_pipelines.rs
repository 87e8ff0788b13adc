//! Snapshot tests of pipelines: what `textmill test` shows and keeps, and how changes are reviewed.

use crate::support::{Bench, Program, hide, succeeded, textmill, workspace};
#[cfg(unix)]
use crate::terminal::Terminal;
use insta::internals::SnapshotContents;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

const TEXTS: [&str; 4] = ["no", "a short one", "a text that is longer", "the longest of all the texts"];

/// A pipeline with one threshold.
fn pipeline(least: u32) -> String {
    format!(
        "[input]\npaths = [\"input.jsonl\"]\n\n[test]\n\n[[stage]]\nplugin = \"min-length\"\n\
         [stage.options]\nmin-chars = {least}\n"
    )
}

fn bench(least: u32) -> Bench {
    let bench = Bench::new();
    bench.documents(&TEXTS);
    bench.write("pipeline.toml", pipeline(least));
    bench
}

fn call(bench: &Bench, arguments: &[&str]) -> Program {
    textmill().current_dir(bench.folder.path()).args(arguments)
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// All files below a folder, with their contents.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            found.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    found
}

fn names(bench: &Bench) -> Vec<String> {
    files(&bench.path("snapshots")).into_keys().filter(|name| !name.contains(".last-test/")).collect()
}

#[test]
fn the_first_test_leaves_what_it_finds_to_be_accepted() {
    let bench = bench(4);
    let first = call(&bench, &["test"]).output();
    assert_eq!(
        first.status.code(),
        Some(1),
        "{}",
        hide(&String::from_utf8_lossy(&first.stderr), bench.folder.path())
    );
    insta::assert_snapshot!("the_first_time", stdout(&first));
    assert_eq!(names(&bench), ["pipeline/d0/min-length.snap.new", "pipeline/options.snap.new"]);
    // insta can read it as well.
    let pending =
        insta::Snapshot::from_file(&bench.path("snapshots/pipeline/d0/min-length.snap.new")).unwrap();
    let metadata = pending.metadata();
    assert_eq!(metadata.source(), Some("pipeline.toml"));
    assert_eq!((metadata.description(), metadata.expression()), (Some("d0"), Some("min-length")));
    let SnapshotContents::Text(content) = pending.contents() else { panic!("no text") };
    assert_eq!(content.to_string(), "dropped by `too-short`: value 2, threshold 4\n--- text\n  no");

    let accepted = call(&bench, &["accept"]).output();
    succeeded(&accepted);
    assert_eq!(stdout(&accepted), "pipeline.toml: 1 snapshot accepted\n");
    assert_eq!(names(&bench), ["pipeline/d0/min-length.snap", "pipeline/options.snap"]);
    let again = call(&bench, &["test"]).output();
    succeeded(&again);
    assert_eq!(stdout(&again), "pipeline.toml: 4 documents, all as accepted\n");
    assert_eq!(names(&bench), ["pipeline/d0/min-length.snap", "pipeline/options.snap"]);

    // insta writes a file where this program writes none; both mean that nothing happens to the document.
    let nothing =
        "---\nsource: pipeline.toml\ndescription: d3\nexpression: min-length\n---\nkept, untouched\n";
    bench.write("snapshots/pipeline/d3/min-length.snap", nothing);
    succeeded(&call(&bench, &["test", "--ci"]).output());
}

#[test]
fn a_changed_threshold_shows_the_documents_that_it_concerns_and_no_other() {
    let bench = bench(4);
    call(&bench, &["test"]).output();
    succeeded(&call(&bench, &["accept"]).output());
    // No document has a length that the change affects.
    bench.write("pipeline.toml", pipeline(5));
    let test = call(&bench, &["test", "--ci"]).output();
    succeeded(&test);
    insta::assert_snapshot!("options_alone", stdout(&test));

    bench.write("pipeline.toml", pipeline(20));
    let before = files(bench.folder.path());
    let test = call(&bench, &["test", "--ci"]).output();
    assert_eq!(test.status.code(), Some(1));
    insta::assert_snapshot!("a_threshold", stdout(&test));
    assert_eq!(files(bench.folder.path()), before, "`--ci` writes nothing");
    assert_eq!(call(&bench, &["test"]).output().status.code(), Some(1));
    let pending = ["d1/min-length.snap.new", "options.snap.new"];
    let held = files(&bench.path("snapshots/pipeline"));
    assert_eq!(held.keys().filter(|name| name.ends_with(".new")).collect::<Vec<_>>(), pending);

    // Pending snapshots are removed when their cause is undone.
    bench.write("pipeline.toml", pipeline(4));
    succeeded(&call(&bench, &["test"]).output());
    assert_eq!(names(&bench), ["pipeline/d0/min-length.snap", "pipeline/options.snap"]);

    // A document to which nothing happens any more has no file.
    bench.write("pipeline.toml", pipeline(2));
    let test = call(&bench, &["test"]).output();
    assert_eq!(test.status.code(), Some(1));
    insta::assert_snapshot!("kept_again", stdout(&test));
    succeeded(&call(&bench, &["accept"]).output());
    assert_eq!(names(&bench), ["pipeline/options.snap"]);
    succeeded(&call(&bench, &["test", "--ci"]).output());

    bench.write("pipeline.toml", pipeline(20));
    call(&bench, &["test"]).output();
    let rejected = call(&bench, &["reject"]).output();
    succeeded(&rejected);
    assert_eq!(names(&bench), ["pipeline/options.snap"]);
    assert_eq!(stdout(&rejected), "pipeline.toml: 2 pending snapshots dropped\n");
    let again = call(&bench, &["reject"]).output();
    assert_eq!(stdout(&again), "pipeline.toml: nothing is pending\n");
}

/// In a new workspace: a threshold is changed, the documents that this affects are shown, each change is
/// answered on a terminal, and the next test passes.
#[test]
#[cfg(unix)]
fn changes_are_reviewed_on_a_terminal() {
    let bench = Bench::new();
    succeeded(&textmill().args(["init", bench.path("corpus").to_str().unwrap()]).output());
    let folder = bench.path("corpus");
    let call = |arguments: &[&str]| textmill().current_dir(&folder).args(arguments);
    succeeded(&call(&["test", "--ci"]).output());
    let file = folder.join("pipeline.toml");
    let text = fs::read_to_string(&file).unwrap();
    let stage = "plugin = \"clean\"\n";
    fs::write(&file, text.replace(stage, &format!("{stage}options = {{ min-chars = 485 }}\n"))).unwrap();
    let test = call(&["test"]).output();
    assert_eq!(test.status.code(), Some(1));
    insta::assert_snapshot!("in_a_new_workspace", stdout(&test));
    let accepted = files(&folder.join("snapshots"));

    let mut review = Terminal::start(call(&["review"]));
    review.wait_for("pipeline.toml: 1 of ");
    review.wait_for("[?] help");
    review.press("?");
    review.wait_for("q  quit");
    review.wait_for("[?] help");
    // A key without a meaning.
    review.press("x");
    review.wait_for("[?] help");
    review.press("s");
    review.wait_for("pipeline.toml: 2 of ");
    review.wait_for("[?] help");
    review.press("q");
    let (status, shown) = review.finish();
    assert!(status.success() && shown.contains("0 accepted, 0 rejected,"), "{shown}");
    assert_eq!(files(&folder.join("snapshots")), accepted, "nothing was answered yet");

    let mut review = Terminal::start(call(&["review"]));
    review.wait_for("[?] help");
    review.press("a");
    review.wait_for("accepted");
    review.wait_for("pipeline.toml: 2 of ");
    review.wait_for("[?] help");
    review.press("A");
    review.wait_for("accepted, 0 rejected, 0 still pending");
    let (status, shown) = review.finish();
    assert!(status.success(), "{shown}");
    let shown = shown.split("running 1 test\n").last().unwrap_or_default();
    // The terminal itself shows a key that arrives before the program listens for it, before or after the end
    // of the line.
    let mut shown = shown.to_owned();
    for (key, next) in [("a", "accepted"), ("A", "3 accepted")] {
        shown = shown.replace(&format!("[?] help{key}\n"), "[?] help\n");
        shown = shown.replace(&format!("[?] help\n{key}{next}"), &format!("[?] help\n{next}"));
    }
    insta::assert_snapshot!("a_review", shown);
    let test = call(&["test"]).output();
    succeeded(&test);
    assert!(files(&folder.join("snapshots")).keys().all(|name| name.ends_with(".snap")));

    // After a rejection, everything is as before, and the change comes up again.
    fs::write(&file, text).unwrap();
    assert_eq!(call(&["test"]).output().status.code(), Some(1));
    let before = files(&folder.join("snapshots"));
    let mut review = Terminal::start(call(&["review"]));
    review.wait_for("[?] help");
    review.press("r");
    review.wait_for("rejected");
    review.wait_for("[?] help");
    review.press("R");
    let (status, shown) = review.finish();
    assert!(status.success() && shown.contains("0 accepted,"), "{shown}");
    let kept: BTreeMap<_, _> = before.into_iter().filter(|(name, _)| name.ends_with(".snap")).collect();
    assert_eq!(files(&folder.join("snapshots")), kept);
    assert_eq!(call(&["test", "--ci"]).output().status.code(), Some(1));
}

#[test]
fn answers_may_come_as_lines() {
    let bench = bench(20);
    call(&bench, &["test"]).output();
    let review = call(&bench, &["review", "pipeline.toml"]).output_of("what?\naccept\n r\n");
    succeeded(&review);
    let said = String::from_utf8_lossy(&review.stderr);
    assert!(said.contains("no such key; these are the keys:\na  accept"), "{said}");
    assert!(stdout(&review).ends_with("1 accepted, 1 rejected, 0 still pending\n"), "{}", stdout(&review));
    assert_eq!(names(&bench), ["pipeline/d0/min-length.snap", "pipeline/options.snap"]);
    // At the end of the input, the rest stays pending.
    call(&bench, &["test"]).output();
    let review = call(&bench, &["review"]).output_of("");
    assert!(stdout(&review).ends_with("0 accepted, 0 rejected, 1 still pending\n"), "{}", stdout(&review));
    let again = call(&bench, &["review"]).output_of("A\n");
    assert!(stdout(&again).ends_with("1 accepted, 0 rejected, 0 still pending\n"), "{}", stdout(&again));
    assert_eq!(stdout(&call(&bench, &["review"]).output()), "nothing is pending\n");
    succeeded(&call(&bench, &["test", "--ci"]).output());
}

#[test]
fn orphans_are_reported_and_removed_on_request() {
    let bench = bench(20);
    call(&bench, &["test"]).output();
    call(&bench, &["accept"]).output();
    // A file that belongs to somebody else, and not to the pipeline.
    let theirs = "---\nsource: src/lib.rs\nexpression: x\n---\nx\n";
    bench.write("snapshots/pipeline/theirs/other.snap", theirs);
    bench.documents(&TEXTS[..1]);
    let test = call(&bench, &["test"]).output();
    assert_eq!(test.status.code(), Some(1));
    insta::assert_snapshot!("orphans", stdout(&test));
    let accept = call(&bench, &["accept"]).output();
    assert!(stdout(&accept).contains("1 orphan left"), "{}", stdout(&accept));
    assert_eq!(call(&bench, &["test", "--ci"]).output().status.code(), Some(1));
    let accept = call(&bench, &["accept", "--delete-orphans"]).output();
    assert!(stdout(&accept).contains("1 orphan removed"), "{}", stdout(&accept));
    let left = ["pipeline/d0/min-length.snap", "pipeline/options.snap", "pipeline/theirs/other.snap"];
    assert_eq!(names(&bench), left);
    succeeded(&call(&bench, &["test", "--ci"]).output());

    // A review asks about each orphan.
    bench.write("pipeline.toml", pipeline(20).replace("[[stage]]", "[[stage]]\nname = \"other\""));
    assert_eq!(call(&bench, &["test"]).output().status.code(), Some(1));
    let review = call(&bench, &["review"]).output_of("a\na\n");
    assert!(stdout(&review).contains("this snapshot is no longer produced"), "{}", stdout(&review));
    assert_eq!(
        names(&bench),
        ["pipeline/d0/other.snap", "pipeline/options.snap", "pipeline/theirs/other.snap"]
    );
    succeeded(&call(&bench, &["test", "--ci"]).output());
}

/// What a test left is accepted only if nothing has changed since, and if the test ran to its end.
#[test]
fn what_was_not_tested_is_not_accepted() {
    let bench = bench(20);
    call(&bench, &["test"]).output();
    succeeded(&call(&bench, &["accept"]).output());
    assert!(!bench.path("snapshots/pipeline/.last-test").exists());
    let accepted = names(&bench);
    let refused = |arguments: &[&str], why: &str, hint: &str| {
        let output = call(&bench, arguments).output_of("a\na\na\n");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}{}", stdout(&output));
        assert!(said.contains(why) && said.contains(hint), "{said}");
    };
    // With a plugin misspelt, no stage makes what was accepted.
    bench.write("pipeline.toml", pipeline(20).replace("min-length", "min-lenght"));
    assert_eq!(call(&bench, &["test"]).output().status.code(), Some(1));
    for arguments in [&["review"][..], &["accept"], &["accept", "--delete-orphans"]] {
        refused(arguments, "min-lenght", "min-length");
        assert_eq!(names(&bench), accepted);
    }
    // Valid, but not tested yet.
    bench.write("pipeline.toml", pipeline(20).replace("[[stage]]", "[[stage]]\nname = \"other\""));
    for arguments in [&["review"][..], &["accept", "--delete-orphans"]] {
        refused(arguments, "its last test did not finish", "run `textmill test pipeline.toml` first");
        assert_eq!(names(&bench), accepted);
    }
    // A pipeline or an input that differs from that of the test.
    bench.write("pipeline.toml", pipeline(4));
    assert_eq!(call(&bench, &["test"]).output().status.code(), Some(1));
    let pending = names(&bench);
    bench.write("pipeline.toml", pipeline(3));
    refused(&["accept"], "`pipeline.stages.min-length.options.min-chars` was 4, and is 3", "again");
    bench.write("pipeline.toml", pipeline(4));
    bench.documents(&TEXTS[..3]);
    refused(&["review"], "input.jsonl", "run `textmill test pipeline.toml` again");
    assert_eq!(names(&bench), pending);
    call(&bench, &["test"]).output();
    // It also works from another folder.
    let elsewhere = Bench::new();
    let path = bench.path("pipeline.toml");
    succeeded(&call(&elsewhere, &["accept", path.to_str().unwrap()]).output());
    succeeded(&call(&bench, &["test", "--ci"]).output());
}

#[test]
fn a_snapshot_that_is_no_text_is_told_of() {
    let bench = bench(4);
    for (bytes, why) in [(&b"---\nx\xff\n"[..], "it is not UTF-8"), (b"x", "it has no header")] {
        bench.write("snapshots/pipeline/d0/min-length.snap", bytes);
        let output = call(&bench, &["test"]).output();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("min-length.snap is not a snapshot") && said.contains(why), "{said}");
        assert!(said.contains("restore it, or remove it"), "{said}");
    }
}

/// A table `[test]` may come from the file that a pipeline extends.
#[test]
fn pipelines_that_inherit_their_tests_are_found() {
    let bench = bench(4);
    bench.write(
        "longer.toml",
        "extends = \"pipeline.toml\"\n[[stage]]\nname = \"min-length\"\noptions = { min-chars = 20 }\n",
    );
    bench.write("unrelated.toml", "extends = \"nowhere.toml\"\n");
    let test = call(&bench, &["test"]).output();
    assert_eq!(test.status.code(), Some(1));
    let accept = stdout(&call(&bench, &["accept"]).output());
    assert_eq!(accept, "longer.toml: 2 snapshots accepted\npipeline.toml: 1 snapshot accepted\n");
    assert!(bench.path("snapshots/longer/d1/min-length.snap").exists());
    let test = call(&bench, &["test", "--ci"]).output();
    succeeded(&test);
    assert_eq!(stdout(&test).matches("4 documents, all as accepted").count(), 2);
}

#[test]
fn a_broken_pipeline_is_shown_and_the_others_are_tested() {
    let bench = bench(4);
    bench.write("config/wrong.toml", pipeline(4).replace("min-chars", "min-char"));
    bench.write("config/no-toml.toml", "[input]\npaths = [\n[test]\n");
    bench.write("config/untested.toml", "[input]\npaths = [\"input.jsonl\"]\n");
    bench.write("config/other.toml", "[test]\n");
    bench.write("config/input.jsonl", "{\"text\": \"a\"}\n");
    let test = call(&bench, &["test"]).output();
    assert_eq!(test.status.code(), Some(1));
    let shown =
        format!("{}{}", hide(&String::from_utf8_lossy(&test.stderr), bench.folder.path()), stdout(&test));
    insta::assert_snapshot!("broken_pipelines", shown);
    assert!(!bench.path("config/snapshots").exists());

    let empty = Bench::new();
    let test = call(&empty, &["test"]).output();
    assert_eq!(test.status.code(), Some(1));
    insta::assert_snapshot!("no_pipeline", String::from_utf8_lossy(&test.stderr));

    // Two pipelines, one folder.
    let shared = |name: &str| {
        let text = pipeline(4).replace("[test]", "[test]\nsnapshots = \"shared\"");
        bench.write(name, text);
    };
    shared("one.toml");
    shared("two.toml");
    call(&bench, &["test", "one.toml"]).output();
    call(&bench, &["accept", "one.toml"]).output();
    let test = call(&bench, &["test", "two.toml"]).output();
    assert_eq!(test.status.code(), Some(1));
    insta::assert_snapshot!("one_folder_for_two", String::from_utf8_lossy(&test.stderr));
}

#[test]
fn documents_that_fail_are_snapshotted_as_failed() {
    let bench = Bench::new();
    let lines = "{\"id\": \"sound\", \"text\": \"fine\"}\n{\"id\": 1, \"text\": \n{\"id\": \"guilty\", \"text\": \"BOOM\"}\n\
                 {\"id\": \"a/b: \\\"c\\\"\", \"text\": \"fine, too\"}\n";
    bench.write("pages/input.jsonl", lines);
    bench.write("pages/broken.txt", b"a byte \xff that is no text");
    bench.write(
        "pipeline.toml",
        "[input]\npaths = [\"elsewhere\"]\n[test]\ninputs = [\"pages/*.jsonl\", \"pages/*.txt\"]\n\
         snapshots = \"kept\"\n[[stage]]\nplugin = \"bad-plugin\"\noptions = { defect = \"error-on-document\" }\n",
    );
    let test = call(&bench, &["test", "pipeline.toml"]).output();
    assert_eq!(test.status.code(), Some(1), "{}", String::from_utf8_lossy(&test.stderr));
    call(&bench, &["accept", "pipeline.toml"]).output();
    let held = files(&bench.path("kept"));
    let shown: Vec<String> = held.iter().map(|(name, text)| format!("=== {name}\n{text}")).collect();
    insta::assert_snapshot!("failed_documents", shown.join("\n"));
    succeeded(&call(&bench, &["test", "pipeline.toml", "--ci"]).output());

    // More than anybody would read; broken lines do not count.
    let many: String = (0..1001).map(|n| format!("{{\"text\": \"{n}\"}}\n")).collect();
    bench.write("pages/input.jsonl", format!("{{broken\n{{broken\n{many}"));
    let test = call(&bench, &["test", "pipeline.toml"]).output();
    let said = String::from_utf8_lossy(&test.stderr).into_owned();
    assert!(said.contains("more than 1000 documents") && said.contains("`limit`"), "{said}");
}

/// Without inputs for the test, the first documents of the pipeline's own input are used.
#[test]
fn the_pipelines_own_input_is_capped() {
    let bench = bench(1);
    bench.documents(&["text"; 30]);
    let accept = || stdout(&call(&bench, &["accept"]).output());
    assert_eq!(accept(), "pipeline.toml: nothing is pending: run `textmill test pipeline.toml` first\n");
    let test = call(&bench, &["test"]).output();
    // No document is changed.
    assert_eq!(accept(), "pipeline.toml: changed options recorded\n", "{}", stdout(&test));
    assert_eq!(accept(), "pipeline.toml: nothing is pending\n");
    assert_eq!(stdout(&call(&bench, &["test"]).output()), "pipeline.toml: 20 documents, all as accepted\n");
    bench.write("pipeline.toml", pipeline(1).replace("[test]", "[test]\nlimit = 25"));
    assert_eq!(stdout(&call(&bench, &["test"]).output()), "pipeline.toml: 25 documents, all as accepted\n");
}

/// The shipped pipelines give what was accepted, wherever they are called from.
#[test]
fn the_shipped_pipelines_are_as_accepted() {
    let folder = workspace().join("config");
    let before = files(&folder);
    for (from, path) in [
        (workspace(), "config/news.toml".to_owned()),
        (workspace(), "config/web.toml".to_owned()),
        (folder.clone(), "news.toml".to_owned()),
        (std::env::temp_dir(), folder.join("news.toml").display().to_string()),
    ] {
        let test = textmill().current_dir(&from).args(["test", &path, "--ci"]).output();
        let shown = format!("{}{}", stdout(&test), String::from_utf8_lossy(&test.stderr));
        let hint = format!("`textmill test {path}`, then `textmill review {path}`");
        assert!(test.status.success(), "{shown}\n{hint}");
    }
    assert_eq!(files(&folder), before);
    for name in ["news", "web"] {
        assert!(before.keys().any(|file| file.starts_with(&format!("snapshots/{name}/"))));
    }
}
