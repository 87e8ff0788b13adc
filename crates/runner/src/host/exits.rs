//! Handles plugins that call libc's `exit` in the middle of a call, which would end the program with a status
//! of their choice and with incomplete output. Other ways to end the program, a signal or `_exit`, leave no
//! time for a message.
#![expect(unsafe_code, reason = "libc is told what to do at the end of the program")]

use std::cell::Cell;

thread_local! {
    /// The plugin that this thread is running. `exit` calls the handlers on its own thread.
    static WITHIN: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// While this value lives, the thread is running a plugin.
pub(super) struct Within(Option<&'static str>);

impl Within {
    /// Marks that the thread enters the plugin with this name.
    pub fn plugin(name: &'static str) -> Self {
        Self(WITHIN.replace(Some(name)))
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        WITHIN.set(self.0);
    }
}

/// After this call, a plugin that calls `exit` makes the program fail with a message that names the plugin.
#[cfg(unix)]
pub fn watch_exits() {
    static WATCHED: std::sync::Once = std::sync::Once::new();
    // SAFETY: the handler is a function of the program, which is never unloaded. If libc has no room for the
    // handler, the program ends as it would have without it.
    WATCHED.call_once(|| _ = unsafe { atexit(at_exit) });
}

/// Does nothing on this platform.
#[cfg(not(unix))]
pub fn watch_exits() {}

#[cfg(unix)]
unsafe extern "C" {
    fn atexit(handler: extern "C" fn()) -> std::ffi::c_int;
    fn _exit(status: std::ffi::c_int) -> !;
}

#[cfg(unix)]
extern "C" fn at_exit() {
    let Some(plugin) = WITHIN.get() else { return };
    let message = format!("plugin `{plugin}` ended the program: it called `exit` in the middle of its work");
    let hint = "add `isolation = \"process\"` to its stage, so that it costs only a document; `--resume` continues from \
                what the run has finished";
    let failure = crate::failure::Failure::new(message).hint(hint);
    anstream::eprintln!("{}", failure.render(crate::styled()));
    // SAFETY: it ends the program immediately, whatever other threads are doing.
    unsafe { _exit(failure.exit_status().into()) }
}
