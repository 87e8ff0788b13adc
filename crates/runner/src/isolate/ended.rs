//! How a process of a plugin comes to its end.

/// Why a process gave no answer. It is gone then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It died; how.
    Died(String),
    /// It wanted more memory than it may have.
    OutOfMemory,
    /// The time was up.
    Late,
    /// The run is being stopped.
    Stopped,
    /// It could not be started or spoken to.
    Broken(String),
}
