//! Recycles chunk-sized buffers: fresh memory would have to be zeroed first.

use std::sync::{Arc, Mutex, PoisonError};

/// Maximum number of buffers to keep.
const MOST: usize = 2;
/// Minimum size in bytes of a buffer worth keeping.
const LEAST: usize = 1 << 16;

/// A pool of used buffers, whose contents mean nothing. Keeps none by default.
#[derive(Clone, Debug, Default)]
pub struct BufferPool {
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
    /// Maximum size in bytes of a buffer to keep.
    largest: usize,
}

impl BufferPool {
    /// Creates a pool for the buffers of chunks of about `chunk_bytes`.
    pub fn of(chunk_bytes: usize) -> Self {
        Self { kept: Arc::default(), largest: chunk_bytes.saturating_mul(2) }
    }

    /// Takes a buffer with room for `bytes`, if there is one.
    pub(super) fn take(&self, bytes: usize) -> Option<Vec<u8>> {
        let mut pool = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = pool.iter().position(|spare| spare.capacity() >= bytes)?;
        Some(pool.swap_remove(at))
    }

    /// Gives a buffer back. If the pool is full, this drops the oldest buffer.
    pub(super) fn give(&self, buffer: Vec<u8>) {
        if !(LEAST..=self.largest).contains(&buffer.capacity()) {
            return;
        }
        let mut pool = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() == MOST {
            pool.remove(0);
        }
        pool.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_fits_is_given_again() {
        let pool = BufferPool::of(4 * LEAST);
        assert!(pool.take(1).is_none());
        for size in [10, LEAST, 3 * LEAST, 2 * LEAST, 9 * LEAST] {
            pool.clone().give(vec![1; size]);
        }
        let take = |bytes| pool.take(bytes).map(|spare| spare.len());
        assert_eq!(take(3 * LEAST), Some(3 * LEAST));
        assert_eq!(take(3 * LEAST), None, "too large a one was let go");
        assert_eq!(take(1), Some(2 * LEAST));
        assert_eq!(take(1), None, "too small a one was let go, and two are kept at most");
    }
}
