//! Progress and log lines on stderr: a bar on a terminal, plain lines elsewhere, nothing when quiet.

use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use textmill_plugin::call::{Host, Level};

/// How often a plain line tells how far the run is.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Tells how far a run is, and passes on what plugins say.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    verbose: bool,
    stop: Arc<AtomicBool>,
    documents: AtomicU64,
    read: Arc<AtomicU64>,
    state: Mutex<State>,
    metrics: Mutex<BTreeMap<String, u64>>,
}

struct State {
    label: String,
    /// Documents of the segment; `None` while the input is read.
    total: Option<u64>,
    last_line: Instant,
}

impl Progress {
    /// Progress of a run over input of this many bytes.
    pub fn new(total_bytes: u64, quiet: bool, verbose: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(total_bytes);
            bar.set_style(style("{bytes}/{total_bytes} {bytes_per_sec} {eta}"));
            bar
        });
        let state = State { label: String::new(), total: None, last_line: Instant::now() };
        Self {
            bar,
            quiet,
            verbose,
            stop: Arc::new(AtomicBool::new(false)),
            documents: AtomicU64::new(0),
            read: Arc::new(AtomicU64::new(0)),
            state: Mutex::new(state),
            metrics: Mutex::new(BTreeMap::new()),
        }
    }

    /// What ends the run when it is set.
    pub fn stop_switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Counts the bytes of the input files, as they lie on disk, that have been read.
    pub fn read_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// A run of stages begins, over this many documents; `None` for the one that reads the input.
    pub fn segment<'a>(&self, stages: impl Iterator<Item = &'a str>, total: Option<u64>) {
        let names: Vec<&str> = stages.collect();
        let label = if names.is_empty() { "reading".to_owned() } else { names.join(", ") };
        self.documents.store(0, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            if let Some(total) = total {
                bar.set_style(style("{pos}/{len} documents {per_sec} {eta}"));
                bar.reset();
                bar.set_length(total);
            }
            bar.set_message(label.clone());
        } else {
            self.line(&format!("{label}: begins"));
        }
        if let Ok(mut state) = self.state.lock() {
            state.label = label;
            state.total = total;
            state.last_line = Instant::now();
        }
    }

    /// Documents are done.
    pub fn advance(&self, documents: u64) {
        let documents = self.documents.fetch_add(documents, Ordering::Relaxed) + documents;
        let read = self.read.load(Ordering::Relaxed);
        let Ok(mut state) = self.state.lock() else { return };
        if let Some(bar) = &self.bar {
            bar.set_position(if state.total.is_some() { documents } else { read });
            return;
        }
        if state.last_line.elapsed() < LINE_EVERY {
            return;
        }
        state.last_line = Instant::now();
        let far = match state.total {
            Some(total) => format!("{documents} of {total} documents"),
            None => format!("{documents} documents, {} read", crate::table::bytes(read)),
        };
        self.line(&format!("{}: {far}", state.label));
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

    /// Counters that plugins added to, as `stage/name`.
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        self.metrics.lock().map(|m| m.clone()).unwrap_or_default()
    }
}

fn style(counts: &str) -> ProgressStyle {
    // The template is ours, so it is one; the default style is no less right.
    let template = format!("{{msg:24!}} [{{bar:30}}] {counts}");
    ProgressStyle::with_template(&template)
        .map_or_else(|_| ProgressStyle::default_bar(), |s| s.progress_chars("=> "))
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
