//! A library that exports no plugin.

/// A function that is no plugin symbol.
#[unsafe(no_mangle)]
pub extern "C" fn not_a_plugin() -> u32 {
    0
}
