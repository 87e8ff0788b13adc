//! Jobs on many threads, results in the order of the jobs, with a bounded number of both under way.

use crossbeam_channel::bounded;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use textmill_plugin::drive::plan::Spread;
use textmill_plugin::error::{Error, Result};

/// Jobs under way at once, for each thread.
const WINDOW: usize = 4;

/// Runs jobs on `threads` threads. `start` makes what a thread works with, `work` does a job with it,
/// `commit` receives results in the order of the jobs on the calling thread, `end` takes what is left of
/// each thread's means, in the order of the threads.
///
/// # Errors
/// The first error in the order of the jobs, or an error of `commit`.
pub fn run<J: Send, T: Send, M: Send, E: From<Error> + Send>(
    threads: usize,
    jobs: impl Iterator<Item = J> + Send,
    start: impl Fn() -> M + Sync,
    work: impl Fn(&mut M, J) -> Result<T, E> + Sync,
    mut commit: impl FnMut(T) -> Result<(), E>,
    mut end: impl FnMut(M) -> Result<(), E>,
) -> Result<(), E> {
    let stop = AtomicBool::new(false);
    let (job_in, job_out) = bounded::<(usize, J)>(threads * WINDOW);
    let (done_in, done_out) = bounded::<(usize, Result<T, E>)>(threads * WINDOW);
    // A ticket for each job that is neither committed nor given up: bounds what waits for its turn.
    let (ticket_in, ticket_out) = bounded::<()>(threads * WINDOW);
    thread::scope(|scope| {
        let stop = &stop;
        scope.spawn(move || {
            for job in jobs.enumerate() {
                let open = ticket_in.send(()).is_ok() && !stop.load(Ordering::Relaxed);
                if !open || job_in.send(job).is_err() {
                    break;
                }
            }
        });
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (jobs, done, start, work) = (job_out.clone(), done_in.clone(), &start, &work);
                scope.spawn(move || {
                    let mut means = start();
                    for (number, job) in jobs {
                        // A panic here is a fault of the host; it must end the run, not hang it.
                        let result = catch_unwind(AssertUnwindSafe(|| work(&mut means, job)));
                        let lost = || Err(Error::from("a worker thread panicked").into());
                        if done.send((number, result.unwrap_or_else(|_| lost()))).is_err() {
                            break;
                        }
                    }
                    means
                })
            })
            .collect();
        drop((job_out, done_in));
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        let mut failure = None;
        for (number, result) in &done_out {
            waiting.insert(number, result);
            while let Some(result) = waiting.remove(&next) {
                next += 1;
                let _ = ticket_out.try_recv();
                if failure.is_some() {
                    continue;
                }
                if let Err(error) = result.and_then(&mut commit) {
                    failure = Some(error);
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
        drop(ticket_out);
        for worker in workers {
            match worker.join() {
                Ok(means) if failure.is_none() => failure = end(means).err(),
                Ok(_) => {}
                Err(_) => failure = failure.or_else(|| Some(Error::from("a worker thread panicked").into())),
            }
        }
        failure.map_or(Ok(()), Err)
    })
}

/// Spreads the jobs of a plan's step over threads.
pub struct Threads(pub usize);

impl Spread for Threads {
    fn each<J: Send, T: Send, F: FnMut(J) -> Result<T>>(
        &self,
        jobs: Vec<J>,
        start: impl Fn() -> F + Sync,
    ) -> Result<Vec<T>> {
        let count = jobs.len();
        if self.0 <= 1 || count <= 1 {
            return jobs.into_iter().map(start()).collect();
        }
        let jobs: Vec<Mutex<Option<J>>> = jobs.into_iter().map(|job| Mutex::new(Some(job))).collect();
        let results: Vec<Mutex<Option<Result<T>>>> = (0..count).map(|_| Mutex::new(None)).collect();
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..self.0.min(count) {
                scope.spawn(|| {
                    let mut work = start();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(job) = jobs.get(at).and_then(|job| job.lock().ok()?.take()) else { break };
                        if let Ok(mut slot) = results[at].lock() {
                            *slot = Some(work(job));
                        }
                    }
                });
            }
        });
        let lost = || Err(Error::from("a worker thread gave no result"));
        results.into_iter().map(|slot| slot.into_inner().ok().flatten().unwrap_or_else(lost)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let mut seen = Vec::new();
        let mut ends = 0;
        let result = run::<_, _, _, Error>(
            4,
            0..500u64,
            || 0u64,
            |sum, job| {
                *sum += job;
                if job % 7 == 0 {
                    thread::yield_now();
                }
                Ok(job * 2)
            },
            |double| {
                seen.push(double);
                Ok(())
            },
            |sum| {
                ends += sum;
                Ok(())
            },
        );
        assert!(result.is_ok());
        assert_eq!(seen, (0..500).map(|n| n * 2).collect::<Vec<u64>>());
        assert_eq!(ends, (0..500).sum::<u64>());
    }

    #[test]
    fn the_first_error_in_order_is_the_one_reported() {
        let result = run::<_, _, _, Error>(
            3,
            0..10_000u64,
            || (),
            |(), job| if job >= 100 { Err(format!("job {job}").into()) } else { Ok(job) },
            |_| Ok(()),
            |()| Ok(()),
        );
        assert_eq!(result.unwrap_err().message, "job 100");
    }
}
