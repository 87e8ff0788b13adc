//! Progress and log lines on stderr: a bar on a terminal, plain lines elsewhere, nothing when quiet.

use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use textmill_plugin::call::{Host, Level};

/// How often a plain line tells how far the run is.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Tells how far a run is, and passes on what plugins say.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    verbose: bool,
    stop: AtomicBool,
    documents: AtomicU64,
    bytes: AtomicU64,
    state: Mutex<State>,
    metrics: Mutex<BTreeMap<String, u64>>,
}

struct State {
    label: String,
    reading: bool,
    last_line: Instant,
}

impl Progress {
    /// Progress of a run over input of this many bytes.
    pub fn new(total_bytes: u64, quiet: bool, verbose: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(total_bytes);
            let template = "{msg:24!} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        let state = State { label: String::new(), reading: false, last_line: Instant::now() };
        Self {
            bar,
            quiet,
            verbose,
            stop: AtomicBool::new(false),
            documents: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            state: Mutex::new(state),
            metrics: Mutex::new(BTreeMap::new()),
        }
    }

    /// A run of stages begins; `reading` when it is the one that reads the input.
    pub fn segment<'a>(&self, stages: impl Iterator<Item = &'a str>, reading: bool) {
        let names: Vec<&str> = stages.collect();
        let label = if names.is_empty() { "reading".to_owned() } else { names.join(", ") };
        self.documents.store(0, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_message(label.clone());
        } else {
            self.line(&format!("{label}: begins"));
        }
        if let Ok(mut state) = self.state.lock() {
            state.label = label;
            state.reading = reading;
            state.last_line = Instant::now();
        }
    }

    /// Documents and bytes of input are done.
    pub fn advance(&self, documents: u64, bytes: u64) {
        let documents = self.documents.fetch_add(documents, Ordering::Relaxed) + documents;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
            return;
        }
        let Ok(mut state) = self.state.lock() else { return };
        if state.last_line.elapsed() < LINE_EVERY {
            return;
        }
        state.last_line = Instant::now();
        let read =
            if state.reading { format!(", {} read", crate::table::bytes(bytes)) } else { String::new() };
        self.line(&format!("{}: {documents} documents{read}", state.label));
    }

    /// The run is over: the bar goes away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// A line on stderr, unless quiet.
    pub fn line(&self, text: &str) {
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| anstream::eprintln!("{text}")),
            None => anstream::eprintln!("{text}"),
        }
    }

    /// Counters that plugins added to.
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        self.metrics.lock().map(|m| m.clone()).unwrap_or_default()
    }
}

impl Host for Progress {
    fn log(&self, level: Level, message: &str) {
        if level <= Level::Warn || self.verbose {
            self.line(message);
        }
    }

    fn report(&self, level: Level, row: Option<u32>, code: &str, message: &str) {
        let row = row.map(|row| format!(" (row {row})")).unwrap_or_default();
        self.log(level, &format!("{code}: {message}{row}"));
    }

    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn progress(&self, _done: u64, _total: u64) {}

    fn metric_add(&self, name: &str, value: u64) {
        if let Ok(mut metrics) = self.metrics.lock() {
            *metrics.entry(name.to_owned()).or_default() += value;
        }
    }
}
