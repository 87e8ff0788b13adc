//! Values of Arrow columns as JSON text, for every type that Parquet files can have. `textmill_core::value`
//! covers only the types that stages work on.

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use textmill_core::batch::Strings;
use textmill_core::column::is_supported;
use textmill_core::value::value_at;

/// Converts dictionary, binary view and 16-bit float columns to the plain types that they stand for.
pub fn plain(array: &ArrayRef) -> ArrayRef {
    let kind = match array.data_type() {
        DataType::Dictionary(_, kind) => kind.as_ref(),
        DataType::BinaryView => &DataType::LargeBinary,
        DataType::Float16 => &DataType::Float32,
        _ => return Arc::clone(array),
    };
    cast(array, kind).unwrap_or_else(|_| Arc::clone(array))
}

/// The value of a row for a declared column. A value whose type textmill does not support becomes text, as
/// [`write`] renders it: JSON for lists and structs of such values.
pub fn value(array: &dyn Array, row: usize) -> Value {
    if is_supported(array.data_type()) || row >= array.len() || array.is_null(row) {
        return value_at(array, row);
    }
    let mut text = String::new();
    write(array, row, &mut text);
    match serde_json::from_str(&text) {
        Ok(string @ (Value::String(_) | Value::Null)) => string,
        _ => text.into(),
    }
}

/// Writes a value as JSON. Numbers keep their digits. Bytes become a string of hexadecimal digits; dates,
/// times and everything else that JSON cannot represent become strings.
pub fn write(array: &dyn Array, row: usize, out: &mut String) {
    if row >= array.len() || array.is_null(row) {
        out.push_str("null");
        return;
    }
    match array.data_type() {
        DataType::Float32 => {
            let number = array.as_primitive::<Float32Type>().value(row);
            match number.is_finite() {
                true => out.push_str(&serde_json::to_string(&number).unwrap_or_default()),
                false => out.push_str(&Value::from(number.to_string()).to_string()),
            }
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let key = value_at(dictionary.keys(), row).as_u64().and_then(|key| usize::try_from(key).ok());
            write(dictionary.values(), key.unwrap_or(usize::MAX), out);
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let members = fields.iter().zip(columns).map(|(field, column)| (field.name().as_str(), column));
            object(members.map(|(name, column)| (name.to_owned(), column, row)), out);
        }
        DataType::List(_) => items(&array.as_list::<i32>().value(row), out),
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row), out),
        DataType::FixedSizeList(..) => items(&array.as_fixed_size_list().value(row), out),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let Some(names) = Strings::of(keys) else { return items(&(Arc::new(entries) as ArrayRef), out) };
            let name = |n| names.get(n).unwrap_or_default().to_owned();
            object((0..keys.len()).map(|n| (name(n), values, n)), out);
        }
        kind if is_supported(kind) => out.push_str(&value_at(array, row).to_string()),
        kind => {
            let shown = ArrayFormatter::try_new(array, &FormatOptions::default())
                .ok()
                .and_then(|formatter| formatter.value(row).try_to_string().ok());
            let Some(shown) = shown else {
                // A named time zone whose rules are not available: show the same moment in UTC.
                return match utc(array, row) {
                    Some(moment) => write(&moment, 0, out),
                    None => out.push_str("null"),
                };
            };
            if kind.is_numeric() && serde_json::from_str::<&RawValue>(&shown).is_ok() {
                out.push_str(&shown);
            } else {
                out.push_str(&Value::from(shown).to_string());
            }
        }
    }
}

/// One row of a timestamp column, converted to UTC.
fn utc(array: &dyn Array, row: usize) -> Option<ArrayRef> {
    let DataType::Timestamp(unit, Some(zone)) = array.data_type() else { return None };
    let kind = DataType::Timestamp(*unit, Some("+00:00".into()));
    (**zone != *"+00:00").then(|| cast(&array.slice(row, 1), &kind).ok())?
}

fn items(array: &ArrayRef, out: &mut String) {
    out.push('[');
    for n in 0..array.len() {
        if n > 0 {
            out.push(',');
        }
        write(array, n, out);
    }
    out.push(']');
}

fn object<'a>(members: impl Iterator<Item = (String, &'a ArrayRef, usize)>, out: &mut String) {
    out.push('{');
    for (n, (name, array, row)) in members.enumerate() {
        if n > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(name).to_string());
        out.push(':');
        write(array, row, out);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::{MapBuilder, StringBuilder};
    use arrow_array::types::{Float16Type, Int8Type};
    use arrow_array::{
        BinaryViewArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Int64Array,
        TimestampMicrosecondArray,
    };

    fn written(array: ArrayRef) -> String {
        let mut out = String::new();
        write(&plain(&array), 0, &mut out);
        out
    }

    #[test]
    fn moments_in_named_zones_and_numbers_without_a_form_become_strings() {
        let time = TimestampMicrosecondArray::from(vec![1_714_521_600_000_001]);
        for zone in ["UTC", "Europe/Berlin", "+00:00"] {
            let mut out = String::new();
            write(&time.clone().with_timezone(zone), 0, &mut out);
            assert!(out == "\"2024-05-01T00:00:00.000001Z\"", "{zone}: {out}");
        }
        let mut out = String::new();
        write(&arrow_array::Float64Array::from(vec![f64::NAN]), 0, &mut out);
        assert_eq!(out, "\"NaN\"");
    }

    #[test]
    fn what_has_no_type_is_text() {
        let text = |array: ArrayRef| value(&plain(&array), 0);
        assert_eq!(text(Arc::new(Date32Array::from(vec![19_844]))), "2024-05-01");
        let decimal = Decimal128Array::from(vec![-1050]).with_precision_and_scale(9, 3).unwrap();
        assert_eq!(text(Arc::new(decimal)), "-1.050");
        assert_eq!(text(Arc::new(Date32Array::new_null(1))), Value::Null);
        assert_eq!(text(Arc::new(DictionaryArray::<Int8Type>::from_iter(["a\""]))), "a\"");
        let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        map.keys().append_value("k");
        map.values().append_null();
        map.append(true).unwrap();
        assert_eq!(text(Arc::new(map.finish())), "{\"k\":null}");
        assert_eq!(text(Arc::new(Int64Array::from(vec![1]))), 1);
    }

    #[test]
    fn every_type_has_a_form() {
        let decimal = Decimal128Array::from(vec![-1050]).with_precision_and_scale(9, 3).unwrap();
        assert_eq!(written(Arc::new(decimal)), "-1.050");
        assert_eq!(written(Arc::new(Float32Array::from(vec![0.1]))), "0.1");
        assert_eq!(written(Arc::new(Float32Array::from(vec![f32::NAN]))), "\"NaN\"");
        assert_eq!(written(Arc::new(Int64Array::from(vec![i64::MIN]))), i64::MIN.to_string());
        assert_eq!(written(Arc::new(Date32Array::from(vec![19_844]))), "\"2024-05-01\"");
        let time = TimestampMicrosecondArray::from(vec![1_714_521_600_000_001]).with_timezone("+00:00");
        assert_eq!(written(Arc::new(time)), "\"2024-05-01T00:00:00.000001Z\"");
        assert_eq!(written(Arc::new(DictionaryArray::<Int8Type>::from_iter(["a\""]))), "\"a\\\"\"");
        assert_eq!(written(Arc::new(BinaryViewArray::from(vec![&b"\xff"[..]]))), "\"ff\"");
        let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        map.keys().append_value("k");
        map.values().append_null();
        map.append(true).unwrap();
        assert_eq!(written(Arc::new(map.finish())), "{\"k\":null}");
        let half = arrow_array::PrimitiveArray::<Float16Type>::new_null(1);
        assert_eq!(written(Arc::new(half)), "null");
    }
}
