//! Stages in their own processes: what kills a plugin costs one document.

use crate::support::{Bench, CHAIN, rows, stderr, succeeded, textmill};
use std::fmt::Write as _;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

fn isolated(operator: &str, limits: &str) -> String {
    format!("[[stage]]\nplugin = \"poison\"\noperator = \"{operator}\"\nisolation = \"process\"\n{limits}\n")
}

/// Documents, one of which triggers something.
fn texts(word: &'static str) -> [&'static str; 6] {
    ["one", " two", word, "four", "five", "six"]
}

#[test]
fn what_kills_the_process_costs_the_guilty_document() {
    let mut shown = String::new();
    for (word, limits) in [
        ("SEGFAULT", ""),
        ("ABORT", ""),
        ("EXIT", ""),
        ("HANG", "time-limit = \"400ms\""),
        ("STORM", "memory-limit = \"192MiB\""),
        ("PANIC", ""),
        ("REPORT", ""),
    ] {
        // With the row that the plugin reported, and only by bisecting the batch.
        for operator in ["loud", "silent"] {
            if (word, operator) == ("REPORT", "silent") {
                continue;
            }
            let bench = Bench::new();
            bench.documents(&texts(word));
            succeeded(&bench.run(&isolated(operator, limits), &[]));
            assert_eq!(bench.ids("documents.jsonl"), ["d0", "d1", "d3", "d4", "d5"], "{word} {operator}");
            for row in rows(&bench.read("failed.jsonl")) {
                assert_eq!(row["id"], "d2");
                let note = row["note"].as_str().unwrap_or_default();
                let note = note.split(" at tests/").next().unwrap_or_default();
                let _ = writeln!(shown, "{word} in `{operator}`: {}: {note}", row["rule"]);
            }
        }
    }
    insta::assert_snapshot!(shown);
}

/// The output equals that of the same stage in the program's own process.
#[test]
fn an_isolated_stage_gives_the_same_bytes() {
    let chain = CHAIN.replace("[[stage]]\n", "[[stage]]\nisolation = \"process\"\n");
    let bench = Bench::new();
    let texts: Vec<String> = (0..40)
        .map(|n| format!("Title {n}\n\nThe bridge opened on {} May. \"It holds,\" said Ada Moor.\n", n % 7))
        .collect();
    bench.documents(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let run = |stages: &str, arguments: &[&str]| {
        succeeded(&bench.run(stages, arguments));
        bench.same()
    };
    let loaded = run(CHAIN, &[]);
    assert!(loaded == run(&chain, &[]));
    assert!(loaded == run(&chain, &["--set", "run.batch-documents=7", "--threads", "3"]));
}

/// A crash loses no count of the documents before it.
#[test]
fn an_aggregate_keeps_what_it_knew() {
    for batch in ["1", "2", "1000"] {
        let bench = Bench::new();
        bench.documents(&texts("SEGFAULT"));
        let set = format!("run.batch-documents={batch}");
        succeeded(&bench.run(&isolated("count", ""), &["--set", &set]));
        let summary: serde_json::Value = serde_json::from_str(&bench.read("summary.json")).unwrap();
        assert_eq!(summary["reports"]["poison"], 5, "batches of {batch}");
        assert_eq!(bench.ids("failed.jsonl"), ["d2"]);
    }
}

#[test]
fn a_plugin_that_dies_as_it_is_bound_is_an_error() {
    let bench = Bench::new();
    bench.documents(&["one"]);
    let stage = format!("{}[stage.options]\nat-binding = true\n", isolated("loud", ""));
    let output = bench.run(&stage, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!bench.path("out").exists());
    insta::assert_snapshot!(stderr(&output, bench.folder.path()));
}

/// Ten thousand documents, one of which crashes the plugin and one of which never returns.
#[test]
fn two_of_ten_thousand_fail() {
    let bench = Bench::new();
    let texts: Vec<String> = (0..10_000)
        .map(|n| match n {
            3_333 => "SEGFAULT".to_owned(),
            7_777 => "HANG".to_owned(),
            n => format!("document number {n}"),
        })
        .collect();
    bench.documents(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    succeeded(&bench.run(&isolated("loud", "time-limit = \"2s\""), &[]));
    assert_eq!(bench.ids("documents.jsonl").len(), 9_998);
    assert_eq!(bench.ids("failed.jsonl"), ["d3333", "d7777"]);
    let ledger: serde_json::Value = serde_json::from_str(&bench.read("summary.json")).unwrap();
    assert_eq!(ledger["documents"]["failed"], 2, "{ledger}");
}

/// Without isolation, a crash ends the run, and a resumed run continues with the finished work.
#[test]
fn without_isolation_a_crash_keeps_the_finished_work() {
    let bench = Bench::new();
    let filler = "word ".repeat(2_000);
    let mut texts: Vec<String> = (0..300).map(|n| format!("{n} {filler}")).collect();
    texts[290] = "SEGFAULT".into();
    bench.documents(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let stage = "[[stage]]\nplugin = \"poison\"\n";
    let small = ["--threads", "1", "--set", "run.batch-bytes=64KiB", "--set", "run.checkpoint-after=1ms"];
    let output = bench.run(stage, &small);
    assert!(!output.status.success() && output.status.code().is_none(), "a signal ends it");
    assert!(!bench.path("out").exists());
    // The finished documents are not read again.
    let output = bench.call(stage, &small).arg("--resume").output();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("continuing an interrupted run"), "{said}");
}

/// A minimal reproduction is replayed with its original limits, and is a case of the harness.
#[test]
fn a_minimal_reproduction_is_replayed() {
    let bench = Bench::new();
    bench.documents(&texts("a line\nand a SEGFAULT here\nand no end"));
    succeeded(&bench.run(&isolated("loud", ""), &[]));
    let folder = bench.path("out/repro");
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let output = textmill().args(["plugin", "repro"]).arg(file).output();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output, bench.folder.path()));
    let small = bench.path("small.txt");
    let output = textmill().args(["plugin", "repro"]).arg(file).arg("--shrink").arg(&small).output();
    assert_eq!(output.status.code(), Some(1));
    let text = std::fs::read_to_string(&small).unwrap();
    assert_eq!(text.lines().last(), Some("SEGFAULT"), "{text}");
    // The next run replaces this one, including `repro`.
    bench.documents(&["one"]);
    let mended = std::fs::read_to_string(file).unwrap().replace("SEGFAULT", "WALNUT");
    succeeded(&bench.run(&isolated("loud", ""), &[]));
    assert!(!folder.exists());
    let file = bench.write("mended.txt", mended);
    let output = textmill().args(["plugin", "repro"]).arg(&file).output();
    succeeded(&output);
    assert!(String::from_utf8_lossy(&output.stdout).contains("takes the document now"));
    let missing = |file: &std::path::Path, more: &[&str]| {
        let call = textmill().args(["plugin", "repro"]).arg(file).args(["--plugin", "nothing"]).args(more);
        let output = call.output();
        assert_eq!(output.status.code(), Some(1));
        stderr(&output, bench.folder.path())
    };
    let said = missing(&file, &[]);
    assert!(said.contains("so that the plugin is found beside it: `--pipeline pipeline.toml`"), "{said}");
    // In the folder of a run, the pipeline of that run is known.
    let said = missing(&bench.write("out/repro/mended.txt", std::fs::read(&file).unwrap()), &[]);
    assert!(
        said.contains(
            "hint: give the pipeline of the run, so that the plugin is found beside it: `--pipeline [folder]/"
        ),
        "{said}"
    );
    let said = missing(&file, &["--pipeline", "pipeline.toml"]);
    assert!(!said.contains("give the pipeline"), "{said}");
}

/// Starts a run with a document that never returns; also gives the ids of the processes that it has started.
#[cfg(target_os = "linux")]
fn hanging(bench: &Bench) -> (std::process::Child, Vec<String>) {
    bench.documents(&texts("HANG"));
    let child = bench.call(&isolated("loud", ""), &[]).spawn();
    let processes = || {
        let threads = std::fs::read_dir(format!("/proc/{}/task", child.id())).into_iter().flatten().flatten();
        let lists = threads.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    // Only the progress of the process would show that it hangs in the plugin. A short wait after its start
    // is enough here, since any moment will do.
    wait_for(|| !Vec::<String>::is_empty(&processes()));
    std::thread::sleep(Duration::from_millis(500));
    let found = processes();
    assert!(!found.is_empty());
    (child, found)
}

#[cfg(target_os = "linux")]
fn wait_for(mut there: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !there() {
        assert!(Instant::now() < until, "it never comes");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(target_os = "linux")]
fn signal(child: &std::process::Child, name: &str) {
    // Not to the whole group, as a terminal does: that would also reach this test.
    let kill = std::process::Command::new("kill").arg(name).arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_plugin_that_hangs_does_not_outlive_the_program() {
    let bench = Bench::new();
    let (mut child, processes) = hanging(&bench);
    signal(&child, "-KILL");
    child.wait().unwrap();
    let gone = |id: &String| {
        // A zombie has ended, and waits for its new parent to reap it.
        std::fs::read_to_string(format!("/proc/{id}/stat")).map_or(true, |stat| stat.contains(") Z "))
    };
    wait_for(|| processes.iter().all(gone));
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_does_not_wait_for_a_plugin_that_hangs() {
    let bench = Bench::new();
    let (child, _) = hanging(&bench);
    let started = Instant::now();
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(started.elapsed() < Duration::from_secs(10), "the time limit is a minute");
    assert!(!bench.path("out").exists());
}

/// What an earlier document has left behind in the process is not blamed on a later one.
#[test]
fn an_innocent_document_is_not_blamed() {
    for batch in ["1", "2", "1000"] {
        for operator in ["loud", "silent"] {
            let bench = Bench::new();
            bench.documents(&texts("LATER"));
            let set = format!("run.batch-documents={batch}");
            succeeded(&bench.run(&isolated(operator, ""), &["--set", &set, "--threads", "1"]));
            assert!(bench.ids("failed.jsonl").is_empty(), "{operator} in batches of {batch}");
            assert_eq!(bench.ids("documents.jsonl").len(), 6);
        }
    }
}

/// A process that the plugin has started neither delays the run nor outlives it.
#[test]
fn what_a_plugin_has_started_ends_with_it() {
    let bench = Bench::new();
    bench.documents(&texts("GRANDCHILD"));
    let started = Instant::now();
    succeeded(&bench.run(&isolated("loud", ""), &[]));
    assert!(started.elapsed() < Duration::from_secs(60), "it would sleep for ten minutes");
    assert_eq!(bench.ids("failed.jsonl"), ["d2"]);
    assert_eq!(rows(&bench.read("failed.jsonl"))[0]["rule"], "crash");
}

/// A panic moves the state into another worker; a crash there must not lose it.
#[test]
fn a_crash_after_a_panic_loses_no_count() {
    for batch in ["1", "3", "1000"] {
        let bench = Bench::new();
        bench.documents(&["one", "PANIC", "two", "PANIC", "SEGFAULT", "three", "SEGFAULT", "PANIC", "four"]);
        let set = format!("run.batch-documents={batch}");
        succeeded(&bench.run(&isolated("count", ""), &["--set", &set]));
        let summary: serde_json::Value = serde_json::from_str(&bench.read("summary.json")).unwrap();
        assert_eq!(summary["reports"]["poison"], 4, "batches of {batch}");
        assert_eq!(bench.ids("failed.jsonl"), ["d1", "d3", "d4", "d6", "d7"]);
    }
}

/// A link that others can redirect is refused, with isolation and without.
#[cfg(unix)]
#[test]
fn isolation_refuses_what_others_can_change() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let bench = Bench::new();
    bench.documents(&["one"]);
    let open = bench.path("open");
    std::fs::create_dir(&open).unwrap();
    let library = textmill::host::library_name("poison");
    symlink(crate::support::examples().join(&library), open.join(&library)).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let stage = format!("[[stage]]\nplugin = \"./open/{library}\"\n");
    for isolation in ["", "isolation = \"process\"\n"] {
        let output = bench.run(&format!("{stage}{isolation}"), &[]);
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output, bench.folder.path());
        assert!(said.contains("anybody can write to the folder [folder]/open of a link"), "{said}");
    }
}
