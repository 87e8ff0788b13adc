//! Integration tests of the workspace: pipelines, plugins as loaded libraries, the command line.

mod bad_plugins;
mod chain;
mod cli;
mod config;
mod invariants;
mod sources;
mod stages;
mod support;
