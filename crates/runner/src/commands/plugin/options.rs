//! Options of an operator as `textmill plugin info` shows them: each with its type, bounds, default and doc.

use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Maximum number of parts of a schema that are shown: a schema that refers to itself never ends.
const WORDS_AT_MOST: usize = 10_000;

/// Suffix of the type of an option that may be left unset.
const UNSET: &str = " | unset";
/// Width of the page in characters.
const WIDTH: usize = 110;

/// Writes the options of a schema, one entry each.
pub(super) fn options(schema: &Value, indent: usize, out: &mut String) {
    SchemaWords { root: schema, left: WORDS_AT_MOST }.options(schema, indent, out);
}

/// A schema that is being put into words.
struct SchemaWords<'a> {
    root: &'a Value,
    left: usize,
}

impl<'a> SchemaWords<'a> {
    /// Counts one more part. Returns whether it may still be shown at this depth.
    fn go_on(&mut self, depth: usize) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0 && depth < 16
    }

    /// Writes the options of a schema, one entry each with type, default and doc. The options of a nested
    /// table follow its entry.
    fn options(&mut self, schema: &'a Value, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        if !self.go_on(indent / 4) {
            let _ = writeln!(out, "{pad}...");
            return;
        }
        let Some(properties) = properties(schema).filter(|p| !p.is_empty()) else {
            let _ = writeln!(out, "{pad}none");
            return;
        };
        for (name, own) in properties {
            self.option(name, own, None, indent, out);
        }
    }

    /// Writes one option. If `doc` is given, it replaces the option's own description.
    fn option(&mut self, name: &str, own: &'a Value, doc: Option<&str>, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        let target = follow(self.root, own);
        let default =
            own.get("default").filter(|d| !d.is_object() && !d.is_null()).map(|d| format!(" = {d}"));
        let default = default.unwrap_or_default();
        // Attributes of a field are next to its `$ref`, not in the target.
        let (words, bounds) = (self.type_words(target, 0), bounds_beside(own, target));
        let kind = match words.strip_suffix(UNSET) {
            Some(words) => format!("{words}{bounds}, or not set"),
            None => format!("{words}{bounds}"),
        };
        let _ = writeln!(out, "{pad}{name}: {kind}{default}");
        let own_doc = own.get("description").or_else(|| target.get("description")).and_then(Value::as_str);
        put_wrapped(doc.or(own_doc).unwrap_or_default(), indent + 4, out);
        self.inside(target, indent + 4, out);
    }

    /// Writes the options of a table, also of the tables in an array or under arbitrary keys, and the meaning
    /// of each choice.
    fn inside(&mut self, schema: &'a Value, indent: usize, out: &mut String) {
        if !self.go_on(indent / 4) {
            return;
        }
        if properties(schema).is_some() {
            return self.options(schema, indent, out);
        }
        let within = ["items", "additionalProperties"].into_iter().find_map(|key| schema.get(key));
        if let Some(within) = within.filter(|within| within.is_object()) {
            return self.inside(follow(self.root, within), indent, out);
        }
        for choice in choices(schema).into_iter().flatten() {
            let choice = follow(self.root, choice);
            let doc = choice.get("description").and_then(Value::as_str);
            match properties(choice) {
                Some(properties) => {
                    properties.iter().for_each(|(name, own)| self.option(name, own, doc, indent, out));
                }
                None if choices(choice).is_some() => self.inside(choice, indent, out),
                None => {
                    let word = choice.get("const").or_else(|| choice.pointer("/enum/0"));
                    if let (Some(word), Some(doc)) = (word, doc) {
                        put_wrapped(&format!("{word}: {}", doc.replace('\n', " ")), indent, out);
                    }
                }
            }
        }
    }

    fn type_words(&mut self, schema: &'a Value, depth: usize) -> String {
        if !self.go_on(depth) {
            return "...".to_owned();
        }
        let quoted =
            |values: &Vec<Value>| values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return quoted(values);
        }
        if let Some(value) = schema.get("const") {
            return value.to_string();
        }
        if let Some(kinds) = choices(schema) {
            let words = kinds.iter().map(|kind| match properties(kind) {
                // A choice with data: a table with one key.
                Some(only) if only.len() == 1 => {
                    format!("{{ {} = … }}", only.keys().next().map_or("", String::as_str))
                }
                _ => self.bounded(kind, depth + 1),
            });
            return words.collect::<Vec<_>>().join(" | ");
        }
        let mut word = |kind: &str| match kind {
            "object" => match schema.get("additionalProperties").filter(|inner| inner.is_object()) {
                Some(inner) => format!("table of {}", self.bounded(inner, depth + 1)),
                None => "table".to_owned(),
            },
            "array" => match schema.get("items") {
                Some(items) => format!("array of {}", self.bounded(items, depth + 1)),
                None => "array".to_owned(),
            },
            "null" => "unset".to_owned(),
            other => other.to_owned(),
        };
        match schema.get("type") {
            Some(Value::String(kind)) => word(kind),
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join(" | ")
            }
            _ => "any".to_owned(),
        }
    }

    /// The type of an inner value, such as an item; in parentheses with its bounds if it has any.
    fn bounded(&mut self, own: &'a Value, depth: usize) -> String {
        let target = follow(self.root, own);
        let (kind, bounds) = (self.type_words(target, depth), bounds_beside(own, target));
        if bounds.is_empty() { kind } else { format!("({kind}{bounds})") }
    }
}

/// Writes paragraphs, wrapped at [`WIDTH`]. Lines of lists, tables and code are not joined with others.
fn put_wrapped(text: &str, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let is_own = |line: &str| line.starts_with(['-', '*', '|', '#', ' ']) || line.starts_with("```");
    let mut line = String::new();
    let mut flush = |line: &mut String| {
        if !line.is_empty() {
            let _ = writeln!(out, "{pad}{line}");
            line.clear();
        }
    };
    for given in text.lines() {
        if is_own(given) || given.is_empty() {
            flush(&mut line);
        }
        for word in given.split(' ').filter(|word| !word.is_empty()) {
            let length = indent + line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && length > WIDTH {
                flush(&mut line);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if is_own(given) {
            flush(&mut line);
        }
    }
    flush(&mut line);
}

/// The bounds of a value, worded to follow its type. Bounds next to a reference take precedence over those of
/// its target.
fn bounds_beside(own: &Value, target: &Value) -> String {
    let words = bounds(own);
    if words.is_empty() && !std::ptr::eq(own, target) { bounds(target) } else { words }
}

fn bounds(schema: &Value) -> String {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let is_unsigned = schema.get("type").and_then(Value::as_str) == Some("integer");
    let mut words = Vec::new();
    for (key, how) in [
        ("minimum", " of at least"),
        ("exclusiveMinimum", " above"),
        ("maximum", " of at most"),
        ("exclusiveMaximum", " below"),
    ] {
        let bound = number(key).filter(|bound| key != "minimum" || *bound != 0.0 || !is_unsigned);
        words.extend(bound.map(|bound| format!("{how} {bound}")));
    }
    let mut words = words.join(" and");
    for (least, most, what) in [("minLength", "maxLength", "character"), ("minItems", "maxItems", "item")] {
        let plural = |number: f64| if number == 1.0 { "" } else { "s" };
        match (number(least).filter(|least| *least > 0.0), number(most)) {
            (Some(least), Some(most)) if least == most => {
                let _ = write!(words, " of {least} {what}{}", plural(least));
            }
            (Some(least), Some(most)) => {
                let _ = write!(words, " of {least} to {most} {what}{}", plural(most));
            }
            (Some(least), None) => {
                let _ = write!(words, " of at least {least} {what}{}", plural(least));
            }
            (None, Some(most)) => {
                let _ = write!(words, " of at most {most} {what}{}", plural(most));
            }
            (None, None) => {}
        }
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        let _ = write!(words, " that matches `{pattern}`");
    }
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        words.push_str(", without duplicates");
    }
    words
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

fn choices(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key)?.as_array())
}

fn follow<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str);
    reference.and_then(|r| root.pointer(r.strip_prefix('#')?)).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use std::collections::BTreeMap;

    #[derive(JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[expect(dead_code, reason = "its schema is all that is looked at")]
    enum Mode {
        /// Soon done.
        Quick,
        /// By so many.
        Counted {
            /// How many.
            #[schemars(range(min = 1))]
            most: u64,
        },
    }

    #[derive(JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[expect(dead_code, reason = "its schema is all that is looked at")]
    enum Side {
        Left,
        Right,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "its schema is all that is looked at")]
    struct Inner {
        /// Within.
        #[schemars(length(min = 2))]
        word: String,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "its schema is all that is looked at")]
    struct All {
        /// A share.
        #[schemars(range(min = 0.0, max = 1.0))]
        share: f64,
        /// A name.
        #[schemars(length(min = 1, max = 20))]
        name: String,
        /// Marks.
        #[schemars(length(min = 1, max = 5), inner(length(equal = 2)))]
        marks: Vec<String>,
        /// Perhaps a mark.
        #[schemars(length(max = 1))]
        mark: Option<String>,
        /// How.
        mode: Mode,
        /// Perhaps how.
        perhaps: Option<Mode>,
        /// On which side.
        side: Option<Side>,
        /// Weights.
        weights: BTreeMap<String, f64>,
        /// Tables.
        tables: Vec<Inner>,
    }

    #[test]
    fn docs_are_wrapped() {
        let mut told = String::new();
        let words = "word ".repeat(50);
        put_wrapped(&format!("Some\nwords.\n- one\n- two\n\n{words}"), 4, &mut told);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[..3], ["    Some words.", "    - one", "    - two"]);
        assert!(lines.iter().all(|line| line.len() <= WIDTH) && lines[3].len() > WIDTH - 6, "{told}");
        assert_eq!(told.matches("word ").count() + told.matches("word\n").count(), 50);
    }

    #[test]
    fn bounds_and_choices_are_told() {
        let schema = schemars::schema_for!(All).to_value();
        let mut told = String::new();
        options(&schema, 0, &mut told);
        insta::assert_snapshot!(told);
    }
}
