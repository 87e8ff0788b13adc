//! Getting started: new plugins build, pass their own tests and run.

use crate::support::{Program, hide, rows, succeeded, textmill, workspace};
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;
use textmill::config::{Node, Pipeline};
use textmill::host::library_name;

/// Cargo as the author of a plugin calls it. All projects of these tests share one build folder, so that
/// builds are reused from test to test.
fn cargo(project: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).arg("--offline").current_dir(project);
    // The environment of the tests themselves is not for the project.
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

/// An empty folder at the same place every time, so that the next test run overwrites what was built of a
/// project instead of adding to it.
fn empty(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("start").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn succeed(mut command: Command) {
    let output = command.output().expect("the program starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
}

/// The names and contents of all files in a folder.
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

/// Templates stay valid: the written project builds, has the format of rustfmt, and passes its own tests.
#[test]
fn projects_of_every_kind_build_and_pass_their_tests() {
    let folder = empty("kinds");
    for kind in ["map", "aggregate", "corpus"] {
        let name = format!("new-{kind}");
        succeeded(&new(&folder, &[&name, "--kind", kind]).output());
        let project = folder.join(&name);
        succeed(cargo(&project, &["test"]));
        let mut form = Command::new(env!("CARGO"));
        // In the default format, whatever format the surrounding checkout has.
        form.args(["fmt", "--check", "--", "--config", "max_width=100,use_small_heuristics=Default"]);
        form.current_dir(&project);
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

/// A plugin outside the folders that are searched is named by its path.
#[test]
fn a_plugin_elsewhere_is_named_by_its_path() {
    let temp = TempDir::new().unwrap();
    fs::write(temp.path().join("pipeline.toml"), "[input]\npaths = [\"pages\"]\n").unwrap();
    succeeded(&new(temp.path(), &["calm", "--pipeline", "pipeline.toml", "--dir", "other/calm"]).output());
    let text = fs::read_to_string(temp.path().join("pipeline.toml")).unwrap();
    let place = temp.path().canonicalize().unwrap().join("other/calm");
    assert!(text.contains(&format!("plugin = {}", toml::Value::from(place.display().to_string()))), "{text}");
}

/// From an empty folder to a run with a plugin of one's own: five commands.
#[test]
#[cfg(unix)]
fn five_commands_lead_from_an_empty_folder_to_a_run() {
    let folder = empty("commands");
    let textmill = |arguments: &[&str]| textmill().current_dir(&folder).args(arguments).output();
    let project = &folder.join("corpus/plugins/calm-marks");

    succeeded(&textmill(&["init", "corpus"]));
    succeeded(&textmill(&["plugin", "new", "calm-marks", "--pipeline", "corpus/pipeline.toml"]));
    // Not a sixth command: the link reuses what other tests have built.
    std::os::unix::fs::symlink(built(), project.join("target")).unwrap();
    succeed(cargo(&folder, &["build", "--manifest-path", "corpus/plugins/calm-marks/Cargo.toml"]));
    // Less than ten megabytes at a time: the plugin is built without optimisation, and other tests run at the
    // same time.
    let huge = ["--huge", "1MB"];
    let check = ["plugin", "check", "calm-marks", "--pipeline", "corpus/pipeline.toml"];
    succeeded(&textmill(&[&check[..], &huge].concat()));
    succeeded(&textmill(&["run", "corpus/pipeline.toml"]));

    let read = |file: &str| fs::read_to_string(folder.join("corpus").join(file)).unwrap();
    let made = rows(&read("out/documents.jsonl"));
    let ids: Vec<_> = made.iter().map(|row| row["id"].as_str().unwrap_or_default()).collect();
    assert_eq!(ids, ["01-night-market.txt", "02-swing-bridge.txt", "05-seed-library.txt"]);
    assert!(made.iter().all(|row| row["words"].as_u64().is_some_and(|words| words > 50)));
    let accepted = read("snapshots/pipeline/05-seed-library.txt/clean.snap");
    let forgetful = |text: &str| text.contains("forget!!!");
    let left = made.iter().any(|row| forgetful(&row["text"].to_string()));
    assert!(forgetful(&accepted) && !left, "the new stage leaves one mark of three");
    // The snapshots show what it does.
    let test =
        String::from_utf8_lossy(&textmill(&["test", "corpus/pipeline.toml", "--ci"]).stdout).into_owned();
    assert!(test.contains("=== 05-seed-library.txt in `calm-marks`, new"), "{test}");
    assert!(test.contains("forget![-!!-]"), "{test}");
}

/// `textmill dev`: a threshold is changed in the sources, and it shows the documents that this affects, and
/// no others.
#[test]
fn a_changed_threshold_shows_at_the_documents_that_it_concerns() {
    let folder = empty("dev");
    fs::write(folder.join("pipeline.toml"), "[input]\npaths = [\"input.jsonl\"]\n").unwrap();
    let texts = [
        "One two three four.",
        "See also.",
        "The ferry leaves at noon!!!",
        "Nothing here has changed at all.",
    ];
    let lines =
        texts.iter().enumerate().map(|(n, text)| json!({"id": format!("d{n}"), "text": text}).to_string());
    fs::write(folder.join("input.jsonl"), lines.collect::<Vec<_>>().join("\n")).unwrap();
    succeeded(&new(&folder, &["dev-marks", "--pipeline", "pipeline.toml"]).output());
    let dev = |arguments: &[&str]| {
        let program =
            textmill().current_dir(&folder).args(["dev", "pipeline.toml", "--plugin", "dev-marks", "--once"]);
        let program = program.args(arguments).env("CARGO_TARGET_DIR", built().to_str().unwrap());
        program.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_NET_OFFLINE", "true").output()
    };
    // A build may take long, or wait for that of another test, and the test harness, which stands in for the
    // program, says so.
    let shown = |output: &Output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = text.lines().filter(|line| !line.contains("has been running for over"));
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    };

    // Nothing has been built yet. Remove what an earlier run of the tests has left, which the pipeline would
    // find.
    let library = library_name("dev-marks");
    let _ = fs::remove_file(built().join("debug").join(&library));
    let output = dev(&[]);
    succeeded(&output);
    assert_eq!(shown(&output), "4 documents: 3 written, 1 dropped, 0 failed");
    fs::copy(built().join("debug").join(&library), folder.join("plugins").join(&library)).unwrap();
    let output = dev(&[]);
    succeeded(&output);
    assert_eq!(shown(&output), "4 documents: 3 written, 1 dropped, 0 failed; nothing changed");

    let source = folder.join("plugins/dev-marks/src/lib.rs");
    let text = fs::read_to_string(&source).unwrap();
    let changed = text
        .replace("min_words: 4,", "min_words: 5,")
        .replace("squeeze_marks: true,", "squeeze_marks: false,");
    fs::write(&source, &changed).unwrap();
    let output = dev(&[]);
    succeeded(&output);
    insta::assert_snapshot!(shown(&output));
    let output = dev(&["--limit", "1"]);
    succeeded(&output);
    assert!(
        shown(&output).contains("1 changed (verdict 1, text 0, columns 1, events 1), 0 as before"),
        "{}",
        shown(&output)
    );

    // The compiler's message is shown, and nothing else happens.
    fs::write(&source, changed.replace("min_words: 5,", "min_words: five,")).unwrap();
    let output = dev(&[]);
    assert!(!output.status.success() && shown(&output).is_empty());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot find value `five`") && said.contains("`cargo build` in "), "{said}");
}

#[test]
fn what_cannot_be_developed_is_refused_with_advice() {
    let temp = TempDir::new().unwrap();
    let pipeline = temp.path().join("pipeline.toml");
    fs::write(&pipeline, "[input]\npaths = [\".\"]\n[[stage]]\nplugin = \"min-length\"\n").unwrap();
    let mut shown = String::new();
    for plugin in ["min-lenght", "min-length"] {
        let output = textmill().arg("dev").arg(&pipeline).args(["--once", "--plugin", plugin]).output();
        assert!(!output.status.success());
        let _ = writeln!(shown, "{}", hide(&String::from_utf8_lossy(&output.stderr), temp.path()));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_workspace_makes_of_its_sample_what_it_expects() {
    let temp = TempDir::new().unwrap();
    let output = textmill().current_dir(temp.path()).args(["init", "."]).output();
    succeeded(&output);
    let mut names: Vec<_> = files(temp.path())
        .iter()
        .map(|path| path.strip_prefix(temp.path()).unwrap().display().to_string())
        .collect();
    let snapshots = names.iter().filter(|name| name.starts_with("snapshots/pipeline/")).count();
    assert!(snapshots > 10 && names.iter().all(|name| !name.ends_with(".new")), "{names:?}");
    names.retain(|name| !name.starts_with("pages") && !name.starts_with("snapshots"));
    let all = ".gitignore README.md pipeline.toml plugins/README.md textmill.schema.json";
    assert_eq!(names.join(" "), all);
    let read = |file: &str| fs::read_to_string(temp.path().join(file)).unwrap();
    let pipeline = Pipeline::parse(Path::new("pipeline.toml"), read("pipeline.toml"), &[]).unwrap();
    let stages: Vec<_> = pipeline.stages.iter().map(|stage| stage.plugin.as_str()).collect();
    assert_eq!(stages, ["clean", "dedupe", "extract", "summarize-stats"]);

    let run = textmill().current_dir(temp.path()).args(["run", "pipeline.toml", "--threads", "1"]);
    succeeded(&run.output());
    let test = textmill().current_dir(temp.path()).args(["test", "--ci"]).output();
    succeeded(&test);
    assert_eq!(String::from_utf8_lossy(&test.stdout), "pipeline.toml: 5 documents, all as accepted\n");
    // A copy and a page without text are rejected.
    let rejected = rows(&read("out/rejected.jsonl"));
    assert_eq!(rejected.len(), 2);
    assert!(rejected.iter().any(|row| row["other"] == "01-night-market.txt"));

    let schema = serde_json::from_str(&read("textmill.schema.json")).unwrap();
    let validator = jsonschema::options().build(&schema).unwrap();
    assert!(validator.is_valid(&Node::parse(&read("pipeline.toml")).unwrap().to_json()));

    let again = textmill().current_dir(temp.path()).args(["init", "."]).output();
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
}

/// The files that a new repository has are not changed.
#[test]
fn a_new_repository_becomes_a_workspace() {
    let temp = TempDir::new().unwrap();
    fs::create_dir(temp.path().join(".git")).unwrap();
    fs::write(temp.path().join(".gitignore"), "*.bak\n").unwrap();
    fs::write(temp.path().join("README.md"), "# Ours\n").unwrap();
    let output = textmill().current_dir(temp.path()).args(["init", "."]).output();
    succeeded(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("add to it: /out/ "));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("read on"));
    assert_eq!(fs::read_to_string(temp.path().join("README.md")).unwrap(), "# Ours\n");
    assert_eq!(fs::read_to_string(temp.path().join(".gitignore")).unwrap(), "*.bak\n");
    succeeded(&textmill().current_dir(temp.path()).args(["test", "--ci"]).output());
}

#[test]
fn a_new_project_is_as_accepted() {
    let temp = TempDir::new().unwrap();
    succeeded(&new(temp.path(), &["long-lines"]).output());
    // The path from a temporary folder to the SDK differs between machines.
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
