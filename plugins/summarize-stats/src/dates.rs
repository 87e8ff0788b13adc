//! Counts of documents by date, as precise as each date is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Counts by year, month and day. A document always counts in its year, and in its month and day if its date
/// has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    dated: u64,
    undated: u64,
    /// Keys are `YYYY`, `YYYY-MM` and `YYYY-MM-DD`: at most four million.
    counts: BTreeMap<String, u64>,
}

impl Dates {
    /// Counts a document. Anything that is not an ISO 8601 date counts as no date.
    pub fn add(&mut self, published: Option<&str>) {
        let date = published.map_or("", date_of);
        if date.is_empty() {
            self.undated += 1;
            return;
        }
        self.dated += 1;
        for length in [4, 7, 10] {
            if let Some(key) = date.get(..length) {
                match self.counts.get_mut(key) {
                    Some(count) => *count += 1,
                    None => {
                        self.counts.insert(key.to_owned(), 1);
                    }
                }
            }
        }
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, from: Self) {
        self.dated += from.dated;
        self.undated += from.undated;
        for (key, count) in from.counts {
            *self.counts.entry(key).or_default() += count;
        }
    }

    /// The report.
    pub fn report(&self) -> Value {
        let of_length = |length: usize| -> Map<String, Value> {
            let keys = self.counts.iter().filter(|(key, _)| key.len() == length);
            keys.map(|(key, count)| (key.clone(), json!(count))).collect()
        };
        json!({
            "dated": self.dated,
            "undated": self.undated,
            "by_year": of_length(4),
            "by_month": of_length(7),
            "by_day": of_length(10),
        })
    }

    /// Bytes held on the heap, approximately.
    pub fn memory_bytes(&self) -> u64 {
        // Key, its allocation, count, and their share of the map's unused capacity.
        self.counts.len() as u64 * 64
    }
}

/// The leading `YYYY`, `YYYY-MM` or `YYYY-MM-DD` of an ISO 8601 date or time; empty when there is none.
fn date_of(text: &str) -> &str {
    let text = text.trim();
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten()
    };
    let bytes = text.as_bytes();
    if number(0, 4).is_none() || bytes.get(4).is_some_and(u8::is_ascii_digit) {
        return "";
    }
    let part = |at: usize, most: u32| {
        bytes.get(at) == Some(&b'-') && number(at + 1, at + 3).is_some_and(|part| (1..=most).contains(&part))
    };
    let length = match (part(4, 12), part(7, 31)) {
        (true, true) => 10,
        (true, false) => 7,
        _ => 4,
    };
    text.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_precise_as_told() {
        for (text, date) in [
            ("2024-03-05T10:00:00Z", "2024-03-05"),
            ("2024-03", "2024-03"),
            ("2024", "2024"),
            ("2024-13-01", "2024"),
            ("20240305", ""),
            ("5 March 2024", ""),
            ("２０２４", ""),
            ("", ""),
        ] {
            assert_eq!(date_of(text), date, "{text}");
        }
    }

    #[test]
    fn each_level_counts() {
        let mut dates = Dates::default();
        for date in [Some("2024-03-05"), Some("2024-03"), Some("2023"), None] {
            dates.add(date);
        }
        assert_eq!(
            dates.report(),
            json!({"dated": 3, "undated": 1, "by_year": {"2023": 1, "2024": 2}, "by_month": {"2024-03": 2},
                   "by_day": {"2024-03-05": 1}})
        );
    }
}
