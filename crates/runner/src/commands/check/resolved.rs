//! `textmill check --explain`: the pipeline as it would run, in the form of a pipeline file, or as JSON.

use super::keys::{self, Key};
use crate::commands::dry_run::{columns, steps};
use crate::config::Pipeline;
use crate::engine::{Bound, Prepared, PreparedStage};
use serde_json::{Map, Value, json};

/// The origins of keys are aligned by at most this column. A longer line pushes its own origin to the right.
const WIDEST: usize = 48;

/// Tables that come before the stages. All other tables come after them.
const BEFORE: [&str; 2] = ["pipeline", "input"];

/// The pipeline in the form of its file. With `docs`, the first sentence of the description of each key is
/// included.
pub(super) fn text(prepared: &Prepared, docs: bool) -> String {
    let pipeline = &prepared.pipeline;
    let mut page = Page { lines: Vec::new(), docs };
    let mut files = pipeline.sources.iter().map(|source| source.path.display().to_string());
    page.note(&format!("{} as it would run", files.next().unwrap_or_default()));
    for base in files {
        page.note(&format!("extends {base}"));
    }
    for table in BEFORE {
        page.table(&format!("[{table}]"), "", &keys::table(pipeline, table));
    }
    page.note(&format!("columns: {}", columns(&prepared.input)));
    for (at, stage) in prepared.stages.iter().enumerate() {
        page.table("[[stage]]", &origin(&keys::places(pipeline, at)), &keys::stage(pipeline, at, stage));
        page.table("[stage.options]", "", &keys::options(pipeline, at, stage));
        for line in facts(stage) {
            page.note(&line);
        }
    }
    for (name, place) in off(pipeline) {
        page.lines.push((String::new(), String::new()));
        page.note(&format!("stage `{name}` is switched off: {place}"));
    }
    for table in after() {
        page.table(&format!("[{table}]"), "", &keys::table(pipeline, table));
        if table == "output" {
            let columns = written(prepared).join(", ");
            page.note(&format!("columns: {columns}, and fields of the input"));
        }
    }
    page.render()
}

/// The same as JSON.
pub(super) fn json(prepared: &Prepared) -> Value {
    let pipeline = &prepared.pipeline;
    let files: Vec<String> = pipeline.sources.iter().map(|s| s.path.display().to_string()).collect();
    let mut whole = Map::new();
    whole.insert("files".into(), files.into());
    for table in BEFORE.into_iter().chain(after()) {
        whole.insert(table.into(), object(&keys::table(pipeline, table)));
    }
    let stages = prepared.stages.iter().enumerate().map(|(at, stage)| {
        let plugin = &stage.plugin;
        json!({
            "places": keys::places(pipeline, at).iter().map(|(file, line)| json!({"file": file, "line": line})).collect::<Vec<_>>(),
            "keys": object(&keys::stage(pipeline, at, stage)),
            "options": object(&keys::options(pipeline, at, stage)),
            "kind": kind(&stage.bound),
            "plugin": plugin.descriptor.name,
            "version": plugin.descriptor.version,
            "library": plugin.path,
            "sha256": plugin.sha256,
            "locked": plugin.locked,
            "reads": names(&reads(&stage.bound)),
            "writes": writes(&stage.bound),
            "steps": plan_json(&stage.bound),
            "columns": names(&columns(&stage.after)),
        })
    });
    whole.insert("stages".into(), stages.collect());
    let off: Vec<Value> = off(pipeline).map(|(name, place)| json!({"name": name, "at": place})).collect();
    whole.insert("off".into(), off.into());
    whole.insert("columns".into(), written(prepared).into());
    Value::Object(whole)
}

fn after() -> impl Iterator<Item = &'static str> {
    crate::config::TABLES.into_iter().filter(|table| !BEFORE.contains(table))
}

fn object(keys: &[Key]) -> Value {
    keys.iter().map(|key| (key.name.clone(), key.to_json())).collect::<Map<_, _>>().into()
}

fn names(list: &str) -> Vec<&str> {
    list.split(", ").filter(|name| !name.is_empty()).collect()
}

/// The place of a stage, and the places that change it.
fn origin(places: &[(String, usize)]) -> String {
    let places: Vec<String> = places.iter().map(|(file, line)| format!("{file}:{line}")).collect();
    match places.as_slice() {
        [] => String::new(),
        [own] => own.clone(),
        [own, others @ ..] => format!("{own}, changed by {}", others.join(", ")),
    }
}

fn off(pipeline: &Pipeline) -> impl Iterator<Item = (&str, String)> {
    pipeline.off.iter().map(|(name, place)| {
        let place = place.span().and_then(|span| {
            let source = pipeline.sources.get(span.file)?;
            Some(format!("{}:{}", source.path.display(), source.position(span.start).0))
        });
        (name.as_str(), place.unwrap_or_default())
    })
}

fn written(prepared: &Prepared) -> Vec<String> {
    prepared.columns.written().map(str::to_owned).collect()
}

fn kind(bound: &Bound) -> &'static str {
    match bound {
        Bound::Map(_) => "map",
        Bound::Aggregate(_) => "aggregate",
        Bound::Plan(..) => "plan",
    }
}

fn reads(bound: &Bound) -> String {
    match bound {
        Bound::Map(operator) | Bound::Aggregate(operator) | Bound::Plan(operator, _) => {
            columns(&operator.passed)
        }
    }
}

/// The columns that a stage writes, without duplicates: several operators of a plan may declare the same
/// column.
fn writes(bound: &Bound) -> Vec<&str> {
    let mut names = bound.writes();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    names
}

/// The facts about a stage, one per line.
fn facts(stage: &PreparedStage) -> Vec<String> {
    let plugin = &stage.plugin;
    let locked = if plugin.locked { "locked" } else { "not locked" };
    let mut lines = vec![
        format!("plugin {} {}{}", plugin.descriptor.name, plugin.descriptor.version, plugin.place()),
        format!("library: {}", plugin.path.display()),
        format!("sha256: {}, {locked}", plugin.sha256),
        match &stage.bound {
            Bound::Map(_) => "map: one document at a time".to_owned(),
            Bound::Aggregate(_) => "aggregate: documents pass through".to_owned(),
            Bound::Plan(..) => "plan: needs the whole corpus".to_owned(),
        },
        format!("reads: {}", reads(&stage.bound)),
    ];
    if let Bound::Plan(_, plan) = &stage.bound {
        lines.extend(plan.notes.iter().cloned());
        lines.extend(steps(plan).into_iter().map(|step| format!("  {step}")));
    }
    let writes = writes(&stage.bound);
    lines.push(if writes.is_empty() {
        "writes nothing".to_owned()
    } else {
        format!("writes: {}", writes.join(", "))
    });
    lines.push(format!("columns: {}", columns(&stage.after)));
    lines
}

fn plan_json(bound: &Bound) -> Value {
    let Bound::Plan(_, plan) = bound else { return Value::Array(Vec::new()) };
    let early: Vec<&str> = plan.early().map(|step| step.id).collect();
    let mut is_behind = false;
    let steps = plan.steps().map(|(step, operator)| {
        is_behind |= !early.contains(&step.id.as_str());
        json!({
            "id": step.id,
            "op": step.op.name(),
            "operator": operator.map(|operator| operator.descriptor.name.clone()),
            "from": step.from,
            "also": step.also,
            "by": step.by,
            "with": step.with,
            "behind-barrier": is_behind,
        })
    });
    steps.collect()
}

/// Lines, each with the text to its right.
struct Page {
    lines: Vec<(String, String)>,
    docs: bool,
}

impl Page {
    fn note(&mut self, text: &str) {
        self.lines.push((format!("# {text}"), String::new()));
    }

    fn table(&mut self, header: &str, origin: &str, keys: &[Key]) {
        self.lines.push((String::new(), String::new()));
        self.lines.push((header.to_owned(), origin.to_owned()));
        for key in keys {
            if let Some(doc) = key.doc.as_deref().filter(|_| self.docs) {
                self.note(&first_sentence(doc));
            }
            let line = match &key.value {
                Some(value) => format!("{} = {}", key.name, toml(value)),
                None => format!("# {}", key.name),
            };
            self.lines.push((line, key.origin()));
        }
    }

    fn render(self) -> String {
        let widths =
            self.lines.iter().filter(|(_, right)| !right.is_empty()).map(|(left, _)| left.chars().count());
        let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
        let line = |(left, right): &(String, String)| match right.is_empty() {
            true => left.clone(),
            false => format!("{left:width$}  # {right}"),
        };
        self.lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn first_sentence(doc: &str) -> String {
    let doc = doc.replace('\n', " ");
    match doc.find(". ") {
        Some(end) => doc[..=end].to_owned(),
        None => doc,
    }
}

/// A value as TOML.
fn toml(value: &Value) -> String {
    match value {
        Value::String(text) => toml::Value::String(text.clone()).to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{key} = {}", toml(value))).collect();
            if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
        }
        other => other.to_string(),
    }
}
