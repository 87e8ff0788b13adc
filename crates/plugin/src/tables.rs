//! Finds arrays in options where a table belongs. Serde reads an array into a struct, field by field, which
//! nobody who writes options means. The schema of the options says where a table belongs.

use crate::error::{Error, ErrorKind, Result};
use crate::options::{Options, schema};
use serde_json::Value;

/// Refuses options with an array where a table belongs. Serde finds everything else that is wrong.
///
/// # Errors
/// An error of kind [`ErrorKind::Options`] that names the option.
pub(crate) fn check<T: Options>(json: &str) -> Result {
    // Only an array can be mistaken for a table, and most options have none.
    if !json.contains('[') {
        return Ok(());
    }
    let Ok(options) = serde_json::from_str::<Value>(json) else { return Ok(()) };
    let schema = schema::<T>();
    match array_for_table(&schema, &schema, &options, 0) {
        None => Ok(()),
        Some(path) => {
            let message = match path.is_empty() {
                true => "the options must be a table, and are an array".to_owned(),
                false => format!("`{}` must be a table, but it is an array", path.join(".")),
            };
            Err(Error::new(ErrorKind::Options, message))
        }
    }
}

/// The path of an array where a table belongs.
fn array_for_table<'a>(
    root: &'a Value,
    schema: &'a Value,
    value: &Value,
    depth: usize,
) -> Option<Vec<&'a str>> {
    // A schema may refer to itself; nobody nests options this deeply.
    if depth > 32 {
        return None;
    }
    let schema = follow(root, schema);
    match value {
        Value::Array(_) if schema.get("type").and_then(Value::as_str) == Some("object") => Some(Vec::new()),
        Value::Object(members) => {
            let properties = schema.get("properties").and_then(Value::as_object)?;
            properties.iter().find_map(|(name, schema)| {
                let mut path = array_for_table(root, schema, members.get(name)?, depth + 1)?;
                path.insert(0, name);
                Some(path)
            })
        }
        _ => None,
    }
}

pub(crate) fn follow<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str);
    reference.and_then(|r| root.pointer(r.strip_prefix('#')?)).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Outer {
        words: Vec<String>,
        inner: Inner,
    }

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Inner {
        least: u64,
    }

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn an_array_is_no_table_without_options_either() {
        assert!(check::<Nothing>("[]").is_err() && check::<Nothing>("{}").is_ok());
    }

    #[test]
    fn an_array_is_no_table() {
        assert!(check::<Outer>(r#"{"words": ["[", "b"], "inner": {"least": 1}}"#).is_ok());
        assert!(check::<Outer>("[").is_ok(), "what is not JSON is for serde to say");
        let message = |json: &str| check::<Outer>(json).unwrap_err().message;
        assert_eq!(message("[]"), "the options must be a table, and are an array");
        assert_eq!(message("{\"inner\": [3]}"), "`inner` must be a table, but it is an array");
    }
}
