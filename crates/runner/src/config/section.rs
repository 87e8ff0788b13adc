//! Reads a table key by key: checks types, finds unknown keys, and collects problems.

use super::problem::{Problem, nearest, suggest};
use super::schema::{default_of, key_schema, table_of};
use super::tree::{Entry, Kind, Node, Place};
use super::variables::scalar;
use std::time::Duration;

/// A table that is being read.
pub struct Section<'a> {
    name: &'a str,
    entries: &'a [Entry],
    place: &'a Place,
    is_table: bool,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// Starts reading a table. Anything else is a mistake and reads as an empty table.
    pub fn new(name: &'a str, node: &'a Node, problems: &mut Vec<Problem>) -> Self {
        let (entries, is_table) = match &node.kind {
            Kind::Table(entries) => (entries.as_slice(), true),
            _ => {
                // The name brings its own backticks if it needs any.
                let message = format!("{name} must be a table, but it is {}", node.kind_name());
                let hint = format!("write its keys under {name}");
                problems.push(Problem::at(&node.place, message).hint(hint));
                (&[][..], false)
            }
        };
        Self { name, entries, place: &node.place, is_table, known: Vec::new() }
    }

    /// The place where the table was written.
    pub fn place(&self) -> &'a Place {
        self.place
    }

    /// Whether the node is a table at all.
    pub fn is_table(&self) -> bool {
        self.is_table
    }

    /// Marks a key as known that is read elsewhere.
    pub fn known(&mut self, key: &'static str) {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
    }

    /// The node of a key.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known(key);
        self.entries.iter().find(|e| e.key == key).map(|e| &e.node)
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        wanted: &Wanted,
        problems: &mut Vec<Problem>,
        read: impl Fn(&'a Kind) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(key)?;
        let value = read(&node.kind);
        if value.is_none() {
            problems.push(self.with_doc(key, wanted.refuse(key, node)));
        }
        value
    }

    /// Reads a string.
    pub fn text(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<&'a str> {
        self.read(key, &Wanted::Text, problems, |kind| match kind {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Reads a boolean.
    pub fn flag(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<bool> {
        let node = self.node(key)?;
        match scalar(node).as_ref().unwrap_or(&node.kind) {
            Kind::Bool(flag) => Some(*flag),
            _ => {
                problems.push(self.with_doc(key, Wanted::Flag.refuse(key, node)));
                None
            }
        }
    }

    /// Reads a whole number above zero.
    pub fn count(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<usize> {
        let node = self.node(key)?;
        let count = match scalar(node).as_ref().unwrap_or(&node.kind) {
            Kind::Integer(number) if *number > 0 => usize::try_from(*number).ok(),
            _ => None,
        };
        if count.is_none() {
            problems.push(self.with_doc(key, Wanted::Count.refuse(key, node)));
        }
        count
    }

    /// Reads a number of bytes above zero: a whole number, or a string such as `512MiB` or `2GB`.
    pub fn bytes(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<u64> {
        self.read(key, &Wanted::Bytes, problems, |kind| match kind {
            Kind::Integer(number) => u64::try_from(*number).ok().filter(|&bytes| bytes > 0),
            Kind::Text(text) => bytes_of(text),
            _ => None,
        })
    }

    /// Reads a time above zero: a whole number of seconds, or a string such as `500ms`, `10s` or `2m`.
    pub fn time(&mut self, key: &'static str, problems: &mut Vec<Problem>) -> Option<Duration> {
        self.read(key, &Wanted::Time, problems, |kind| match kind {
            Kind::Integer(number) => u64::try_from(*number).ok().filter(|&s| s > 0).map(Duration::from_secs),
            Kind::Text(text) => time_of(text),
            _ => None,
        })
    }

    /// Reads one of several words.
    pub fn word(
        &mut self,
        key: &'static str,
        words: &[&str],
        problems: &mut Vec<Problem>,
    ) -> Option<&'a str> {
        let node = self.node(key)?;
        let text = match &node.kind {
            Kind::Text(text) => text.as_str(),
            _ => {
                let message = format!("`{key}` must be a string, but it is {}", node.shown());
                let hint = format!("it is one of `\"{}\"`", words.join("\"`, `\""));
                problems.push(self.with_doc(key, Problem::at(&node.place, message).hint(hint)));
                return None;
            }
        };
        if words.contains(&text) {
            return Some(text);
        }
        let hint = suggest(text, words.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("it is one of `{}`", words.join("`, `")));
        let problem =
            Problem::at(&node.place, format!("`{key}` cannot be `{text}`{}", node.variables_in_words()))
                .hint(hint);
        problems.push(self.with_doc(key, problem));
        None
    }

    /// Adds the schema's description of the key to a problem.
    pub(super) fn with_doc(&self, key: &str, problem: Problem) -> Problem {
        let doc = key_schema(self.name.trim_matches('`'), key)
            .and_then(|own| Some(format!("`{key}`: {}", own.get("description")?.as_str()?)));
        problem.maybe_doc(doc)
    }

    /// Reads a string or an array of strings, each with its place.
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
                    let hint = match item.as_string() {
                        Some(text) => format!("write `{}`", quoted(&text)),
                        None => format!("write `{key} = [\"…\", \"…\"]`"),
                    };
                    problems.push(self.with_doc(key, Problem::at(&item.place, message).hint(hint)));
                }
            }
        }
        Some(out)
    }

    /// Finishes reading: keys that were not queried are mistakes.
    pub fn finish(self, problems: &mut Vec<Problem>) {
        for entry in self.entries.iter().filter(|e| !self.known.contains(&e.key.as_str())) {
            let problem = Problem::at(&entry.place, format!("unknown key `{}` in {}", entry.key, self.name));
            let near = nearest(&entry.key, self.known.iter().copied());
            problems.push(match near {
                Some(near) => self.with_doc(near, problem.hint(format!("did you mean `{near}`?"))),
                None => problem.hint(self.elsewhere(&entry.key)),
            });
        }
    }

    /// Where a key belongs that this table does not have.
    fn elsewhere(&self, key: &str) -> String {
        let known: Vec<String> = self.known.iter().map(|k| format!("`{k}`")).collect();
        let own = format!("{} has {}", self.name, known.join(", "));
        let is_of_a_pipeline =
            self.name == "the pipeline file" || self.known.first().is_some_and(|key| table_of(key).is_some());
        match table_of(key).filter(|_| is_of_a_pipeline) {
            Some(table) => format!("`{key}` belongs under `{table}`"),
            None if is_of_a_pipeline && key == "extends" => "`extends` belongs above all tables".to_owned(),
            None if self.name == "`[[stage]]`" => {
                format!("options of the plugin belong under `[stage.options]`; {own}")
            }
            None => own,
        }
    }
}

/// What a key must be.
enum Wanted {
    Text,
    Flag,
    Count,
    Bytes,
    Time,
}

impl Wanted {
    /// The problem for a value of another kind, with the correct TOML if it can be guessed.
    fn refuse(&self, key: &str, node: &Node) -> Problem {
        let (words, example) = match self {
            Self::Text => ("a string", "\"…\""),
            Self::Flag => ("`true` or `false`", "true"),
            Self::Count => ("a whole number above 0", "4"),
            Self::Bytes => ("a number of bytes above 0", "\"512MiB\""),
            Self::Time => ("a time above 0", "\"10s\""),
        };
        let right = match (self, node.as_string()) {
            (Self::Text, Some(text)) if !matches!(node.kind, Kind::Bool(_)) => Some(quoted(&text)),
            (Self::Flag, Some(text)) => flag_of(&text).map(|flag| flag.to_string()),
            (Self::Count, Some(text)) => {
                text.trim().parse::<usize>().ok().filter(|&n| n > 0).map(|n| n.to_string())
            }
            (Self::Bytes, Some(text)) => words_near(&text, |text| bytes_of(text).is_some()),
            (Self::Time, Some(text)) => words_near(&text, |text| time_of(text).is_some()),
            _ => None,
        };
        let hint = match right {
            Some(right) => format!("write `{key} = {right}`"),
            None => format!("write it as in `{key} = {}`", default_of(key).as_deref().unwrap_or(example)),
        };
        Problem::at(&node.place, format!("`{key}` must be {words}, but it is {}", node.shown())).hint(hint)
    }
}

/// The boolean that a word means.
pub(super) fn flag_of(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A number with the correct unit nearest to the one written, in quotes.
fn words_near(text: &str, is_right: impl Fn(&str) -> bool) -> Option<String> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.trim();
    let known = [
        ("megabytes", "MB"),
        ("gigabytes", "GB"),
        ("mib", "MiB"),
        ("gib", "GiB"),
        ("sec", "s"),
        ("seconds", "s"),
        ("second", "s"),
        ("minutes", "min"),
        ("minute", "min"),
        ("mins", "min"),
        ("hours", "h"),
        ("hour", "h"),
        ("hrs", "h"),
    ];
    let unit = unit.to_lowercase();
    let unit = nearest(&unit, known.iter().map(|(long, _)| *long))
        .filter(|near| strsim::damerau_levenshtein(near, &unit) <= 1)
        .and_then(|near| known.iter().find(|(long, _)| *long == near))?
        .1;
    let right = format!("{number}{unit}");
    is_right(&right).then(|| quoted(&right))
}

/// A string in TOML syntax.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Parses a size: a number, and a unit based on 1000 (`kB`, `MB`) or on 1024 (`KiB`, `MiB`).
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

/// Parses a time: a number and a unit.
pub fn time_of(text: &str) -> Option<Duration> {
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
