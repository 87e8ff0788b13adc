//! Reading a table key by key: types are checked, unknown keys are found, mistakes are collected.

use super::problem::{Problem, suggest};
use super::tree::{Entry, Kind, Node, Place};
use std::time::Duration;

/// A table that is being read.
pub struct Section<'a> {
    name: &'a str,
    entries: &'a [Entry],
    place: &'a Place,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// Starts reading a table; anything else is a mistake and reads as an empty table.
    pub fn new(name: &'a str, node: &'a Node, problems: &mut Vec<Problem>) -> Self {
        let entries = match &node.kind {
            Kind::Table(entries) => entries.as_slice(),
            _ => {
                let message = format!("`{name}` must be a table, and it is {}", node.kind_name());
                problems.push(Problem::at(&node.place, message));
                &[]
            }
        };
        Self { name, entries, place: &node.place, known: Vec::new() }
    }

    /// Where the table was written.
    pub fn place(&self) -> &'a Place {
        self.place
    }

    /// The node under a key.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        self.entries.iter().find(|e| e.key == key).map(|e| &e.node)
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        problems: &mut Vec<Problem>,
        read: impl Fn(&'a Kind) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(key)?;
        let value = read(&node.kind);
        if value.is_none() {
            let message = format!("`{key}` must be {wanted}, and it is {}", node.shown());
            problems.push(Problem::at(&node.place, message));
        }
        value
    }

    /// A string.
    pub fn text(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<&'a str> {
        self.read(key, "a string", problems, |kind| match kind {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A whole number above zero.
    pub fn count(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<usize> {
        self.read(key, "a whole number above 0", problems, |kind| match kind {
            Kind::Integer(number) if *number > 0 => usize::try_from(*number).ok(),
            _ => None,
        })
    }

    /// A number of bytes above zero: a whole number, or a string such as `512MiB` or `2GB`.
    pub fn bytes(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<u64> {
        let wanted = "a number of bytes such as `512MiB` or `2GB`";
        if let Some(Node { kind: Kind::Text(text), place }) = self.node(key)
            && bytes_of(text).is_none()
        {
            problems.push(Problem::at(place, format!("`{key}` must be {wanted}, and it is `{text}`")));
            return None;
        }
        self.read(key, wanted, problems, |kind| match kind {
            Kind::Integer(number) => u64::try_from(*number).ok().filter(|&bytes| bytes > 0),
            Kind::Text(text) => bytes_of(text),
            _ => None,
        })
    }

    /// A time above zero: a whole number of seconds, or a string such as `500ms`, `10s` or `2m`.
    pub fn time(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<Duration> {
        let wanted = "a time such as `10s` or `500ms`";
        if let Some(Node { kind: Kind::Text(text), place }) = self.node(key)
            && time_of(text).is_none()
        {
            problems.push(Problem::at(place, format!("`{key}` must be {wanted}, and it is `{text}`")));
            return None;
        }
        self.read(key, wanted, problems, |kind| match kind {
            Kind::Integer(number) => u64::try_from(*number).ok().filter(|&s| s > 0).map(Duration::from_secs),
            Kind::Text(text) => time_of(text),
            _ => None,
        })
    }

    /// One of several words.
    pub fn word(
        &mut self,
        key: &'static str,
        words: &[&str],
        problems: &mut Vec<Problem>,
    ) -> Option<&'a str> {
        let text = self.text(key, problems)?;
        if words.contains(&text) {
            return Some(text);
        }
        let place = self.node(key).map_or(self.place, |n| &n.place);
        let hint = suggest(text, words.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("it is one of `{}`", words.join("`, `")));
        problems.push(Problem::at(place, format!("`{key}` cannot be `{text}`")).hint(hint));
        None
    }

    /// A string or an array of strings, each with its place.
    pub fn texts(
        &mut self,
        key: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<(&'a str, &'a Place)>> {
        let node = self.node(key)?;
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut out = Vec::new();
        for item in items {
            match &item.kind {
                Kind::Text(text) => out.push((text.as_str(), &item.place)),
                _ => {
                    let message =
                        format!("`{key}` must be an array of strings, and this is {}", item.kind_name());
                    problems.push(Problem::at(&item.place, message));
                }
            }
        }
        Some(out)
    }

    /// Ends the reading: keys that nobody asked for are mistakes.
    pub fn finish(self, problems: &mut Vec<Problem>) {
        for entry in self.entries.iter().filter(|e| !self.known.contains(&e.key.as_str())) {
            let known: Vec<String> = self.known.iter().map(|k| format!("`{k}`")).collect();
            let hint = suggest(&entry.key, self.known.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("{} has {}", self.name, known.join(", ")));
            let message = format!("unknown key `{}` in {}", entry.key, self.name);
            problems.push(Problem::at(&entry.place, message).hint(hint));
        }
    }
}

/// Bytes in words: a number, and a unit of 1000 (`kB`, `MB`) or of 1024 (`KiB`, `MiB`).
pub fn bytes_of(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1000 * 1000,
        "g" | "gb" => 1000 * 1000 * 1000,
        "t" | "tb" => 1000 * 1000 * 1000 * 1000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()? * factor as f64;
    (bytes >= 1.0 && bytes < 2f64.powi(63)).then_some(bytes as u64)
}

/// A time in words: a number, and a unit.
fn time_of(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let factor = match unit.trim() {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let seconds = number.parse::<f64>().ok()? * factor;
    (seconds >= 1e-3).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{bytes_of, time_of};
    use std::time::Duration;

    #[test]
    fn times_in_words() {
        for (text, millis) in [
            ("10s", Some(10_000)),
            ("500ms", Some(500)),
            ("1.5 m", Some(90_000)),
            ("3", Some(3_000)),
            ("0s", None),
            ("-1s", None),
            ("1e400s", None),
            ("soon", None),
        ] {
            assert_eq!(time_of(text), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn bytes_in_words() {
        for (text, bytes) in [
            ("512MiB", Some(512 << 20)),
            ("2 GiB", Some(2 << 30)),
            ("1.5kB", Some(1500)),
            ("7", Some(7)),
            ("0", None),
            ("2 apples", None),
            ("", None),
            ("-1MB", None),
        ] {
            assert_eq!(bytes_of(text), bytes, "{text}");
        }
    }
}
