//! Ids of a run that are near to one that it does not have.

use super::lines::each_line;
use super::run_folder::RunFolder;
use crate::config::suggest;
use crate::failure::Failure;

/// Ids that are offered, at most.
const OFFERED: usize = 3;

/// The ids of a run that begin with another, contain it, or are nearly it; the best first.
///
/// # Errors
/// Where a file of the run cannot be read.
pub fn near_ids(run: &RunFolder, wrong: &str) -> Result<Vec<String>, Failure> {
    let mut near = Near::new(wrong);
    each_line(run, |_, id, _| near.take(id))?;
    Ok(near.found.into_iter().map(|(_, id)| id).collect())
}

struct Near {
    wrong: String,
    /// How far away each is, and its id.
    found: Vec<(usize, String)>,
}

impl Near {
    fn new(wrong: &str) -> Self {
        Self { wrong: wrong.to_lowercase(), found: Vec::new() }
    }

    fn take(&mut self, id: &str) {
        let Some(distance) = self.distance(id) else { return };
        let at = self.found.partition_point(|(other, _)| *other <= distance);
        if at < OFFERED {
            self.found.insert(at, (distance, id.to_owned()));
            self.found.truncate(OFFERED);
        }
    }

    /// What begins so stands before what contains it, and that before what is written nearly so.
    fn distance(&self, id: &str) -> Option<usize> {
        const CONTAINED: usize = 1 << 20;
        let lower = id.to_lowercase();
        let longer = lower.len().saturating_sub(self.wrong.len());
        if self.wrong.is_empty() {
            return None;
        }
        if lower.starts_with(&self.wrong) {
            return Some(longer);
        }
        // A sign or two stand in almost any id.
        if self.wrong.len() > 2 && lower.contains(&self.wrong) {
            return Some(CONTAINED + longer);
        }
        // Words of quite another length need not be compared.
        let alike = lower.len().abs_diff(self.wrong.len()) <= (self.wrong.len() / 3).max(2);
        (alike && suggest(&self.wrong, [lower.as_str()]).is_some())
            .then(|| 2 * CONTAINED + strsim::damerau_levenshtein(&self.wrong, &lower))
    }
}

#[cfg(test)]
mod tests {
    use super::Near;

    fn near(wrong: &str) -> Vec<String> {
        let mut near = Near::new(wrong);
        let ids =
            ["a/long-sv.txt", "long-sv.txt", "long-sv-2.txt", "short.txt", "lang-sv.txt", "x", "Long-SV"];
        ids.into_iter().for_each(|id| near.take(id));
        near.found.into_iter().map(|(_, id)| id).collect()
    }

    #[test]
    fn the_nearest_ids_come_first() {
        assert_eq!(near("long-sv"), ["Long-SV", "long-sv.txt", "long-sv-2.txt"]);
        assert_eq!(near("short"), ["short.txt"]);
        assert_eq!(near("long-vs.txt"), ["long-sv.txt", "lang-sv.txt", "a/long-sv.txt"]);
        assert!(near("").is_empty() && near("picture").is_empty());
    }
}
