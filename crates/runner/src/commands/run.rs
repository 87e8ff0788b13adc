//! `textmill run`.

use super::examine::{Examined, Looks, examine};
use super::failed::Failed;
use super::interrupted::interrupted;
use super::place::{local_folder, publish_folder};
use super::print;
use crate::cli::RunArgs;
use crate::config::{Draft, LockPolicy};
use crate::engine::{Engine, Finished, Idle, Prepared, Settings, Shares, hand_over_saved};
use crate::failure::Failure;
use crate::input::SourceFile;
use crate::interrupt::stop_on_interrupt;
use crate::isolate::REPROS;
use crate::journal::{Checkpoint, Checkpoints};
use crate::output::{
    Budgets, Staged, Staging, Timings, complete, is_run_folder, run_json, summary_json, totals,
};
use crate::progress::Progress;
use crate::remote::is_address;
use crate::spill::{Budget, SpillStore};
use crate::table;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Instant;
use textmill_plugin::error::{Error, ErrorKind};

/// Runs a pipeline.
///
/// # Errors
/// Returns the message for the user.
pub fn run(args: &RunArgs, quiet: bool, verbose: bool, locked: bool) -> Result<(), Failure> {
    let draft = read(args)?;
    let lock_policy = LockPolicy::of(Some(&args.pipeline), locked)?;
    let looks = if args.dry_run { Looks::DRY_RUN } else { Looks::RUN };
    let examined = examine(draft, looks, &lock_policy)?;
    if !quiet {
        examined.warn();
    }
    let Examined { mut prepared, files, mut skipped, .. } = examined;
    let target = prepared.pipeline.output.folder.clone();
    let run = &prepared.pipeline.run;
    let threads = run.threads.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let settings = Settings {
        threads,
        shares: Shares::of(run, threads, prepared.pipeline.input.max_document_bytes),
        limit: args.limit,
        strict: args.strict,
        profile: args.profile,
    };
    // A document that is too large for the memory counts as too large, too.
    let asked = std::mem::replace(&mut prepared.pipeline.input.max_document_bytes, settings.shares.document);
    prepared.pipeline.input.is_memory_short = settings.shares.document < asked;
    if args.dry_run {
        return super::dry_run::dry_run(&prepared, &files, skipped, settings);
    }
    let target = target.ok_or_else(|| {
        let hint = "give `--output DIR`, or write `folder = \"…\"` under `[output]`";
        Failure::new("the pipeline names no output folder").hint(hint)
    })?;
    let local = if is_address(&target) { local_folder(&prepared, &target) } else { target.clone() };
    let names = prepared.stages.iter().map(|stage| stage.name.clone()).collect();
    let progress = Progress::new(files.iter().map(|f| f.bytes).sum(), names, quiet, verbose);
    stop_on_interrupt(progress.stop_switch(), |text| progress.line(text));
    if prepared.pipeline.input.is_memory_short {
        let most = table::bytes(settings.shares.document as u64);
        progress.line(&format!("documents above {most} fail: a document may use an eighth of the memory"));
    }
    // Hidden files are always passed over and need no mention.
    skipped.hidden = 0;
    if !skipped.is_empty() {
        progress.line(&format!("skipped: {skipped}"));
    }
    if args.resume && is_address(&target) && is_run_folder(&local) {
        // Only the upload is left to do.
        return hand_over(&local, &target, "", quiet);
    }
    let mut staging = Staging::open(&local, prepared.pipeline.run.temp_dir.as_deref())?;
    if args.resume && staging.is_whole() {
        // All that is left is to move the folder, and the files that the run saves, to their places.
        hand_over_saved(&prepared, &staging)?;
        return hand_over(&staging.finish()?, &target, "", quiet);
    }
    prepared.repros.into_folder(staging.folder());
    let checkpoint = interrupted(&mut staging, &prepared, &files, &settings, args, &progress)?;
    let work = Work { prepared: &prepared, files: &files, settings, progress: &progress, args };
    match work.run(&staging, checkpoint) {
        Ok(shown) => hand_over(&staging.finish()?, &target, &format!("{shown}\n"), quiet),
        Err(error) => {
            progress.finish();
            Err(ended_early(&mut staging, error))
        }
    }
}

/// Hands over a complete run folder: uploads it if the target is in a store, and lists its contents after
/// `shown`.
///
/// # Errors
/// If that fails, or if every document failed: a user who asks for errors only must still learn that.
fn hand_over(folder: &Path, target: &Path, shown: &str, quiet: bool) -> Result<(), Failure> {
    let listing = listing(folder, target);
    let failed = Failed::of(folder);
    if is_address(target) {
        publish_folder(folder, target)?;
    }
    let failure = failed.as_ref().and_then(|failed| failed.failure(target));
    if !quiet {
        let line = failed.filter(|_| failure.is_none()).map(|failed| failed.shown() + "\n");
        print(&format!("{shown}{}{listing}", line.unwrap_or_default()))?;
    }
    failure.map_or(Ok(()), Err)
}

/// Reads the pipeline and applies the command line to it.
fn read(args: &RunArgs) -> Result<Draft, Failure> {
    let mut sets = args.set.clone();
    sets.extend(args.memory.as_ref().map(|memory| format!("run.memory={memory}")));
    let mut draft = Draft::read(&args.pipeline, &sets)?;
    let pipeline = &mut draft.pipeline;
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
    Ok(draft)
}

/// A run in progress.
struct Work<'a> {
    prepared: &'a Prepared,
    files: &'a [SourceFile],
    settings: Settings,
    progress: &'a Progress,
    args: &'a RunArgs,
}

impl Work<'_> {
    /// Runs to the end and returns the tables to show.
    fn run(&self, staging: &Staging, checkpoint: Option<Checkpoint>) -> Result<String, Error> {
        let Self { prepared, files, settings, progress, .. } = *self;
        let started = Instant::now();
        let resumed = checkpoint.is_some();
        let budgets = Budgets {
            documents: Budget::new(settings.shares.documents),
            rows: Budget::new(settings.shares.rows),
            deferring: Arc::default(),
        };
        let store = SpillStore::new(staging.state().to_owned(), Arc::clone(&budgets.rows));
        let idle = Idle::default();
        let left_out = AtomicBool::new(false);
        let mut staged = Staged::open(staging, prepared, budgets.clone(), checkpoint)?;
        let engine = Engine {
            prepared,
            files,
            settings,
            progress,
            idle: &idle,
            budgets: budgets.clone(),
            store: &store,
            staging,
            left_out: &left_out,
        };
        let counts = engine.run(&mut staged);
        if counts.as_ref().is_err_and(can_resume) {
            // Sync what has been written as far as possible: the user may turn the machine off.
            let _ = staged.sync_last();
        }
        let counts = counts?;
        progress.completing();
        let stop = progress.stop_flag();
        let (written, reports) =
            complete(staging, prepared, &mut staged, settings.shares.finishing, stop, |s| engine.reports(s))?;
        let finished = Finished { counts, reports };
        progress.finish();
        let totals = totals(&finished.counts, written);
        if !totals.balance() {
            let message = format!(
                "documents are missing: {} read, {} written, {} rejected, {} failed; \
                 this is a bug in textmill; please report it",
                totals.read, totals.written, totals.rejected, totals.failed
            );
            return Err(Error::new(ErrorKind::Fatal, message));
        }
        let timings = Timings {
            elapsed: started.elapsed(),
            resumed,
            reading: progress.reading_nanos(),
            taking: idle.taking.load(Ordering::Relaxed),
            waiting: idle.room.load(Ordering::Relaxed),
            committing: idle.committing.load(Ordering::Relaxed),
            spilled: budgets.documents.spilled() + budgets.rows.spilled(),
        };
        write_json(&staging.file("summary.json"), &summary_json(prepared, &finished, totals))?;
        let run =
            run_json(prepared, files, &settings, &finished.counts, totals, &timings, &progress.metrics());
        write_json(&staging.file("run.json"), &run)?;
        hand_over_saved(prepared, staging)?;
        let mut shown = table::stages(prepared, &finished.counts, totals);
        if let Some(limit) = settings.limit.filter(|limit| totals.read >= *limit) {
            let rest = if left_out.into_inner() { "has more documents" } else { "has no more documents" };
            shown.push_str(&format!(
                "\nended at the limit of {}: the input {rest}",
                table::count(limit as usize, "document")
            ));
        }
        // Not under a limit: records that were read after it would be counted.
        if staged.checkpoint().skipped > 0 && settings.limit.is_none() {
            let records = match staged.checkpoint().skipped {
                1 => "1 record of the input is not a document and was skipped".to_owned(),
                many => format!("{many} records of the input are not documents and were skipped"),
            };
            shown.push_str(&format!("\n{records}"));
        }
        if self.args.profile {
            shown.push_str(&format!(
                "\n{}",
                table::profile(prepared, &finished.counts, &timings, settings.threads)
            ));
        }
        Ok(shown)
    }
}

/// Whether a run that ended with this error can be resumed.
fn can_resume(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Cancelled | ErrorKind::Storage)
}

/// The message about a run that did not finish. Keeps what can be resumed.
fn ended_early(staging: &mut Staging, error: Error) -> Failure {
    let done = Checkpoints::new(staging.state()).find().ok().flatten();
    let Some(done) = done.filter(|done| can_resume(&error) && done.ordinal > 0) else {
        return match error.kind {
            ErrorKind::Cancelled => {
                Failure::Stopped { message: "the run was stopped; nothing was kept".into(), hint: None }
            }
            _ => error.into(),
        };
    };
    staging.keep(true);
    let hint = "the same command with `--resume` continues from there";
    match error.kind {
        ErrorKind::Cancelled => {
            let message = format!("the run was stopped; {}", table::were_read(done.ordinal));
            Failure::Stopped { message, hint: Some(hint.into()) }
        }
        _ => Failure::new(format!("{}; {}", error.message, table::were_read(done.ordinal)))
            .hint(format!("free some space or fix the problem; {hint}")),
    }
}

/// Writes a JSON file, formatted for people.
pub(super) fn write_json(path: &Path, value: &Value) -> Result<(), Error> {
    std::fs::write(path, format!("{value:#}\n")).map_err(|e| crate::journal::storage("write", path, &e))
}

const FILES: [(&str, &str); 5] = [
    ("rejected.jsonl", "documents that a stage dropped, and why"),
    ("failed.jsonl", "documents that could not be processed, and why"),
    ("ledger.parquet", "every decision and every edit"),
    ("summary.json", "counts and reports"),
    ("run.json", "how this run was made"),
];

/// Whether a file of a run folder is a table that a stage published.
fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_own = name.starts_with("documents") || FILES.iter().any(|(file, _)| *file == name);
    name.ends_with(".parquet") && !is_own
}

/// The files of a run folder, listed with the paths that the user asked for.
fn listing(folder: &Path, shown: &Path) -> String {
    let size = |path: &Path| table::bytes(path.metadata().map_or(0, |m| m.len()));
    let line = |path: &Path, what: &str| {
        let name = path.file_name().unwrap_or_default();
        format!("{}  {}, {what}", shown.join(name).display(), size(path))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut documents: Vec<_> = entries.map(|entry| entry.path()).collect();
    documents.retain(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("documents")));
    documents.sort();
    let mut lines: Vec<String> =
        documents.iter().take(3).map(|path| line(path, "documents that passed")).collect();
    if documents.len() > 3 {
        lines.push(format!("… and {} more parts", documents.len() - 3));
    }
    let mut tables: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    tables.retain(|path| is_table(path));
    tables.sort();
    lines.extend(tables.iter().map(|path| line(path, "a table of a stage")));
    lines.extend(FILES.iter().map(|(file, what)| line(&folder.join(file), what)));
    let repros = std::fs::read_dir(folder.join(REPROS)).into_iter().flatten().flatten().count();
    if repros > 0 {
        let place = shown.join(REPROS);
        lines.push(format!("{}  {repros}, documents that crashed a plugin's process", place.display()));
    }
    lines.join("\n")
}
