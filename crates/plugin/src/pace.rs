//! How often a loop over documents checks whether the run is being stopped: often enough that Ctrl-C takes
//! effect soon, and rarely enough that the cost does not show.

use crate::call::Call;
use crate::error::Result;
use crate::row::Row;

/// Maximum number of rows between two checks.
const ROWS: usize = 64;
/// Approximate bytes of text between two checks: a few milliseconds of work for a slow operator.
const BYTES: usize = 1 << 20;

/// Counts the work of a loop since its last check.
pub(crate) struct Pace {
    rows: usize,
    bytes: usize,
}

impl Pace {
    /// The first check is due before the first row.
    pub fn new() -> Self {
        Self { rows: ROWS, bytes: 0 }
    }

    /// To be called before the work on each row. Checks if it is time to.
    ///
    /// # Errors
    /// When the run is being stopped.
    pub fn before(&mut self, row: &Row<'_>, call: &Call<'_>) -> Result {
        if self.rows >= ROWS || self.bytes >= BYTES {
            call.keep_going()?;
            (self.rows, self.bytes) = (0, 0);
        }
        self.rows += 1;
        self.bytes += row.received().len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Host, Level};
    use arrow_array::{LargeStringArray, RecordBatch};
    use std::cell::Cell;
    use std::sync::Arc;

    #[derive(Default)]
    struct Asked(Cell<usize>);

    impl Host for Asked {
        fn log(&self, _: Level, _: &str) {}
        fn report(&self, _: Level, _: Option<u32>, _: &str, _: &str) {}
        fn should_stop(&self) -> bool {
            self.0.set(self.0.get() + 1);
            false
        }
        fn progress(&self, _: u64, _: u64) {}
        fn metric_add(&self, _: &str, _: u64) {}
    }

    fn questions(texts: Vec<String>) -> usize {
        let column: arrow_array::ArrayRef = Arc::new(LargeStringArray::from(texts));
        let batch = RecordBatch::try_from_iter([("text", column)]).unwrap();
        let host = Asked::default();
        let (call, mut pace) = (Call::new(&host), Pace::new());
        Row::of(&batch).try_for_each(|row| pace.before(&row, &call)).unwrap();
        host.0.get()
    }

    #[test]
    fn many_rows_and_long_texts_are_both_cause_to_ask() {
        assert_eq!(questions(vec![String::new(); 1]), 1);
        assert_eq!(questions(vec![String::new(); 64]), 1);
        assert_eq!(questions(vec![String::new(); 129]), 3);
        assert_eq!(questions(vec!["x".repeat(1 << 20); 5]), 5);
        assert_eq!(questions(vec!["x".repeat(1 << 19); 5]), 3);
    }
}
