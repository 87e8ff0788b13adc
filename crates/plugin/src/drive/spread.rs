//! Running the jobs of a plan's step: on one thread here, on many in the runner.

use crate::error::Result;

/// Runs jobs on one thread or many, and commits their results in the order of the jobs. A bounded number of jobs is
/// under way at any time.
pub trait Spread {
    /// Runs `start()` once a thread and what it returns once a job; `commit` gets each result.
    ///
    /// # Errors
    /// The first error in the order of the jobs: of taking the job, doing it or committing it.
    fn each<J: Send, T: Send, F: FnMut(J) -> Result<T> + Send>(
        &self,
        jobs: impl Iterator<Item = Result<J>> + Send,
        start: impl Fn() -> F + Sync,
        commit: impl FnMut(T) -> Result<()> + Send,
    ) -> Result<()>;

    /// How many jobs are done at once.
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
