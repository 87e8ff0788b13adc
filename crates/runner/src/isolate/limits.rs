//! What a plugin in a process of its own may take.

use std::time::Duration;

/// What a plugin in a process of its own may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a call on documents.
    pub time: Duration,
    /// Bytes that the process may hold beyond what the program holds before it has loaded the plugin.
    pub memory: u64,
}

/// Time for a call where the pipeline does not say.
const TIME: Duration = Duration::from_secs(60);
/// Memory of a process where the pipeline does not say.
const MEMORY: u64 = 2 << 30;

/// No document can be blamed for binding, groups, states and reports, and they may be about the whole corpus:
/// they have this many times as long.
const LONGER: u32 = 10;

impl Default for Limits {
    fn default() -> Self {
        Self { time: TIME, memory: MEMORY }
    }
}

impl Limits {
    /// Time for a call that no document can be blamed for.
    pub fn long(&self) -> Duration {
        self.time.saturating_mul(LONGER)
    }
}
