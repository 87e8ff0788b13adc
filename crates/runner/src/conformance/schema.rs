//! The options that the JSON Schema of an operator defines, and values that do not fit them.

use serde_json::{Map, Value, json};

/// An option, or a key of a table that is an option.
#[derive(Clone, Debug)]
pub struct Property {
    /// Names, from the outermost table inwards.
    pub path: Vec<String>,
    /// Its description, if the schema has one.
    pub doc: Option<String>,
    /// Values to try, most of which will not fit.
    pub values: Vec<Value>,
}

/// Maximum nesting depth of tables to look into.
const DEPTH: usize = 4;

/// All options; those of an inner table follow the table.
pub fn properties(schema: &Value) -> Vec<Property> {
    let mut found = Vec::new();
    collect(schema, schema, &[], &mut found);
    found
}

fn collect(root: &Value, schema: &Value, path: &[String], found: &mut Vec<Property>) {
    if path.len() >= DEPTH {
        return;
    }
    let Some(own) = follow(root, schema).get("properties").and_then(Value::as_object) else { return };
    for (name, property) in own {
        let target = follow(root, property);
        let doc = [property, target].into_iter().find_map(|s| s.get("description")?.as_str());
        let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        found.push(Property {
            path: path.clone(),
            doc: doc.filter(|doc| !doc.trim().is_empty()).map(str::to_owned),
            values: values(target),
        });
        collect(root, target, &path, found);
    }
}

fn follow<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..DEPTH {
        let reference =
            schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str);
        match reference.and_then(|r| root.pointer(r.strip_prefix('#')?)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

/// Values of every type, and values just outside of what the schema allows.
fn values(schema: &Value) -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(1.5),
        json!(-1e300),
        json!(u64::MAX),
        json!(""),
        json!("no such value"),
        json!([]),
        json!([1, "two", null]),
        json!({}),
        json!({"no-such-key": 1}),
    ];
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    // A value just beyond the limit; for an exclusive limit, the limit itself.
    let whole = schema.get("type") == Some(&json!("integer"));
    let beyond =
        |limit: f64, step: f64| if whole { json!((limit + step) as i64) } else { json!(limit + step / 8.0) };
    values.extend(number("minimum").map(|least| beyond(least, -1.0)));
    values.extend(number("maximum").map(|most| beyond(most, 1.0)));
    values.extend(number("exclusiveMinimum").map(|least| json!(least)));
    values.extend(number("exclusiveMaximum").map(|most| json!(most)));
    values
}

/// Options with the value of a property set. Missing tables on its path are created.
pub fn with(options: &Value, path: &[String], value: Value) -> Value {
    let mut options = options.clone();
    let mut at = &mut options;
    for name in path {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        // Cannot happen: the line above makes it an object.
        let Value::Object(members) = at else { return Value::Null };
        at = members.entry(name.clone()).or_insert(Value::Null);
    }
    *at = value;
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_inner_tables_are_found() {
        let schema = json!({
            "properties": {
                "rules": {"$ref": "#/$defs/Rules"},
                "least": {"type": "integer", "minimum": 3, "description": "Fewest."},
            },
            "$defs": {"Rules": {"description": "Switches.", "properties": {"a": {"type": "boolean"}}}},
        });
        let found = properties(&schema);
        let paths: Vec<String> = found.iter().map(|p| p.path.join(".")).collect();
        assert_eq!(paths, ["rules", "rules.a", "least"]);
        let docs: Vec<_> = found.iter().map(|p| p.doc.as_deref()).collect();
        assert_eq!(docs, [Some("Switches."), None, Some("Fewest.")]);
        assert!(found[2].values.contains(&json!(2)));
        assert_eq!(with(&json!({"b": 1}), &found[1].path, json!(7)), json!({"b": 1, "rules": {"a": 7}}));
    }
}
