//! Whether the plugin itself rejects unsuitable options. In a run, the host checks them against the schema
//! first, but another host may not, and a schema cannot express everything.

use crate::conformance::schema::{Property, properties, with};
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::table::beginning;
use arrow_schema::SchemaRef;
use serde_json::{Value, json};
use std::sync::Arc;
use textmill_plugin::call::{Call, NoHost};
use textmill_plugin::drive::bind::passed_columns;
use textmill_plugin::error::{Error, ErrorKind, Result};
use textmill_plugin::operator::{Plugin, Stage};

pub const TEST: Test = Test {
    id: "options",
    doc: "Without options the operator binds, or the missing option is named. The plugin itself \
          refuses unknown options, wrong types, values out of range and invalid JSON, with status \
          OPTIONS and a message.",
    advice: "give the struct of options `#[serde(default, deny_unknown_fields)]` and bounds \
             `#[schemars(range(…))]`, and refuse everything else in `bind` with `Checks`",
    run: Run::Operator(run),
};

/// An option that no operator has.
const UNKNOWN: &str = "no-such-option";

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let schema = &subject.operator.options;
    let batch = subject.batch()?;
    let passed = match passed_columns(&subject.operator, &subject.options, &batch.schema()) {
        Ok(passed) => Arc::new(passed),
        Err(error) => return Ok(Verdict::skipped(error.message)),
    };
    let trial = Trial { subject, passed };
    let mut seen = Vec::new();

    notes.doing("binding without options");
    if let Err(error) = trial.bind("{}") {
        let required = schema.get("required").and_then(Value::as_array);
        let named =
            required.into_iter().flatten().filter_map(Value::as_str).any(|name| error.message.contains(name));
        if !(error.kind == ErrorKind::Options && named) {
            seen.push(format!(
                "without options, it does not bind and does not name a missing one: {}",
                shown(&error)
            ));
        }
    }
    // Whether a single option is rejected can only be tested beside options that are accepted.
    notes.doing("binding with the options given");
    let base = match trial.bind(&subject.options.to_string()) {
        Ok(_) => subject.options.clone(),
        Err(_) if !seen.is_empty() => return Ok(Verdict::of(seen, "")),
        Err(error) if error.kind == ErrorKind::Options => {
            return Ok(Verdict::skipped(format!(
                "it does not bind with the options given: {}; pass others with --options",
                error.message
            )));
        }
        Err(error) => {
            return Ok(Verdict::failed(format!(
                "with the options given it does not bind: {}",
                shown(&error)
            )));
        }
    };

    notes.doing(format!("binding with the unknown option `{UNKNOWN}`"));
    let unknown = with(&base, &[UNKNOWN.to_owned()], json!(1));
    refused(&trial, &unknown.to_string(), "an option that does not exist", Some(UNKNOWN), &mut seen);
    for garbage in ["{", "nothing", "{\"a\":", "7", "\"text\"", "[]", "[1]", "{} {}", "\u{0}"] {
        notes.doing(format!("binding with the options {garbage:?}"));
        refused(&trial, garbage, &format!("the options {garbage:?}"), None, &mut seen);
    }
    let tried = values(&trial, schema, &base, notes, &mut seen);
    Ok(Verdict::of(seen, format!("{tried} values tried")))
}

/// Tries values for every option: the plugin must reject what the schema rejects, and must bind or reject
/// what the schema allows.
fn values(trial: &Trial<'_>, schema: &Value, base: &Value, notes: &Notes, seen: &mut Vec<String>) -> usize {
    let Ok(validator) = jsonschema::options().build(schema) else { return 0 };
    let mut tried = 0;
    for Property { path, values, .. } in properties(schema) {
        for value in values {
            let options = with(base, &path, value.clone());
            let name = path.join(".");
            notes.doing(format!("binding with `{name}` = {value}"));
            tried += 1;
            let what = format!("`{name}` = {value}");
            if validator.is_valid(&options) {
                // The plugin decides whether to accept it, but must reject it properly.
                if let Err(error) = trial.bind(&options.to_string()) {
                    clean(&error, &what, seen);
                }
            } else {
                refused(trial, &options.to_string(), &what, None, seen);
            }
        }
    }
    tried
}

struct Trial<'a> {
    subject: &'a Subject,
    passed: SchemaRef,
}

impl Trial<'_> {
    /// Binds without the host's own checks.
    fn bind(&self, options: &str) -> Result<Box<dyn Stage>> {
        let call = Call::new(&NoHost);
        self.subject.plugin.bind(&call, &self.subject.operator.name, options, Arc::clone(&self.passed))
    }
}

/// Checks that options are rejected properly. If `word` is given, the message must contain it.
fn refused(trial: &Trial<'_>, options: &str, what: &str, word: Option<&str>, seen: &mut Vec<String>) {
    match trial.bind(options) {
        Ok(_) => seen.push(format!("it accepts {what}")),
        Err(error) => {
            clean(&error, what, seen);
            if error.kind == ErrorKind::Options && word.is_some_and(|word| !error.message.contains(word)) {
                seen.push(format!("it refuses {what} and does not name it: `{}`", error.message));
            }
        }
    }
}

fn clean(error: &Error, what: &str, seen: &mut Vec<String>) {
    if error.kind != ErrorKind::Options || error.message.trim().is_empty() {
        seen.push(format!("{what}: {} instead of status OPTIONS and a message", shown(error)));
    }
}

fn shown(error: &Error) -> String {
    let message = short(&error.message);
    match error.kind {
        ErrorKind::Options => format!("`{message}`"),
        ErrorKind::Panicked => format!("a panic (`{message}`)"),
        kind => format!("{kind:?} (`{message}`)"),
    }
}

/// The beginning of a message, enough to recognize it: a number may have hundreds of digits.
fn short(message: &str) -> String {
    beginning(message, 200).into_owned()
}
