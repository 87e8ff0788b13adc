//! The one thread that does all network I/O. Callers block outside of it.

use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use tokio::runtime::{Builder, Handle};

static RUNTIME: OnceLock<Result<Handle, String>> = OnceLock::new();

/// The runtime, started on first use.
///
/// # Errors
/// If the system provides no thread or no descriptor for it.
pub(super) fn handle() -> io::Result<&'static Handle> {
    let started = RUNTIME.get_or_init(|| start().map_err(|error| error.to_string()));
    started.as_ref().map_err(|error| io::Error::other(format!("cannot start the network thread: {error}")))
}

fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let work = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name("textmill-remote".into()).spawn(work)?;
    Ok(handle)
}

/// Runs a future on that thread and blocks until it is done.
///
/// # Errors
/// If there is no runtime, or the future panicked.
pub(super) fn wait<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = sync_channel(1);
    handle()?.spawn(async move {
        // The receiver may be gone.
        let _ = sender.send(future.await);
    });
    receiver.recv().map_err(|_| io::Error::other("the network thread gave up on a request"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_threads_wait_at_once() {
        let ask = |n: u64| {
            wait(async move {
                tokio::time::sleep(std::time::Duration::from_millis(n)).await;
                n
            })
        };
        std::thread::scope(|scope| {
            for n in 0..8 {
                scope.spawn(move || assert_eq!(ask(n).unwrap(), n));
            }
        });
    }

    #[test]
    fn a_panic_on_the_thread_is_an_error_here_and_ends_nothing() {
        let failed: io::Result<()> = wait(async { panic!("as the test wants it") });
        assert!(failed.is_err());
        assert_eq!(wait(async { 1 }).unwrap(), 1);
    }
}
