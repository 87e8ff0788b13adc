//! Fuzz target: see `src/descriptor.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| textmill_fuzz::descriptor::run(data));
