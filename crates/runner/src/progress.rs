//! Progress and log lines on stderr: a bar on a terminal, plain lines elsewhere, nothing when quiet.

use crate::engine::Counts;
use crate::table;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use textmill_plugin::call::{Host, Level};

/// How often a plain progress line is written.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Minimum time between two updates of the bar.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// Reports the progress of a run, and passes on what plugins report.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    verbose: bool,
    stop: Arc<AtomicBool>,
    read: Arc<AtomicU64>,
    /// Nanoseconds that all threads spent on turning bytes into documents.
    reading: AtomicU64,
    state: Mutex<State>,
    metrics: Mutex<BTreeMap<String, u64>>,
}

struct State {
    /// Names of all stages, by stage number.
    stages: Vec<String>,
    /// Size of the input in bytes.
    input_bytes: u64,
    label: String,
    /// Number of documents of the segment; `None` while the input is read.
    total: Option<u64>,
    began: Instant,
    told: Instant,
    documents: u64,
    /// Number of bytes that were read when the segment began.
    read_before: u64,
    /// Nanoseconds spent in each stage; older times count less. `reading_before` is the time for reading that
    /// no longer counts.
    recent: Vec<u64>,
    reading_before: u64,
    limit: String,
}

impl Progress {
    /// Creates the progress of a run over `input_bytes` of input through stages with these names.
    pub fn new(input_bytes: u64, stages: Vec<String>, quiet: bool, verbose: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| ProgressBar::new(input_bytes));
        let now = Instant::now();
        let state = State {
            recent: vec![0; stages.len()],
            stages,
            input_bytes,
            label: String::new(),
            total: None,
            began: now,
            told: now,
            documents: 0,
            read_before: 0,
            reading_before: 0,
            limit: String::new(),
        };
        Self {
            bar,
            quiet,
            verbose,
            stop: Arc::new(AtomicBool::new(false)),
            read: Arc::new(AtomicU64::new(0)),
            reading: AtomicU64::new(0),
            state: Mutex::new(state),
            metrics: Mutex::new(BTreeMap::new()),
        }
    }

    /// The flag that stops the run when it is set.
    pub fn stop_switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// The counter of bytes read from the input files, as stored on disk.
    pub fn read_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Number of bytes read from the input files.
    pub fn read_bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Runs `body`, which turns bytes into documents, and adds the time it takes.
    pub fn timed_reading<T>(&self, body: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = body();
        self.reading.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
        result
    }

    /// Nanoseconds that all threads spent on turning bytes into documents.
    pub fn reading_nanos(&self) -> u64 {
        self.reading.load(Ordering::Relaxed)
    }

    /// Begins a segment, a sequence of stages given by their numbers, over `total` documents; `None` for the
    /// segment that reads the input. `pass` is its number among all passes over the documents, and their
    /// number.
    pub fn segment(&self, pass: (usize, usize), stages: impl Iterator<Item = usize>, total: Option<u64>) {
        let Ok(mut state) = self.state.lock() else { return };
        let names: Vec<&str> = stages.map(|number| state.stages[number].as_str()).collect();
        let names = if names.is_empty() { "reading".to_owned() } else { names.join(", ") };
        let label = match pass {
            (_, 1) => names,
            (number, all) => format!("pass {number} of {all} ({names})"),
        };
        if let Some(bar) = &self.bar {
            match total {
                Some(total) => {
                    bar.set_style(style("{pos}/{len} documents {per_sec} {eta}"));
                    bar.reset();
                    bar.set_length(total);
                }
                None => bar.set_style(style("{bytes}/{total_bytes} {bytes_per_sec} {eta}")),
            }
            bar.set_message(label.clone());
        } else {
            self.line(&label);
        }
        state.label = label;
        state.total = total;
        state.began = Instant::now();
        state.told = state.began;
        state.documents = 0;
        state.read_before = self.read.load(Ordering::Relaxed);
        state.limit.clear();
    }

    /// Records that documents are done; `counts` has the time they took.
    pub fn advance(&self, documents: u64, counts: &Counts) {
        let Ok(mut state) = self.state.lock() else { return };
        state.documents += documents;
        for (recent, stage) in state.recent.iter_mut().zip(&counts.stages) {
            *recent += stage.nanos;
        }
        let every = if self.bar.is_some() { DRAW_EVERY } else { LINE_EVERY };
        if state.told.elapsed() < every {
            return;
        }
        state.told = Instant::now();
        let read = self.read.load(Ordering::Relaxed);
        state.find_limit(self.reading.load(Ordering::Relaxed));
        match &self.bar {
            Some(bar) => {
                bar.set_position(if state.total.is_some() { state.documents } else { read });
                bar.set_message(format!("{}{}", state.label, state.limit));
            }
            None => self.line(&state.line(read)),
        }
    }

    /// Reports that all stages are done, and that the files of the run folder are being written.
    pub fn completing(&self) {
        match &self.bar {
            Some(bar) => bar.set_message("writing the run folder"),
            None => self.line("writing the run folder"),
        }
    }

    /// The flag that is set when the run is being stopped.
    pub fn stop_flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// Removes the bar at the end of the run.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Writes a line to stderr, unless quiet.
    pub fn line(&self, text: &str) {
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| tell(text)),
            None => tell(text),
        }
    }

    /// The counters that plugins added to, as `stage/name`.
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        self.metrics.lock().map(|m| m.clone()).unwrap_or_default()
    }
}

impl State {
    /// Finds what takes most of the time at present.
    fn find_limit(&mut self, reading: u64) {
        let of_reading = reading - self.reading_before;
        let total = of_reading + self.recent.iter().sum::<u64>();
        let names = self.stages.iter().map(String::as_str).chain(["reading"]);
        let spent = self.recent.iter().copied().chain([of_reading]);
        if let Some((name, nanos)) = names.zip(spent).max_by_key(|&(_, nanos)| nanos).filter(|_| total > 0) {
            self.limit = format!("; {name} takes {} % of the time", nanos * 100 / total);
        }
        // Halve past times instead of dropping them, so that the result does not jump.
        self.reading_before += of_reading / 2;
        self.recent.iter_mut().for_each(|nanos| *nanos /= 2);
    }

    fn line(&self, read: u64) -> String {
        let seconds = self.began.elapsed().as_secs_f64().max(1e-3);
        let (far, done, all) = match self.total {
            Some(total) => (format!("{} of {total} documents", self.documents), self.documents, total),
            None => {
                let bytes = read - self.read_before;
                let of = format!("{} of {} read", table::bytes(read), table::bytes(self.input_bytes));
                let far = format!("{} documents, {of}", self.documents);
                (far, bytes, self.input_bytes.saturating_sub(self.read_before))
            }
        };
        let rate = done as f64 / seconds;
        let shown = match self.total {
            Some(_) => format!("{rate:.0} documents/s"),
            None => format!("{}/s", table::bytes(rate as u64)),
        };
        let left = match done {
            1.. if all > done => {
                let nanos = (all - done) as f64 / rate * 1e9;
                format!(", {} left", table::duration(nanos as u64))
            }
            _ => String::new(),
        };
        format!("{}: {far}, {shown}{left}{}", self.label, self.limit)
    }
}

/// Writes a line to stderr. An error is ignored: stderr may be a file on a full disk, which is no reason to
/// end the run.
fn tell(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

fn style(counts: &str) -> ProgressStyle {
    // The template is constant and valid; the default style would do as well.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_pass_and_the_time_left_if_any() {
        let progress = Progress::new(1000, vec!["clean".into(), "dedupe".into()], true, false);
        progress.segment((3, 3), 0..2, Some(10));
        let mut state = progress.state.lock().unwrap();
        state.documents = 10;
        let line = state.line(0);
        assert!(line.starts_with("pass 3 of 3 (clean, dedupe): 10 of 10 documents, "), "{line}");
        assert!(!line.contains("left"), "{line}");
        state.documents = 5;
        assert!(state.line(0).ends_with(" left"));
        drop(state);
        progress.segment((1, 1), 0..1, None);
        assert_eq!(progress.state.lock().unwrap().label, "clean");
    }
}
