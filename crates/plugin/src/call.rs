//! One call of the host into a plugin: logging, metrics, progress, cancellation.

use crate::error::{Error, ErrorKind, Result};
use std::cell::{Cell, RefCell};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Level {
    /// The call fails.
    Error = 0,
    /// Something a user should look at.
    Warn = 1,
    /// Something a user may want to know.
    Info = 2,
    /// For the author of the plugin.
    Debug = 3,
}

impl Level {
    /// The level with this number; unknown numbers are [`Level::Debug`].
    pub fn from_code(code: u32) -> Self {
        match code {
            0 => Self::Error,
            1 => Self::Warn,
            2 => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// What the host offers during a call.
pub trait Host {
    /// Writes a line to the log.
    fn log(&self, level: Level, message: &str);
    /// Reports a finding on a row (`None`: on the call), under a short kebab-case code.
    fn report(&self, level: Level, row: Option<u32>, code: &str, message: &str);
    /// Whether the run is being stopped.
    fn should_stop(&self) -> bool;
    /// Tells how much of the call's work is done, in rows. `total` is the number of rows, or 0: `done` is
    /// then the row that is about to be processed.
    fn progress(&self, done: u64, total: u64);
    /// Adds to a counter that the run reports under the stage.
    fn metric_add(&self, name: &str, value: u64);
}

/// A host that ignores what it is told, for calls outside a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn log(&self, _: Level, _: &str) {}
    fn report(&self, _: Level, _: Option<u32>, _: &str, _: &str) {}
    fn should_stop(&self) -> bool {
        false
    }
    fn progress(&self, _: u64, _: u64) {}
    fn metric_add(&self, _: &str, _: u64) {}
}

/// One call of the host into a plugin.
///
/// ```
/// use textmill_plugin::prelude::*;
///
/// /// The most frequent byte of a long text, found slowly.
/// fn most_frequent(text: &str, call: &Call<'_>) -> Result<Option<u8>> {
///     let parts = text.as_bytes().chunks(1 << 16);
///     let mut counts = [0u64; 256];
///     for (done, part) in parts.enumerate() {
///         // Returns an error once the run is being stopped: pass it on.
///         call.keep_going()?;
///         call.progress(done as u64 * (1 << 16), text.len() as u64);
///         part.iter().for_each(|&byte| counts[byte as usize] += 1);
///     }
///     call.metric_add("bytes-looked-at", text.len() as u64);
///     let most = (0..=255u8).max_by_key(|&byte| counts[byte as usize]);
///     call.log(Level::Debug, &format!("most frequent: {most:?}"));
///     Ok(most)
/// }
///
/// let call = Call::new(&textmill_plugin::call::NoHost);
/// assert_eq!(most_frequent("abracadabra", &call).unwrap(), Some(b'a'));
/// ```
pub struct Call<'a> {
    host: &'a dyn Host,
    row: Cell<Option<u32>>,
    errors: RefCell<Vec<Report>>,
}

/// An error that was reported on a row. It fails that document only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Row of the batch.
    pub row: u32,
    /// Short kebab-case code.
    pub code: String,
    /// What is wrong.
    pub message: String,
}

impl<'a> Call<'a> {
    /// A call on behalf of `host`.
    pub fn new(host: &'a dyn Host) -> Self {
        Self { host, row: Cell::new(None), errors: RefCell::new(Vec::new()) }
    }

    /// Writes a line to the run's log.
    pub fn log(&self, level: Level, message: &str) {
        self.host.log(level, message);
    }

    /// Reports a finding on the row that is being processed. [`Level::Error`] fails that document, and no
    /// other.
    pub fn report(&self, level: Level, code: &str, message: &str) {
        match (level, self.row.get()) {
            (Level::Error, Some(row)) => {
                let report = Report { row, code: code.to_owned(), message: message.to_owned() };
                self.errors.borrow_mut().push(report);
            }
            (level, row) => self.host.report(level, row, code, message),
        }
    }

    /// Takes the errors that were reported on rows.
    pub fn take_errors(&self) -> Vec<Report> {
        self.errors.take()
    }

    /// Adds to a counter that the run reports under the stage.
    pub fn metric_add(&self, name: &str, value: u64) {
        self.host.metric_add(name, value);
    }

    /// Tells how much of the call's work is done.
    pub fn progress(&self, done: u64, total: u64) {
        self.host.progress(done, total);
    }

    /// Whether the run is being stopped. Long loops should ask from time to time.
    pub fn should_stop(&self) -> bool {
        self.host.should_stop()
    }

    /// Returns an error once the run is being stopped: pass it on with `?`.
    ///
    /// # Errors
    /// When the run is being stopped.
    pub fn keep_going(&self) -> Result {
        if self.should_stop() {
            return Err(Error::new(ErrorKind::Cancelled, "the run is being stopped"));
        }
        Ok(())
    }

    /// The row that is being processed.
    pub fn row(&self) -> Option<u32> {
        self.row.get()
    }

    /// Sets the row that is being processed, so that reports and panics name it. The host is told at once: if
    /// the plugin runs in a process of its own and that dies, the host knows at which row.
    pub fn at_row(&self, row: Option<u32>) {
        self.row.set(row);
        if let Some(row) = row {
            self.host.progress(row.into(), 0);
        }
    }
}
