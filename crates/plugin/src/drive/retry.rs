//! Finds the row at fault: if a call fails, the other rows are run again without it.

use crate::error::{Error, ErrorKind, Result};

/// How many rows that errors name are taken out one by one; after that, batches are halved.
const NAMED_AT_MOST: usize = 8;

/// What became of the rows of a batch.
pub struct Attempts<T> {
    /// Answers, each with its rows, in row order.
    pub answers: Vec<(Vec<u32>, T)>,
    /// Rows at fault, each with its error.
    pub guilty: Vec<(u32, Error)>,
}

/// Runs `attempt` on all rows of a batch of `count`. If it fails, takes out the row that the error names, or
/// halves the rows, until every row has an answer or is found to be at fault.
///
/// `attempt` is given rows of the batch, ascending. The row in its error is an index into these.
///
/// # Errors
/// An error for which no document is at fault, unchanged.
pub fn attempt_all<T>(count: usize, mut attempt: impl FnMut(&[u32]) -> Result<T>) -> Result<Attempts<T>> {
    let mut done = Attempts { answers: Vec::new(), guilty: Vec::new() };
    let mut waiting: Vec<Vec<u32>> = vec![(0..count as u32).collect()];
    let mut named = 0;
    while let Some(rows) = waiting.pop() {
        if rows.is_empty() && count > 0 {
            continue;
        }
        let error = match attempt(&rows) {
            Ok(answer) => {
                done.answers.push((rows, answer));
                continue;
            }
            Err(error) if ends_the_stage(error.kind) => return Err(error),
            Err(error) => error,
        };
        let at = error.row.map(|row| row as usize).filter(|&at| at < rows.len() && named < NAMED_AT_MOST);
        match (rows.len(), at) {
            (0, _) => return Err(error),
            (1, _) => done.guilty.push((rows[0], error)),
            // The rows before and after the culprit run separately, to keep the order of answers.
            (_, Some(at)) => {
                named += 1;
                done.guilty.push((rows[at], error));
                waiting.push(rows[at + 1..].to_vec());
                waiting.push(rows[..at].to_vec());
            }
            (n, None) => {
                waiting.push(rows[n / 2..].to_vec());
                waiting.push(rows[..n / 2].to_vec());
            }
        }
    }
    done.guilty.sort_by_key(|(row, _)| *row);
    Ok(done)
}

fn ends_the_stage(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Cancelled | ErrorKind::Fatal | ErrorKind::Storage | ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(bad: &[u32], name_them: bool) -> (Vec<u32>, Vec<u32>) {
        let done = attempt_all(20, |rows| match rows.iter().position(|r| bad.contains(r)) {
            Some(at) => Err(Error::from("bad").at_row(name_them.then_some(at as u32))),
            None => Ok(()),
        });
        let done = done.unwrap();
        let good = done.answers.into_iter().flat_map(|(rows, ())| rows).collect();
        (good, done.guilty.into_iter().map(|(row, _)| row).collect())
    }

    #[test]
    fn only_the_guilty_fail() {
        for name_them in [true, false] {
            for bad in [&[][..], &[0], &[19], &[3, 4, 11], &(0..20).collect::<Vec<u32>>()] {
                let (good, guilty) = run(bad, name_them);
                assert_eq!(guilty, bad);
                let rest: Vec<u32> = (0..20).filter(|r| !bad.contains(r)).collect();
                assert_eq!(good, rest);
            }
        }
    }
}
