//! Mistakes in pipeline files: what the user sees, with place and advice. Each case is a file in `config/`.

use crate::support::{Bench, hide, stderr, succeeded, textmill};
use std::fmt::Write as _;

#[test]
fn every_mistake_is_shown_at_its_place() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let bench = Bench::new();
        bench.documents(&["a text"]);
        bench.write("pipeline.toml", &text);
        copy_files(&folder.join("files"), bench.folder.path());
        let mut shown = String::new();
        // The first line of a file may say with which arguments it is called.
        let arguments = text.lines().next().and_then(|line| line.strip_prefix("#: ")).unwrap_or("check");
        let (subcommand, rest) = arguments.split_once(' ').unwrap_or((arguments, ""));
        let call = textmill().current_dir(bench.folder.path()).arg(subcommand).arg("pipeline.toml");
        let output = call.args(rest.split_whitespace()).env("MILL_WORD", "many").output();
        assert!(!output.status.success(), "{name} is accepted");
        let _ = write!(shown, "{}", hide(&String::from_utf8_lossy(&output.stderr), bench.folder.path()));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder.join("snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_description(text);
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

/// Copies the files that the pipelines name: bases, and a folder that is not textmill's.
fn copy_files(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_files(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

/// A path that is relative to the current folder, in a file of another folder.
#[test]
fn a_path_that_begins_one_folder_higher_is_offered() {
    let bench = Bench::new();
    bench.write("pages/a.txt", "a text");
    for (path, right) in [("pages", "../pages"), ("pages/*.txt", "../pages/*.txt")] {
        let text = format!("[input]\npaths = [\"{path}\"]\n[test]\ninputs = [\"{path}\"]\n");
        bench.write("config/pipeline.toml", text);
        let output =
            textmill().current_dir(bench.folder.path()).args(["check", "config/pipeline.toml"]).output();
        let shown = String::from_utf8_lossy(&output.stderr);
        let hint = format!("did you mean `{right}`? a path is relative to the folder of its file");
        assert_eq!(shown.matches(&hint).count(), 2, "{shown}");
    }
}

/// Values that the command line replaces are not checked.
#[test]
fn arguments_of_a_run_stand_for_empty_paths() {
    let bench = Bench::new();
    bench.documents(&["a text"]);
    bench.write("pipeline.toml", "[input]\npaths = []\n[output]\nfolder = \"${MILL_NOT_SET:-}\"\n");
    let run = || textmill().current_dir(bench.folder.path()).args(["run", "pipeline.toml"]);
    succeeded(&run().args(["--input", "input.jsonl", "--output", "out"]).output());
    assert_eq!(bench.ids("documents.jsonl"), ["d0"]);
    let output = run().args(["--input", "input.jsonl", "--output", "input.jsonl/out"]).output();
    assert!(stderr(&output, bench.folder.path()).contains("cannot create the folder"));
}

/// A misspelt name of a pipeline file is answered with the file that is there.
#[test]
fn a_pipeline_file_that_is_not_there_is_answered_with_one_that_is() {
    let bench = Bench::new();
    bench.write("config/pages.toml", "[input]\npaths = []\n");
    let call = |arguments: &[&str]| {
        let output = textmill().current_dir(bench.folder.path()).args(arguments).output();
        assert!(!output.status.success(), "{arguments:?}");
        stderr(&output, bench.folder.path())
    };
    for arguments in
        [&["check", "config/page.toml"][..], &["plugin", "list", "--pipeline", "config/page.toml"]]
    {
        let said = call(arguments);
        assert!(said.contains("cannot read the pipeline file"), "{said}");
        assert!(said.contains("hint: did you mean `config/pages.toml`?"), "{said}");
    }
    assert!(call(&["check", "config/other.toml"]).contains("hint: the folder has `config/pages.toml`"));
    assert!(call(&["check", "none.toml"]).contains("hint: give the path of a pipeline file"));
}
