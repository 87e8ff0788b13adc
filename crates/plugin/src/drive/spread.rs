//! Runs the jobs of a plan's step: on one thread here, on many in the runner.

use crate::error::Result;

/// Runs jobs on one thread or many, and commits their results in the order of the jobs. The number of jobs in
/// progress is bounded at any time.
pub trait Spread {
    /// Calls `start` once per thread, and what it returns once per job. `commit` gets each result.
    ///
    /// # Errors
    /// The first error in the order of the jobs: from taking the job, doing it or committing it.
    fn each<J: Send, T: Send, F: FnMut(J) -> Result<T> + Send>(
        &self,
        jobs: impl Iterator<Item = Result<J>> + Send,
        start: impl Fn() -> F + Sync,
        commit: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()>;

    /// How many jobs run at once.
    fn threads(&self) -> usize {
        1
    }
}

/// Runs jobs one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneThread;

impl Spread for OneThread {
    fn each<J: Send, T: Send, F: FnMut(J) -> Result<T> + Send>(
        &self,
        jobs: impl Iterator<Item = Result<J>> + Send,
        start: impl Fn() -> F + Sync,
        mut commit: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()> {
        let mut work = start();
        for job in jobs {
            commit(work(job?)?)?;
        }
        Ok(())
    }
}
