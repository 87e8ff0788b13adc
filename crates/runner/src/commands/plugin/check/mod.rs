//! `textmill plugin check`: chooses which tests to run on which operators, and runs them in parallel. The
//! tests themselves are in `conformance`, the display of verdicts in `show`.

mod show;

use super::{find, print};
use crate::cli::PluginCheckArgs;
use crate::config::{LockPolicy, bytes_of, suggest};
use crate::conformance::{self, Finished, OPENS, PluginLine, Request, Run, TESTS, Test, Verdict};
use crate::failure::Failure;
use crate::host::{Discovery, Expected};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A test of an operator, or of the library as a whole.
struct Job {
    test: &'static Test,
    operator: Option<String>,
}

/// The result of a job.
struct Row {
    test: &'static str,
    operator: Option<String>,
    verdict: Verdict,
    elapsed: Duration,
    /// The command that runs the test again.
    command: String,
}

/// Everything that is shown.
struct Report {
    library: PathBuf,
    plugin: Option<PluginLine>,
    seed: u64,
    rows: Vec<Row>,
}

/// Tests a plugin.
///
/// # Errors
/// If the command line is wrong, or if a test failed.
pub(super) fn check(args: &PluginCheckArgs, locked: bool) -> Result<(), Failure> {
    if args.list {
        return print(&show::list());
    }
    let name = args.name.as_deref().unwrap_or_default();
    let wanted = wanted(&args.only)?;
    let pipeline = args.pipeline.as_deref();
    let found = find(&Discovery::new(pipeline), name)?;
    let expected = LockPolicy::of(pipeline, locked)?.expected(&found.name)?;
    if let Some(expected) = &expected {
        expected.verify(&found.path)?;
    }
    let library = found.path;
    // Hash the library even if it is not locked: no test may run a library that has replaced it meanwhile.
    let expected = expected.or_else(|| Expected::of(&found.name, &library).ok());
    let request = Request {
        library: library.clone(),
        expected,
        test: OPENS.to_owned(),
        operator: None,
        options: args.options.as_deref().map(options).transpose()?,
        input: args.input.as_deref().map(input).transpose()?,
        seed: args.seed,
        limit_seconds: args.time_limit,
        huge_bytes: size("--huge", &args.huge)?,
        memory_bytes: if args.memory.trim() == "0" { 0 } else { size("--memory", &args.memory)? },
        notes: PathBuf::new(),
    };
    // Open the library in a separate process first, to learn which operators it has.
    let opened = conformance::run(&request, &[]).map_err(Failure::new)?;
    let plugin = opened.plugin.clone();
    let opens = matches!(opened.verdict, Verdict::Ok { .. });
    let jobs = jobs(args, &wanted, plugin.as_ref())?;
    let mut finished = run_all(&jobs, &request, opened)?;
    let rows = jobs.iter().map(|job| {
        let command = show::command(args, &library, job.test.id, job.operator.as_deref());
        let Finished { verdict, elapsed, .. } = finished.next().unwrap_or_else(|| Finished {
            verdict: Verdict::failed("it was not run"),
            plugin: None,
            answers: None,
            elapsed: Duration::ZERO,
        });
        let verdict = match verdict {
            // One line says that the library cannot be opened; the other tests need not repeat it.
            Verdict::Failed { .. } if !opens && !stands_alone(job.test) => {
                Verdict::skipped(format!("see `{OPENS}`"))
            }
            verdict => verdict,
        };
        Row { test: job.test.id, operator: job.operator.clone(), verdict, elapsed, command }
    });
    let rows: Vec<Row> = rows.collect();
    let report = Report { library, plugin, seed: args.seed, rows };
    print(&if args.json { show::json(&report) } else { show::text(&report) })?;
    let failed = report.rows.iter().filter(|row| matches!(row.verdict, Verdict::Failed { .. })).count();
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new(format!("1 of {} tests failed", report.rows.len()))),
        n => Err(Failure::new(format!("{n} of {} tests failed", report.rows.len()))),
    }
}

/// Whether a test can say anything about a library that cannot be opened.
fn stands_alone(test: &Test) -> bool {
    test.id == OPENS || matches!(test.run, Run::File(_))
}

/// The requested tests, in the order of the list.
fn wanted(only: &[String]) -> Result<Vec<&'static Test>, Failure> {
    if let Some(wrong) = only.iter().find(|id| conformance::find(id).is_none()) {
        let hint = suggest(wrong, TESTS.iter().map(|test| test.id));
        let hint = hint.unwrap_or_else(|| "`textmill plugin check --list` shows the tests".into());
        return Err(Failure::new(format!("there is no test `{wrong}`")).hint(hint));
    }
    Ok(TESTS.iter().filter(|test| only.is_empty() || only.iter().any(|id| id == test.id)).collect())
}

/// One job for each test of the library, and one for each pair of an operator test and an operator that can
/// be a stage.
fn jobs(
    args: &PluginCheckArgs,
    wanted: &[&'static Test],
    plugin: Option<&PluginLine>,
) -> Result<Vec<Job>, Failure> {
    let known = plugin.map(|plugin| plugin.descriptor.operators.as_slice()).unwrap_or_default();
    let stages: Vec<&str> = known.iter().filter(|o| o.is_stage()).map(|o| o.name.as_str()).collect();
    let operators: Vec<Option<String>> = match (&args.operator, plugin) {
        (Some(name), Some(plugin)) if !stages.contains(&name.as_str()) => {
            let hint = suggest(name, stages.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("it has `{}`", stages.join("`, `")));
            let message = match known.iter().any(|o| o.name == *name) {
                true => format!("operator `{name}` is a step of a plan and is tested as part of it"),
                false => format!("plugin `{}` has no operator `{name}`", plugin.descriptor.name),
            };
            return Err(Failure::new(message).hint(hint));
        }
        (Some(name), _) => vec![Some(name.clone())],
        (None, Some(_)) => stages.iter().map(|name| Some((*name).to_owned())).collect(),
        (None, None) => vec![None],
    };
    let mut jobs = Vec::new();
    for &test in wanted {
        match test.run {
            Run::File(_) | Run::Plugin(_) => jobs.push(Job { test, operator: None }),
            Run::Operator(_) | Run::Bound(_) => {
                jobs.extend(operators.iter().map(|operator| Job { test, operator: operator.clone() }));
            }
        }
    }
    Ok(jobs)
}

/// Runs the jobs, as many at once as there are processors. Results come in the order of the jobs.
fn run_all(
    jobs: &[Job],
    request: &Request,
    opened: Finished,
) -> Result<impl Iterator<Item = Finished>, Failure> {
    let opens = matches!(opened.verdict, Verdict::Ok { .. });
    let opened = Mutex::new(Some(opened));
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<Finished, String>>>> =
        jobs.iter().map(|_| Mutex::new(None)).collect();
    let one = |job: &Job| {
        if job.test.id == OPENS
            && let Some(opened) = opened.lock().ok().and_then(|mut opened| opened.take())
        {
            return Ok(opened);
        }
        if !opens && !stands_alone(job.test) {
            let verdict = Verdict::skipped(format!("see `{OPENS}`"));
            return Ok(Finished { verdict, plugin: None, answers: None, elapsed: Duration::ZERO });
        }
        let (test, operator) = (job.test.id.to_owned(), job.operator.clone());
        conformance::run(&Request { test, operator, ..request.clone() }, &[])
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len().max(1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((job, result)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(at).zip(results.get(at))
                } {
                    let finished = one(job);
                    if let Ok(mut place) = result.lock() {
                        *place = Some(finished);
                    }
                }
            });
        }
    });
    let results = results.into_iter().map(|result| match result.into_inner() {
        Ok(Some(result)) => result,
        _ => Err("a test was not run".into()),
    });
    let results: Result<Vec<Finished>, String> = results.collect();
    Ok(results.map_err(Failure::new)?.into_iter())
}

/// Parses options from the command line: JSON, or a file that holds it.
fn options(words: &str) -> Result<Value, Failure> {
    let (json, place) = if words.trim_start().starts_with('{') {
        (words.to_owned(), "--options".to_owned())
    } else {
        let read = std::fs::read_to_string(words);
        let hint = "give JSON such as '{\"key\": 1}', or a file that holds it";
        (read.map_err(|e| Failure::new(format!("cannot read {words}: {e}")).hint(hint))?, words.to_owned())
    };
    serde_json::from_str(&json).map_err(|e| Failure::new(format!("{place}: {e}")))
}

/// An absolute path, since the test processes may start in another folder.
fn input(path: &std::path::Path) -> Result<PathBuf, Failure> {
    std::fs::canonicalize(path).map_err(|e| Failure::new(format!("cannot read {}: {e}", path.display())))
}

fn size(option: &str, words: &str) -> Result<u64, Failure> {
    let hint = "give a number of bytes such as `512MiB` or `2GB`";
    bytes_of(words).ok_or_else(|| Failure::new(format!("{option}: `{words}` is no size")).hint(hint))
}
