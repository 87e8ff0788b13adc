//! Integration tests of the workspace: pipelines, plugins as loaded libraries, the command line.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bad_plugins;
mod chain;
mod cli;
mod config;
mod conformance;
mod formats;
mod invariants;
mod remote;
mod resume;
mod sources;
mod spill;
mod stages;
mod store;
mod support;
