//! Driving operators, native or loaded: binding them to columns, running batches through them, checking
//! what comes back, and the exchanges between the steps of a plan. No files and no threads: those are
//! the runner's.

pub mod aggregate;
pub mod bind;
pub mod check;
pub mod components;
mod cut;
mod execute;
mod join;
pub mod last;
pub mod map;
pub mod memory;
pub mod plan;
pub mod retry;
pub mod spread;
pub mod store;
#[cfg(test)]
#[cfg(feature = "harness")]
mod tests;
