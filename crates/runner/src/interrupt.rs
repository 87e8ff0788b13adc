//! What Ctrl-C does while stages run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Lets the first Ctrl-C set `stop`, so that the program stops gracefully, and the second end it immediately.
/// Reports with `warn` if that is not possible.
pub(crate) fn stop_on_interrupt(stop: Arc<AtomicBool>, warn: impl FnOnce(&str)) {
    let handler = move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        // While a plugin does not return, the program would otherwise look dead.
        anstream::eprintln!(
            "stopping as soon as the running stages return; press Ctrl-C again to stop at once"
        );
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        warn(&format!("cannot listen for an interrupt: {error}"));
    }
}
