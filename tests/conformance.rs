//! `textmill plugin check`: the shipped plugins pass every test, and every defect of the bad ones is found.

use crate::support::{Bench, Program, examples, hide, stderr, succeeded, textmill, workspace};
use serde_json::Value;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use textmill::host::library_name;

/// Time limit of a test in seconds, for a machine that is busy with other work.
const LIMIT: &str = "60";

fn check(plugin: &str) -> Program {
    within(LIMIT, plugin)
}

fn within(seconds: &str, plugin: &str) -> Program {
    textmill().args(["plugin", "check", plugin, "--json", "--time-limit", seconds, "--huge", "200kB"])
}

/// The verdicts in the output of `--json`.
fn verdicts(program: Program) -> Vec<Value> {
    let output = program.output();
    let json: Value = serde_json::from_slice(&output.stdout)
        .map_err(|e| format!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
        .expect("it prints JSON");
    let tests = json["tests"].as_array().unwrap().clone();
    let failed = tests.iter().filter(|test| test["verdict"] == "failed").count();
    assert_eq!(json["failed"], failed);
    assert_eq!(output.status.code(), Some(i32::from(failed > 0)));
    tests
}

/// The failed tests, each with its first finding.
fn failures(tests: &[Value]) -> Vec<(String, String)> {
    let failed = tests.iter().filter(|test| test["verdict"] == "failed");
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    failed.map(|test| (words(&test["test"]), words(&test["seen"][0]))).collect()
}

#[test]
fn the_plugins_that_ship_and_the_example_pass_everything() {
    for plugin in ["clean", "dedupe", "extract", "summarize-stats", "min-length"] {
        let tests = verdicts(check(plugin));
        assert_eq!(failures(&tests), [], "{plugin}");
        let skipped = tests.iter().filter(|test| test["verdict"] == "skipped").count();
        assert!(
            tests.len() >= 25 && skipped <= 2,
            "{plugin}: {skipped} of {} tests are skipped",
            tests.len()
        );
    }
}

/// The SDK, not only the host, enforces ranges that only the schema has.
#[test]
fn a_plugin_leaves_ranges_to_its_schema() {
    assert_eq!(failures(&verdicts(check("line-lengths"))), []);
}

/// Without a defect, the bad plugin is a good one, so every finding is due to a defect.
#[test]
fn without_a_defect_the_bad_plugin_passes() {
    for (operator, options) in [
        ("bad", r#"{"defect": "none"}"#),
        ("count", r#"{"defect": "panic-while-counting"}"#),
        ("twins", "{}"),
    ] {
        let tests = verdicts(check("bad-plugin").args(["--operator", operator, "--options", options]));
        assert_eq!(failures(&tests), [], "{operator}");
    }
}

/// The defects: operator, name, and the tests to run, the first of which must fail. `!` before the name: a
/// document must trigger the defect.
const DEFECTS: &[(&str, &str, &[&str])] = &[
    ("bad", "!error-on-document", &["documents-pass", "answers-valid"]),
    ("bad", "!error-on-batch", &["documents-pass", "answers-valid"]),
    ("bad", "!report-error", &["documents-pass", "answers-valid"]),
    ("bad", "!panic-on-document", &["panic-contained", "documents-pass"]),
    ("bad", "!panic-on-batch", &["panic-contained", "documents-pass"]),
    ("bad", "!segfault", &["panic-contained", "documents-pass"]),
    ("bad", "!abort", &["panic-contained", "threads"]),
    ("bad", "!exit", &["panic-contained", "documents-pass"]),
    ("bad", "!endless-loop", &["panic-contained"]),
    ("bad", "!allocation-storm", &["panic-contained"]),
    ("bad", "!wrong-column-type", &["answers-valid", "documents-pass"]),
    ("bad", "!wrong-length", &["answers-valid"]),
    ("bad", "!row-out-of-range", &["answers-valid"]),
    ("bad", "!rows-descend", &["answers-valid"]),
    ("bad", "!invalid-utf8", &["answers-valid"]),
    ("bad", "!drop-without-event", &["drop-has-reason", "answers-valid"]),
    ("bad", "!drop-and-keep", &["drop-has-reason", "answers-valid"]),
    ("bad", "!event-out-of-range", &["events-valid", "answers-valid"]),
    ("bad", "!event-without-rule", &["events-valid"]),
    ("bad", "!event-of-no-number", &["events-valid"]),
    ("bad", "!event-beyond-text", &["events-valid"]),
    ("bad", "!edit-without-change", &["edits-rebuild-text", "events-valid"]),
    ("bad", "undeclared-type", &["bind", "answers-valid"]),
    ("bad", "writes-carried", &["bind"]),
    ("bad", "fail-on-bind", &["bind", "options"]),
    ("bad", "panic-on-bind", &["options", "bind"]),
    ("bad", "binds-on-one-thread", &["bind", "threads"]),
    ("bad", "accepts-any-options", &["options", "bind"]),
    ("bad", "panics-on-options", &["options", "bind"]),
    ("bad", "refuses-without-status", &["options", "bind"]),
    ("bad", "panics-on-empty-batch", &["empty-batch", "all-null"]),
    ("bad", "ignores-offsets", &["sliced-offsets", "misaligned-buffers"]),
    ("bad", "wants-alignment", &["misaligned-buffers"]),
    ("bad", "wants-large-strings", &["string-layouts", "all-null"]),
    ("bad", "aborts-on-nulls", &["all-null", "string-layouts"]),
    ("bad", "reads-behind-nulls", &["all-null"]),
    ("bad", "slices-bytes", &["odd-unicode", "panic-contained"]),
    ("bad", "recurses", &["tiny-and-huge", "odd-unicode"]),
    ("bad", "never-releases", &["release-once", "answers-valid"]),
    ("bad", "borrows-input", &["release-once"]),
    ("bad", "forgets-to-mark", &["release-once"]),
    ("bad", "counts-across-batches", &["partition-invariance", "determinism"]),
    ("bad", "shares-state", &["threads", "partition-invariance"]),
    ("bad", "writes-address", &["determinism"]),
    ("bad", "writes-time", &["determinism"]),
    ("bad", "writes-hash-order", &["determinism"]),
    ("bad", "writes-environment", &["determinism"]),
    ("bad", "ignores-stop", &["cancellation"]),
    ("bad", "hoards", &["memory"]),
    ("bad", "leaks-stages", &["memory", "release-once"]),
    ("count", "!panic-while-counting", &["panic-contained", "documents-pass"]),
    ("count", "reads-undeclared", &["documents-pass", "answers-valid"]),
    ("count", "keeps-first", &["merge-invariance", "partition-invariance"]),
    ("count", "mean-of-means", &["merge-invariance", "partition-invariance"]),
    ("count", "adds-floats", &["merge-invariance", "partition-invariance"]),
    ("count", "panic-while-merging", &["partition-invariance", "empty-batch"]),
    ("count", "no-report", &["empty-batch", "documents-pass"]),
    ("twins", "numbers-documents", &["partition-invariance", "merge-invariance"]),
    ("twins", "!panic-while-emitting", &["panic-contained", "documents-pass"]),
];

#[test]
fn every_defect_is_named() {
    let next = AtomicUsize::new(0);
    let found: Vec<Mutex<String>> = DEFECTS.iter().map(|_| Mutex::new(String::new())).collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(at) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&at| at < DEFECTS.len())
                {
                    *found[at].lock().unwrap() = defect(DEFECTS[at]);
                }
            });
        }
    });
    let shown: String = found.iter().map(|found| found.lock().unwrap().clone()).collect();
    let passes = |(operator, name, run): &&(&str, &str, &[&str])| {
        !shown.contains(&format!("{operator} {}: FAILED {}: ", name.trim_start_matches('!'), run[0]))
    };
    let passing: Vec<_> = DEFECTS.iter().filter(passes).collect();
    assert!(passing.is_empty(), "not found: {passing:?}\n{shown}");
    insta::assert_snapshot!(shown);
}

/// The findings about a defect, one line for each test that was run.
fn defect((operator, name, run): (&str, &str, &[&str])) -> String {
    let bare = name.trim_start_matches('!');
    // A short limit for what never ends.
    let limit = if bare == "endless-loop" { "2" } else { LIMIT };
    let mut program = within(limit, "bad-plugin").args(["--operator", operator, "--memory", "3GiB"]);
    program = program.args(["--options", &format!("{{\"defect\": \"{bare}\"}}")]);
    if name.starts_with('!') {
        program = program.args(["--input", "tests/programs/boom.txt"]);
    }
    for test in run {
        program = program.args(["--only", test]);
    }
    let tests = verdicts(program);
    let failed = failures(&tests);
    let mut shown = String::new();
    for test in run {
        let verdict = tests.iter().find(|t| t["test"] == *test).expect("the test was run");
        let word = match verdict["verdict"].as_str() {
            Some("failed") => "FAILED",
            Some("skipped") => "skipped",
            _ => "ok",
        };
        let seen = failed.iter().find(|(failed, _)| failed == test).map(|(_, seen)| seen.as_str());
        let seen = seen.or(verdict["why"].as_str()).unwrap_or_default();
        // What a nondeterministic plugin writes differs every time.
        let seen = if *test == "determinism" { seen.split('`').next().unwrap_or_default() } else { seen };
        let _ = writeln!(shown, "{operator} {bare}: {word} {test}: {}", tidy(seen));
    }
    shown
}

/// Masks what differs between machines: figures with a unit, line numbers, the last words of a process.
fn tidy(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    let text = match text.split_once(".rs:") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            format!("{before}.rs:[line]{rest}")
        }
        None => text.to_owned(),
    };
    let text = match text.split_once("; its last words: ") {
        Some((before, _)) => format!("{before}; its last words: […]"),
        None => text,
    };
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let word = words[at].clone();
        let unit = word.trim_end_matches([',', ')', ';', '.']);
        let kind = match unit {
            "s" | "ms" => "[time]",
            "B" | "kB" | "MB" | "GB" => "[bytes]",
            "rounds" | "documents" => unit,
            _ => continue,
        };
        if words[at - 1].parse::<f64>().is_ok() {
            words[at - 1] = "[n]".to_owned();
            words[at] = format!("{kind}{}", &word[unit.len()..]);
        }
    }
    hide(&words.join(" "), &examples())
}

/// Libraries that are not plugins, or plugins with a broken table or descriptor.
#[test]
fn every_bad_library_is_named() {
    let bench = Bench::new();
    let text = bench.write(&library_name("text"), "this is not a library");
    let mut libraries: Vec<(String, Program)> = Vec::new();
    let path = |name: &str| examples().join(library_name(name)).display().to_string();
    for name in ["bad-version", "bad-symbol", "bad-exports", "bad-descriptor"] {
        libraries.push((name.to_owned(), check(&path(name))));
    }
    libraries.push(("text".into(), check(&text.display().to_string())));
    for table in [
        "no-table",
        "panics",
        "no-function",
        "short",
        "other-version",
        "no-descriptor",
        "no-operators",
        "abort",
        "hang",
        "as-it-is",
    ] {
        let program = within("2", &path("bad-table")).env("TEXTMILL_BAD_TABLE", table);
        libraries.push((format!("bad-table, {table}"), program));
    }
    let mut shown = String::new();
    for (name, program) in libraries {
        let program =
            program.args(["--only", "symbol", "--only", "exports", "--only", "descriptor", "--only", "bind"]);
        let tests = verdicts(program);
        assert!(!failures(&tests).is_empty(), "{name} passes");
        for test in tests {
            let seen: Vec<&str> =
                test["seen"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let word = test["verdict"].as_str().unwrap_or_default();
            for seen in seen {
                // The messages of the system's loader differ between systems.
                let seen = seen.split_once("not a library: ").map_or(seen, |(before, _)| before);
                let _ = writeln!(
                    shown,
                    "{name}: {word} {}: {}",
                    test["test"].as_str().unwrap_or_default(),
                    tidy(seen)
                );
            }
        }
    }
    insta::assert_snapshot!(hide(&shown, bench.folder.path()));
}

/// The table, the failures under it, and the command that runs one again.
#[test]
fn a_failure_is_shown_with_the_command_that_repeats_it() {
    let options = r#"{"defect": "edit-without-change"}"#;
    let arguments = ["plugin", "check", "bad-plugin", "--operator", "bad", "--options", options];
    let input = ["--input", "tests/programs/boom.txt"];
    let tests = ["symbol", "edits-rebuild-text", "events-valid", "drop-has-reason", "merge-invariance"];
    let only = tests.iter().flat_map(|test| ["--only", test]);
    let output = textmill().args(arguments).args(input).args(only).output();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let repeat =
        text.lines().find_map(|line| line.trim().strip_prefix("run it again: textmill ")).unwrap().to_owned();
    // The width of the table depends on the times in it.
    let lines = text.lines().map(|line| match line.split('┆').collect::<Vec<_>>().as_slice() {
        [test, operator, verdict, _, seen] => format!("{test}┆{operator}┆{verdict}┆ [time] ┆{seen}"),
        _ if line.starts_with(['┌', '╞', '└']) => "───".to_owned(),
        _ => line.to_owned(),
    });
    let shown = hide(&lines.collect::<Vec<_>>().join("\n"), &examples());
    insta::assert_snapshot!(format!("{shown}\n{}", stderr(&output, &examples())));

    // The command is for a shell; its only quotes are those around the options.
    let words = repeat.split('\'').enumerate().flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    let again = textmill().args(words).output();
    assert_eq!(again.status.code(), Some(1));
    let text = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(text.contains("document `boom`: its edits do not turn the text"), "{text}");
    assert!(text.contains("0 ok, 1 failed, 0 skipped"), "{text}");
}

/// A reason that is too long for the table is shown in full below it, once.
#[test]
fn why_a_test_is_skipped_is_told_whole() {
    let arguments =
        ["plugin", "check", "bad-plugin", "--operator", "count", "--only", "options", "--only", "bind"];
    let output = textmill().args(arguments).args(["--options", r#"{"defect": "keps-first"}"#]).output();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let whole = "\nskipped options\n  it does not bind with the options given: `defect` cannot be `keps-first`; it is one of \
                 `panic-while-counting`, ";
    assert!(text.contains(whole), "{text}");
    assert_eq!(text.matches("; pass others with --options").count(), 1, "{text}");
}

#[test]
fn wrong_calls_say_what_is_wrong() {
    let mut shown = String::new();
    let calls: [&[&str]; 8] = [
        &["bad-plugin", "--only", "edits-rebuild-texts"],
        &["bad-plugin", "--operator", "cuont"],
        &["dedupe", "--operator", "band"],
        &["dedup"],
        &["bad-plugin", "--options", "{\"defect\": }"],
        &["bad-plugin", "--options", "missing.json"],
        &["bad-plugin", "--input", "missing.txt"],
        &["bad-plugin", "--memory", "much"],
    ];
    for call in calls {
        let output = textmill().args(["plugin", "check"]).args(call).output();
        assert_eq!(output.status.code(), Some(1), "{call:?}");
        let text = stderr(&output, &workspace());
        let lines = text.lines().filter(|line| !line.starts_with("  [") && !line.starts_with("  /"));
        let _ = writeln!(shown, "$ {}\n{}", call.join(" "), lines.collect::<Vec<_>>().join("\n"));
    }
    let output = textmill().args(["plugin", "check", "--list"]).output();
    succeeded(&output);
    let _ = write!(shown, "\n{}", String::from_utf8_lossy(&output.stdout));
    insta::assert_snapshot!(shown);
}
