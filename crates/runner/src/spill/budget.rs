//! The memory budget that tables and sorters share, and a count of what was written to disk instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of bytes that may be held in memory, and how many of them are taken.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
    spilled: AtomicU64,
}

impl Budget {
    /// Creates a budget of `limit` bytes.
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0), spilled: AtomicU64::new(0) })
    }

    /// Takes `bytes` if they are free.
    pub fn try_take(self: &Arc<Self>, bytes: u64) -> Option<Taken> {
        self.take_up_to(bytes, self.limit)
    }

    /// Takes `bytes` for rows that could be on disk as well. Leaves a quarter of the budget to sorters.
    pub fn try_take_to_keep(self: &Arc<Self>, bytes: u64) -> Option<Taken> {
        self.take_up_to(bytes, self.limit - self.limit / 4)
    }

    /// Whether [`Budget::try_take_to_keep`] of `bytes` would succeed at this moment.
    pub fn may_keep(&self, bytes: u64) -> bool {
        self.used().saturating_add(bytes) <= self.limit - self.limit / 4
    }

    /// Takes `bytes` even if they are not free, for callers that have checked before.
    pub fn take(self: &Arc<Self>, bytes: u64) -> Taken {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        Taken { budget: Arc::clone(self), bytes }
    }

    /// The size of the budget in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Number of bytes that are taken.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Number of compressed bytes that were written to disk for lack of memory.
    pub fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    pub(super) fn count_spilled(&self, bytes: u64) {
        self.spilled.fetch_add(bytes, Ordering::Relaxed);
    }

    fn take_up_to(self: &Arc<Self>, bytes: u64, limit: u64) -> Option<Taken> {
        self.add(bytes, limit).then(|| Taken { budget: Arc::clone(self), bytes })
    }

    fn add(&self, bytes: u64, limit: u64) -> bool {
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }
}

/// Bytes taken from a budget; returned on drop.
#[derive(Debug)]
pub struct Taken {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Taken {
    /// Number of bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes `more` bytes if they are free.
    pub fn try_grow(&mut self, more: u64) -> bool {
        let grown = self.budget.add(more, self.budget.limit);
        self.bytes += if grown { more } else { 0 };
        grown
    }

    /// Returns all but `bytes`.
    pub fn shrink_to(&mut self, bytes: u64) {
        let back = self.bytes.saturating_sub(bytes);
        self.bytes -= back;
        self.budget.used.fetch_sub(back, Ordering::Relaxed);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_free_again() {
        let budget = Budget::new(100);
        let kept = budget.try_take_to_keep(75).unwrap();
        assert!(budget.try_take_to_keep(1).is_none());
        let mut sorting = budget.try_take(10).unwrap();
        assert!(sorting.try_grow(15) && !sorting.try_grow(1));
        assert!(budget.try_take(u64::MAX).is_none());
        drop(kept);
        assert_eq!((budget.used(), sorting.bytes()), (25, 25));
        sorting.shrink_to(5);
        sorting.shrink_to(9);
        assert_eq!((budget.used(), sorting.bytes()), (5, 5));
    }
}
