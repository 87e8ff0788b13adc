//! Whether the descriptor is usable for a host and its users.

use crate::config::{suggest, takes_numbers, with_defaults};
use crate::conformance::schema::{Property, properties};
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::host::{LoadedPlugin, library_name};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use textmill_core::column::{CARRIED, ID, ORDINAL, ROW, SOURCE, TEXT, is_supported, parse_type};
use textmill_plugin::descriptor::{Kind, OperatorDescriptor, Rows, Threshold};
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "descriptor",
    doc: "Names are in kebab case and unique, kinds suit rows, columns have types, the options are a \
          JSON Schema 2020-12 with fitting defaults, and everything that users see has a doc.",
    advice: "the descriptor is made from `describe`, the struct of options and Cargo.toml; `textmill \
             plugin info` shows it",
    run: Run::Plugin(run),
};

/// What to use instead of a type that columns cannot have.
const TYPES: &str =
    "take `utf8`, `int64`, `uint64`, `float64`, `boolean`, or a `list<…>` or `struct<name: …>` of such";

fn run(plugin: &LoadedPlugin, notes: &Notes) -> Result<Verdict> {
    notes.doing("reading the descriptor");
    let descriptor = &plugin.descriptor;
    let mut seen = Vec::new();
    if !is_kebab(&descriptor.name) {
        seen.push(format!("its name `{}` is not in kebab case", descriptor.name));
    }
    let file = plugin.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Pipelines refer to a plugin by its file name. A file with another name pattern can only be referred to
    // by its path.
    if file.starts_with(std::env::consts::DLL_PREFIX)
        && file.ends_with(std::env::consts::DLL_SUFFIX)
        && file != library_name(&descriptor.name)
    {
        seen.push(format!("its name is `{}`, but its file is `{file}`", descriptor.name));
    }
    if !is_version(&descriptor.version) {
        seen.push(format!("its version `{}` is not like `1.2.3`", descriptor.version));
    }
    if descriptor.licence.trim().is_empty() {
        seen.push("it names no licence; set `license` in Cargo.toml to an SPDX expression".into());
    }
    if descriptor.description.trim().is_empty() {
        seen.push("it has no description; set `description` in Cargo.toml".into());
    }
    if !descriptor.operators.iter().any(OperatorDescriptor::is_stage) {
        seen.push("none of its operators can be a stage".into());
    } else if !descriptor.operators.first().is_some_and(OperatorDescriptor::is_stage) {
        seen.push("its first operator is the default, but cannot be a stage".into());
    }
    let mut names = BTreeSet::new();
    let twice = descriptor.operators.iter().filter(|operator| !names.insert(&operator.name));
    seen.extend(twice.map(|operator| format!("it has two operators `{}`", operator.name)));
    for operator in &descriptor.operators {
        let mut of_operator = Vec::new();
        of(operator, &mut of_operator);
        seen.extend(of_operator.into_iter().map(|what| format!("operator `{}`: {what}", operator.name)));
    }
    Ok(Verdict::of(seen, ""))
}

fn of(operator: &OperatorDescriptor, seen: &mut Vec<String>) {
    if !is_kebab(&operator.name) {
        seen.push("its name is not in kebab case".into());
    }
    if operator.is_stage() && operator.doc.trim().is_empty() {
        seen.push("it has no doc, which `textmill plugin info` would show".into());
    }
    match (operator.kind, operator.rows) {
        (_, Rows::Expand) => seen.push("it expands rows, which hosts of this ABI do not do".into()),
        (Kind::Group, rows) if rows != Rows::Table => seen.push("a group gives a table".into()),
        (Kind::Plan | Kind::Aggregate, Rows::Table) => seen.push("a stage does not give a table".into()),
        (Kind::Aggregate, Rows::Select) => seen.push("an aggregate drops no documents".into()),
        _ => {}
    }
    if operator.smallest_group == 0 {
        seen.push("its smallest group has no rows".into());
    }
    if operator.kind == Kind::Aggregate && !operator.writes.is_empty() {
        seen.push("an aggregate writes no columns".into());
    }
    reads(operator, seen);
    let mut written = BTreeSet::new();
    for write in &operator.writes {
        let name = &write.column;
        if !written.insert(name) {
            seen.push(format!("it writes the column `{name}` twice"));
        }
        if operator.rows != Rows::Table && [ID, SOURCE, ORDINAL, ROW, CARRIED].contains(&name.as_str()) {
            seen.push(format!("it writes the column `{name}`, which belongs to the host"));
        }
        match write.data_type() {
            Ok(kind) if !is_supported(&kind) => {
                seen.push(format!("column `{name}`: hosts cannot write the type {}", write.kind));
            }
            Ok(_) => {}
            Err(why) => seen.push(format!("column `{name}`: {why}; {TYPES}")),
        }
    }
    let reads_text = operator.reads.iter().any(|read| read.column.as_deref() == Some(TEXT));
    if operator.kind == Kind::Map
        && operator.rows != Rows::Table
        && written.contains(&TEXT.to_owned())
        && !reads_text
    {
        seen.push("it writes `text` without reading it; declare that it also reads `text`".into());
    }
    thresholds(operator, seen);
    options(operator, seen);
}

fn reads(operator: &OperatorDescriptor, seen: &mut Vec<String>) {
    for read in &operator.reads {
        if let Some(Err(why)) = read.kind.as_deref().map(parse_type) {
            seen.push(format!("a column that it reads: {why}; {TYPES}"));
        }
        match (&read.column, &read.option) {
            (Some(_), None) => {}
            (None, Some(option)) => {
                if operator.options.pointer(&format!("/properties/{option}")).is_none() {
                    let instead = instead(operator, option, |_| true);
                    seen.push(format!(
                        "it reads the column that option `{option}` names, and has no such option; {instead}"
                    ));
                }
            }
            _ => seen.push("a column that it reads must be named either directly or by an option".into()),
        }
    }
}

/// The hint for an option that does not exist: the nearest one that `wanted` accepts, or else all of these.
fn instead(operator: &OperatorDescriptor, wrong: &str, wanted: impl Fn(&str) -> bool) -> String {
    let names: Vec<String> = properties(&operator.options).iter().map(|p| p.path.join(".")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| wanted(name)).collect();
    suggest(wrong, names.iter().copied()).unwrap_or_else(|| match names.is_empty() {
        true => "it has none of the kind".to_owned(),
        false => format!("there are `{}`", names.join("`, `")),
    })
}

/// `textmill what-if` tries other values of these options.
fn thresholds(operator: &OperatorDescriptor, seen: &mut Vec<String>) {
    let is_number = |option: &str| takes_numbers(&operator.options, option);
    for Threshold { rule, option, .. } in &operator.thresholds {
        if !is_kebab(rule) {
            seen.push(format!("the rule `{rule}` of a threshold is not in kebab case"));
        }
        let wrong = match is_number(option) {
            Some(true) => continue,
            Some(false) => "which is no number",
            None => "which it does not have",
        };
        let instead = instead(operator, option, |name| is_number(name) == Some(true));
        seen.push(format!("the threshold of rule `{rule}` is the option `{option}`, {wrong}; {instead}"));
    }
}

fn options(operator: &OperatorDescriptor, seen: &mut Vec<String>) {
    let schema = &operator.options;
    if schema.is_null() {
        return;
    }
    if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
        seen.push(format!("the schema of its options is not JSON Schema 2020-12: {error}"));
        return;
    }
    let validator = match jsonschema::draft202012::options().build(schema) {
        Ok(validator) => validator,
        Err(error) => {
            seen.push(format!("the schema of its options cannot be used: {error}"));
            return;
        }
    };
    let refuses_unknown = schema.get("additionalProperties") == Some(&Value::Bool(false))
        || schema.get("unevaluatedProperties") == Some(&Value::Bool(false));
    if !refuses_unknown {
        seen.push(
            "the schema of its options allows ones that do not exist; set `additionalProperties: false`"
                .into(),
        );
    }
    // Fill in all defaults; required options without a default are up to the user.
    let defaults = with_defaults(schema, &json!({}));
    for error in validator.iter_errors(&defaults) {
        if !matches!(error.kind(), jsonschema::error::ValidationErrorKind::Required { .. }) {
            let option = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
            seen.push(format!("the default of option `{option}` does not fit its own schema: {error}"));
        }
    }
    for Property { path, doc, .. } in properties(schema) {
        if doc.is_none() {
            seen.push(format!("option `{}` has no doc", path.join(".")));
        }
        if let Some(name) = path.last().filter(|name| !is_kebab(name)) {
            seen.push(format!("option `{name}` is not in kebab case"));
        }
    }
}

/// Whether a name consists of lowercase words and digits, separated by dashes.
fn is_kebab(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(word)
}

/// Whether a version is three numbers with dots, optionally followed by a suffix (semver 2.0).
fn is_version(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    numbers.len() == 3 && numbers.iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        for (name, good) in
            [("a", true), ("min-length-2", true), ("Min", false), ("a--b", false), ("2a", false)]
        {
            assert_eq!(is_kebab(name), good, "{name}");
        }
        for (version, good) in [("0.1.0", true), ("1.2.3-rc.1+x", true), ("1.2", false), ("v1.2.3", false)] {
            assert_eq!(is_version(version), good, "{version}");
        }
    }
}
