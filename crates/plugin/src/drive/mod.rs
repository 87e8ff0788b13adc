//! Drives operators, native or loaded: binds them to columns, runs batches through them, checks what they
//! return, and exchanges rows between the steps of a plan. There are no files and no threads here: those are
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
