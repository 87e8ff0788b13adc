//! Integration tests of the workspace: pipelines, plugins as loaded libraries, the command line.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bad_plugins;
mod bases;
mod c_plugins;
mod chain;
mod cli;
mod config;
mod conformance;
mod dedupe;
mod examples;
mod formats;
mod fuzz;
mod header;
mod inspect;
mod invariants;
mod isolation;
mod lock;
mod remote;
mod resume;
mod schema;
mod snapshots_of_pipelines;
mod sources;
mod spill;
mod stages;
mod start;
mod store;
mod support;
#[cfg(unix)]
mod terminal;
mod trust;
