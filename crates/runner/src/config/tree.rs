//! A TOML document as a tree in which every key and value has its place.

use super::problem::Problem;
use super::section::quoted;
use super::variables::Used;
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a key or a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A byte range of a file.
    File(Span),
    /// A `--set` argument.
    Set(String),
}

/// A byte range in one of the files that make up a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Number of the file; 0 is the one on the command line.
    pub file: usize,
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Place {
    /// The place of a byte range of a file.
    pub fn file(file: usize, range: Range<usize>) -> Self {
        Self::File(Span { file, start: range.start, end: range.end })
    }

    /// Whether another place is inside this one, as an item is inside its array.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(outer), Self::File(place)) => {
                outer.file == place.file && outer.start <= place.start && place.end <= outer.end
            }
            _ => self == other,
        }
    }

    /// The byte range, if the place is in a file.
    pub fn span(&self) -> Option<&Span> {
        match self {
            Self::File(span) => Some(span),
            Self::Set(_) => None,
        }
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub kind: Kind,
    /// Its place.
    pub place: Place,
    /// The environment variables that were substituted into it.
    pub used: Vec<Used>,
    /// For a table: the places of the base tables that it was merged with, the last base first.
    pub under: Vec<Place>,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A date or a time, as written.
    Date(String),
    /// An array.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Table(Vec<Entry>),
}

/// A key of a table and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The place where the key was written.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// A value at a place.
    pub fn new(kind: Kind, place: Place) -> Self {
        Self { kind, place, used: Vec::new(), under: Vec::new() }
    }

    /// Parses TOML.
    ///
    /// # Errors
    /// Returns every mistake that can be found.
    pub fn parse(source: &str) -> Result<Self, Vec<Problem>> {
        let read = super::syntax::read(source, 0);
        if read.problems.is_empty() { Ok(read.tree) } else { Err(read.problems) }
    }

    /// The value in words, followed by the variable that it came from. A short value is shown as it is, any
    /// other one by its kind.
    pub fn shown(&self) -> String {
        let value = match &self.kind {
            Kind::Integer(number) => format!("`{number}`"),
            Kind::Float(number) => format!("`{number}`"),
            Kind::Bool(flag) => format!("`{flag}`"),
            Kind::Text(text) if text.chars().count() <= 40 => format!("the string `{}`", quoted(text)),
            _ => self.kind_name().to_owned(),
        };
        format!("{value}{}", self.variables_in_words())
    }

    /// The variables that the value came from, as words to follow it; empty if there are none.
    pub(super) fn variables_in_words(&self) -> String {
        let Some(first) = self.used.first() else { return String::new() };
        let what = if first.by_default { "the default of" } else { "from" };
        let names: Vec<String> = self.used.iter().map(|used| format!("`{}`", used.name)).collect();
        format!(", {what} the variable {}", names.join(", "))
    }

    /// The value as a string: the text that it would have in quotes, or the only item of an array.
    pub(super) fn as_string(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) | Kind::Date(text) => Some(text.clone()),
            Kind::Integer(number) => Some(number.to_string()),
            Kind::Float(number) => Some(number.to_string()),
            Kind::Bool(flag) => Some(flag.to_string()),
            Kind::List(items) => match items.as_slice() {
                [Self { kind: Kind::Text(text), .. }] => Some(text.clone()),
                _ => None,
            },
            Kind::Table(_) => None,
        }
    }

    /// Whether it is an array without items.
    pub fn is_empty_list(&self) -> bool {
        matches!(&self.kind, Kind::List(items) if items.is_empty())
    }

    /// The kind of the value, in words.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) => "a string",
            Kind::Integer(_) => "an integer",
            Kind::Float(_) => "a float",
            Kind::Bool(_) => "a boolean",
            Kind::Date(_) => "a date",
            Kind::List(_) => "an array",
            Kind::Table(_) => "a table",
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Text(text) | Kind::Date(text) => text.clone().into(),
            Kind::Integer(number) => (*number).into(),
            Kind::Float(number) => (*number).into(),
            Kind::Bool(flag) => (*flag).into(),
            Kind::List(items) => items.iter().map(Self::to_json).collect(),
            Kind::Table(entries) => {
                entries.iter().map(|e| (e.key.clone(), e.node.to_json())).collect::<Map<_, _>>().into()
            }
        }
    }

    /// The node at a JSON pointer, or the last node on the way to it that exists.
    pub fn at_pointer(&self, pointer: &str) -> &Self {
        let mut node = self;
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            let next = match &node.kind {
                Kind::Table(entries) => entries.iter().find(|e| e.key == part).map(|e| &e.node),
                Kind::List(items) => part.parse::<usize>().ok().and_then(|at| items.get(at)),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// The entry of a table with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Table(entries) => entries.iter().find(|e| e.key == key),
            _ => None,
        }
    }

    /// The entry of a table with this key, mutably.
    pub fn entry_mut(&mut self, key: &str) -> Option<&mut Entry> {
        match &mut self.kind {
            Kind::Table(entries) => entries.iter_mut().find(|e| e.key == key),
            _ => None,
        }
    }

    /// The string at a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.entry(key)?.node.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Sets a value in nested tables, which are created if they are missing. `place` is that of the argument
    /// that sets the value.
    ///
    /// # Errors
    /// If a part of the path is a value other than a table.
    pub fn set(&mut self, path: &[&str], value: Self, place: &Place) -> Result<(), Problem> {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return Ok(());
        };
        let kind = self.kind_name();
        let Kind::Table(entries) = &mut self.kind else {
            return Err(Problem::at(place, format!("`{first}` cannot be set in {kind}")));
        };
        let mut entry = match entries.iter().position(|e| e.key == *first) {
            Some(at) => entries.remove(at),
            None => {
                let node = Self::new(Kind::Table(Vec::new()), place.clone());
                Entry { key: (*first).to_owned(), place: place.clone(), node }
            }
        };
        let result = entry.node.set(rest, value, place);
        // The entry that was set last comes last.
        entries.push(entry);
        result
    }
}

/// Converts the parser's result to a tree, with places in the file of this number.
pub(super) fn tree(table: &Spanned<DeTable<'_>>, file: usize, problems: &mut Vec<Problem>) -> Node {
    let kind = Kind::Table(entries(table.get_ref(), file, problems));
    Node::new(kind, Place::file(file, table.span()))
}

fn entries(table: &DeTable<'_>, file: usize, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let mut out: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            place: Place::file(file, key.span()),
            node: node(value, file, problems),
        })
        .collect();
    // The parser sorts keys, but messages follow the order of the file.
    out.sort_by_key(|e| e.place.span().map_or(usize::MAX, |span| span.start));
    out
}

fn node(value: &Spanned<DeValue<'_>>, file: usize, problems: &mut Vec<Problem>) -> Node {
    let place = Place::file(file, value.span());
    let kind = match value.get_ref() {
        DeValue::String(text) => Kind::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Kind::Integer(number),
            Err(_) => {
                let message = format!("`{}` does not fit 64 bits", number.as_str());
                let hint = format!("the largest whole number is `{}`", i64::MAX);
                problems.push(Problem::at(&place, message).hint(hint).unread());
                Kind::Integer(0)
            }
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Kind::Float(number),
            _ => {
                let message = format!("`{}` is not a finite number", number.as_str());
                let hint = "write a number in digits, such as `1000000`";
                problems.push(Problem::at(&place, message).hint(hint).unread());
                Kind::Float(0.0)
            }
        },
        DeValue::Boolean(flag) => Kind::Bool(*flag),
        DeValue::Datetime(date) => Kind::Date(date.to_string()),
        DeValue::Array(items) => Kind::List(items.iter().map(|item| node(item, file, problems)).collect()),
        DeValue::Table(table) => Kind::Table(entries(table, file, problems)),
    };
    Node::new(kind, place)
}

/// Parses the value of a `--set` argument: a TOML value, or else the text itself as a string.
///
/// # Errors
/// If it is a number that does not fit.
pub fn set_value(text: &str, place: &Place) -> Result<Node, Problem> {
    let mut problems = Vec::new();
    let parsed = DeValue::parse(text).ok().map(|value| node(&value, 0, &mut problems));
    if let Some(problem) = problems.pop() {
        return Err(Problem { place: Some(place.clone()), ..problem });
    }
    let mut value = parsed.unwrap_or(Node::new(Kind::Text(text.to_owned()), place.clone()));
    replace_places(&mut value, place);
    Ok(value)
}

fn replace_places(node: &mut Node, place: &Place) {
    node.place = place.clone();
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| replace_places(item, place)),
        Kind::Table(entries) => {
            for entry in entries {
                entry.place = place.clone();
                replace_places(&mut entry.node, place);
            }
        }
        _ => {}
    }
}
