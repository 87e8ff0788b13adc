//! Fuzz target: see `src/import.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| textmill_fuzz::import::run(data));
