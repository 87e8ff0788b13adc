//! Makes the ids of documents unique.

use super::parsed::{Entry, Parsed};
use std::collections::{HashMap, HashSet};
use twox_hash::XxHash3_64;

/// The set of ids given so far, each represented by its hash. Two different ids with the same hash (a chance
/// of 1 in 2^64 per pair) give the second one a suffix that it does not need.
#[derive(Debug, Default)]
pub struct Ids {
    taken: HashSet<u64>,
    /// The next suffix to try, by the hash of an id that was repeated. Without it, each of a million
    /// documents with one id would try all numbers.
    next: HashMap<u64, u64>,
}

impl Ids {
    /// Makes the ids of documents unique, and returns the hashes that were newly taken, in order. Failures
    /// take no ids.
    pub fn settle(&mut self, parsed: &mut Parsed) -> Vec<u64> {
        let mut taken = Vec::with_capacity(parsed.entries.len());
        let mut renamed = Vec::new();
        for (n, entry) in parsed.entries.iter().enumerate() {
            let Entry::Document(row) = entry else { continue };
            let word = parsed.word(row.id);
            if self.take(word, &mut taken) {
                continue;
            }
            let base = XxHash3_64::oneshot(word.as_bytes());
            for number in self.next.get(&base).copied().unwrap_or(2).. {
                let id = format!("{word}~{number}");
                if self.take(&id, &mut taken) {
                    self.next.insert(base, number + 1);
                    renamed.push((n, id));
                    break;
                }
            }
        }
        parsed.renamed = renamed;
        taken
    }

    fn take(&mut self, id: &str, taken: &mut Vec<u64>) -> bool {
        let hash = XxHash3_64::oneshot(id.as_bytes());
        let new = self.taken.insert(hash);
        if new {
            taken.push(hash);
        }
        new
    }

    /// Restores hashes that an earlier run took.
    pub fn restore(&mut self, hashes: impl IntoIterator<Item = u64>) {
        self.taken.extend(hashes);
    }
}
