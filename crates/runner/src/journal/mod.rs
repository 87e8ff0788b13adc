//! What makes a run resumable: append-only files, a checkpoint of the valid length of each, and a fingerprint
//! of what the run was made of.

mod checkpoint;
mod fingerprint;
mod log;

pub use checkpoint::{Checkpoint, Checkpoints};
pub use fingerprint::{Fingerprint, differences};
pub use log::{Log, storage};
