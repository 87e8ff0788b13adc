//! Converts between Arrow columns and JSON values, for every column type that textmill supports.

use arrow_array::builder::{
    BinaryBuilder, BinaryViewBuilder, BooleanBuilder, FixedSizeBinaryBuilder, LargeBinaryBuilder,
    LargeStringBuilder, PrimitiveBuilder, StringBuilder, StringViewBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, GenericListArray, NullArray, OffsetSizeTrait, StructArray, new_null_array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, FieldRef, Fields};
use serde_json::{Map, Number, Value};
use std::fmt::Write as _;
use std::sync::Arc;

/// The value in one row of a column.
///
/// Bytes become a string of hexadecimal digits. Numbers that JSON cannot write become the strings `NaN`,
/// `inf` and `-inf`; [`array_from`] turns these back into numbers.
pub fn value_at(array: &dyn Array, row: usize) -> Value {
    if row >= array.len() || array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int8 => integer::<Int8Type>(array, row),
        DataType::Int16 => integer::<Int16Type>(array, row),
        DataType::Int32 => integer::<Int32Type>(array, row),
        DataType::Int64 => integer::<Int64Type>(array, row),
        DataType::UInt8 => integer::<UInt8Type>(array, row),
        DataType::UInt16 => integer::<UInt16Type>(array, row),
        DataType::UInt32 => integer::<UInt32Type>(array, row),
        DataType::UInt64 => integer::<UInt64Type>(array, row),
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).into(),
        DataType::Utf8View => array.as_string_view().value(row).into(),
        DataType::Binary => hex(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => hex(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => hex(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => hex(array.as_fixed_size_binary().value(row)),
        DataType::List(_) => items(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row)),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let pairs = fields.iter().zip(columns);
            Value::Object(pairs.map(|(f, c)| (f.name().clone(), value_at(c, row))).collect())
        }
        _ => Value::Null,
    }
}

fn integer<T: ArrowPrimitiveType<Native: Into<Number>>>(array: &dyn Array, row: usize) -> Value {
    Value::Number(array.as_primitive::<T>().value(row).into())
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
}

/// The value as a float; accepts the strings that [`value_at`] writes for NaN and the infinities, too.
fn as_float(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        _ => value.as_f64(),
    }
}

fn hex(bytes: &[u8]) -> Value {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    Value::String(out)
}

fn items(array: &ArrayRef) -> Value {
    Value::Array((0..array.len()).map(|i| value_at(array, i)).collect())
}

/// Builds a column of type `kind` from one value per row.
///
/// # Errors
/// A sentence that says which value does not fit the type, or that the type is not supported.
pub fn array_from(kind: &DataType, values: &[Value]) -> Result<ArrayRef, String> {
    let refs: Vec<&Value> = values.iter().collect();
    build(kind, &refs)
}

/// A column with a single row that holds a list of structs; `columns` are the fields of the structs.
///
/// # Errors
/// A sentence that says why the columns do not make a list of type `kind`.
pub fn list_from(kind: &DataType, columns: Vec<ArrayRef>) -> Result<ArrayRef, String> {
    let DataType::List(item) = kind else { return Err(format!("{kind} is no list")) };
    let DataType::Struct(fields) = item.data_type() else {
        return Err(format!("{kind} is no list of structures"));
    };
    let rows = StructArray::try_new(fields.clone(), columns, None).map_err(|e| e.to_string())?;
    let offsets = OffsetBuffer::<i32>::from_lengths([rows.len()]);
    let list = GenericListArray::try_new(Arc::clone(item), offsets, Arc::new(rows), None);
    Ok(Arc::new(list.map_err(|e| e.to_string())?))
}

fn build(kind: &DataType, values: &[&Value]) -> Result<ArrayRef, String> {
    let misfit = |value: &Value| {
        let mut shown = value.to_string();
        if shown.len() > 60 {
            shown.truncate(shown.floor_char_boundary(60));
            shown.push('…');
        }
        format!("{shown} is not a value of type {}", crate::column::type_name(kind))
    };
    macro_rules! strings {
        ($builder:expr) => {{
            let mut builder = $builder;
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::String(s) => builder.append_value(s),
                    other => return Err(misfit(other)),
                }
            }
            Ok(Arc::new(builder.finish()))
        }};
    }
    macro_rules! bytes {
        ($builder:expr) => {{
            let mut builder = $builder;
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::String(s) => builder.append_value(unhex(s).ok_or_else(|| misfit(value))?),
                    other => return Err(misfit(other)),
                }
            }
            Ok(Arc::new(builder.finish()))
        }};
    }
    match kind {
        DataType::Null => match values.iter().find(|v| !v.is_null()) {
            Some(value) => Err(misfit(value)),
            None => Ok(Arc::new(NullArray::new(values.len()))),
        },
        DataType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(values.len());
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::Bool(b) => builder.append_value(*b),
                    other => return Err(misfit(other)),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::Int8 => numbers::<Int8Type>(values, |v| v.as_i64()?.try_into().ok(), misfit),
        DataType::Int16 => numbers::<Int16Type>(values, |v| v.as_i64()?.try_into().ok(), misfit),
        DataType::Int32 => numbers::<Int32Type>(values, |v| v.as_i64()?.try_into().ok(), misfit),
        DataType::Int64 => numbers::<Int64Type>(values, Value::as_i64, misfit),
        DataType::UInt8 => numbers::<UInt8Type>(values, |v| v.as_u64()?.try_into().ok(), misfit),
        DataType::UInt16 => numbers::<UInt16Type>(values, |v| v.as_u64()?.try_into().ok(), misfit),
        DataType::UInt32 => numbers::<UInt32Type>(values, |v| v.as_u64()?.try_into().ok(), misfit),
        DataType::UInt64 => numbers::<UInt64Type>(values, Value::as_u64, misfit),
        DataType::Float32 => numbers::<Float32Type>(values, |v| as_float(v).map(|f| f as f32), misfit),
        DataType::Float64 => numbers::<Float64Type>(values, as_float, misfit),
        DataType::Utf8 => strings!(StringBuilder::new()),
        DataType::LargeUtf8 => strings!(LargeStringBuilder::new()),
        DataType::Utf8View => strings!(StringViewBuilder::new()),
        DataType::Binary => bytes!(BinaryBuilder::new()),
        DataType::LargeBinary => bytes!(LargeBinaryBuilder::new()),
        DataType::BinaryView => bytes!(BinaryViewBuilder::new()),
        DataType::FixedSizeBinary(size) => {
            let mut builder = FixedSizeBinaryBuilder::with_capacity(values.len(), *size);
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::String(s) => {
                        let bytes = unhex(s).ok_or_else(|| misfit(value))?;
                        builder.append_value(bytes).map_err(|_| misfit(value))?;
                    }
                    other => return Err(misfit(other)),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::List(item) => lists::<i32>(item, values, misfit),
        DataType::LargeList(item) => lists::<i64>(item, values, misfit),
        DataType::Struct(fields) => structs(fields, values, misfit),
        other => Err(format!("columns of type {other} are not supported")),
    }
}

fn numbers<T: ArrowPrimitiveType>(
    values: &[&Value],
    read: impl Fn(&Value) -> Option<T::Native>,
    misfit: impl Fn(&Value) -> String,
) -> Result<ArrayRef, String> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(values.len());
    for value in values {
        match value {
            Value::Null => builder.append_null(),
            value => builder.append_value(read(value).ok_or_else(|| misfit(value))?),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn lists<O: OffsetSizeTrait>(
    item: &FieldRef,
    values: &[&Value],
    misfit: impl Fn(&Value) -> String,
) -> Result<ArrayRef, String> {
    let mut flat: Vec<&Value> = Vec::new();
    let mut lengths = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::Null => lengths.push(0),
            Value::Array(items) => {
                lengths.push(items.len());
                flat.extend(items);
            }
            other => return Err(misfit(other)),
        }
    }
    let nulls: NullBuffer = values.iter().map(|v| !v.is_null()).collect();
    let offsets = OffsetBuffer::<O>::from_lengths(lengths);
    let array =
        GenericListArray::try_new(Arc::clone(item), offsets, build(item.data_type(), &flat)?, Some(nulls));
    Ok(Arc::new(array.map_err(|e| e.to_string())?))
}

fn structs(
    fields: &Fields,
    values: &[&Value],
    misfit: impl Fn(&Value) -> String,
) -> Result<ArrayRef, String> {
    for value in values {
        match value {
            Value::Null => {}
            Value::Object(members) => {
                if let Some(name) = members.keys().find(|k| fields.find(k).is_none()) {
                    return Err(format!("{}: it has no field `{name}`", misfit(value)));
                }
            }
            other => return Err(misfit(other)),
        }
    }
    if fields.is_empty() {
        return Ok(new_null_array(&DataType::Struct(fields.clone()), values.len()));
    }
    let mut members: Vec<Vec<&Value>> = vec![Vec::with_capacity(values.len()); fields.len()];
    for value in values {
        let Value::Object(found) = value else {
            members.iter_mut().for_each(|column| column.push(&Value::Null));
            continue;
        };
        // Most objects have their members in the order of the fields.
        let mut next = found.iter();
        for (column, field) in members.iter_mut().zip(fields) {
            let in_order = next.next().filter(|(name, _)| *name == field.name()).map(|(_, value)| value);
            column.push(in_order.or_else(|| Map::get(found, field.name())).unwrap_or(&Value::Null));
        }
    }
    let columns: Result<Vec<ArrayRef>, String> =
        fields.iter().zip(&members).map(|(field, members)| build(field.data_type(), members)).collect();
    let nulls: NullBuffer = values.iter().map(|v| !v.is_null()).collect();
    let array = StructArray::try_new(fields.clone(), columns?, Some(nulls));
    Ok(Arc::new(array.map_err(|e| e.to_string())?))
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let pair = |p: &[u8]| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok();
    digits.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{list, parse_type, structure};
    use serde_json::json;

    #[test]
    fn values_survive_a_column() {
        let quotes = list(structure([("text", DataType::Utf8), ("start", DataType::UInt64)]));
        let values =
            vec![json!([{"text": "a", "start": 1}, {"text": null, "start": 2}]), json!([]), Value::Null];
        let array = array_from(&quotes, &values).unwrap();
        let back: Vec<Value> = (0..3).map(|row| value_at(&array, row)).collect();
        assert_eq!(back, values);
    }

    #[test]
    fn numbers_that_json_lacks_survive_a_column() {
        for kind in ["float64", "float32", "list<float64>", "struct<deep: list<float32>>"] {
            let leaf = [json!("NaN"), json!("inf"), json!("-inf"), json!(null), json!(0.5)];
            let values = leaf.map(|leaf| match kind {
                "list<float64>" => json!([leaf, 1.0]),
                "struct<deep: list<float32>>" => json!({ "deep": [leaf] }),
                _ => leaf,
            });
            let array = array_from(&parse_type(kind).unwrap(), &values).unwrap();
            let back: Vec<Value> = (0..values.len()).map(|row| value_at(&array, row)).collect();
            assert_eq!(back, values, "{kind}");
        }
        let array = array_from(&DataType::Float64, &[json!("NaN"), json!("-inf")]).unwrap();
        let floats = array.as_primitive::<Float64Type>().values();
        assert!(floats[0].is_nan() && floats[1] == f64::NEG_INFINITY);
        assert!(
            array_from(&DataType::Float64, &[json!("nan")]).is_err()
                && array_from(&DataType::Int8, &[json!("NaN")]).is_err()
        );
    }

    #[test]
    fn members_in_any_order() {
        let kind = parse_type("struct<a: utf8, b: utf8>").unwrap();
        let values = [json!({"b": "2", "a": "1"}), json!({"b": "2"}), json!({"a": "1", "b": "2"}), json!({})];
        let array = array_from(&kind, &values).unwrap();
        let back: Vec<Value> = (0..4).map(|row| value_at(&array, row)).collect();
        let both = json!({"a": "1", "b": "2"});
        assert_eq!(back, [both.clone(), json!({"a": null, "b": "2"}), both, json!({"a": null, "b": null})]);
    }

    #[test]
    fn a_list_of_columns() {
        let kind = list(structure([("a", DataType::Utf8)]));
        let column: ArrayRef = Arc::new(arrow_array::StringArray::from(vec!["x", "y"]));
        let array = list_from(&kind, vec![Arc::clone(&column)]).unwrap();
        assert_eq!(value_at(&array, 0), json!([{"a": "x"}, {"a": "y"}]));
        assert!(list_from(&DataType::Utf8, vec![column]).is_err() && list_from(&kind, Vec::new()).is_err());
    }

    #[test]
    fn a_misfit_is_named() {
        let error = array_from(&DataType::UInt8, &[json!(300)]).unwrap_err();
        assert_eq!(error, "300 is not a value of type uint8");
        let kind = parse_type("struct<a: utf8>").unwrap();
        let error = array_from(&kind, &[json!({"b": 1})]).unwrap_err();
        assert_eq!(error, "{\"b\":1} is not a value of type struct<a: utf8>: it has no field `b`");
    }
}
