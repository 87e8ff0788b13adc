//! Interrupted runs: killed, stopped, out of disk space. What they finished is kept, and the final output is
//! that of an undisturbed run.

use crate::support::{Bench, CHAIN, stderr, succeeded};
use std::process::Output;
use std::time::{Duration, Instant};

/// Documents of several paragraphs, the same each time; every tenth repeats an earlier one.
fn corpus(bench: &Bench, documents: usize) {
    mixed_corpus(bench, documents, false);
}

/// The same. If `with_empty`, the first stage leaves no text of some documents, so that rejected documents
/// come from more than one segment.
fn mixed_corpus(bench: &Bench, documents: usize, with_empty: bool) {
    let mut state = 12345u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    const WORDS: [&str; 16] = [
        "harbour", "ferry", "the", "council", "said", "of", "bridge", "Monday", "a", "river", "and",
        "ticket", "in", "tide", "was", "captain",
    ];
    let mut texts: Vec<String> = Vec::new();
    for number in 0..documents {
        if with_empty && number % 50 == 30 {
            texts.push("\n \n".into());
            continue;
        }
        if number % 10 == 9 {
            texts.push(texts[random(number)].clone());
            continue;
        }
        let mut text = format!("Report {number} from the harbour\n\nShare on FacebookShare on X\n");
        for _ in 0..4 {
            let words: Vec<&str> = (0..60).map(|_| WORDS[random(WORDS.len())]).collect();
            text.push_str(&format!("\n{} in year {}.\n", words.join(" "), random(10_000)));
        }
        texts.push(text);
    }
    bench.documents(&texts.iter().map(String::as_str).collect::<Vec<_>>());
}

/// Small morsels, so that there are many; little memory, so that most of what waits is on disk.
const SMALL: [&str; 6] = ["--threads", "2", "--set", "run.batch-bytes=8000", "--memory", "4MiB"];
/// Checkpoints from the first morsel on.
const AT_ONCE: [&str; 2] = ["--set", "run.checkpoint-after=1ms"];

/// Resumes the run until it is finished.
fn go_on(bench: &Bench) -> Output {
    let resumed = bench.call(CHAIN, &[&SMALL[..], &["--resume"]].concat()).output();
    // Killed before anything was done, or after everything was.
    if stderr(&resumed, bench.folder.path()).contains("no interrupted run") {
        return bench.call(CHAIN, &SMALL).output();
    }
    resumed
}

#[test]
fn killed_at_any_moment_a_run_goes_on_to_the_same_bytes() {
    let mut resumed = 0;
    for with_empty in [false, true] {
        let bench = Bench::new();
        mixed_corpus(&bench, 400, with_empty);
        let started = Instant::now();
        succeeded(&bench.call(CHAIN, &["--threads", "1"]).output());
        let whole = started.elapsed();
        let expected = bench.same();
        for moment in 0..5u32 {
            std::fs::remove_dir_all(bench.path("out")).unwrap();
            // With checkpoints from the beginning, and with those that are held back at first.
            let more: &[&str] = if moment % 2 == 0 { &AT_ONCE } else { &[] };
            let mut child = bench.call(CHAIN, &[&SMALL[..], more].concat()).spawn();
            // Spread over the run, and never the same twice: the output does not depend on the clock.
            std::thread::sleep(whole * (moment + 1) / 6 + Duration::from_micros(u64::from(moment) * 1700));
            let _ = child.kill();
            let _ = child.wait();
            if bench.path(".out.partial/state/checkpoint.json").exists() {
                resumed += 1;
            }
            succeeded(&go_on(&bench));
            assert!(expected == bench.same(), "differs when killed at moment {moment}");
            assert!(!bench.path(".out.partial").exists());
        }
    }
    assert!(resumed > 0, "no kill hit the run");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_a_run_that_goes_on() {
    let bench = Bench::new();
    corpus(&bench, 200);
    succeeded(&bench.run(CHAIN, &[]));
    let expected = bench.same();
    std::fs::remove_dir_all(bench.path("out")).unwrap();
    let small_disk = |args: &[&str]| bench.call(CHAIN, args).with_largest_file(60).output();
    // A run that fails in its first seconds has nothing to resume; only these seconds are lost.
    let output = small_disk(&["--set", "run.batch-bytes=8000"]);
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output, bench.folder.path());
    assert!(told.contains("cannot write") && !told.contains("--resume"), "{told}");
    assert!(!bench.path("out").exists() && !bench.path(".out.partial").exists());
    let output = small_disk(&[&SMALL[..], &AT_ONCE].concat());
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output, bench.folder.path());
    assert!(told.contains("cannot write") && told.contains("--resume"), "{told}");
    assert!(!bench.path("out").exists(), "a part is never taken for the whole");

    // It is neither repeated silently, nor resumed with another pipeline or other input.
    let again = bench.run(CHAIN, &["--memory", "4MiB"]);
    assert!(stderr(&again, bench.folder.path()).contains("a run into this folder was interrupted"));
    let other = bench.run(CHAIN, &["--memory", "4MiB", "--resume", "--set", "dedupe.threshold=0.9"]);
    let told = stderr(&other, bench.folder.path());
    assert!(told.contains("`pipeline.stages.dedupe.options.threshold` was not set, and is 0.9"), "{told}");
    assert!(told.contains("hint: undo the change, or start over with `--restart`"), "{told}");
    let input = std::fs::read(bench.path("input.jsonl")).unwrap();
    let times = std::fs::metadata(bench.path("input.jsonl")).unwrap().modified().unwrap();
    bench.write("input.jsonl", [&input[..], b"\n{\"text\":\"more\"}\n"].concat());
    let other = bench.run(CHAIN, &["--memory", "4MiB", "--resume"]);
    let told = stderr(&other, bench.folder.path());
    assert!(told.contains("input.jsonl` was modified: at "), "{told}");
    assert!(told.contains("hint: start over with `--restart`"), "{told}");
    bench.write("input.jsonl", &input);
    let file = std::fs::File::options().write(true).open(bench.path("input.jsonl")).unwrap();
    file.set_modified(times).unwrap();

    let resumed = bench.call(CHAIN, &["--threads", "3", "--memory", "4MiB", "--resume"]).output();
    succeeded(&resumed);
    assert!(stderr(&resumed, bench.folder.path()).contains("continuing an interrupted run"));
    assert!(expected == bench.same());
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run_in_order() {
    let bench = Bench::new();
    corpus(&bench, 2000);
    let child = bench.call(CHAIN, &[&SMALL[..], &AT_ONCE].concat()).spawn();
    let checkpoint = bench.path(".out.partial/state/checkpoint.json");
    let waited = Instant::now();
    while !checkpoint.exists() && waited.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    let kill = std::process::Command::new("kill").arg("-INT").arg(child.id().to_string()).status();
    assert!(kill.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let told = stderr(&output, bench.folder.path());
    assert!(told.contains("the run was stopped") && told.contains("--resume"), "{told}");
    // After a restart, nothing of it is left.
    bench.documents(&["a document that is long enough to be kept by every stage of the chain"]);
    succeeded(&bench.run(CHAIN, &["--restart"]));
    assert_eq!(bench.ids("documents.jsonl"), ["d0"]);
    assert!(!bench.path(".out.partial").exists());
}

#[cfg(unix)]
#[test]
fn interrupted_in_its_first_seconds_a_run_goes_on_too() {
    let bench = Bench::new();
    corpus(&bench, 500);
    succeeded(&bench.run(CHAIN, &[]));
    let expected = bench.same();
    let large = ["--threads", "2", "--set", "run.batch-bytes=8000", "--set", "run.checkpoint-after=10m"];
    let mut stopped = 0;
    for moment in 0..4 {
        std::fs::remove_dir_all(bench.path("out")).unwrap();
        let child = bench.call(CHAIN, &large).spawn();
        let ids = bench.path(".out.partial/state/ids");
        let waited = Instant::now();
        while std::fs::metadata(&ids).map_or(0, |ids| ids.len()) == 0
            && waited.elapsed() < Duration::from_secs(60)
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(40 * moment));
        assert!(!bench.path(".out.partial/state/checkpoint.json").exists(), "nothing is held back");
        let _ = std::process::Command::new("kill").arg("-INT").arg(child.id().to_string()).status();
        let output = child.wait_with_output().unwrap();
        if output.status.code() == Some(130) {
            let told = stderr(&output, bench.folder.path());
            assert!(told.contains("the run was stopped"), "{told}");
            if told.contains("--resume") {
                stopped += 1;
                let resumed = bench.call(CHAIN, &[&large[..], &["--resume"]].concat()).output();
                succeeded(&resumed);
                let told = stderr(&resumed, bench.folder.path());
                assert!(told.contains("continuing an interrupted run"), "{told}");
            } else {
                // Stopped while its files were being made.
                succeeded(&bench.run(CHAIN, &[]));
            }
        }
        assert!(expected == bench.same(), "differs when stopped at moment {moment}");
    }
    assert!(stopped > 0, "no interrupt hit the run");
}

#[test]
fn what_could_not_be_put_in_its_place_is_put_there_on_going_on() {
    let bench = Bench::new();
    corpus(&bench, 60);
    let stage = "[[stage]]\nplugin = \"dedupe\"\n[stage.options]\nindex = \"known.parquet\"\n";
    succeeded(&bench.run(stage, &[]));
    let index = || std::fs::read(bench.path("known.parquet"));
    let expected = (bench.same(), index().unwrap());
    std::fs::remove_dir_all(bench.path("out")).unwrap();
    std::fs::remove_file(bench.path("known.parquet")).unwrap();
    // The index is written next to its final place first, and a folder is in the way there.
    std::fs::create_dir(bench.path("known.parquet.partial")).unwrap();
    let output = bench.run(stage, &AT_ONCE);
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output, bench.folder.path());
    assert!(told.contains("cannot write [folder]/known.parquet") && told.contains("--resume"), "{told}");
    assert!(!bench.path("out").exists() && index().is_err());
    std::fs::remove_dir(bench.path("known.parquet.partial")).unwrap();
    // Nothing is left to be read or processed.
    std::fs::remove_file(bench.path(".out.partial/state/checkpoint.json")).unwrap();
    succeeded(&bench.run(stage, &["--resume"]));
    assert!(expected == (bench.same(), index().unwrap()));
}
