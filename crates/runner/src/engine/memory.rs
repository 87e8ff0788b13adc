//! How the memory of a run is divided.

use crate::config::Run;

/// Peak memory of a morsel, in bytes per byte of input: the bytes as read, the text as a column, the text
/// before and after a stage, and the resulting lines and blocks. Measured on pages in which `clean` edits
/// most lines.
const MORSEL_FACTOR: u64 = 6;

/// Memory of a thread that writes documents or the ledger as Parquet, in bytes.
const ROW_GROUPS: u64 = 128 << 20;

/// How the memory of a run is divided. The rest is for sums, indexes, and the memory that plugins use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// For all morsels in progress, in bytes.
    pub morsels: u64,
    /// For documents that wait before a barrier, in bytes. They are read only once more, so disk will do for
    /// the rest.
    pub documents: u64,
    /// For rows that are exchanged and looked up after a barrier, in bytes.
    pub rows: u64,
    /// Number of threads that make the final files; each holds two row groups.
    pub finishing: usize,
    /// Bytes of input per morsel.
    pub chunk: usize,
    /// The maximum number of bytes that a document may have: the pipeline's limit, or less if the memory
    /// requires it.
    pub document: usize,
}

impl Shares {
    /// Divides the memory that a pipeline states.
    pub fn of(run: &Run, threads: usize, max_document_bytes: usize) -> Self {
        let morsels = run.memory * 3 / 8;
        // Every thread can have one morsel in progress and one waiting for its turn.
        let room = (morsels / MORSEL_FACTOR / (2 * threads as u64)) as usize;
        Self {
            morsels,
            documents: run.memory / 8,
            rows: run.memory / 4,
            finishing: ((run.memory / 2 / ROW_GROUPS) as usize).clamp(1, threads.max(1)),
            chunk: run.batch_bytes.min(room).max(1),
            document: max_document_bytes.min((run.memory / 8) as usize),
        }
    }

    /// The memory that a morsel of this many bytes of input counts as.
    pub fn cost(bytes: u64) -> u64 {
        bytes * MORSEL_FACTOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn morsels_of_all_threads_fit() {
        for (memory, threads) in [(4 << 20, 1), (512 << 20, 2), (2 << 30, 64)] {
            let run = Run { memory, ..Run::default() };
            let shares = Shares::of(&run, threads, 64 << 20);
            assert!(Shares::cost(shares.chunk as u64) * threads as u64 <= shares.morsels);
            assert!(shares.morsels + shares.documents + shares.rows < memory);
            assert!(shares.document as u64 <= memory / 8);
        }
    }
}
