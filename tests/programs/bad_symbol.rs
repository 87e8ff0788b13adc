//! A library that exports no plugin.

/// Something else.
#[unsafe(no_mangle)]
pub extern "C" fn not_a_plugin() -> u32 {
    0
}
