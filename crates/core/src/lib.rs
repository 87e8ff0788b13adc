//! The document types of textmill: columns, edits, events, values. No I/O, no unsafe code.
#![forbid(unsafe_code)]

pub mod batch;
pub mod column;
mod compose;
pub mod edit;
mod edits;
pub mod event;
mod events;
pub mod value;
