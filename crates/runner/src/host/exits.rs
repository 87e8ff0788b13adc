//! Plugins that call libc's `exit` in the middle of a call, which would end the program with the status that they choose
//! and half an output. What ends it in other ways, a signal or `_exit`, leaves no time to say anything.
#![expect(unsafe_code, reason = "libc is told what to do at the end of the program")]

use std::cell::Cell;

thread_local! {
    /// The plugin that this thread is in. `exit` calls the handlers on the thread that it is called on.
    static WITHIN: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// While it lives, this thread is in a plugin.
pub(super) struct Within(Option<&'static str>);

impl Within {
    /// The thread enters a plugin of this name.
    pub fn plugin(name: &'static str) -> Self {
        Self(WITHIN.replace(Some(name)))
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        WITHIN.set(self.0);
    }
}

/// From now on, a plugin that calls `exit` makes the program fail, and is named.
#[cfg(unix)]
pub fn watch_exits() {
    static WATCHED: std::sync::Once = std::sync::Once::new();
    // SAFETY: the handler is a function of the program, which is never unloaded. Where libc has no room for it, the
    // program ends as it would have.
    WATCHED.call_once(|| _ = unsafe { atexit(at_exit) });
}

/// From now on, a plugin that calls `exit` makes the program fail: not on this platform.
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
    let hint = "write `isolation = \"process\"` into its stage, and it costs a document instead; what a run has \
                finished, `--resume` goes on with";
    let failure = crate::failure::Failure::new(message).hint(hint);
    anstream::eprintln!("{}", failure.render(crate::styled()));
    // SAFETY: it ends the program here and now; other threads may be in the middle of anything.
    unsafe { _exit(failure.exit_status().into()) }
}
