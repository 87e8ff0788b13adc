//! Every key of a pipeline and every option of its stages, each with its value and the origin of that value.

use crate::config::{Node, Pipeline, Place, Used, key_schemas};
use crate::engine::PreparedStage;
use serde_json::{Value, json};

/// A key and its value.
pub(super) struct Key {
    /// Its name; dots separate the levels of nested tables.
    pub name: String,
    /// Its value, if it has one.
    pub value: Option<Value>,
    /// Where the value came from.
    pub from: From,
    /// The description of the key.
    pub doc: Option<String>,
    /// The path that the value resolves to, if it is written relative to a file.
    pub means: Option<String>,
}

/// Where a value came from.
pub(super) enum From {
    /// The value is not set. The string describes what is used instead, unless it is a plain default.
    Default(&'static str),
    /// A file.
    File { path: String, line: usize, column: usize, variables: Vec<Used> },
    /// A `--set` argument.
    Set(String),
}

impl Key {
    /// The key as JSON.
    pub fn to_json(&self) -> Value {
        let from = match &self.from {
            From::Default(_) if self.value.is_none() => json!({"kind": "unset"}),
            From::Default(_) => json!({"kind": "default"}),
            From::File { path, line, column, variables } => {
                let variables = variables.iter();
                let variables: Vec<Value> =
                    variables.map(|v| json!({"name": v.name, "by-default": v.by_default})).collect();
                json!({"kind": "file", "file": path, "line": line, "column": column, "variables": variables})
            }
            From::Set(argument) => json!({"kind": "set", "argument": argument}),
        };
        let mut json = json!({"value": self.value, "from": from});
        if let Some(means) = &self.means {
            json["means"] = means.clone().into();
        }
        json
    }

    /// The origin of the value, in words.
    pub fn origin(&self) -> String {
        let means = self.means.as_ref().map(|means| format!(", which is {means}")).unwrap_or_default();
        format!("{}{means}", self.place())
    }

    fn place(&self) -> String {
        match &self.from {
            From::Default(_) if self.value.is_none() => "not set".to_owned(),
            From::Default("") => "default".to_owned(),
            From::Default(words) => format!("default: {words}"),
            From::File { path, line, variables, .. } => {
                let variables = variables.iter().map(|used| match used.by_default {
                    true => format!(", default of {}", used.name),
                    false => format!(", {} from the environment", used.name),
                });
                format!("{path}:{line}{}", variables.collect::<String>())
            }
            From::Set(argument) => format!("--set {argument}"),
        }
    }
}

/// The keys of a table of the file, in the order of the schema.
pub(super) fn table(pipeline: &Pipeline, table: &str) -> Vec<Key> {
    let node = pipeline.tree.entry(table).map(|entry| &entry.node);
    let mut keys = Vec::new();
    for (name, schema) in key_schemas(table) {
        let doc = schema.get("description").and_then(Value::as_str).map(str::to_owned);
        let given = node.and_then(|node| node.entry(&name)).map(|entry| &entry.node);
        let usual = match (table, name.as_str()) {
            ("pipeline", "name") => (Some(pipeline.name.clone().into()), "the name of the file"),
            _ => (schema.get("default").cloned(), ""),
        };
        leaves(pipeline, &name, given, usual, &doc, &mut keys);
        if let Some(key) = keys.last_mut().filter(|key| key.name == name) {
            key.means = means(pipeline, table, key);
        }
    }
    keys
}

/// The paths of a key after resolution, if they differ from what is written.
fn means(pipeline: &Pipeline, table: &str, key: &Key) -> Option<String> {
    let paths: Vec<String> = match (table, key.name.as_str()) {
        ("input", "paths") => {
            pipeline.input.paths.iter().map(|(path, _)| path.display().to_string()).collect()
        }
        ("output", "folder") => {
            pipeline.output.folder.iter().map(|path| path.display().to_string()).collect()
        }
        ("run", "temp-dir") => pipeline.run.temp_dir.iter().map(|path| path.display().to_string()).collect(),
        _ => return None,
    };
    let written: Vec<&str> = match key.value.as_ref()? {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    };
    (paths != written).then(|| paths.join(", "))
}

/// Adds a value, or the values inside it if it is a table, each with its own place.
fn leaves(
    pipeline: &Pipeline,
    name: &str,
    given: Option<&Node>,
    (usual, words): (Option<Value>, &'static str),
    doc: &Option<String>,
    keys: &mut Vec<Key>,
) {
    let doc = doc.clone();
    let Some(node) = given else {
        keys.push(Key { name: name.to_owned(), value: usual, from: From::Default(words), doc, means: None });
        return;
    };
    match node.to_json() {
        Value::Object(members) if !members.is_empty() => {
            for member in members.keys() {
                let inner = node.entry(member).map(|entry| &entry.node);
                leaves(pipeline, &format!("{name}.{}", key(member)), inner, (None, ""), &doc, keys);
            }
        }
        value => {
            keys.push(Key {
                name: name.to_owned(),
                value: Some(value),
                from: from(pipeline, node),
                doc,
                means: None,
            });
        }
    }
}

/// The keys of a stage, except its options.
pub(super) fn stage(pipeline: &Pipeline, at: usize, stage: &PreparedStage) -> Vec<Key> {
    let Some(config) = pipeline.stages.get(at) else { return Vec::new() };
    let mut keys = Vec::new();
    for (name, schema) in key_schemas("stage") {
        let doc = schema.get("description").and_then(Value::as_str).map(str::to_owned);
        let usual = match name.as_str() {
            // `before` and `after` show in the order of the stages; options are listed separately.
            "options" | "before" | "after" => continue,
            "name" => (Some(stage.name.clone().into()), "the name of the plugin"),
            "operator" => (Some(stage.operator.clone().into()), "the first of the plugin"),
            "time-limit" | "memory-limit" if stage.plugin.isolation.is_none() => continue,
            _ => (schema.get("default").cloned(), ""),
        };
        let given = config.node.entry(&name).map(|entry| &entry.node);
        leaves(pipeline, &name, given, usual, &doc, &mut keys);
    }
    keys
}

/// The place of a stage, followed by the places where extending files change it.
pub(super) fn places(pipeline: &Pipeline, at: usize) -> Vec<(String, usize)> {
    let Some(config) = pipeline.stages.get(at) else { return Vec::new() };
    let places = config.node.under.iter().chain([&config.node.place]);
    places
        .filter_map(|place| {
            let span = place.span()?;
            let source = pipeline.sources.get(span.file)?;
            Some((source.path.display().to_string(), source.position(span.start).0))
        })
        .collect()
}

/// The options of a stage, in the order of the plugin's schema.
pub(super) fn options(pipeline: &Pipeline, at: usize, stage: &PreparedStage) -> Vec<Key> {
    let Some(config) = pipeline.stages.get(at) else { return Vec::new() };
    let mut keys = Vec::new();
    let descriptor = stage.plugin.descriptor.operator(Some(&stage.operator));
    let schema = descriptor.map_or(&Value::Null, |operator| &operator.options);
    option_leaves(pipeline, schema, "", &stage.options, Some(&config.options), &mut keys);
    // Options that have no default and were not set.
    let known = schema.get("properties").and_then(Value::as_object);
    for name in known.into_iter().flat_map(|known| known.keys()) {
        if stage.options.get(name).is_none_or(Value::is_null) {
            keys.retain(|key| key.name != *name);
            let doc = option_doc(schema, name);
            keys.push(Key { name: key(name), value: None, from: From::Default(""), doc, means: None });
        }
    }
    keys
}

fn option_leaves(
    pipeline: &Pipeline,
    schema: &Value,
    path: &str,
    values: &Value,
    given: Option<&Node>,
    keys: &mut Vec<Key>,
) {
    let Value::Object(members) = values else { return };
    for (member, value) in members {
        let name = if path.is_empty() { key(member) } else { format!("{path}.{}", key(member)) };
        let node = given.and_then(|node| node.entry(member)).map(|entry| &entry.node);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                option_leaves(pipeline, schema, &name, value, node, keys);
            }
            value => {
                let from = node.map_or(From::Default(""), |node| from(pipeline, node));
                let doc = option_doc(schema, &name);
                // TOML has no null.
                let value = (!value.is_null()).then(|| value.clone());
                keys.push(Key { name, value, from, doc, means: None });
            }
        }
    }
}

fn option_doc(schema: &Value, name: &str) -> Option<String> {
    let doc = crate::config::option_doc(schema, name)?;
    Some(doc.split_once("`: ").map(|(_, doc)| doc.to_owned()).unwrap_or(doc))
}

fn from(pipeline: &Pipeline, node: &Node) -> From {
    match &node.place {
        Place::Set(argument) => From::Set(argument.clone()),
        Place::File(span) => {
            let source = pipeline.sources.get(span.file);
            let (line, column) = source.map_or((0, 0), |source| source.position(span.start));
            let path = source.map(|source| source.path.display().to_string()).unwrap_or_default();
            let mut variables = Vec::new();
            used(node, &mut variables);
            From::File { path, line, column, variables }
        }
    }
}

/// The variables used in a value and in its items.
fn used(node: &Node, found: &mut Vec<Used>) {
    found.extend(node.used.iter().cloned());
    if let crate::config::Kind::List(items) = &node.kind {
        items.iter().for_each(|item| used(item, found));
    }
}

/// A key in TOML syntax.
fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if is_bare { name.to_owned() } else { Value::from(name).to_string() }
}
