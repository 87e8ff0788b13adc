//! Fuzz target: see `src/plan.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| textmill_fuzz::plan::run(data));
