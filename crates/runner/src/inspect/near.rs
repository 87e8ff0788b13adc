//! Finds ids of a run that resemble one that it does not have.

use super::lines::each_line;
use super::run_folder::RunFolder;
use crate::config::suggest;
use crate::failure::Failure;

/// The maximum number of ids that are offered.
const OFFERED: usize = 3;

/// The ids of a run that begin with another, contain it, or are almost equal to it; the best ones first.
///
/// # Errors
/// If a file of the run cannot be read.
pub fn near_ids(run: &RunFolder, wrong: &str) -> Result<Vec<String>, Failure> {
    let mut near = Near::new(wrong);
    each_line(run, |_, id, _| near.take(id))?;
    Ok(near.found.into_iter().map(|(_, id)| id).collect())
}

struct Near {
    wrong: String,
    /// Ids and their distances.
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

    /// The distance of an id. Ids that begin with the wrong one come before those that contain it, and those
    /// before ids that are spelled similarly.
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
        // Almost any id contains a given one or two characters.
        if self.wrong.len() > 2 && lower.contains(&self.wrong) {
            return Some(CONTAINED + longer);
        }
        // Skip words of very different length.
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
