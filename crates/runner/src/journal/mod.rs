//! What makes a run resumable: files that only grow, a checkpoint of how far each is good, and what the run was
//! made of.

mod checkpoint;
mod fingerprint;
mod log;

pub use checkpoint::{Checkpoint, Checkpoints};
pub use fingerprint::{Fingerprint, differences};
pub use log::{Log, storage};
