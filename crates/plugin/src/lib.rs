//! What a textmill plugin is written with.
//!
//! A plugin is a `cdylib` crate of safe Rust: implement one of the traits, write
//! [`export!`](crate::export!) once, and the runner can load it. The traits form a ladder:
//!
//! | trait | for |
//! | --- | --- |
//! | [`Map`](map::Map) | one document at a time: read, edit, annotate, drop |
//! | [`BatchMap`](batch_map::BatchMap) | Arrow record batches |
//! | [`Aggregate`](aggregate::Aggregate) | a report on the corpus: state, merge, finish |
//! | [`Corpus`](corpus::Corpus) | documents compared through keys they share |
//! | [`Group`](group::Group), [`Compose`](compose::Compose) | a plan of your own |
//!
//! Unsafe code stands in `abi` and `export` alone.
#![deny(unsafe_code)]

#[expect(unsafe_code, reason = "the C tables lend strings by pointer")]
pub mod abi;
pub mod aggregate;
pub mod batch_map;
pub mod call;
pub mod compose;
pub mod corpus;
pub mod descriptor;
#[cfg(feature = "drive")]
pub mod drive;
pub mod error;
#[expect(unsafe_code, reason = "the plugin's side of the C boundary")]
pub mod export;
pub mod group;
#[cfg(feature = "cases")]
pub mod harness;
pub mod map;
pub mod operator;
pub mod options;
pub mod plan;
pub mod prelude;
pub mod row;
mod tables;

pub use textmill_core::{batch, column, edit, event, value};
