//! Runs a test in a process of its own, and reports how it ended: with a verdict, a crash, or a timeout.

use super::request::Request;
use super::test::{Line, PluginLine, Verdict};
use crate::child;
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The results of a test's process.
#[derive(Debug)]
pub struct Finished {
    /// The verdict; a crash or a timeout is a failure.
    pub verdict: Verdict,
    /// What is known about the plugin, if its library could be opened.
    pub plugin: Option<PluginLine>,
    /// The answers for the documents, if they were requested.
    pub answers: Option<Vec<String>>,
    /// How long it took.
    pub elapsed: Duration,
}

/// How often the process is polled.
const LOOK: Duration = Duration::from_millis(5);
/// Maximum number of stderr bytes to keep.
const STDERR_BYTES: usize = 4096;
/// Maximum number of bytes of notes to read.
const NOTES_BYTES: u64 = 256 << 20;

/// Runs a test and waits for it, within the time limit of the request.
///
/// # Errors
/// If the process cannot be started, or its notes cannot be created.
pub fn run(request: &Request, environment: &[(&str, &str)]) -> Result<Finished, String> {
    let notes = NotesFile::new()?;
    let request = Request { notes: notes.0.clone(), ..request.clone() };
    let json = serde_json::to_string(&request).map_err(|e| e.to_string())?;
    let arguments = ["plugin", "check-one", &json].map(OsStr::new);
    let mut command =
        child::command(&arguments).map_err(|e| format!("cannot start this program again: {e}"))?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.envs(environment.iter().copied());
    let started = Instant::now();
    let mut process = command.spawn().map_err(|e| format!("cannot start this program again: {e}"))?;
    let stderr = process.stderr.take().map(|stderr| thread::spawn(move || tail(stderr)));
    let limit = Duration::from_secs(request.limit_seconds);
    let status = wait(&mut process, started + limit);
    let elapsed = started.elapsed();
    // Child processes of the test may hold the pipe open indefinitely.
    let patience = Instant::now() + Duration::from_secs(2);
    while stderr.as_ref().is_some_and(|reader| !reader.is_finished()) && Instant::now() < patience {
        thread::sleep(LOOK);
    }
    let stderr = stderr.filter(thread::JoinHandle::is_finished);
    let words = stderr.and_then(|reader| reader.join().ok()).unwrap_or_default();
    let found = read(&notes.0);
    let verdict = match (status, found.verdict) {
        (Ok(Some(status)), Some(verdict)) if status.success() => verdict,
        // It died after its verdict, either in a destructor or because it had corrupted memory.
        (Ok(Some(status)), Some(_)) => {
            Verdict::failed(format!("{} after the test, at its end{words}", death(status)))
        }
        (Ok(Some(status)), None) => {
            let doing = found.doing.map(|doing| format!(" while {doing}")).unwrap_or_default();
            Verdict::failed(format!("{}{doing}{words}", death(status)))
        }
        (Ok(None), _) => {
            let doing = found.doing.map(|doing| format!(" while {doing}")).unwrap_or_default();
            Verdict::failed(format!("it did not end within {} s{doing}", limit.as_secs()))
        }
        (Err(error), _) => return Err(format!("cannot wait for the test: {error}")),
    };
    Ok(Finished { verdict, plugin: found.plugin, answers: found.answers, elapsed })
}

/// Waits for the process; `None` if it had to be killed.
fn wait(process: &mut Child, until: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            process.kill()?;
            process.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// Describes the end of a process that gave no verdict.
fn death(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("the process died of {}", crate::signals::shown(signal));
    }
    match status.code() {
        Some(code) => format!("the process ended with status {code} and no verdict"),
        None => "the process ended without a verdict".into(),
    }
}

/// The last meaningful line that a process wrote to stderr, for use in a sentence.
fn tail(mut stderr: impl Read) -> String {
    let mut kept: VecDeque<u8> = VecDeque::new();
    let mut buffer = [0; 4096];
    while let Ok(read) = stderr.read(&mut buffer) {
        if read == 0 {
            break;
        }
        kept.extend(&buffer[..read]);
        let over = kept.len().saturating_sub(STDERR_BYTES);
        kept.drain(..over);
    }
    let text = String::from_utf8_lossy(&Vec::from(kept)).into_owned();
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty() && !line.starts_with("note:"));
    line.map(|line| format!("; its last words: `{line}`")).unwrap_or_default()
}

/// The content of notes, as far as it can be read.
#[derive(Default)]
struct Found {
    doing: Option<String>,
    plugin: Option<PluginLine>,
    answers: Option<Vec<String>>,
    verdict: Option<Verdict>,
}

fn read(notes: &Path) -> Found {
    let mut found = Found::default();
    let Ok(file) = std::fs::File::open(notes) else { return found };
    for line in BufReader::new(file.take(NOTES_BYTES)).lines() {
        // Skip lines that are incomplete or were written by a plugin.
        let Some(line) = line.ok().and_then(|line| serde_json::from_str(&line).ok()) else { continue };
        match line {
            Line::Doing(what) => found.doing = Some(what),
            Line::Plugin(plugin) => found.plugin = Some(*plugin),
            Line::Answers(answers) => found.answers = Some(answers),
            Line::Verdict(verdict) => found.verdict = Some(verdict),
        }
    }
    found
}

/// A temporary file of this process, removed on drop.
struct NotesFile(PathBuf);

impl NotesFile {
    fn new() -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = std::env::temp_dir();
        let mut error = None;
        // Another process with the same id may have left its file.
        for _ in 0..100 {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("textmill-check-{}-{number}.jsonl", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(e) => error = Some(e),
            }
        }
        let why = error.map(|e| e.to_string()).unwrap_or_default();
        Err(format!("cannot write into {}: {why}", folder.display()))
    }
}

impl Drop for NotesFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
