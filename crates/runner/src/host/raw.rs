//! Checks Arrow's C structs before Arrow itself reads them: Arrow follows pointers and reads offsets of
//! arrays without checking them. Covers shapes, numbers and pointers only; Arrow validates the contents of
//! the buffers.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use arrow_array::ffi::FFI_ArrowArray;
use arrow_schema::DataType;
use arrow_schema::ffi::{FFI_ArrowSchema, Flags};
use std::ffi::{CStr, c_char, c_void};

/// The maximum number of levels of nested columns.
const DEPTH_AT_MOST: usize = 16;
/// The maximum number of columns that a schema may have, including nested ones.
const FIELDS_AT_MOST: usize = 1 << 16;
/// The maximum number of buffers of a view column. Views number their buffers with 32 bits, but no real
/// column has this many.
const BUFFERS_AT_MOST: i64 = 1 << 20;

/// The maximum number of bytes in a buffer or values in an array: no process could address more.
const CLAIM_AT_MOST: i64 = 1 << 47;

/// `struct ArrowArray`.
#[repr(C)]
struct RawArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *const *const c_void,
    children: *const *const RawArray,
    dictionary: *const RawArray,
    release: *const c_void,
    private_data: *const c_void,
}

/// `struct ArrowSchema`.
#[repr(C)]
struct RawSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *const *const RawSchema,
    dictionary: *const RawSchema,
    release: *const c_void,
    private_data: *const c_void,
}

const _: () = assert!(size_of::<RawArray>() == size_of::<FFI_ArrowArray>());
const _: () = assert!(size_of::<RawSchema>() == size_of::<FFI_ArrowSchema>());

/// The pointer at an index of a list of `count` pointers, if it is valid.
///
/// # Safety
/// `list` must be null or point to `count` pointers. Each of these must be null or valid for its type for as
/// long as `'a`.
unsafe fn item<'a, T>(list: *const *const T, at: i64, count: i64) -> Option<&'a T> {
    if list.is_null() || at < 0 || at >= count {
        return None;
    }
    // SAFETY: within the list, which may be unaligned.
    let pointer = unsafe { list.add(at as usize).read_unaligned() };
    if !pointer.is_aligned() {
        return None;
    }
    // SAFETY: aligned, and null or valid as the caller guarantees.
    unsafe { pointer.as_ref() }
}

/// Compares an array with the type that it should have: lengths, buffers and children, and whether everything
/// that Arrow reads during the import can be read.
///
/// The claimed size of each buffer is trusted, since C cannot tell it.
///
/// # Errors
/// Returns a sentence that says what does not fit.
pub(super) fn check(array: &FFI_ArrowArray, kind: &DataType, name: &str) -> Result<(), String> {
    // SAFETY: the same struct.
    shape(unsafe { &*std::ptr::from_ref(array).cast::<RawArray>() }, kind, name)
}

fn shape(array: &RawArray, kind: &DataType, name: &str) -> Result<(), String> {
    if array.release.is_null() {
        return Err(format!("`{name}` was released before it was handed over"));
    }
    let end = end(array, kind, name)?;
    buffers(array, kind, name, end)?;
    let children: Vec<(&str, &DataType)> = match kind {
        DataType::List(item) | DataType::LargeList(item) => vec![(name, item.data_type())],
        DataType::Struct(fields) => fields.iter().map(|f| (f.name().as_str(), f.data_type())).collect(),
        _ => Vec::new(),
    };
    if array.n_children != children.len() as i64 {
        return Err(format!("`{name}` has {} children, not {}", array.n_children, children.len()));
    }
    if !array.dictionary.is_null() {
        return Err(format!("`{name}` is dictionary-encoded, and {kind} was agreed on"));
    }
    for ((child_name, child_kind), at) in children.into_iter().zip(0..) {
        // SAFETY: the plugin vouches for its list of children.
        let child = unsafe { item(array.children, at, array.n_children) };
        let child = child.ok_or_else(|| format!("column `{child_name}` is not there"))?;
        if matches!(kind, DataType::Struct(_)) && child.length < end {
            return Err(format!("column `{child_name}` has {} rows, and there are {end}", child.length));
        }
        shape(child, child_kind, child_name)?;
    }
    Ok(())
}

/// Width in bytes of a value in buffer 1, for types that have one; for bits, an upper bound.
fn width(kind: &DataType) -> i64 {
    match kind {
        DataType::FixedSizeBinary(size) => i64::from(*size),
        DataType::Boolean => 1,
        DataType::Utf8 | DataType::Binary | DataType::List(_) => 4,
        DataType::LargeUtf8 | DataType::LargeBinary | DataType::LargeList(_) => 8,
        DataType::Utf8View | DataType::BinaryView => 16,
        other => other.primitive_width().map_or(1, |width| width as i64),
    }
}

/// Checks the numbers of an array, and returns the end of its rows in the buffers.
fn end(array: &RawArray, kind: &DataType, name: &str) -> Result<i64, String> {
    let absurd = || format!("`{name}` has an absurd length: {} from {}", array.length, array.offset);
    let end = array.length.checked_add(array.offset).filter(|_| array.length >= 0 && array.offset >= 0);
    let end = end.ok_or_else(absurd)?;
    // There is one more offset than there are rows.
    let bytes = end.checked_add(1).and_then(|n| n.checked_mul(width(kind).max(1)));
    bytes.filter(|bytes| *bytes <= CLAIM_AT_MOST).ok_or_else(absurd)?;
    if array.null_count < -1 || array.null_count > array.length {
        return Err(format!("`{name}` has {} nulls in {} rows", array.null_count, array.length));
    }
    Ok(end)
}

/// Checks that the buffers that the type requires are there.
fn buffers(array: &RawArray, kind: &DataType, name: &str, end: i64) -> Result<(), String> {
    let views = matches!(kind, DataType::Utf8View | DataType::BinaryView);
    let wanted = match kind {
        DataType::Null => 0,
        DataType::Struct(_) => 1,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => 3,
        DataType::Boolean | DataType::List(_) | DataType::LargeList(_) => 2,
        DataType::FixedSizeBinary(size) if *size > 0 => 2,
        other if views || other.is_primitive() => 2,
        other => return Err(format!("`{name}` has the unsupported type {other}")),
    };
    let count = array.n_buffers;
    if !views && count != wanted {
        return Err(format!("`{name}` has {count} buffers, and {kind} has {wanted}"));
    }
    if views && !(3..=BUFFERS_AT_MOST).contains(&count) {
        return Err(format!("`{name}` has {count} buffers, which {kind} cannot have"));
    }
    if count > 0 && array.buffers.is_null() {
        return Err(format!("`{name}` has no list of buffers"));
    }
    // SAFETY: the plugin vouches for its list of buffers.
    let buffer = |at: i64| unsafe { array.buffers.add(at as usize).read_unaligned() };
    let missing = |at: i64| format!("buffer {at} of `{name}` is not there");
    let unaligned = |at: i64| format!("buffer {at} of `{name}` is not aligned");
    if count > 0 && array.null_count > 0 && buffer(0).is_null() {
        return Err(format!("`{name}` has {} nulls and does not say where", array.null_count));
    }
    let last = |at: i64| format!("the offsets of `{name}` end at {at}");
    match kind {
        DataType::Null | DataType::Struct(_) => Ok(()),
        DataType::Utf8 | DataType::Binary | DataType::List(_) => {
            let offsets = buffer(1).cast::<i32>();
            if offsets.is_null() {
                return Err(missing(1));
            }
            if !offsets.is_aligned() {
                return Err(unaligned(1));
            }
            // SAFETY: there is one more offset than there are rows.
            match i64::from(unsafe { offsets.add(end as usize).read() }) {
                at if end > 0 && !(0..=CLAIM_AT_MOST).contains(&at) => Err(last(at)),
                at if end > 0 && at > 0 && wanted == 3 && buffer(2).is_null() => Err(missing(2)),
                _ => Ok(()),
            }
        }
        DataType::LargeUtf8 | DataType::LargeBinary | DataType::LargeList(_) => {
            let offsets = buffer(1).cast::<i64>();
            if offsets.is_null() {
                return Err(missing(1));
            }
            if !offsets.is_aligned() {
                return Err(unaligned(1));
            }
            // SAFETY: as above.
            match unsafe { offsets.add(end as usize).read() } {
                at if end > 0 && !(0..=CLAIM_AT_MOST).contains(&at) => Err(last(at)),
                at if end > 0 && at > 0 && wanted == 3 && buffer(2).is_null() => Err(missing(2)),
                _ => Ok(()),
            }
        }
        _ if views => view_buffers(count, end, buffer, name),
        _ if end > 0 && buffer(1).is_null() => Err(missing(1)),
        _ => Ok(()),
    }
}

/// Checks the buffers of views: validity, views, any number of data buffers, and the sizes of those.
fn view_buffers(
    count: i64,
    end: i64,
    buffer: impl Fn(i64) -> *const c_void,
    name: &str,
) -> Result<(), String> {
    if end > 0 && buffer(1).is_null() {
        return Err(format!("buffer 1 of `{name}` is not there"));
    }
    let (data, sizes) = (count - 3, buffer(count - 1).cast::<i64>());
    if data > 0 && (sizes.is_null() || !sizes.is_aligned()) {
        return Err(format!("`{name}` does not say how long its buffers are"));
    }
    for at in 0..data {
        // SAFETY: the plugin vouches for a size for each data buffer.
        let size = unsafe { sizes.add(at as usize).read() };
        if !(0..=CLAIM_AT_MOST).contains(&size) || (size > 0 && buffer(2 + at).is_null()) {
            return Err(format!("buffer {} of `{name}` cannot have {size} bytes", 2 + at));
        }
    }
    Ok(())
}

/// Rebuilds a plugin's schema: formats, names, nullability. Metadata is dropped, since nothing needs it and
/// its size cannot be known.
///
/// # Errors
/// Returns a sentence that says what is wrong.
pub(super) fn rebuild(schema: &FFI_ArrowSchema) -> Result<FFI_ArrowSchema, String> {
    // SAFETY: the same struct.
    rebuilt(unsafe { &*std::ptr::from_ref(schema).cast::<RawSchema>() }, 0, &mut 0)
}

fn rebuilt(schema: &RawSchema, depth: usize, fields: &mut usize) -> Result<FFI_ArrowSchema, String> {
    // SAFETY: null, or a string that the plugin vouches for.
    let text = |at: *const c_char| (!at.is_null()).then(|| unsafe { CStr::from_ptr(at) }.to_str());
    let broken = |_| "the name or format of a column is not UTF-8".to_owned();
    if schema.release.is_null() {
        return Err("a column was released before it was handed over".into());
    }
    let format = text(schema.format).ok_or("a column has no format")?.map_err(broken)?;
    let name = text(schema.name).unwrap_or(Ok("")).map_err(broken)?;
    if depth > DEPTH_AT_MOST {
        return Err(format!("columns are nested more than {DEPTH_AT_MOST} levels deep"));
    }
    *fields = usize::try_from(schema.n_children).map_or(usize::MAX, |n| n.saturating_add(*fields));
    if *fields > FIELDS_AT_MOST {
        return Err(format!(
            "`{name}` has {} children, and there may be {FIELDS_AT_MOST}",
            schema.n_children
        ));
    }
    if !schema.dictionary.is_null() {
        return Err(format!("`{name}` is dictionary-encoded, which is not supported"));
    }
    let flags = Flags::from_bits_truncate(schema.flags);
    // Arrow accepts such a column, but panics when rows are selected from it.
    if format == "n" && !flags.contains(Flags::NULLABLE) {
        return Err(format!("`{name}` has nothing but nulls, and may not be null"));
    }
    let wanted = match format {
        "+s" => schema.n_children,
        "+l" | "+L" => 1,
        other if other.starts_with('+') => {
            return Err(format!("`{name}` has the unsupported format `{other}`"));
        }
        _ => 0,
    };
    if schema.n_children != wanted {
        return Err(format!("`{name}` has {} children, not {wanted}", schema.n_children));
    }
    let mut children = Vec::new();
    for at in 0..schema.n_children {
        // SAFETY: the plugin vouches for its list of children.
        let child = unsafe { item(schema.children, at, schema.n_children) };
        let child = child.ok_or_else(|| format!("child {at} of `{name}` is not there"))?;
        children.push(rebuilt(child, depth + 1, fields)?);
    }
    let made = FFI_ArrowSchema::try_new(format, children, None).and_then(|made| made.with_name(name));
    made.and_then(|made| made.with_flags(flags)).map_err(|error| error.to_string())
}
