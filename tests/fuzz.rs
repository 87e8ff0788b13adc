//! The fuzz targets of `fuzz/` on what once found something, and on some inputs from a fixed seed.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use crate::support::workspace;

#[path = "../fuzz/src/arena.rs"]
mod arena;
#[path = "../fuzz/src/descriptor.rs"]
mod descriptor;
#[path = "../fuzz/src/import.rs"]
mod import;
#[path = "../fuzz/src/noise.rs"]
mod noise;
#[path = "../fuzz/src/plan.rs"]
mod plan;

/// Runs a target on its findings, then on bytes of a generator that is the same everywhere.
fn check(target: &str, run: fn(&[u8]), inputs: usize) {
    let folder = workspace().join("fuzz/findings").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    for path in paths {
        run(&std::fs::read(&path).unwrap());
    }
    noise::noise(inputs, 200, 400).for_each(|bytes| run(&bytes));
}

#[test]
fn what_plugins_answer_is_refused_or_taken_over_whole() {
    check("import", import::run, 3000);
}

#[test]
fn what_plugins_say_of_themselves_is_read_or_refused() {
    check("descriptor", descriptor::run, 1000);
}

#[test]
fn plans_are_bound_or_refused() {
    check("plan", plan::run, 1000);
}
