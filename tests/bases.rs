//! Pipelines made of several files, variables and `--set`: what `check --explain` says about them, and that
//! they run accordingly.

use crate::support::{Bench, Program, examples, hide, libraries, rows, stderr, succeeded, textmill};
use serde_json::Value;
use textmill::host::library_name;

const BASE: &str = "\
[input]
paths = [\"../pages/*.jsonl\"]
text-field = \"body\"
columns = { url = \"utf8\", views = \"int64\" }

[[stage]]
plugin = \"min-length\"
[stage.options]
min-chars = 3

[[stage]]
plugin = \"dedupe\"
[stage.options]
threshold = 0.9
keep = \"longest\"

[run]
batch-documents = 7
";

const OVER: &str = "\
extends = \"bases/base.toml\"

[pipeline]
description = \"for ${MILL_WHO:-anybody}\"

[input.columns]
views = \"uint64\"

[[stage]]
name = \"dedupe\"
[stage.options]
threshold = \"${MILL_THRESHOLD}\"

[[stage]]
plugin = \"summarize-stats\"
before = \"dedupe\"
options = { top = 5, stop-words = [] }

[[stage]]
plugin = \"clean\"
enabled = false

[[stage]]
plugin = \"min-length\"
name = \"last\"
isolation = \"process\"
time-limit = \"2s\"
[stage.options]
min-chars = \"${MILL_LEAST:-4}\"

[output]
folder = \"${MILL_FOLDER:-out}\"
";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("bases/base.toml", BASE);
    bench.write("pipeline.toml", OVER);
    let lines = ["{\"body\": \"no\"}", "{\"body\": \"far\"}", "{\"body\": \"long enough\"}"];
    bench.write("pages/a.jsonl", lines.join("\n"));
    bench
}

fn call(bench: &Bench, subcommand: &str, arguments: &[&str]) -> Program {
    let call = textmill().current_dir(bench.folder.path()).arg(subcommand).arg("pipeline.toml");
    call.args(arguments).env("MILL_THRESHOLD", "0.8")
}

#[test]
fn every_value_is_shown_with_where_it_came_from() {
    let bench = bench();
    let sets = ["--set", "run.threads=2", "--set", "min-length.min-chars=4"];
    let output = call(&bench, "check", &[&["--explain"], &sets[..]].concat()).output();
    succeeded(&output);
    let shown = hide(&String::from_utf8_lossy(&output.stdout), bench.folder.path());
    // Hashes differ from build to build.
    let shown: Vec<&str> =
        shown.lines().map(|l| if l.starts_with("# sha256") { "# sha256: […]" } else { l }).collect();
    insta::assert_snapshot!(shown.join("\n"));
    let output = call(&bench, "check", &[&["--explain", "--docs"], &sets[..]].concat()).output();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("# Minimum number of characters in a document.\nmin-chars = 4 "), "{shown}");
    assert!(shown.contains("# Format of the documents.\nformat = \"jsonl\" "), "{shown}");
    let output = call(&bench, "check", &[&["--explain", "--json"], &sets[..]].concat()).output();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let threshold = &json["stages"][2]["options"]["threshold"];
    assert_eq!(threshold["value"], 0.8);
    assert_eq!(
        (&threshold["from"]["file"], &threshold["from"]["line"]),
        (&"pipeline.toml".into(), &12.into())
    );
    assert_eq!(threshold["from"]["variables"][0]["name"], "MILL_THRESHOLD");
    assert_eq!(json["stages"][2]["options"]["keep"]["from"]["file"], "bases/base.toml");
    assert_eq!(json["run"]["threads"]["from"]["argument"], "run.threads=2");
    assert_eq!(json["run"]["memory"]["from"]["kind"], "default");
    assert_eq!(json["run"]["temp-dir"]["from"]["kind"], "unset");
    assert_eq!(json["stages"][2]["steps"][0]["behind-barrier"], false);
    assert_eq!(json["off"][0]["name"], "clean");
    let places = &json["stages"][2]["places"];
    assert_eq!((&places[0]["file"], &places[1]["line"]), (&"bases/base.toml".into(), &9.into()));
    for (command, declared) in [
        (&["check"][..], "\n  fields of the input: url (utf8), views (uint64)\n"),
        (&["run", "--dry-run"], "\n  columns: id, source, text, media_type, url (utf8), views (uint64)\n"),
    ] {
        let output = call(&bench, command[0], &command[1..]).output();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains(declared), "{shown}");
    }
}

#[test]
fn a_pipeline_of_several_files_runs_as_it_is_explained() {
    let bench = bench();
    succeeded(&call(&bench, "run", &[]).output());
    let documents = rows(&bench.read("documents.jsonl"));
    assert_eq!(documents.len(), 1, "{documents:?}");
    assert_eq!(documents[0]["text"], "long enough");
    let run: Value = serde_json::from_str(&bench.read("run.json")).unwrap();
    let stages = run["pipeline"]["stages"].as_array().unwrap();
    let names: Vec<&str> = stages.iter().filter_map(|stage| stage["name"].as_str()).collect();
    assert_eq!(names, ["min-length", "summarize-stats", "dedupe", "last"]);
    assert_eq!(run["pipeline"]["description"], "for anybody");
    assert_eq!(run["pipeline"]["input"]["columns"]["views"], "uint64");
    assert_eq!(stages[2]["options"]["threshold"], 0.8);
    assert_eq!(stages[2]["options"]["keep"], "longest");
    assert_eq!(stages[3]["options"]["min-chars"], 4);
    // Another value of a variable makes another pipeline.
    let again = call(&bench, "run", &["--output", "elsewhere"]).env("MILL_WHO", "a reader").output();
    succeeded(&again);
    let run = std::fs::read_to_string(bench.path("elsewhere/run.json")).unwrap();
    assert!(run.contains("for a reader"));
}

/// A plugin path is relative to the file that has it; a plugin name is searched for from the pipeline file
/// that was given.
#[test]
fn a_base_elsewhere_names_its_own_plugins() {
    let bench = Bench::new();
    bench.documents(&["a text"]);
    let library = library_name("min-length");
    let named = library_name("clean");
    for (folder, from, name) in [("bases/own", examples(), &library), ("plugins", libraries(), &named)] {
        std::fs::create_dir_all(bench.path(folder)).unwrap();
        std::fs::copy(from.join(name), bench.path(folder).join(name)).unwrap();
    }
    let stages = format!("[[stage]]\nplugin = \"./own/{library}\"\n[[stage]]\nplugin = \"clean\"\n");
    bench.write(
        "bases/base.toml",
        format!("[input]\npaths = [\"../input.jsonl\"]\n{stages}[run]\ntemp-dir = \"tmp\"\n"),
    );
    bench.write("pipeline.toml", "extends = \"./bases/../bases/base.toml\"\n");
    let output = call(&bench, "check", &["--explain", "--json"]).output();
    succeeded(&output);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (stage, (folder, name)) in [("bases/own", &library), ("plugins", &named)].iter().enumerate() {
        let path = bench.path(folder).canonicalize().unwrap().join(name);
        assert_eq!(json["stages"][stage]["library"], path.display().to_string());
    }
    assert_eq!(json["stages"][0]["keys"]["name"]["value"], "min-length");
    assert_eq!(json["input"]["paths"]["means"], "input.jsonl");
    assert_eq!(json["run"]["temp-dir"]["means"], "bases/tmp");
    // The lock file belongs to the pipeline file that was given, and covers the plugins that the base names.
    succeeded(
        &textmill().current_dir(bench.folder.path()).args(["plugin", "lock", "pipeline.toml"]).output(),
    );
    assert!(bench.path("textmill.lock").exists());
    let output = call(&bench, "check", &["--locked", "--explain", "--json"]).output();
    succeeded(&output);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["stages"][0]["locked"], &json["stages"][1]["locked"]), (&true.into(), &true.into()));
}

/// Precedence: the command line, then the file, then its base, then the default. A value that is replaced
/// does not need its variables.
#[test]
fn precedence_has_no_surprise() {
    let bench = Bench::new();
    let stage =
        |value: &str| format!("[[stage]]\nplugin = \"min-length\"\n[stage.options]\nmin-chars = {value}\n");
    bench.write("first.toml", stage("\"${MILL_NOWHERE}\""));
    bench.write("second.toml", format!("extends = \"first.toml\"\n{}", stage("2")));
    let value = |text: &str, sets: &[&str]| {
        bench.write("pipeline.toml", text);
        let output = call(&bench, "check", &[&["--explain", "--json"], sets].concat()).output();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        json["stages"][0]["options"]["min-chars"]["value"].clone()
    };
    let set = ["--set", "min-length.min-chars=5"];
    assert_eq!(value("extends = \"first.toml\"", &[]), Value::Null);
    assert_eq!(value("extends = \"first.toml\"", &set), 5);
    assert_eq!(value("extends = \"second.toml\"", &[]), 2);
    assert_eq!(value(&format!("extends = \"second.toml\"\n{}", stage("3")), &[]), 3);
    assert_eq!(value(&format!("extends = \"second.toml\"\n{}", stage("3")), &set), 5);
    assert_eq!(value("[[stage]]\nplugin = \"min-length\"", &[]), 0);
    // The environment alone changes nothing.
    assert_eq!(value(&stage("\"$${MILL_THRESHOLD}\""), &[]), Value::Null);
}

#[test]
fn what_is_hardly_meant_is_a_warning() {
    let bench = Bench::new();
    bench.documents(&["a text"]);
    let stages = "[[stage]]\nplugin = \"bad-plugin\"\noptions = { defect = \"error-on-batch\" }\n\
                  [[stage]]\nplugin = \"min-length\"\n\
                  [[stage]]\nplugin = \"bad-plugin\"\noptions = { defect = \"error-on-document\" }\n\
                  [[stage]]\nplugin = \"min-length\"\nname = \"again\"\n\
                  [[stage]]\nplugin = \"min-length\"\nname = \"third\"\n";
    let text =
        format!("[input]\npaths = [\"input.jsonl\", \"*.jsonl\"]\n{stages}[output]\nfolder = \"out\"\n");
    bench.write("pipeline.toml", text);
    let output = call(&bench, "check", &[]).output();
    succeeded(&output);
    insta::assert_snapshot!(stderr(&output, bench.folder.path()));
    let output = call(&bench, "run", &[]).output();
    succeeded(&output);
    assert!(stderr(&output, bench.folder.path()).contains("warning: input.jsonl is read twice"));
    let output = call(&bench, "run", &["--quiet"]).output();
    assert!(output.stderr.is_empty());
}
