//! Runs morsels on many threads: every thread takes the next one, works on it, and commits the results that
//! are ready, in order.
//!
//! No thread is reserved for reading or writing, so `threads` is the number of busy threads. Morsels in
//! progress are bounded in number and in bytes: a thread that would run ahead waits before it takes another
//! one.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;
use textmill_plugin::drive::spread::Spread;
use textmill_plugin::error::{Error, ErrorKind, Result};

/// The maximum number of morsels in progress per thread.
const WINDOW: u64 = 4;

/// The number of worker threads, and the limits on the work in progress.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// Number of threads.
    pub threads: usize,
    /// The approximate number of bytes that all morsels in progress may hold. A single morsel is always
    /// admitted.
    pub room: u64,
    /// Receives the time that threads spend outside the work.
    pub idle: &'a Idle,
    /// Stops the work when set: no further job is taken.
    pub stop: &'a AtomicBool,
}

/// The error for work that is being stopped.
pub fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "the run was stopped")
}

/// Nanoseconds outside the work itself, summed over all threads.
#[derive(Debug, Default)]
pub struct Idle {
    /// Taking the next morsel, including the wait for another thread that was taking one.
    pub taking: AtomicU64,
    /// Waiting until there was room for another morsel.
    pub room: AtomicU64,
    /// Committing.
    pub committing: AtomicU64,
}

/// A job as it is taken: what to do, and the number of bytes that it holds until it is committed.
pub type Taken<J> = Result<(J, u64)>;

impl Pool<'_> {
    /// Runs all jobs. `jobs` is called by one thread at a time and returns the next job. `start` creates a
    /// thread's state, and `work` does a job with it; jobs are numbered from 0. `commit` receives the results
    /// in the order of the jobs.
    ///
    /// # Errors
    /// Returns the first error in the order of the jobs.
    pub fn run<J: Send, T: Send, M>(
        &self,
        mut jobs: impl FnMut() -> Option<Taken<J>> + Send,
        start: impl Fn() -> M + Sync,
        work: impl Fn(&mut M, u64, J) -> Result<T> + Sync,
        mut commit: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()> {
        let mut next = || match self.stop.load(Ordering::Relaxed) {
            true => Some(Err(stopped())),
            // A panic here is a bug in the host. It must end the run, not hang it.
            false => caught(|| Ok(jobs())).unwrap_or_else(|error| Some(Err(error))),
        };
        let work = |means: &mut M, number, job| caught(|| work(means, number, job));
        let mut commit = |result| caught(|| commit(result));
        if self.threads <= 1 {
            let mut means = start();
            let mut number = 0;
            while let Some(taken) = self.timed(|idle| &idle.taking, &mut next) {
                let result = work(&mut means, number, taken?.0)?;
                self.timed(|idle| &idle.committing, || commit(result))?;
                number += 1;
            }
            return Ok(());
        }
        let source = Mutex::new(Source { next, taken: 0, ended: false });
        let done = Mutex::new(Done::default());
        let moved = Condvar::new();
        let commit = Mutex::new(commit);
        thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    let mut means = start();
                    while let Some((number, taken)) = self.take(&source, &done, &moved) {
                        let (result, cost) = match taken {
                            Ok((job, cost)) => (work(&mut means, number, job), cost),
                            Err(error) => (Err(error), 0),
                        };
                        self.hand_in(number, result, cost, &done, &moved, &commit);
                    }
                });
            }
        });
        lock(&done).failure.take().map_or(Ok(()), Err)
    }

    /// The next job and its number, once there is room for it; `None` at the end, or after a failure.
    fn take<J, T, N: FnMut() -> Option<Taken<J>>>(
        &self,
        source: &Mutex<Source<N>>,
        done: &Mutex<Done<T>>,
        moved: &Condvar,
    ) -> Option<(u64, Taken<J>)> {
        let mut source = self.timed(|idle| &idle.taking, || lock(source));
        if source.ended {
            return None;
        }
        let ahead = source.taken;
        let full = |done: &Done<T>| ahead - done.committed >= self.threads as u64 * WINDOW;
        if self.wait_while(done, moved, full).failure.is_some() {
            source.ended = true;
            return None;
        }
        let Some(taken) = self.timed(|idle| &idle.taking, || (source.next)()) else {
            source.ended = true;
            return None;
        };
        source.taken += 1;
        if let Ok((_, cost)) = &taken {
            let full = |done: &Done<T>| done.held > 0 && done.held + cost > self.room;
            self.wait_while(done, moved, full).held += cost;
        } else {
            source.ended = true;
        }
        Some((ahead, taken))
    }

    fn wait_while<'d, T>(
        &self,
        done: &'d Mutex<Done<T>>,
        moved: &Condvar,
        full: impl Fn(&Done<T>) -> bool,
    ) -> MutexGuard<'d, Done<T>> {
        self.timed(
            |idle| &idle.room,
            || {
                moved
                    .wait_while(lock(done), |done| done.failure.is_none() && full(done))
                    .unwrap_or_else(PoisonError::into_inner)
            },
        )
    }

    /// Hands in a result, and commits all results that are ready, unless another thread is committing.
    fn hand_in<T>(
        &self,
        number: u64,
        result: Result<T>,
        cost: u64,
        done: &Mutex<Done<T>>,
        moved: &Condvar,
        commit: &Mutex<impl FnMut(T) -> Result<()>>,
    ) {
        let mut state = lock(done);
        state.waiting.insert(number, (result, cost));
        if state.committing {
            return;
        }
        state.committing = true;
        loop {
            let turn = state.committed;
            let Some((result, cost)) = state.waiting.remove(&turn) else { break };
            if state.failure.is_none() {
                drop(state);
                let outcome =
                    self.timed(|idle| &idle.committing, || result.and_then(|result| lock(commit)(result)));
                state = lock(done);
                state.failure = outcome.err();
            }
            state.committed += 1;
            state.held -= cost;
            moved.notify_all();
        }
        state.committing = false;
    }

    fn timed<R>(&self, which: impl Fn(&Idle) -> &AtomicU64, body: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = body();
        which(self.idle).fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
        result
    }
}

fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
        Err(Error::new(ErrorKind::Fatal, format!("a worker thread panicked: {text}")))
    })
}

struct Source<N> {
    next: N,
    taken: u64,
    ended: bool,
}

struct Done<T> {
    /// Results that wait for their turn, with the bytes that they hold.
    waiting: BTreeMap<u64, (Result<T>, u64)>,
    /// Number of results that have been committed or discarded.
    committed: u64,
    /// Bytes held by all jobs that are taken but not committed.
    held: u64,
    /// Whether a thread is committing.
    committing: bool,
    failure: Option<Error>,
}

impl<T> Default for Done<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), committed: 0, held: 0, committing: false, failure: None }
    }
}

/// Locks a mutex even if a thread panicked while it held the lock: the data is consistent between statements.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Spread for Pool<'_> {
    fn each<J: Send, T: Send, F: FnMut(J) -> Result<T> + Send>(
        &self,
        jobs: impl Iterator<Item = Result<J>> + Send,
        start: impl Fn() -> F + Sync,
        commit: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()> {
        let mut jobs = jobs;
        self.run(|| jobs.next().map(|job| job.map(|job| (job, 0))), start, |work, _, job| work(job), commit)
    }

    fn threads(&self) -> usize {
        self.threads
    }
}

/// Lets jobs pass one at a time, in the order of their numbers. For the few steps that depend on all earlier
/// jobs, such as counting documents.
#[derive(Debug, Default)]
pub struct Turnstile {
    state: Mutex<Turns>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    passed: u64,
    /// The first job that gave up its turn.
    broken: Option<u64>,
}

impl Turnstile {
    /// The turn of a job. A job that drops its turn without passing breaks the line: all jobs after it fail,
    /// so that none of them waits forever.
    pub fn place(&self, number: u64) -> Turn<'_> {
        Turn { stile: self, number, passed: false }
    }
}

/// A job's place in the line.
#[derive(Debug)]
pub struct Turn<'a> {
    stile: &'a Turnstile,
    number: u64,
    passed: bool,
}

impl Turn<'_> {
    /// Waits for its turn, runs `body`, and lets the next job pass.
    ///
    /// # Errors
    /// If an earlier job failed; that job's own error precedes this one.
    pub fn pass<R>(mut self, body: impl FnOnce() -> R) -> Result<R> {
        let gone = |turns: &Turns| turns.broken.is_some_and(|broken| broken < self.number);
        let waiting = |turns: &mut Turns| turns.passed != self.number && !gone(turns);
        let turns = self.stile.moved.wait_while(lock(&self.stile.state), waiting);
        let is_gone = gone(&turns.unwrap_or_else(PoisonError::into_inner));
        if is_gone {
            return Err(Error::new(ErrorKind::Cancelled, "a morsel before this one failed"));
        }
        let result = body();
        lock(&self.stile.state).passed += 1;
        self.passed = true;
        self.stile.moved.notify_all();
        Ok(result)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.passed {
            let mut turns = lock(&self.stile.state);
            turns.broken = Some(turns.broken.map_or(self.number, |broken| broken.min(self.number)));
            drop(turns);
            self.stile.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(threads: usize, room: u64, fail_at: Option<u64>) -> (Result<()>, Vec<u64>) {
        let (idle, stile) = (Idle::default(), Turnstile::default());
        let mut jobs = 0..500u64;
        let mut seen = Vec::new();
        let order = Mutex::new(Vec::new());
        let result = Pool { threads, room, idle: &idle, stop: &AtomicBool::new(false) }.run(
            || jobs.next().map(|job| Ok((job, job % 7))),
            || (),
            |(), number, job| {
                let turn = stile.place(number);
                if fail_at.is_some_and(|at| job >= at) {
                    return Err(format!("job {job}").into());
                }
                turn.pass(|| lock(&order).push(job))?;
                Ok(job * job)
            },
            |square| {
                seen.push(square);
                Ok(())
            },
        );
        assert!(lock(&order).is_sorted(), "the turnstile lets them through in order");
        (result, seen)
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for (threads, room) in [(1, 100), (2, 0), (5, 9), (8, 1 << 40)] {
            let (result, seen) = squares(threads, room, None);
            assert_eq!(result, Ok(()));
            assert_eq!(seen, (0..500).map(|n| n * n).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn the_first_error_in_order_is_the_one_reported() {
        for threads in [1, 4] {
            let (result, seen) = squares(threads, 50, Some(100));
            assert_eq!(result.unwrap_err().message, "job 100");
            assert_eq!(seen.len(), 100);
        }
    }

    #[test]
    fn a_panic_is_an_error() {
        for threads in [1, 3] {
            let idle = Idle::default();
            let mut jobs = 0..50;
            let result = Pool { threads, room: 10, idle: &idle, stop: &AtomicBool::new(false) }.run(
                || jobs.next().map(|job| Ok((job, 1))),
                || (),
                |(), _, job| {
                    #[expect(clippy::manual_assert, reason = "the panic is the point")]
                    if job == 20 {
                        panic!("a fault");
                    }
                    Ok(job)
                },
                |_| Ok(()),
            );
            assert_eq!(result.unwrap_err().kind, ErrorKind::Fatal);
        }
    }
}
