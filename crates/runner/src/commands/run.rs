//! `textmill run`.

use super::print;
use crate::cli::RunArgs;
use crate::config::{Pipeline, Problem};
use crate::engine::{Engine, prepare};
use crate::failure::Failure;
use crate::input::{Batches, SourceFile, expand};
use crate::output::{FolderSink, Staging, Timings, check_target, run_json, summary_json, totals};
use crate::progress::Progress;
use crate::table;
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread::available_parallelism;
use std::time::Instant;
use textmill_plugin::error::ErrorKind;

/// Runs a pipeline.
///
/// # Errors
/// What the user is to be told.
pub fn run(args: &RunArgs, quiet: bool, verbose: bool) -> Result<(), Failure> {
    let mut pipeline = Pipeline::read(&args.pipeline, &args.set)?;
    if !args.input.is_empty() {
        pipeline.input.paths = args.input.iter().map(|path| (path.clone(), None)).collect();
    }
    if let Some(folder) = &args.output {
        pipeline.output.folder = Some(folder.clone());
        pipeline.output.place = None;
    }
    if let Some(threads) = args.threads {
        pipeline.run.threads = Some(threads.into());
    }
    let target = pipeline.output.folder.clone().ok_or_else(|| {
        let hint = "give `--output DIR`, or write `folder = \"…\"` under `[output]`";
        Failure::new("the pipeline names no output folder").hint(hint)
    })?;
    let (files, passed_over) = input_files(&pipeline)?;
    if let Err(error) = check_target(&target) {
        return Err(match &pipeline.output.place {
            Some(place) => {
                let problem = Problem::at(place, error.message).maybe_hint(error.hint);
                pipeline.problems(vec![problem]).into()
            }
            None => error.into(),
        });
    }
    let prepared = prepare(pipeline)?;
    let threads =
        prepared.pipeline.run.threads.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let progress = Progress::new(files.iter().map(|f| f.bytes).sum(), quiet, verbose);
    stop_on_interrupt(&progress);
    if passed_over > 0 {
        let files = if passed_over == 1 { "file of another kind is" } else { "files of other kinds are" };
        progress.line(&format!("{passed_over} {files} passed over"));
    }

    let staging = Staging::create(&target)?;
    let mut sink = FolderSink::create(&staging, prepared.stages.iter().map(|s| s.name.clone()).collect())?;
    let started = Instant::now();
    let pipeline = &prepared.pipeline;
    let batches = Batches::new(&files, &pipeline.input, &pipeline.run, args.limit, progress.read_counter());
    let engine = Engine { prepared: &prepared, threads, progress: &progress };
    let finished = engine.run(batches, &mut sink);
    progress.finish();
    let finished = finished.map_err(|error| match error.kind {
        ErrorKind::Cancelled => Failure::new("the run was stopped; nothing was kept of it"),
        _ => error.into(),
    })?;
    let written = sink.finish()?;
    let totals = totals(&finished.counts, written);
    if !totals.balance() {
        let message = format!(
            "documents are missing: {} read, {} written, {} rejected, {} failed; nothing was kept of this run",
            totals.read, totals.written, totals.rejected, totals.failed
        );
        return Err(Failure::new(message).hint("this is a fault of textmill; please report it"));
    }
    let timings = Timings { elapsed: started.elapsed(), threads };
    write_json(&staging, "summary.json", &summary_json(&prepared, &finished, totals))?;
    let run = run_json(&prepared, &files, &finished.counts, totals, timings, &progress.metrics());
    write_json(&staging, "run.json", &run)?;
    let folder = staging.finish()?;
    if quiet {
        return Ok(());
    }
    print(&format!("{}\n{}", table::stages(&prepared, &finished.counts, totals), listing(&folder)))
}

/// The first Ctrl-C ends the run in order, the second at once.
fn stop_on_interrupt(progress: &Progress) {
    let stop = progress.stop_switch();
    let handler = move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        progress.line(&format!("cannot listen for an interrupt: {error}"));
    }
}

fn input_files(pipeline: &Pipeline) -> Result<(Vec<SourceFile>, usize), Failure> {
    if pipeline.input.paths.is_empty() {
        let hint = "give `--input PATH`, or write `paths = [\"…\"]` under `[input]`";
        return Err(Failure::new("the pipeline names no input").hint(hint));
    }
    let (mut files, mut passed_over) = (Vec::new(), 0);
    let mut problems = Vec::new();
    for (path, place) in &pipeline.input.paths {
        match (expand(path), place) {
            (Ok((found, others)), _) => {
                files.extend(found);
                passed_over += others;
            }
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some(place)) => {
                problems.push(Problem::at(place, error.to_string()).maybe_hint(error.hint));
            }
        }
    }
    if problems.is_empty() { Ok((files, passed_over)) } else { Err(pipeline.problems(problems).into()) }
}

fn write_json(staging: &Staging, name: &str, value: &Value) -> Result<(), Failure> {
    let path = staging.file(name);
    std::fs::write(&path, format!("{value:#}\n"))
        .map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))
}

const FILES: [(&str, &str); 6] = [
    ("documents.jsonl", "what came through"),
    ("rejected.jsonl", "what a stage dropped, and why"),
    ("failed.jsonl", "what could not be processed, and why"),
    ("ledger.parquet", "every decision and every edit"),
    ("summary.json", "counts and reports"),
    ("run.json", "how this run was made"),
];

fn listing(folder: &Path) -> String {
    let line = |(file, what): &(&str, &str)| {
        let path = folder.join(file);
        let size = path.metadata().map_or(0, |m| m.len());
        format!("{}  {}, {what}", path.display(), table::bytes(size))
    };
    FILES.iter().map(line).collect::<Vec<_>>().join("\n")
}
