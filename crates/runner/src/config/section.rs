//! Reading a table key by key: types are checked, unknown keys are found, mistakes are collected.

use super::problem::{Problem, suggest};
use super::tree::{Entry, Kind, Node, Place};

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
