//! A plugin for a major version of the ABI that does not exist yet: its symbol has another number.

/// The symbol of version 2.
#[unsafe(no_mangle)]
pub extern "C" fn textmill_plugin_v2(_host: *const std::ffi::c_void) -> *const std::ffi::c_void {
    std::ptr::null()
}
