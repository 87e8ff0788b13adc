//! The runner of textmill as a library: pipeline files, the host of plugins, the engine, the outputs.
//!
//! It names no plugin: everything it knows of one comes from the plugin's descriptor. Unsafe code stands
//! in [`host`] alone.
#![deny(unsafe_code)]

pub mod cli;
pub mod commands;
pub mod config;
pub mod engine;
pub mod failure;
pub mod host;
pub mod input;
pub mod output;
pub mod progress;
pub mod table;
