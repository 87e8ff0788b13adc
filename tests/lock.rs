//! The lock file: what it holds, what it refuses, and when.

use crate::support::{Bench, examples, hide, rows, stderr, succeeded, textmill};
use std::path::PathBuf;
use std::process::Output;
use textmill::config::platform;
use textmill::host::library_name;

const STAGE: &str = "[[stage]]\nplugin = \"min-length\"\n[stage.options]\nmin-chars = 4\n";

/// A folder with its own pipeline and plugins.
fn workspace(plugins: &[&str]) -> Bench {
    let bench = Bench::new();
    bench.documents(&["long enough", "no"]);
    for plugin in plugins {
        put(&bench, plugin, b"");
    }
    let text = format!("[input]\npaths = [\"input.jsonl\"]\n[output]\nfolder = \"out\"\n{STAGE}");
    bench.write("pipeline.toml", text);
    bench
}

/// Puts a copy of an example, followed by the bytes `more`, into the plugins of the folder. A new file
/// replaces the old one.
fn put(bench: &Bench, plugin: &str, more: &[u8]) -> PathBuf {
    let name = library_name(plugin);
    let bytes = std::fs::read(examples().join(&name)).unwrap();
    let fresh = bench.write("plugins/fresh", [&bytes, more].concat());
    let path = bench.path("plugins").join(name);
    std::fs::rename(fresh, &path).unwrap();
    path
}

fn call(bench: &Bench, arguments: &[&str]) -> Output {
    textmill().current_dir(bench.folder.path()).args(arguments).output()
}

/// What a call prints, without hashes and the platform.
fn shown(bench: &Bench, output: &Output) -> String {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let text = hide(&text, bench.folder.path()).replace(&platform(), "[platform]");
    hashes_out(&text.replace(&library_name("min-length"), "[library]"))
}

/// Replaces every run of twelve or more hexadecimal digits by `[hash]`.
fn hashes_out(text: &str) -> String {
    let mut out = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_hexdigit()) {
        let digits = piece.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        if digits.len() >= 12 {
            out.push_str("[hash]");
            out.push_str(&piece[digits.len()..]);
        } else {
            out.push_str(piece);
        }
    }
    out
}

#[test]
fn a_changed_library_is_refused_by_name() {
    let bench = workspace(&["min-length"]);
    let locked = call(&bench, &["plugin", "lock", "pipeline.toml"]);
    succeeded(&locked);
    let text = std::fs::read_to_string(bench.path("textmill.lock")).unwrap();
    let mut story =
        format!("{}\n{}", shown(&bench, &locked), hashes_out(&text.replace(&platform(), "[platform]")));

    let again = call(&bench, &["plugin", "lock"]);
    succeeded(&again);
    story.push_str(&format!("\n-- again\n{}", shown(&bench, &again)));
    assert_eq!(std::fs::read_to_string(bench.path("textmill.lock")).unwrap(), text);
    succeeded(&call(&bench, &["plugin", "lock", "--check"]));
    succeeded(&call(&bench, &["--locked", "run", "pipeline.toml"]));
    let run: serde_json::Value = serde_json::from_str(&bench.read("run.json")).unwrap();
    assert_eq!(run["plugins"][0]["locked"], true);

    put(&bench, "min-length", b"x");
    for arguments in [
        &["check", "pipeline.toml"][..],
        &["plugin", "info", "min-length", "--pipeline", "pipeline.toml"],
        &["plugin", "lock", "--check"],
        &["--locked", "plugin", "lock"],
    ] {
        let output = call(&bench, arguments);
        assert_eq!(output.status.code(), Some(1));
        story.push_str(&format!("\n-- changed: {}\n{}", arguments.join(" "), shown(&bench, &output)));
    }
    assert_eq!(
        std::fs::read_to_string(bench.path("textmill.lock")).unwrap(),
        text,
        "looking changes nothing"
    );

    let taken_in = call(&bench, &["plugin", "lock", "pipeline.toml"]);
    succeeded(&taken_in);
    story.push_str(&format!("\n-- taken in\n{}", shown(&bench, &taken_in)));
    succeeded(&call(&bench, &["--locked", "check", "pipeline.toml"]));
    insta::assert_snapshot!(story);
}

/// A library that the lock refuses is not even loaded, because loading could run its code.
#[test]
fn no_code_of_a_changed_library_runs() {
    let bench = workspace(&["min-length"]);
    succeeded(&call(&bench, &["plugin", "lock", "pipeline.toml"]));
    // If the system's loader were given this file, the error would say so.
    bench.write("plugins/fresh", "this is not a library");
    std::fs::rename(bench.path("plugins/fresh"), bench.path("plugins").join(library_name("min-length")))
        .unwrap();
    for arguments in [&["check", "pipeline.toml"][..], &["plugin", "lock", "--check"]] {
        let told = shown(&bench, &call(&bench, arguments));
        assert!(!told.contains("not a shared library") && told.contains("min-length"), "{told}");
    }
    assert!(shown(&bench, &call(&bench, &["plugin", "lock"])).contains("it is not a shared library"));
}

#[test]
fn what_is_not_locked_is_refused_where_all_must_be() {
    let bench = workspace(&["min-length", "bad-plugin"]);
    let mut story = String::new();
    let mut refused = |what: &str, arguments: &[&str]| {
        let output = call(&bench, arguments);
        assert_eq!(output.status.code(), Some(1), "{what}");
        story.push_str(&format!("-- {what}\n{}\n", shown(&bench, &output)));
    };
    refused("no lock file", &["--locked", "check", "pipeline.toml"]);
    refused("no pipeline", &["plugin", "info", "min-length", "--locked"]);
    succeeded(&call(&bench, &["plugin", "lock", "--plugin", "bad-plugin"]));
    refused("another plugin is locked", &["run", "pipeline.toml", "--locked"]);
    assert!(!bench.path("out").exists());
    // Without the option, a plugin that is not locked is loaded, and the run says so.
    succeeded(&call(&bench, &["run", "pipeline.toml"]));
    let run: serde_json::Value = serde_json::from_str(&bench.read("run.json")).unwrap();
    assert_eq!(run["plugins"][0]["locked"], false);
    bench.write("textmill.lock", "version = 1\n[[plugin]]\nname = 3\n");
    refused("a broken lock file", &["run", "pipeline.toml"]);
    insta::assert_snapshot!(story);
}

#[test]
fn other_platforms_stay_while_the_version_does() {
    let bench = workspace(&["min-length"]);
    succeeded(&call(&bench, &["plugin", "lock", "pipeline.toml"]));
    let lock = || std::fs::read_to_string(bench.path("textmill.lock")).unwrap();
    let own = lock();
    let elsewhere = format!("plan9-mips = \"{}\"", "ab".repeat(32));
    let with_other = own.replace("[plugin.sha256]\n", &format!("[plugin.sha256]\n{elsewhere}\n"));
    let only_other: String = with_other
        .lines()
        .filter(|line| !line.starts_with(&platform()))
        .map(|line| format!("{line}\n"))
        .collect();

    bench.write("textmill.lock", &only_other);
    let refused = call(&bench, &["--locked", "check", "pipeline.toml"]);
    assert!(stderr(&refused, bench.folder.path()).contains("has it for `plan9-mips`"));
    assert!(!call(&bench, &["plugin", "lock", "--check"]).status.success());
    succeeded(&call(&bench, &["plugin", "lock"]));
    assert!(lock().contains(&elsewhere) && lock().contains(&platform()));
    succeeded(&call(&bench, &["plugin", "lock", "--check"]));
    succeeded(&call(&bench, &["--locked", "check", "pipeline.toml"]));

    // Another version: the hashes that were locked for the one before do not apply to it.
    let version = lock().lines().find(|line| line.starts_with("version = \"")).unwrap().to_owned();
    put(&bench, "min-length", b"another version");
    bench.write("textmill.lock", lock().replace(&version, "version = \"0.0.1\""));
    let output = call(&bench, &["plugin", "lock"]);
    succeeded(&output);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("0.0.1 -> ") && told.contains("no longer locked for plan9-mips"), "{told}");
    assert!(!lock().contains("plan9"));
}

#[test]
fn a_lock_file_follows_its_pipelines() {
    let bench = workspace(&["min-length", "bad-plugin"]);
    let bad = "[[stage]]\nplugin = \"bad-plugin\"\n[stage.options]\ndefect = \"error-on-document\"\n";
    bench.write("config/one.toml", STAGE);
    bench.write("config/two.toml", bad);
    // The folder above has the plugins, so it gets the lock file.
    succeeded(&call(&bench, &["plugin", "lock", "config/one.toml"]));
    let names = || -> Vec<String> {
        let text = std::fs::read_to_string(bench.path("textmill.lock")).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("name = "));
        lines.map(|name| name.trim_matches('"').to_owned()).collect()
    };
    assert_eq!(names(), ["min-length"]);
    succeeded(&call(&bench, &["plugin", "lock", "config/two.toml"]));
    assert_eq!(names(), ["bad-plugin", "min-length"], "locking one pipeline leaves the other's plugins");
    std::fs::remove_file(bench.path("config/two.toml")).unwrap();
    let output = call(&bench, &["plugin", "lock"]);
    succeeded(&output);
    assert_eq!(names(), ["min-length"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("removed  bad-plugin") && told.contains("removed  config/two.toml"), "{told}");
    // A plugin that was locked by its name is kept.
    succeeded(&call(&bench, &["plugin", "lock", "--plugin", "bad-plugin"]));
    succeeded(&call(&bench, &["plugin", "lock", "config/one.toml"]));
    assert_eq!(names(), ["bad-plugin", "min-length"]);

    bench.write("elsewhere/three.toml", STAGE);
    bench.write("elsewhere/textmill.lock", "version = 1\n");
    let output = call(&bench, &["plugin", "lock", "config/one.toml", "elsewhere/three.toml"]);
    assert!(stderr(&output, bench.folder.path()).contains("the pipelines have different lock files"));
}

/// An interrupted run resumes under its lock, but not with another library.
#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_with_what_is_locked() {
    let bench = workspace(&["min-length"]);
    let texts: Vec<String> = (0..4000).map(|n| format!("document {n} of a long list")).collect();
    bench.documents(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    succeeded(&call(&bench, &["plugin", "lock", "pipeline.toml"]));
    let run = |more: &[&str]| {
        let small = ["--locked", "run", "pipeline.toml", "--set", "run.batch-bytes=8000"];
        textmill().current_dir(bench.folder.path()).args(small).args(more.iter().copied())
    };
    let stopped = run(&[]).with_largest_file(60).output();
    assert_eq!(stopped.status.code(), Some(1));
    let library = put(&bench, "min-length", b"x");
    let refused = run(&["--resume"]).output();
    assert!(
        stderr(&refused, bench.folder.path())
            .contains("plugin `min-length` is not the library that was locked")
    );
    std::fs::remove_file(library).unwrap();
    put(&bench, "min-length", b"");
    let resumed = run(&["--resume"]).output();
    succeeded(&resumed);
    assert!(stderr(&resumed, bench.folder.path()).contains("continuing an interrupted run"));
    assert_eq!(rows(&bench.read("documents.jsonl")).len(), texts.len());
}
