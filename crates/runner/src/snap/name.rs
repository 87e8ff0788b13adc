//! File names for ids, which may contain anything.

use super::file::{ENDING, NEW_ENDING};
use std::collections::BTreeSet;
use twox_hash::XxHash3_64;

/// Maximum number of characters of an id that its name adopts.
const LONGEST: usize = 80;

/// A unique name for each id, even on file systems that ignore case. An id that is a good name is kept as it
/// is; others get a hash that depends only on the id.
pub(super) fn file_names(ids: &[String]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut name = |id: &String| {
        let plain: String = id.chars().take(LONGEST).map(|c| if is_plain(c) { c } else { '-' }).collect();
        let sum = XxHash3_64::oneshot(id.as_bytes()) as u32;
        let good = plain == *id
            && !plain.is_empty()
            && !plain.starts_with(['.', '-'])
            && !plain.ends_with('.')
            && !plain.ends_with(ENDING)
            && !plain.ends_with(NEW_ENDING);
        let marked = format!("{}-{sum:08x}", plain.trim_matches(['.', '-']));
        let mut name = if good { plain } else { marked.clone() };
        let mut number = 1;
        while !taken.insert(name.to_lowercase()) {
            name = if number == 1 { marked.clone() } else { format!("{marked}-{number}") };
            number += 1;
        }
        name
    };
    ids.iter().map(&mut name).collect()
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_good_and_differ() {
        let ids = ["01-a.txt", "a/b#1", "a/b#2", "A.txt", "a.TXT", "..", "", "x.snap", "same", "same", "é"];
        let names = file_names(&ids.map(str::to_owned));
        let lower: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(lower.len(), ids.len());
        assert!(names.iter().all(|name| name.chars().all(is_plain) && !name.starts_with('.')), "{names:?}");
        assert_eq!((names[0].as_str(), names[3].as_str(), names[8].as_str()), ("01-a.txt", "A.txt", "same"));
        assert!(names[1].starts_with("a-b-1-") && !names[7].ends_with(".snap"), "{names:?}");
        assert!(file_names(&["x".repeat(300)])[0].len() < 100);
    }
}
