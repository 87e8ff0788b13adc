//! Fuzz target: see `src/clean.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| textmill_fuzz::clean::text(data));
