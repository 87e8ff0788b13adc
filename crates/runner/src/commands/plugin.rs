//! `textmill plugin list`, `info` and `which`.

use super::print;
use crate::cli::{ListArgs, PluginCommand, PluginName};
use crate::config::suggest;
use crate::failure::Failure;
use crate::host::{Discovery, LoadedPlugin};
use crate::table::table;
use serde_json::Value;
use std::fmt::Write as _;
use textmill_plugin::descriptor::{Kind, OperatorDescriptor, Read, Rows, Threading};

/// Looks at plugins.
///
/// # Errors
/// What the user is to be told.
pub fn plugin(command: &PluginCommand) -> Result<(), Failure> {
    match command {
        PluginCommand::List(args) => list(args),
        PluginCommand::Info(args) => info(&args.plugin),
        PluginCommand::Which(args) => which(&args.plugin),
    }
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let discovery = Discovery::new(args.pipeline.as_deref());
    let mut rows = table(&["plugin", "version", "operators", "found", "library"], 5);
    let mut broken = Vec::new();
    let mut count = 0;
    for found in discovery.all() {
        match LoadedPlugin::open(&found.path) {
            Ok(plugin) => {
                count += 1;
                let stages = plugin.descriptor.operators.iter().filter(|o| o.is_stage());
                let stages: Vec<&str> = stages.map(|o| o.name.as_str()).collect();
                let version = plugin.descriptor.version.clone();
                rows.add_row(vec![
                    found.name,
                    version,
                    stages.join(", "),
                    found.why,
                    found.path.display().to_string(),
                ]);
            }
            // Any other library may lie in these folders; only one that means to be a plugin is of interest.
            Err(error)
                if error.message.contains("does not export") || error.message.contains("not a library") => {}
            Err(error) => broken.push(error.to_string()),
        }
    }
    if count == 0 {
        let folders: Vec<String> =
            discovery.folders().iter().map(|(_, path)| path.display().to_string()).collect();
        let hint = format!("looked in {}", folders.join(", "));
        return Err(Failure::new("no plugin was found").hint(hint));
    }
    for line in broken {
        anstream::eprintln!("{line}");
    }
    print(&rows.to_string())
}

fn open(args: &PluginName) -> Result<LoadedPlugin, Failure> {
    let discovery = Discovery::new(args.pipeline.as_deref());
    match discovery.find(&args.name) {
        Ok(found) => Ok(LoadedPlugin::open(&found.path)?),
        Err(attempts) => {
            let tried: Vec<String> = attempts.iter().map(|a| format!("  {}", a.path.display())).collect();
            let names: Vec<String> = discovery.all().into_iter().map(|f| f.name).collect();
            let hint = suggest(&args.name, names.iter().map(String::as_str));
            let hint =
                hint.unwrap_or_else(|| "`textmill plugin list` shows the plugins that there are".into());
            Err(Failure::new(format!("there is no plugin `{}`; looked for\n{}", args.name, tried.join("\n")))
                .hint(hint))
        }
    }
}

fn which(args: &PluginName) -> Result<(), Failure> {
    let discovery = Discovery::new(args.pipeline.as_deref());
    let mut lines = Vec::new();
    let mut won = false;
    for attempt in discovery.candidates(&args.name) {
        let mark = match (attempt.exists, won) {
            (true, false) => "found",
            (true, true) => "hidden",
            (false, _) => "no",
        };
        won |= attempt.exists;
        lines.push(format!("{mark:6} {} ({})", attempt.path.display(), attempt.why));
    }
    print(&lines.join("\n"))?;
    if won { Ok(()) } else { Err(Failure::new(format!("there is no plugin `{}`", args.name))) }
}

fn info(args: &PluginName) -> Result<(), Failure> {
    let plugin = open(args)?;
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

fn describe(operator: &OperatorDescriptor, out: &mut String) {
    if !operator.doc.is_empty() {
        let _ = writeln!(out, "  {}", operator.doc.replace('\n', "\n  "));
    }
    let kind = match operator.kind {
        Kind::Map => "map: each document alone",
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
    options(&operator.options, &operator.options, 4, out);
}

fn read(read: &Read) -> String {
    match (&read.column, &read.option) {
        (Some(column), _) if read.required => column.clone(),
        (Some(column), _) => format!("{column} (where there is one)"),
        (None, Some(option)) => format!("the column that `{option}` names"),
        (None, None) => String::new(),
    }
}

/// Options of a schema, an entry each with type, default and doc; nested tables below theirs.
fn options(root: &Value, schema: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|p| !p.is_empty())
    else {
        let _ = writeln!(out, "{pad}none");
        return;
    };
    for (name, own) in properties {
        let target = follow(root, own);
        let default =
            own.get("default").filter(|d| !d.is_object()).map(|d| format!(" = {d}")).unwrap_or_default();
        let _ = writeln!(out, "{pad}{name}: {}{default}", type_words(root, target));
        let doc = own.get("description").or_else(|| target.get("description")).and_then(Value::as_str);
        for line in doc.unwrap_or_default().lines() {
            let _ = writeln!(out, "{pad}    {line}");
        }
        if target.get("properties").is_some() {
            options(root, target, indent + 4, out);
        }
    }
}

fn follow<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str);
    reference.and_then(|r| root.pointer(r.strip_prefix('#')?)).unwrap_or(schema)
}

fn type_words(root: &Value, schema: &Value) -> String {
    let quoted = |values: &Vec<Value>| values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return quoted(values);
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(kinds) = schema.get(key).and_then(Value::as_array) {
            let words: Vec<String> = kinds.iter().map(|k| type_words(root, follow(root, k))).collect();
            return words.join(" | ");
        }
    }
    let word = |kind: &str| match kind {
        "object" => "table".to_owned(),
        "array" => match schema.get("items") {
            Some(items) => format!("array of {}", type_words(root, follow(root, items))),
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
