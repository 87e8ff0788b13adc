//! Limits of a plugin that runs in its own process.

use std::time::Duration;

/// Limits of a plugin that runs in its own process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for a call on documents.
    pub time: Duration,
    /// Bytes that the process may allocate beyond what it holds before it has loaded the plugin.
    pub memory: u64,
}

/// Default time for a call.
const TIME: Duration = Duration::from_secs(60);
/// Default memory of a process.
const MEMORY: u64 = 2 << 30;

/// Factor on the time for binding, groups, states and reports. No document can be blamed for these, and they
/// may cover the whole corpus.
const LONGER: u32 = 10;

impl Default for Limits {
    fn default() -> Self {
        Self { time: TIME, memory: MEMORY }
    }
}

impl Limits {
    /// Time limit for a call that no document can be blamed for.
    pub fn long(&self) -> Duration {
        self.time.saturating_mul(LONGER)
    }
}
