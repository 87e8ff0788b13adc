//! Writes values of columns as JSON directly from Arrow. The result equals that of `textmill_core::value`,
//! without building a value first.

use crate::json::write_text;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, GenericListArray, OffsetSizeTrait};
use arrow_schema::DataType;
use std::io::Write as _;
use textmill_core::batch::Strings;
use textmill_core::value::value_at;

/// Appends the value in a row of a column as JSON.
pub fn write_value(out: &mut Vec<u8>, array: &dyn Array, row: usize) {
    if row >= array.len() || array.is_null(row) {
        out.extend_from_slice(b"null");
        return;
    }
    // Writing to memory cannot fail.
    let _ = match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            write_text(out, Strings::of(array).and_then(|strings| strings.get(row)).unwrap_or_default());
            Ok(())
        }
        DataType::Int64 => write!(out, "{}", array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => write!(out, "{}", array.as_primitive::<UInt64Type>().value(row)),
        DataType::UInt32 => write!(out, "{}", array.as_primitive::<UInt32Type>().value(row)),
        DataType::Float64 if array.as_primitive::<Float64Type>().value(row).is_finite() => {
            serde_json::to_writer(out, &array.as_primitive::<Float64Type>().value(row)).map_err(Into::into)
        }
        DataType::List(_) => {
            write_items(out, array.as_list::<i32>(), row);
            Ok(())
        }
        DataType::LargeList(_) => {
            write_items(out, array.as_list::<i64>(), row);
            Ok(())
        }
        DataType::Struct(fields) => {
            for (at, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                out.push(if at == 0 { b'{' } else { b',' });
                write_text(out, field.name());
                out.push(b':');
                write_value(out, column, row);
            }
            out.extend_from_slice(if fields.is_empty() { b"{}" } else { b"}" });
            Ok(())
        }
        _ => serde_json::to_writer(out, &value_at(array, row)).map_err(Into::into),
    };
}

fn write_items<O: OffsetSizeTrait>(out: &mut Vec<u8>, lists: &GenericListArray<O>, row: usize) {
    let offsets = lists.value_offsets();
    out.push(b'[');
    for (at, item) in (offsets[row].as_usize()..offsets[row + 1].as_usize()).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_value(out, lists.values(), item);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use textmill_core::column::{list, structure};
    use textmill_core::value::array_from;

    #[test]
    fn numbers_that_json_lacks_are_written_as_strings() {
        let floats = arrow_array::Float64Array::from(vec![f64::NAN, f64::NEG_INFINITY, 1.5]);
        let mut out = Vec::new();
        (0..3).for_each(|row| write_value(&mut out, &floats, row));
        assert_eq!(out, b"\"NaN\"\"-inf\"1.5");
    }

    #[test]
    fn values_are_written_as_they_are() {
        let kind = list(structure([
            ("name", DataType::Utf8),
            ("n", DataType::UInt64),
            ("part", DataType::Float64),
            ("sure", DataType::Boolean),
            ("deep", list(DataType::Int64)),
            ("small", DataType::Int8),
        ]));
        let values = [
            json!([{"name": "a\n", "n": 7, "part": 0.1, "sure": true, "deep": [-1, null], "small": -3},
                   {"name": null, "n": u64::MAX, "part": -1e300, "sure": null, "deep": [], "small": null}]),
            json!(null),
            json!([]),
            json!([{"name": "é", "n": 1, "part": 2.0, "sure": false, "deep": null, "small": 4}]),
        ];
        let array = array_from(&kind, &values).unwrap();
        for array in [array.clone(), array.slice(1, 3)] {
            for row in 0..=array.len() {
                let mut out = Vec::new();
                write_value(&mut out, array.as_ref(), row);
                assert_eq!(String::from_utf8(out).unwrap(), value_at(&array, row).to_string());
            }
        }
    }
}
