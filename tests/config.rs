//! Mistakes in pipeline files: what the user sees, with place and advice. A case is a file in `config/`.

use crate::support::{Bench, hide, textmill};
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
        // What a file is about: its first line may say how it is called.
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

/// What the pipelines name: bases, and a folder that is not textmill's.
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
