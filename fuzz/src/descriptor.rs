//! Turns bytes into what a plugin says about itself, and options that a user gives it. The host must read,
//! check and show them or say what is wrong, and must come to an end.

use arbitrary::{Result, Unstructured};
use arrow_schema::{DataType, Field, Schema};
use serde_json::{Map, Value, json};
use textmill::commands::plugin::info::describe;
use textmill::config::{Entry, Kind, Node, Place, check_options, with_defaults};
use textmill_plugin::descriptor::{OperatorDescriptor, PluginDescriptor};
use textmill_plugin::drive::bind::passed_columns;

/// Runs one input.
pub fn run(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let _ = match source.arbitrary::<u8>() {
        Ok(kind) if kind % 4 == 0 => {
            // As text: the descriptor comes before the first NUL, and the options after it.
            let mut parts = source.take_rest().split(|byte| *byte == 0);
            let descriptor = parts.next().unwrap_or_default();
            let options = serde_json::from_slice(parts.next().unwrap_or(b"{}")).unwrap_or(Value::Null);
            read(descriptor, &options);
            Ok(())
        }
        _ => generated(&mut source),
    };
}

fn read(descriptor: &[u8], options: &Value) {
    let Ok(plugin) = serde_json::from_slice::<PluginDescriptor>(descriptor) else { return };
    for operator in &plugin.operators {
        look_at(&plugin.name, operator, options);
    }
}

fn generated(source: &mut Unstructured<'_>) -> Result<()> {
    let mut operator = json!({"name": "a", "kind": "map", "options": schema(source, 0)?});
    for key in ["reads", "writes", "rows", "threading", "kind", "smallest_group"] {
        if source.ratio(1u8, 2u8)? {
            operator[key] = match key {
                "reads" | "writes" => {
                    let count = source.int_in_range(0..=3usize)?;
                    let column = |source: &mut Unstructured<'_>| {
                        let words = [
                            "text",
                            "a",
                            "list<utf8>",
                            "fixed_size_binary[0]",
                            "utf8",
                            "struct<a: utf8>",
                            "x<",
                        ];
                        let mut column = Map::new();
                        for key in ["column", "option", "type"] {
                            if source.ratio(2u8, 3u8)? {
                                column.insert(key.into(), (*source.choose(&words)?).into());
                            }
                        }
                        Ok(Value::Object(column))
                    };
                    (0..count).map(|_| column(source)).collect::<Result<Value>>()?
                }
                "rows" => (*source.choose(&["preserve", "select", "expand", "table"])?).into(),
                "threading" => (*source.choose(&["parallel", "serial"])?).into(),
                "kind" => (*source.choose(&["map", "group", "aggregate", "plan"])?).into(),
                _ => source.arbitrary::<u32>()?.into(),
            };
        }
    }
    let descriptor = json!({"name": "fuzzed", "version": "1", "operators": [operator]});
    let options = value(source, 0)?;
    read(descriptor.to_string().as_bytes(), &options);
    Ok(())
}

fn look_at(plugin: &str, operator: &OperatorDescriptor, options: &Value) {
    describe(operator, &mut String::new());
    let problems = check_options(plugin, &operator.options, &node(options), false);
    if options.is_object() && problems.is_empty() {
        with_defaults(&operator.options, options);
    }
    with_defaults(&operator.options, &json!({}));
    let input = [("id", DataType::LargeUtf8), ("text", DataType::LargeUtf8), ("a", DataType::Int64)];
    let input = Schema::new(input.map(|(name, kind)| Field::new(name, kind, true)).to_vec());
    let _ = passed_columns(operator, options, &input);
    for write in &operator.writes {
        let _ = write.data_type();
    }
    let again = serde_json::to_string(operator).expect("a descriptor can be written");
    let again: OperatorDescriptor = serde_json::from_str(&again).expect("and read again");
    assert!(again == *operator);
}

/// The value as it would be read from a pipeline file.
fn node(value: &Value) -> Node {
    let place = Place::Set("option".to_owned());
    let kind = match value {
        Value::Null => Kind::Text(String::new()),
        Value::Bool(flag) => Kind::Bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Kind::Integer(whole),
            None => Kind::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Kind::Text(text.clone()),
        Value::Array(items) => Kind::List(items.iter().map(node).collect()),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| Entry {
                key: key.clone(),
                place: place.clone(),
                node: node(value),
            };
            Kind::Table(entries.iter().map(entry).collect())
        }
    };
    Node::new(kind, place)
}

/// Names of options and definitions.
const NAMES: [&str; 4] = ["a", "b", "text", ""];
/// References that a schema may make.
const POINTERS: [&str; 10] = [
    "#",
    "#/$defs/a",
    "#/$defs/b",
    "#/properties/a",
    "#/properties/b/items",
    "#/nowhere",
    "a",
    "text:x",
    "",
    "#/allOf/0",
];
const KEYS: [&str; 24] = [
    "type",
    "properties",
    "properties",
    "$ref",
    "$defs",
    "items",
    "default",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "additionalProperties",
    "required",
    "pattern",
    "minimum",
    "multipleOf",
    "maxLength",
    "format",
    "description",
    "if",
    "$id",
    "$dynamicRef",
];

/// A schema, mostly with keys that schemas have.
fn schema(source: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    if depth > 5 || source.is_empty() || source.ratio(1u8, 16u8)? {
        return value(source, depth);
    }
    let mut out = Map::new();
    for _ in 0..source.int_in_range(1..=4u8)? {
        let key = *source.choose(&KEYS)?;
        let own = match key {
            "type" => {
                let kinds = ["object", "array", "string", "integer", "number", "boolean", "null", "what"];
                (*source.choose(&kinds)?).into()
            }
            "properties" | "$defs" => {
                let count = source.int_in_range(0..=3u8)?;
                let one = |source: &mut Unstructured<'_>| {
                    Ok(((*source.choose(&NAMES)?).to_owned(), schema(source, depth + 1)?))
                };
                Value::Object((0..count).map(|_| one(source)).collect::<Result<_>>()?)
            }
            "$ref" | "$id" | "$dynamicRef" => (*source.choose(&POINTERS)?).into(),
            "anyOf" | "oneOf" | "allOf" => {
                let count = source.int_in_range(0..=3u8)?;
                (0..count).map(|_| schema(source, depth + 1)).collect::<Result<Value>>()?
            }
            "items" | "not" | "additionalProperties" | "if" => schema(source, depth + 1)?,
            "pattern" => {
                let patterns =
                    ["^(a+)+$", "(", "a{1,99999}", "(?=a)b", "\\p{L}", "[a-z]*", "(a*)*b", "\\1(a)"];
                (*source.choose(&patterns)?).into()
            }
            _ => value(source, depth)?,
        };
        out.insert(key.into(), own);
    }
    Ok(out.into())
}

fn value(source: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    let most = if depth > 5 || source.is_empty() { 5 } else { 8u8 };
    Ok(match source.int_in_range(0..=most)? {
        0 => Value::Null,
        1 => source.arbitrary::<bool>()?.into(),
        2 => source.arbitrary::<i64>()?.into(),
        3 => source.arbitrary::<f64>()?.into(),
        4 => (*source.choose(&NAMES)?).into(),
        5 => "a".repeat(source.int_in_range(0..=40usize)?).into(),
        6 => {
            let count = source.int_in_range(0..=3u8)?;
            (0..count).map(|_| value(source, depth + 1)).collect::<Result<Value>>()?
        }
        _ => {
            let count = source.int_in_range(0..=3u8)?;
            let one = |source: &mut Unstructured<'_>| {
                Ok(((*source.choose(&NAMES)?).to_owned(), value(source, depth + 1)?))
            };
            Value::Object((0..count).map(|_| one(source)).collect::<Result<_>>()?)
        }
    })
}
