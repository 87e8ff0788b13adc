//! Checks options against the bounds that their schema sets and their Rust types do not: ranges of numbers,
//! lengths of strings and arrays. The runner checks these with the rest of the schema before it binds;
//! another host may not.

use crate::options::{Options, mistake, schema};
use crate::tables::follow;
use serde_json::Value;

/// Describes every value that is out of bounds in options that serde accepts, one line each.
pub(crate) fn beyond<T: Options>(json: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(options) = serde_json::from_str::<Value>(json) {
        let schema = schema::<T>();
        look(&schema, &schema, &options, &mut Vec::new(), &mut found);
    }
    found
}

fn look(root: &Value, schema: &Value, value: &Value, path: &mut Vec<String>, found: &mut Vec<String>) {
    // A schema may refer to itself; nobody nests options this deeply.
    if path.len() > 32 {
        return;
    }
    let target = follow(root, one(schema));
    // The attributes of a field are beside its `$ref`, not in the schema that it refers to.
    let at = path.join(".");
    found.extend(
        [schema, target].into_iter().find_map(|schema| wrong(schema, value)).map(|m| mistake(&at, " ", &m)),
    );
    match value {
        Value::Object(members) => {
            for (name, schema) in target.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if let Some(value) = members.get(name) {
                    path.push(name.clone());
                    look(root, schema, value, path, found);
                    path.pop();
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = target.get("items") {
                items.iter().for_each(|item| look(root, schema, item, path, found));
            }
        }
        _ => {}
    }
}

/// The schema of a value that may also be null, as in an `Option` of a struct: the one beside that of null.
fn one(schema: &Value) -> &Value {
    let is_null = |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("null");
    let any = schema.get("anyOf").and_then(Value::as_array);
    match any.map(Vec::as_slice) {
        Some([one, null] | [null, one]) if is_null(&null) => one,
        _ => schema,
    }
}

/// What is wrong with a value, its members and items aside.
fn wrong(schema: &Value, value: &Value) -> Option<String> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let (measured, what, keys) = match value {
        Value::Number(number) => (number.as_f64()?, "", ["minimum", "maximum"]),
        Value::String(text) => (text.chars().count() as f64, "character", ["minLength", "maxLength"]),
        Value::Array(items) => (items.len() as f64, "item", ["minItems", "maxItems"]),
        _ => return None,
    };
    let shown = if what.is_empty() { value.to_string() } else { measured.to_string() };
    let [least, most] = keys.map(bound);
    let checks = [
        (least.filter(|least| measured < *least), "at least"),
        (most.filter(|most| measured > *most), "at most"),
        (bound("exclusiveMinimum").filter(|least| what.is_empty() && measured <= *least), "above"),
        (bound("exclusiveMaximum").filter(|most| what.is_empty() && measured >= *most), "below"),
    ];
    let (bound, how) = checks.into_iter().find_map(|(bound, how)| Some((bound?, how)))?;
    Some(match what {
        "" => format!("must be {how} `{bound}`, but it is `{shown}`"),
        what => {
            let plural = if bound == 1.0 { "" } else { "s" };
            format!("must have {how} {bound} {what}{plural}, but has {shown}")
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::error::ErrorKind;
    use crate::options::parse;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
    struct Bounded {
        #[schemars(range(min = 0.0, max = 1.0))]
        share: f64,
        #[schemars(range(min = 1))]
        least: Option<u64>,
        #[schemars(length(min = 1))]
        name: String,
        #[schemars(length(max = 1), inner(range(min = 2)))]
        sizes: Vec<u64>,
        inner: Inner,
        perhaps: Option<Inner>,
    }

    impl Default for Bounded {
        fn default() -> Self {
            let inner = Inner { most: 1 };
            Self { share: 0.5, least: None, name: "a".into(), sizes: Vec::new(), inner, perhaps: None }
        }
    }

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Inner {
        #[schemars(range(max = 9))]
        most: u64,
    }

    #[test]
    fn what_only_the_schema_bounds_is_refused() {
        for fits in ["", r#"{"share": 1, "least": null, "name": "é", "sizes": [2], "inner": {"most": 9}}"#] {
            assert!(parse::<Bounded>(fits).is_ok(), "{fits}");
        }
        let json = r#"{"share": -1, "least": 0, "name": "", "sizes": [1, 7], "inner": {"most": 10}, "perhaps": {"most": 11}}"#;
        let error = parse::<Bounded>(json).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Options);
        let lines: Vec<&str> = error.message.lines().collect();
        assert_eq!(
            lines,
            [
                "`share` must be at least `0`, but it is `-1`",
                "`least` must be at least `1`, but it is `0`",
                "`name` must have at least 1 character, but has 0",
                "`sizes` must have at most 1 item, but has 2",
                "`sizes` must be at least `2`, but it is `1`",
                "`inner.most` must be at most `9`, but it is `10`",
                "`perhaps.most` must be at most `9`, but it is `11`",
            ]
        );
    }
}
