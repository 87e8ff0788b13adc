//! Runs jobs on several threads and delivers their results in order: the engine's pool, for work without a
//! chain of stages.

use crate::engine::{Idle, Pool};
use std::sync::atomic::AtomicBool;
use textmill_plugin::error::Result;

/// Jobs in flight per thread: taken and not yet committed.
const WINDOW: u64 = 2;

/// Runs `work` on each of `jobs` on `threads` threads, and passes the results to `commit` in the order of the
/// jobs. The threads take jobs from the iterator themselves, one at a time, so creating a job is part of the
/// work.
///
/// # Errors
/// The first error in the order of the jobs, from a job, its work or its commit. A panic counts as an error.
pub fn each_in_order<J: Send, T: Send>(
    threads: usize,
    mut jobs: impl Iterator<Item = Result<J>> + Send,
    work: impl Fn(J) -> Result<T> + Sync,
    commit: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let pool = Pool {
        threads,
        room: threads as u64 * WINDOW,
        idle: &Idle::default(),
        stop: &AtomicBool::new(false),
    };
    pool.run(|| jobs.next().map(|job| Ok((job?, 1))), || (), |(), _, job| work(job), commit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use textmill_plugin::error::{Error, ErrorKind};

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [0, 1, 2, 5] {
            let mut seen = Vec::new();
            let work = |job: u64| {
                if job.is_multiple_of(7) {
                    thread::yield_now();
                }
                Ok(job * 2)
            };
            let commit = |double| {
                seen.push(double);
                Ok(())
            };
            each_in_order(threads, (0..500).map(Ok), work, commit).unwrap();
            assert_eq!(seen, (0..500).map(|n| n * 2).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn the_number_of_jobs_under_way_is_bounded() {
        let under_way = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        let jobs = (0..200).map(|n| {
            most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            Ok(n)
        });
        let commit = |_: i32| {
            under_way.fetch_sub(1, Ordering::SeqCst);
            thread::yield_now();
            Ok(())
        };
        each_in_order(3, jobs, Ok, commit).unwrap();
        // A ticket is returned just before the commit.
        assert!(most.into_inner() <= 3 * WINDOW as usize + 1);
    }

    #[test]
    fn the_first_error_in_order_is_the_one_reported() {
        for threads in [1, 3] {
            let work = |job: u32| if job >= 100 { Err(format!("job {job}").into()) } else { Ok(job) };
            let mut committed = 0;
            let commit = |_| {
                committed += 1;
                Ok(())
            };
            let error = each_in_order(threads, (0..10_000).map(Ok), work, commit).unwrap_err();
            assert_eq!((error.message.as_str(), committed), ("job 100", 100));

            let jobs = (0..10_000).map(|n| if n == 50 { Err(Error::from("no job")) } else { Ok(n) });
            assert_eq!(each_in_order(threads, jobs, work, |_| Ok(())).unwrap_err().message, "no job");

            let full = |n| if n == 20 { Err(Error::from("full")) } else { Ok(()) };
            let error = each_in_order(threads, (0..10_000).map(Ok), work, full).unwrap_err();
            assert_eq!(error.message, "full");
        }
    }

    #[test]
    fn a_panic_is_an_error() {
        for threads in [1, 2] {
            let work = |job: u32| if job == 3 { panic!("at {job}") } else { Ok(job) };
            let error = each_in_order(threads, (0..100).map(Ok), work, |_| Ok(())).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Fatal);
            assert!(error.message.ends_with("panicked: at 3"), "{}", error.message);
            let jobs = (0..100).map(|n| if n == 3 { panic!("no job") } else { Ok(n) });
            assert!(each_in_order(threads, jobs, |n: u32| Ok(n), |_| Ok(())).is_err());
            let commit = |n| if n == 3 { panic!("no commit") } else { Ok(()) };
            assert!(each_in_order(threads, (0..100).map(Ok), |n: u32| Ok(n), commit).is_err());
        }
    }
}
