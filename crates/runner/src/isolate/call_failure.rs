//! How a plugin's process can end.

/// Why a process gave no answer. The process no longer exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallFailure {
    /// It died; the string says how.
    Died(String),
    /// It exceeded its memory limit.
    OutOfMemory,
    /// It exceeded its time limit.
    Late,
    /// The run is being stopped.
    Stopped,
    /// It could not be started or communicated with.
    Broken(String),
}
