//! Turns judged lines into results: edits, columns for later stages, notes for the ledger. Judges nothing.

pub mod doubtful;
pub mod handed_on;
pub mod places;
pub mod removals;
pub mod structure;
pub mod taken;
