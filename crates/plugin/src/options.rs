//! Options of an operator: a serde struct with a derived JSON Schema.

use crate::error::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What options are made of. Implemented for every struct that derives `Serialize`, `Deserialize` and
/// `JsonSchema`; give it `#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]`, and a doc
/// comment on each field, which users see in `textmill plugin info`.
pub trait Options: Serialize + DeserializeOwned + JsonSchema {}

impl<T: Serialize + DeserializeOwned + JsonSchema> Options for T {}

/// The JSON Schema (2020-12) of some options.
pub fn schema<T: Options>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Reads options from JSON.
///
/// # Errors
/// Where they do not fit; the message is serde's.
pub fn parse<T: Options>(json: &str) -> Result<T> {
    let json = if json.trim().is_empty() { "{}" } else { json };
    crate::tables::check::<T>(json)?;
    serde_json::from_str(json).map_err(|e| Error::new(ErrorKind::Options, without_place(&e.to_string())))
}

/// Line and column of the JSON mean nothing to a user who wrote TOML.
fn without_place(message: &str) -> &str {
    match message.rfind(" at line ") {
        Some(at) => &message[..at],
        None => message,
    }
}
