//! Starting: new plugins that build, pass their own tests and run.

use crate::support::{Program, hide, succeeded, textmill, workspace};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use textmill::host::library_name;

/// Cargo as an author of a plugin calls it. All projects of these tests are built into one folder, which stays warm from
/// one test to the next.
fn cargo(project: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).arg("--offline").current_dir(project);
    // What the tests themselves run under is not for the project.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO")) {
        if name != "CARGO_HOME" && name != "CARGO_TERM_COLOR" {
            cargo.env_remove(name);
        }
    }
    cargo.env("CARGO_TARGET_DIR", built()).env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo.env("INSTA_UPDATE", "no");
    cargo
}

/// The folder that projects are built in.
fn built() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects")
}

fn succeed(mut command: Command) {
    let output = command.output().expect("the program starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
}

/// The folder with all files in it, and with what each holds.
fn shown(folder: &Path) -> String {
    let mut shown = String::new();
    for path in files(folder) {
        let name = path.strip_prefix(folder).unwrap().display().to_string().replace('\\', "/");
        if name == "Cargo.lock" {
            let _ = writeln!(shown, "=== {name}");
            continue;
        }
        let _ = writeln!(shown, "=== {name}\n{}", fs::read_to_string(path).unwrap());
    }
    shown
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn new(folder: &Path, arguments: &[&str]) -> Program {
    textmill().current_dir(folder).args(["plugin", "new"]).args(arguments)
}

/// No template rots: what is written builds, keeps the form of rustfmt, and passes its own tests.
#[test]
fn projects_of_every_kind_build_and_pass_their_tests() {
    let temp = TempDir::new().unwrap();
    for kind in ["map", "aggregate", "corpus"] {
        let name = format!("new-{kind}");
        succeeded(&new(temp.path(), &[&name, "--kind", kind]).output());
        let project = temp.path().join(&name);
        succeed(cargo(&project, &["test"]));
        let mut form = Command::new(env!("CARGO"));
        form.args(["fmt", "--check"]).current_dir(&project);
        succeed(form);
        for path in files(&project) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!has_placeholder(&text), "{}", path.display());
        }
    }
}

fn has_placeholder(text: &str) -> bool {
    ["{{name}}", "{{crate}}", "{{description}}", "{{sdk}}"].iter().any(|p| text.contains(p))
}

/// The same for C, with or without `make`.
#[test]
#[cfg(unix)]
fn a_project_in_c_builds_and_makes_of_its_fixture_what_was_accepted() {
    let temp = TempDir::new().unwrap();
    succeeded(&new(temp.path(), &["new-c", "--lang", "c"]).output());
    let project = temp.path().join("new-c");
    for path in files(&project) {
        assert!(!has_placeholder(&fs::read_to_string(&path).unwrap()), "{}", path.display());
    }
    let library = project.join("build").join(library_name("new-c"));
    if Command::new("make").arg("--version").output().is_ok() {
        let mut make = Command::new("make");
        make.arg("CFLAGS=-O1 -Werror").current_dir(&project);
        succeed(make);
    } else {
        fs::create_dir(project.join("build")).unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-Iinclude"]);
        cc.args(["-shared", "plugin.c", "-o"]).arg(&library).current_dir(&project);
        succeed(cc);
    }
    assert!(library.exists());
    let run = textmill().current_dir(&project).args(["run", "fixture/pipeline.toml"]);
    succeeded(&run.env("TEXTMILL_PLUGIN_PATH", project.join("build").to_str().unwrap()).output());
    let become_of = ["documents.jsonl", "rejected.jsonl", "failed.jsonl"]
        .map(|file| fs::read_to_string(project.join("build/fixture").join(file)).unwrap());
    assert_eq!(become_of.concat(), fs::read_to_string(project.join("fixture/accepted.jsonl")).unwrap());
}

#[test]
fn a_new_project_is_as_accepted() {
    let temp = TempDir::new().unwrap();
    succeeded(&new(temp.path(), &["long-lines"]).output());
    // Where the SDK lies, seen from a temporary folder, differs between machines.
    let sdk = |line: &str| match line.split_once("crates/plugin\"") {
        Some((_, rest)) => format!("textmill-plugin = {{ path = \"[sdk]\"{rest}\n"),
        None => format!("{line}\n"),
    };
    let shown: String = shown(&temp.path().join("long-lines")).lines().map(sdk).collect();
    insta::assert_snapshot!(shown);
}

#[test]
fn a_project_that_cannot_be_written_is_refused_with_advice() {
    let temp = TempDir::new().unwrap();
    fs::create_dir(temp.path().join("full")).unwrap();
    fs::write(temp.path().join("full/mine.txt"), "mine").unwrap();
    fs::write(temp.path().join("file"), "mine").unwrap();
    fs::write(temp.path().join("inline.toml"), "stage = [{plugin = \"one\"}]\n").unwrap();
    fs::write(temp.path().join("broken.toml"), "[[stag]]\n").unwrap();
    let calls: [&[&str]; 10] = [
        &["LongLines"],
        &["serde"],
        &["fn"],
        &["output"],
        &["full"],
        &["file"],
        &["long-lines", "--sdk", "."],
        &["long-lines", "--lang", "c", "--kind", "corpus"],
        &["long-lines", "--pipeline", "inline.toml"],
        &["long-lines", "--pipeline", "broken.toml"],
    ];
    let mut shown = String::new();
    for call in calls {
        let output = new(temp.path(), call).output();
        assert!(!output.status.success(), "{call:?}");
        let error = hide(&String::from_utf8_lossy(&output.stderr), temp.path());
        let _ = writeln!(shown, "$ textmill plugin new {}\n{error}", call.join(" "));
    }
    let mut left: Vec<_> = fs::read_dir(temp.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["broken.toml", "file", "full", "inline.toml"]);
    assert_eq!(fs::read_dir(temp.path().join("full")).unwrap().count(), 1);
    let inside = workspace().join("plugins/long-lines");
    let output = new(temp.path(), &["long-lines", "--dir", inside.to_str().unwrap()]).output();
    assert!(!output.status.success() && !inside.exists());
    insta::assert_snapshot!(shown);
}
