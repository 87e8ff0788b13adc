//! Environment variables in the strings of a pipeline file: `${VAR}`, or `${VAR:-default}` if it may be
//! missing or empty. `$${` stands for a literal `${`.

use super::problem::{Problem, nearest};
use super::source::Source;
use super::tree::{Kind, Node, Place};
use crate::host::is_privileged;
use toml::de::DeValue;

/// Returns the value of a variable, if it is set.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A variable that was substituted into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Its name.
    pub name: String,
    /// Whether its default was used.
    pub by_default: bool,
}

/// The environment of the program. It is ignored if the program has privileges that its caller lacks.
pub(super) fn environment(name: &str) -> Option<String> {
    if is_privileged() { None } else { std::env::var(name).ok() }
}

/// Substitutes variables in all strings that come from files. Strings from the command line are left as they
/// are.
pub(super) fn put_in(
    node: &mut Node,
    sources: &[Source],
    environment: Environment<'_>,
    problems: &mut Vec<Problem>,
) {
    match &mut node.kind {
        Kind::Text(text) if matches!(node.place, Place::File(_)) && text.contains("${") => {
            match replaced(text, environment) {
                Ok((value, used)) => (*text, node.used) = (value, used),
                Err(wrong) => problems.push(wrong.told(&node.place, sources)),
            }
        }
        Kind::List(items) => items.iter_mut().for_each(|item| put_in(item, sources, environment, problems)),
        Kind::Table(entries) => {
            entries.iter_mut().for_each(|entry| put_in(&mut entry.node, sources, environment, problems));
        }
        _ => {}
    }
}

/// A string with its variables substituted, or the unchanged string if that fails.
pub(super) fn lenient(text: &str, environment: Environment<'_>) -> String {
    replaced(text, environment).map_or_else(|_| text.to_owned(), |(value, _)| value)
}

/// Why a string's variables cannot be substituted.
struct Wrong {
    message: String,
    hint: String,
    /// The part of the string that is wrong.
    part: String,
}

impl Wrong {
    /// The problem, placed at the part if the file contains it literally.
    fn told(self, place: &Place, sources: &[Source]) -> Problem {
        let span = place.span().and_then(|span| {
            let written = sources.get(span.file)?.text.get(span.start..span.end)?;
            let at = span.start + written.find(&self.part)?;
            Some(Place::file(span.file, at..at + self.part.len()))
        });
        Problem::at(span.as_ref().unwrap_or(place), self.message).hint(self.hint).unread()
    }
}

fn replaced(text: &str, environment: Environment<'_>) -> Result<(String, Vec<Used>), Wrong> {
    let (mut out, mut used) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at]);
            out.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let Some(end) = inner.find('}') else {
            return Err(Wrong {
                message: "a variable begins here and is not closed".into(),
                hint: "write `${NAME}`, or `$${` for a literal `${`".into(),
                part: rest[at..].to_owned(),
            });
        };
        let (name, default) = match inner[..end].split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (&inner[..end], None),
        };
        let part = || rest[at..at + 2 + end + 1].to_owned();
        if !is_name(name) {
            return Err(Wrong {
                message: format!("`{name}` is not the name of a variable"),
                hint: "write `${NAME}` or `${NAME:-default}`; `$${` is a literal `${`".into(),
                part: part(),
            });
        }
        let value = environment(name);
        let value = match default {
            Some(default) => match value.filter(|value| !value.is_empty()) {
                Some(value) => (value, false),
                None => (default.to_owned(), true),
            },
            None => match value {
                Some(value) => (value, false),
                None => {
                    let hint = match similar(name) {
                        Some(other) => format!("did you mean `{other}`?"),
                        None => {
                            format!("set it, or give a default: `${{{name}:-…}}`; `$${{` is a literal `${{`")
                        }
                    };
                    let message = format!("the variable `{name}` is not set");
                    return Err(Wrong { message, hint, part: part() });
                }
            },
        };
        out.push_str(&value.0);
        used.push(Used { name: name.to_owned(), by_default: value.1 });
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    Ok((out, used))
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_part)
}

/// A variable that is set and has almost the same name.
fn similar(name: &str) -> Option<String> {
    if name.len() < 4 {
        return None;
    }
    let names: Vec<String> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    let near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    near.filter(|near| strsim::damerau_levenshtein(near, name) == 1)
}

/// The number or boolean that a value from a variable spells. Other values keep the type that they are
/// written with.
pub(super) fn scalar(node: &Node) -> Option<Kind> {
    let Kind::Text(text) = &node.kind else { return None };
    if node.used.is_empty() {
        return None;
    }
    let value = DeValue::parse(text.trim()).ok()?;
    match value.get_ref() {
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(Kind::Integer)
        }
        DeValue::Float(number) => {
            number.as_str().parse().ok().filter(|f: &f64| f.is_finite()).map(Kind::Float)
        }
        DeValue::Boolean(flag) => Some(Kind::Bool(*flag)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in() {
        let environment = |name: &str| match name {
            "HERE" => Some("here".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, value) in [
            ("a ${HERE} b", Some("a here b")),
            ("${HERE}${HERE:-there}", Some("herehere")),
            ("${GONE:-there}/${GONE:-}", Some("there/")),
            ("${EMPTY:-there}|${EMPTY}", Some("there|")),
            ("$${HERE} $$${HERE} $HERE $ {HERE} $", Some("${HERE} $${HERE} $HERE $ {HERE} $")),
            ("${GONE:-a:-b}", Some("a:-b")),
            ("${GONE}", None),
            ("${HERE", None),
            ("${}", None),
            ("${A B:-c}", None),
        ] {
            assert_eq!(replaced(text, &environment).ok().map(|r| r.0).as_deref(), value, "{text}");
        }
    }
}
