//! The SDK for writing textmill plugins.
//!
//! A plugin is a `cdylib` crate of safe Rust: implement one of the traits, invoke [`export!`](crate::export!)
//! once, and the runner can load it. These are the traits; use the first that does the job:
//!
//! | trait | for |
//! | --- | --- |
//! | [`Map`](map::Map) | one document at a time: read, edit, annotate, drop |
//! | [`BatchMap`](batch_map::BatchMap) | Arrow record batches |
//! | [`Aggregate`](aggregate::Aggregate) | a report on the corpus: state, merge, finish |
//! | [`Corpus`](corpus::Corpus) | documents compared through keys that they share |
//! | [`Group`](group::Group), [`Compose`](compose::Compose) | a plan of your own |
//!
//! # A first plugin
//!
//! This is the whole `src/lib.rs` of a plugin that removes lines of dashes and drops documents with too few
//! words. Its crate has `crate-type = ["cdylib", "rlib"]` (the second is for its tests) and depends on
//! `textmill-plugin`, `serde` and `schemars`.
//!
//! ```standalone_crate
//! use textmill_plugin::prelude::*;
//!
//! /// What a pipeline can set; the comments are what users read in `textmill plugin info`.
//! #[derive(Clone, Serialize, Deserialize, JsonSchema)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct Tidy {
//!     /// Fewest words that a document may have.
//!     #[schemars(range(min = 1))]
//!     min_words: u64,
//! }
//!
//! impl Default for Tidy {
//!     fn default() -> Self {
//!         Self { min_words: 5 }
//!     }
//! }
//!
//! impl Map for Tidy {
//!     type Options = Self;
//!
//!     fn describe() -> Describe {
//!         Describe::new("tidy")
//!             .doc("Removes lines of dashes, counts words, and drops documents of few.")
//!             .reads("text")
//!             .writes("text", DataType::LargeUtf8)
//!             .writes("words", DataType::UInt64)
//!             .selects()
//!     }
//!
//!     fn bind(options: Self) -> Result<Self> {
//!         Ok(options)
//!     }
//!
//!     fn map(&mut self, doc: &mut Doc<'_>) -> Result<()> {
//!         for (span, line) in doc.lines() {
//!             if line.len() > 2 && line.chars().all(|c| c == '-') {
//!                 doc.remove(span, "dashes");
//!             }
//!         }
//!         let words = doc.text().split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
//!         if (words as u64) < self.min_words {
//!             doc.drop("few-words", words as f64, self.min_words as f64);
//!         }
//!         doc.set("words", words);
//!         Ok(())
//!     }
//! }
//!
//! textmill_plugin::export!(map::<Tidy>());
//!
//! # #[cfg(feature = "cases")]
//! # {
//! # use textmill_plugin::harness::{Case, run};
//! # let outcome = run(&plugin(), None, &Case::of("one two three four five\n-----\n"), 1).unwrap();
//! # assert_eq!(outcome.verdicts[0].after.as_deref(), Some("one two three four five\n"));
//! # assert_eq!(outcome.verdicts[0].columns["words"], 5);
//! # }
//! ```
//!
//! Build it, put the library into a folder `plugins` beside a pipeline file, and name it there, with dashes
//! for the underscores of the crate's name:
//!
//! ```toml
//! [[stage]]
//! plugin = "tidy"
//! [stage.options]
//! min-words = 20
//! ```
//!
//! # Options
//!
//! Options are a struct with `Serialize`, `Deserialize` and `JsonSchema`. The runner checks a pipeline
//! against the schema and shows each mistake at its line. What the schema cannot express, `bind` checks with
//! [`Checks`](options::Checks), which report all mistakes at once.
//!
//! # Editing text
//!
//! A plugin never returns text. It says which bytes to replace, and under which rule, with
//! [`Doc::remove`](row::Doc::remove), [`Doc::replace`](row::Doc::replace) or an [`Edit`](edit::Edit) that
//! carries the measured value. The SDK applies the edits to get the new text. The runner verifies that they
//! produce it, and writes each edit to the ledger. If rules work on what earlier rules left, a
//! [`Rewriter`](edit::Rewriter) keeps the spans relative to the received text.
//!
//! # Columns
//!
//! An operator is passed the columns that its [`Describe`](descriptor::Describe) reads, and no others. It
//! writes the columns that it declares with [`Doc::set`](row::Doc::set), which takes any value that serde can
//! serialize and that fits the column's type. [`column::list`] and [`column::structure`] build nested types.
//!
//! # Dropping
//!
//! A document is dropped with a rule, a value and the threshold that it crossed
//! ([`Doc::drop`](row::Doc::drop)), or with a note or another document
//! ([`Doc::drop_with`](row::Doc::drop_with)). All of these are written to `rejected.jsonl` with the document.
//!
//! `textmill what-if` can replay a rule that compares one value with one option. To make that possible, the
//! descriptor names the option ([`Describe::threshold`](descriptor::Describe::threshold)), and the operator
//! passes the value to [`Doc::measure`](row::Doc::measure). That drops the document, or puts the value on the
//! ledger if it came near the threshold. See `examples/min-length.rs`.
//!
//! # Errors
//!
//! An `Err` from [`map`](map::Map::map) fails that document, which is written to `failed.jsonl` with the
//! message. A panic does the same. An error in `bind` ends the run before it begins. `?` turns every standard
//! error and every string into an [`Error`](error::Error).
//!
//! # Logs, counters, progress, cancellation
//!
//! All of these go through the [`Call`](call::Call) that [`Doc::call`](row::Doc::call) returns. Lines of
//! [`Level::Debug`](call::Level) are shown with `--verbose`. Counters are written to `run.json`. The SDK
//! checks between documents whether the run is being stopped; a loop that spends seconds on one document
//! should check as well, with [`Call::keep_going`](call::Call::keep_going).
//!
//! # Tests
//!
//! With the feature `harness`, the tests of a plugin run it through the same code as the runner, without
//! loading a library:
//!
//! ```ignore
//! #[test]
//! fn cases() {
//!     textmill_plugin::harness::snapshots(&crate::plugin(), "cases");
//! }
//! ```
//!
//! Each file in `cases` is a document (or several, see the module `harness`). The result is compared with a
//! snapshot. `textmill plugin check` tries the built library with input that no author thinks of.
//!
//! # What crosses the boundary
//!
//! Record batches cross by the Arrow C Data Interface, options and descriptor as JSON, strings as pointer and
//! length; see [`abi`]. No Rust type crosses. So plugin and runner may be built by different compilers, with
//! different versions of every crate, and a plugin may be written in another language.
//!
//! # Versions
//!
//! The number in the name of the exported symbol is the major version of the contract. Within a major
//! version, tables only grow at their end, so a plugin that was built with an older minor version still
//! loads. A plugin of another major version is refused, with an error that names it.
//!
//! Documents must come out the same for any number of threads and any batch size. So a plugin reads no clock,
//! no file and no network, generates no random numbers without a fixed seed, lets no iteration order of a
//! hash map reach an output, and keeps nothing but scratch space from one document to the next.
//!
//! Unsafe code exists only in `abi` and `export`.
#![deny(unsafe_code)]

#[expect(unsafe_code, reason = "the C tables lend strings by pointer")]
pub mod abi;
pub mod aggregate;
pub mod batch_map;
mod bounds;
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
mod pace;
pub mod plan;
pub mod prelude;
mod reads;
pub mod row;
mod tables;
mod words;

pub use textmill_core::{batch, column, edit, event, value};
