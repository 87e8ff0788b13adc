//! `textmill plugin info`.

use super::{open, print};
use crate::cli::PluginName;
use crate::failure::Failure;
use serde_json::Value;
use std::fmt::Write as _;
use textmill_plugin::descriptor::{Kind, OperatorDescriptor, Read, Rows, Threading};

/// Shows a plugin's own description.
pub(super) fn info(args: &PluginName, locked: bool) -> Result<(), Failure> {
    let plugin = open(args, locked)?;
    let about = &plugin.descriptor;
    let mut out = format!("{} {}\n", about.name, about.version);
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {label:9} {value}");
        }
    };
    line("about", &about.description);
    line("licence", &about.licence);
    line("library", &plugin.path.display().to_string());
    line("sha256", &plugin.sha256);
    line("abi", &format!("{}.{}", plugin.abi.0, plugin.abi.1));
    let (stages, steps): (Vec<_>, Vec<_>) = about.operators.iter().partition(|o| o.is_stage());
    for (at, operator) in stages.iter().enumerate() {
        let default = if at == 0 && stages.len() > 1 { ", the default" } else { "" };
        let _ = writeln!(out, "\noperator {}{default}", operator.name);
        describe(operator, &mut out);
    }
    if !steps.is_empty() {
        let names: Vec<&str> = steps.iter().map(|o| o.name.as_str()).collect();
        let _ = writeln!(out, "\nsteps of its plan: {}", names.join(", "));
    }
    print(out.trim_end())
}

/// Describes an operator: what it does, columns, options.
pub fn describe(operator: &OperatorDescriptor, out: &mut String) {
    if !operator.doc.is_empty() {
        let _ = writeln!(out, "  {}", operator.doc.replace('\n', "\n  "));
    }
    let kind = match operator.kind {
        Kind::Map => "map: one document at a time",
        Kind::Aggregate => "aggregate: documents pass through, a report is made",
        Kind::Plan => "plan: needs the whole corpus",
        Kind::Group => "group",
    };
    let rows = match operator.rows {
        Rows::Select => "; may drop documents",
        _ => "",
    };
    let threading = if operator.threading == Threading::Serial { "; one thread" } else { "" };
    let _ = writeln!(out, "  kind      {kind}{rows}{threading}");
    let reads: Vec<String> = operator.reads.iter().map(read).collect();
    let _ =
        writeln!(out, "  reads     {}", if reads.is_empty() { "nothing".into() } else { reads.join(", ") });
    let _ = writeln!(
        out,
        "  writes    {}",
        if operator.writes.is_empty() { "no columns" } else { "" }.trim_end()
    );
    for write in &operator.writes {
        let _ = writeln!(out, "    {}: {}", write.column, write.kind);
    }
    let _ = writeln!(out, "  options");
    let mut schema = SchemaWords { root: &operator.options, left: WORDS_AT_MOST };
    schema.options(&operator.options, 4, out);
}

fn read(read: &Read) -> String {
    match (&read.column, &read.option) {
        (Some(column), _) if read.required => column.clone(),
        (Some(column), _) => format!("{column} (if it exists)"),
        (None, Some(option)) => format!("the column that `{option}` names"),
        (None, None) => String::new(),
    }
}

/// The maximum number of parts of a schema that are described: a schema that refers to itself has no end.
const WORDS_AT_MOST: usize = 10_000;

/// Describes a schema in words.
struct SchemaWords<'a> {
    root: &'a Value,
    left: usize,
}

impl SchemaWords<'_> {
    /// Whether there is room for one more part at this depth.
    fn go_on(&mut self, depth: usize) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0 && depth < 16
    }

    /// Describes the options of a schema: one entry each with type, default and doc, nested tables below
    /// their own entry.
    fn options(&mut self, schema: &Value, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        if !self.go_on(indent / 4) {
            let _ = writeln!(out, "{pad}...");
            return;
        }
        let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|p| !p.is_empty())
        else {
            let _ = writeln!(out, "{pad}none");
            return;
        };
        for (name, own) in properties {
            let target = follow(self.root, own);
            let default =
                own.get("default").filter(|d| !d.is_object()).map(|d| format!(" = {d}")).unwrap_or_default();
            let (kind, range) = (self.type_words(target, 0), range_words(own));
            let _ = writeln!(out, "{pad}{name}: {kind}{range}{default}");
            let doc = own.get("description").or_else(|| target.get("description")).and_then(Value::as_str);
            for line in doc.unwrap_or_default().lines() {
                let _ = writeln!(out, "{pad}    {line}");
            }
            if target.get("properties").is_some() {
                self.options(target, indent + 4, out);
            }
        }
    }

    fn type_words(&mut self, schema: &Value, depth: usize) -> String {
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
        for key in ["oneOf", "anyOf"] {
            if let Some(kinds) = schema.get(key).and_then(Value::as_array) {
                let words = kinds.iter().map(|k| self.type_words(follow(self.root, k), depth + 1));
                return words.collect::<Vec<_>>().join(" | ");
            }
        }
        let mut word = |kind: &str| match kind {
            "object" => "table".to_owned(),
            "array" => match schema.get("items") {
                Some(items) => {
                    format!("array of {}", self.type_words(follow(self.root, items), depth + 1))
                }
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
}

/// The range of an option, as far as its type does not imply it.
fn range_words(schema: &Value) -> String {
    let is_unsigned = schema.get("type").and_then(Value::as_str) == Some("integer");
    let bounds = [
        ("minimum", " of at least"),
        ("exclusiveMinimum", " above"),
        ("maximum", " of at most"),
        ("exclusiveMaximum", " below"),
    ];
    let bounds = bounds.into_iter().filter_map(|(key, words)| {
        let bound = schema.get(key)?.as_f64()?;
        (key != "minimum" || bound != 0.0 || !is_unsigned).then(|| format!("{words} {bound}"))
    });
    bounds.collect::<Vec<_>>().join(" and")
}

fn follow<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str);
    reference.and_then(|r| root.pointer(r.strip_prefix('#')?)).unwrap_or(schema)
}
