//! Options of an operator: a serde struct with a derived JSON Schema. All mistakes in them are reported at
//! once.
//!
//! The runner checks options against their schema before a plugin sees them, and shows each mistake at its
//! line of the pipeline file. So whatever a schema can say belongs in the schema. Types get there
//! automatically; the rest takes attributes such as `#[schemars(range(min = 1))]` or
//! `#[schemars(length(min = 1))]`, which [`parse`] enforces as well, under any host. What only the operator
//! can judge, above all options that depend on one another, it checks when it binds: with [`Checks`], which
//! report all mistakes at once.
//!
//! ```
//! use textmill_plugin::options::Checks;
//! use textmill_plugin::prelude::*;
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct Length {
//!     /// Fewest words that a document may have.
//!     min_words: u64,
//!     /// Most words that a document may have.
//!     #[schemars(range(min = 1))]
//!     max_words: u64,
//! }
//!
//! impl Default for Length {
//!     fn default() -> Self {
//!         Self { min_words: 0, max_words: 100_000 }
//!     }
//! }
//!
//! impl Length {
//!     fn check(&self) -> Result {
//!         let mut checks = Checks::new();
//!         checks.require(self.min_words <= self.max_words, "min-words", || {
//!             format!("must be at most `max-words`, but it is `{}`", self.min_words)
//!         });
//!         checks.finish()
//!     }
//! }
//!
//! let error = Length { min_words: 7, max_words: 1 }.check().unwrap_err();
//! assert_eq!(error.message, "`min-words` must be at most `max-words`, but it is `7`");
//! ```

use crate::error::{Error, ErrorKind, Result};
use crate::words;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A type of options. Implemented for every struct that derives `Serialize`, `Deserialize` and `JsonSchema`.
/// Give it `#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]`, and a doc comment on each
/// field, which users see in `textmill plugin info`.
pub trait Options: Serialize + DeserializeOwned + JsonSchema {}

impl<T: Serialize + DeserializeOwned + JsonSchema> Options for T {}

/// The JSON Schema (2020-12) of some options.
pub fn schema<T: Options>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Collects mistakes in options, so that a user sees all of them at once. The [module](self) has an example.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    found: Vec<String>,
}

impl Checks {
    /// Starts without mistakes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a mistake unless `holds`. `option` is the option's name in pipeline files, with dots if it is
    /// in a table (`rules.headline`); `message` continues after the name, as in ``must be above 0, and is
    /// `-1` ``.
    pub fn require(&mut self, holds: bool, option: &str, message: impl FnOnce() -> String) -> &mut Self {
        if !holds {
            self.found.push(mistake(option, " ", &message()));
        }
        self
    }

    /// Ends the checks.
    ///
    /// # Errors
    /// If mistakes were recorded: an error of kind [`ErrorKind::Options`] with one line for each.
    pub fn finish(self) -> Result {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Options, self.found.join("\n")))
        }
    }
}

/// A mistake in options, as a plugin reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake<'a> {
    /// Name of the option, with dots if it is in a table; `None` if the message does not begin with a name.
    pub option: Option<&'a str>,
    /// The whole message.
    pub message: &'a str,
}

/// Splits the message of an error of kind [`ErrorKind::Options`] into mistakes. Each line that begins with a
/// name in backticks begins a mistake.
pub fn mistakes(message: &str) -> Vec<Mistake<'_>> {
    let breaks = message.match_indices("\n`").map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(breaks).collect();
    let ends = starts.iter().skip(1).copied().chain([message.len()]);
    let one = |(start, end): (usize, usize)| {
        let message = message[start..end].trim_end();
        let option = message.strip_prefix('`').and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
        Mistake { option, message }
    };
    starts.iter().copied().zip(ends).map(one).collect()
}

/// Reads options from JSON.
///
/// # Errors
/// If they do not fit: an error of kind [`ErrorKind::Options`] with a line for each option that does not.
pub fn parse<T: Options>(json: &str) -> Result<T> {
    let json = if json.trim().is_empty() { "{}" } else { json };
    crate::tables::check::<T>(json)?;
    if serde_json::from_str::<T>(json).is_err()
        && let Ok(mut options) = serde_json::from_str(json)
        && make_whole(&mut options)
    {
        return read(&options.to_string());
    }
    read(json)
}

/// Turns floats without a fraction into integers, `2.0` into `2`: JSON has one kind of number, but serde
/// wants integers written as integers. Returns whether there were any.
fn make_whole(options: &mut Value) -> bool {
    // Below this, an `f64` represents every integer exactly.
    const AT_MOST: f64 = 9_007_199_254_740_992.0;
    match options {
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < AT_MOST);
            whole.inspect(|whole| *options = Value::from(*whole as i64)).is_some()
        }
        // `count`, not `any`: all of them are to be converted, not only the first.
        Value::Array(items) => items.iter_mut().map(make_whole).filter(|made| *made).count() > 0,
        Value::Object(members) => members.values_mut().map(make_whole).filter(|made| *made).count() > 0,
        _ => false,
    }
}

fn read<T: Options>(json: &str) -> Result<T> {
    let (error, mut found) = match serde_json::from_str(json) {
        Ok(options) => {
            let found = crate::bounds::beyond::<T>(json);
            if found.is_empty() {
                return Ok(options);
            }
            return Err(Error::new(ErrorKind::Options, found.join("\n")));
        }
        Err(error) => (error, Vec::new()),
    };
    if let Ok(Value::Object(mut options)) = serde_json::from_str(json) {
        let misfits = misfits::<T>(&options, &mut Vec::new(), &mut found);
        options.retain(|name, _| !misfits.contains(name));
        // With the options that do not fit removed, serde reports what else is missing. A message about a
        // removed option does not count.
        if !found.is_empty()
            && let Err(error) = serde_json::from_value::<T>(Value::Object(options))
            && !misfits.iter().any(|name| error.to_string().contains(&format!("`{name}`")))
        {
            found.push(words::alone(without_place(&error.to_string())));
        }
    }
    if found.is_empty() {
        found.push(words::alone(without_place(&error.to_string())));
    }
    Err(Error::new(ErrorKind::Options, found.join("\n")))
}

/// Tries each option of a table separately, since serde stops at the first that does not fit. Returns the
/// names of those that do not fit.
fn misfits<T: Options>(
    table: &Map<String, Value>,
    path: &mut Vec<String>,
    found: &mut Vec<String>,
) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in table {
        path.push(name.clone());
        let wrap = |inner: Value, name: &String| Value::Object(Map::from_iter([(name.clone(), inner)]));
        let alone = path.iter().rev().fold(value.clone(), wrap);
        // A missing field is a mistake of another option.
        if let Err(error) = serde_json::from_value::<T>(alone)
            && !error.to_string().starts_with("missing field")
        {
            let before = found.len();
            if let Value::Object(inner) = value {
                misfits::<T>(inner, path, found);
            }
            if found.len() == before {
                found.push(told(path, value, without_place(&error.to_string())));
            }
            names.push(name.clone());
        }
        path.pop();
    }
    names
}

/// Reports, in plain words, what serde said about the option at a path.
fn told(path: &[String], value: &Value, said: &str) -> String {
    let option = path.join(".");
    // For an unknown option, serde's message begins with its name.
    let own = path.last().map(|name| format!("unknown field `{name}`, "));
    match own.and_then(|own| said.strip_prefix(&own)) {
        Some(known) => {
            let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
            let known = if known.is_empty() {
                "no options are accepted here".to_owned()
            } else {
                format!("there are `{}`", known.join("`, `"))
            };
            mistake(&option, " ", &format!("is not an option; {known}"))
        }
        _ => {
            let of_array = said.starts_with("invalid type: sequence") || said.starts_with("invalid length");
            mistake(&option, " ", &words::plain(said, value.is_array() && !of_array))
        }
    }
}

/// A mistake as one line.
pub(crate) fn mistake(option: &str, joint: &str, message: &str) -> String {
    format!("`{option}`{joint}{}", message.replace('\n', " "))
}

/// Line and column of the JSON mean nothing to a user who wrote TOML.
fn without_place(message: &str) -> &str {
    match message.rfind(" at line ") {
        Some(at) => &message[..at],
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    struct Lenient {
        least: u64,
        rules: Rules,
    }

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    struct Rules {
        head_line: bool,
        foot_line: bool,
    }

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        column: String,
        least: u64,
    }

    fn lines<T: Options + std::fmt::Debug>(json: &str) -> Vec<String> {
        let error = parse::<T>(json).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Options);
        error.message.lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_option_that_does_not_fit_is_named() {
        assert!(parse::<Lenient>("").is_ok());
        let json =
            r#"{"least": -1, "rules": {"head-line": "no", "foot-line": true, "middle": 1}, "lest": 2}"#;
        assert_eq!(
            lines::<Lenient>(json),
            [
                "`least` must be a whole number of at least 0, but it is `-1`",
                "`rules.head-line` must be `true` or `false`, but it is the string \"no\"",
                "`rules.middle` is not an option; there are `head-line`, `foot-line`",
                "`lest` is not an option; there are `least`, `rules`",
            ]
        );
        assert_eq!(lines::<Lenient>("7").len(), 1);
        assert_eq!(lines::<Lenient>("{").len(), 1);
    }

    #[test]
    fn what_is_missing_shows_beside_what_does_not_fit() {
        assert_eq!(lines::<Strict>(r#"{"least": 1}"#), ["it requires the option `column`"]);
        assert_eq!(
            lines::<Strict>(r#"{"least": "x"}"#),
            [
                "`least` must be a whole number of at least 0, but it is the string \"x\"",
                "it requires the option `column`"
            ]
        );
        assert_eq!(
            lines::<Strict>(r#"{"column": 7, "least": 1}"#),
            ["`column` must be a string, but it is `7`"]
        );
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_float() {
        assert_eq!(parse::<Strict>(r#"{"column": "a", "least": 2.0}"#).unwrap().least, 2);
        assert_eq!(
            lines::<Strict>(r#"{"column": "a", "least": 2.5}"#),
            ["`least` must be a whole number of at least 0, but it is `2.5`"]
        );
        // `2.0` is fine even if another option is wrong.
        assert_eq!(
            lines::<Strict>(r#"{"column": 7.0, "least": 2.0}"#),
            ["`column` must be a string, but it is `7`"]
        );
    }

    #[test]
    fn a_message_is_split_where_a_line_names_an_option() {
        let found = mistakes("`a` is wrong\n  for a reason\n`b.c`: is, too\n");
        let parts: Vec<_> = found.iter().map(|m| (m.option, m.message)).collect();
        assert_eq!(parts, [(Some("a"), "`a` is wrong\n  for a reason"), (Some("b.c"), "`b.c`: is, too")]);
        let found = mistakes("one sentence\nin two lines");
        assert_eq!(found, [Mistake { option: None, message: "one sentence\nin two lines" }]);
    }
}
