//! Computes how many bytes of values each row of an array holds. The result depends only on the values, not
//! on offsets, slices, spare capacity, or what is hidden under a null.

use arrow_array::cast::AsArray;
use arrow_array::types::ByteArrayType;
use arrow_array::{Array, GenericByteArray, OffsetSizeTrait};
use arrow_schema::DataType;

/// Adds the size in bytes of each row's value in `array` to the row's entry in `sizes`.
pub fn add_value_bytes(array: &dyn Array, sizes: &mut [u64]) {
    match array.data_type() {
        DataType::Utf8 => add_strings(array.as_string::<i32>(), sizes),
        DataType::LargeUtf8 => add_strings(array.as_string::<i64>(), sizes),
        DataType::Binary => add_strings(array.as_binary::<i32>(), sizes),
        DataType::LargeBinary => add_strings(array.as_binary::<i64>(), sizes),
        DataType::Utf8View => {
            add_valid(array, array.as_string_view().lengths().map(u64::from), sizes);
        }
        DataType::BinaryView => {
            add_valid(array, array.as_binary_view().lengths().map(u64::from), sizes);
        }
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            add_lists(array, list.value_offsets(), list.values(), sizes);
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            add_lists(array, list.value_offsets(), list.values(), sizes);
        }
        DataType::Map(_, _) => {
            let map = array.as_map();
            add_lists(array, map.value_offsets(), map.entries(), sizes);
        }
        DataType::FixedSizeList(_, length) => {
            let items = value_bytes(array.as_fixed_size_list().values().as_ref());
            let length = usize::try_from(*length).unwrap_or(0).max(1);
            add_valid(array, items.chunks(length).map(|items| items.iter().sum()), sizes);
        }
        DataType::Struct(_) => {
            let mut fields = vec![0; array.len()];
            for column in array.as_struct().columns() {
                add_value_bytes(column.as_ref(), &mut fields);
            }
            add_valid(array, fields, sizes);
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let values = value_bytes(dictionary.values().as_ref());
            if !values.is_empty() {
                let keys = dictionary.normalized_keys();
                add_valid(array, keys.into_iter().map(|key| values.get(key).copied().unwrap_or(0)), sizes);
            }
        }
        DataType::Boolean => add_valid(array, std::iter::repeat(1), sizes),
        DataType::FixedSizeBinary(width) => {
            add_valid(array, std::iter::repeat((*width).max(0) as u64), sizes)
        }
        other => {
            let width = other.primitive_width().unwrap_or(0) as u64;
            add_valid(array, std::iter::repeat(width), sizes);
        }
    }
}

fn value_bytes(array: &dyn Array) -> Vec<u64> {
    let mut sizes = vec![0; array.len()];
    add_value_bytes(array, &mut sizes);
    sizes
}

/// Adds the sizes of the rows that are not null.
fn add_valid(array: &dyn Array, each: impl IntoIterator<Item = u64>, sizes: &mut [u64]) {
    match array.nulls() {
        None => sizes.iter_mut().zip(each).for_each(|(size, bytes)| *size += bytes),
        Some(nulls) => {
            for ((size, bytes), valid) in sizes.iter_mut().zip(each).zip(nulls) {
                *size += if valid { bytes } else { 0 };
            }
        }
    }
}

fn add_strings<T: ByteArrayType>(array: &GenericByteArray<T>, sizes: &mut [u64])
where
    T::Offset: OffsetSizeTrait,
{
    add_valid(array, gaps(array.value_offsets()).map(|(from, to)| (to - from) as u64), sizes);
}

fn add_lists<O: OffsetSizeTrait>(list: &dyn Array, offsets: &[O], items: &dyn Array, sizes: &mut [u64]) {
    let first = offsets.first().map_or(0, |offset| offset.as_usize());
    let last = offsets.last().map_or(0, |offset| offset.as_usize());
    let items = value_bytes(items.slice(first, last - first).as_ref());
    let sum = |from: usize, to: usize| items.get(from - first..to - first).unwrap_or(&[]).iter().sum();
    add_valid(list, gaps(offsets).map(|(from, to)| sum(from, to)), sizes);
}

/// The start and the end of each value; offsets ascend.
fn gaps<O: OffsetSizeTrait>(offsets: &[O]) -> impl Iterator<Item = (usize, usize)> {
    offsets.iter().zip(offsets.iter().skip(1)).map(|(from, to)| (from.as_usize(), to.as_usize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::{Int32Type, UInt64Type};
    use arrow_array::{
        ArrayRef, BooleanArray, DictionaryArray, LargeStringArray, ListArray, NullArray, StringArray,
        StringViewArray, StructArray, UInt64Array,
    };
    use arrow_buffer::NullBuffer;
    use arrow_schema::{Field, Fields};
    use std::sync::Arc;

    #[test]
    fn values_are_counted_and_nulls_are_not() {
        let strings = [Some("abc"), None, Some(""), Some("ä and more than twelve")];
        let expected = [3, 0, 0, 23];
        assert_eq!(value_bytes(&StringArray::from(strings.to_vec())), expected);
        assert_eq!(value_bytes(&LargeStringArray::from(strings.to_vec())), expected);
        assert_eq!(value_bytes(&StringViewArray::from(strings.to_vec())), expected);
        let dictionary: DictionaryArray<Int32Type> = strings.into_iter().collect();
        assert_eq!(value_bytes(&dictionary), expected);
        assert_eq!(value_bytes(&dictionary.slice(2, 2)), [0, 23]);
        let none: DictionaryArray<Int32Type> = [None, None as Option<&str>].into_iter().collect();
        assert_eq!(value_bytes(&none), [0, 0]);
        assert_eq!(value_bytes(&UInt64Array::from(vec![Some(1), None])), [8, 0]);
        assert_eq!(value_bytes(&BooleanArray::from(vec![Some(false), None])), [1, 0]);
        assert_eq!(value_bytes(&NullArray::new(2)), [0, 0]);
    }

    #[test]
    fn nested_values_are_counted_where_they_are_seen() {
        let lists = ListArray::from_iter_primitive::<UInt64Type, _, _>([
            Some(vec![Some(1), None]),
            None,
            Some(vec![]),
            Some(vec![Some(1), Some(2), Some(3)]),
        ]);
        assert_eq!(value_bytes(&lists), [8, 0, 0, 24]);
        assert_eq!(value_bytes(&lists.slice(1, 3)), [0, 0, 24]);
        // The values of a struct under a null do not count.
        let fields = Fields::from(vec![Field::new("a", lists.data_type().clone(), true)]);
        let nulls = NullBuffer::from(vec![false, true, true, true]);
        let structs = StructArray::new(fields, vec![Arc::new(lists) as ArrayRef], Some(nulls));
        assert_eq!(value_bytes(&structs), [0, 0, 0, 24]);
    }
}
