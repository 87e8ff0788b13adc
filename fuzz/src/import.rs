//! Turns bytes into what a plugin's C code could hand over: schemas, and arrays with any number, pointer and
//! content. The host must refuse them or take them over whole, and release them once.
//!
//! Every buffer is as large as its array claims, and every list of pointers as long, since no host can see
//! the size of memory. There are also claims that no memory could meet: the host must refuse those before it
//! reads.

use super::arena::{Arena, RawArray, RawSchema, release_array, release_child, release_schema};
use arbitrary::{Result, Unstructured};
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use std::ffi::{CString, c_void};
use std::ops::{Deref, DerefMut};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use textmill::host::import;
use textmill_core::column::is_supported;
use textmill_core::event::{self, Events};
use textmill_core::value::value_at;

/// Runs one input.
pub fn run(data: &[u8]) {
    let mut source = Source { bytes: Unstructured::new(data), calm: false };
    // An input that ends early is as good as any: missing bytes are zero.
    let _ = match source.arbitrary::<u8>() {
        Ok(kind) if kind % 4 == 0 => schemas(&mut source),
        _ => arrays(&mut source),
    };
}

/// The bytes of an input, and whether it is calm.
struct Source<'a> {
    bytes: Unstructured<'a>,
    /// Whether only the contents of buffers may be wrong.
    calm: bool,
}

impl<'a> Deref for Source<'a> {
    type Target = Unstructured<'a>;

    fn deref(&self) -> &Self::Target {
        &self.bytes
    }
}

impl DerefMut for Source<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.bytes
    }
}

/// Whether to do something wrong: once in `of` times, and never after the end of the input.
fn rarely(source: &mut Source<'_>, of: u8) -> Result<bool> {
    Ok(!source.calm && source.int_in_range(1..=of)? == of)
}

/// `sound`, or occasionally a number that no array has.
fn nonsense(source: &mut Source<'_>, sound: i64) -> Result<i64> {
    if !rarely(source, 24)? {
        return Ok(sound);
    }
    let far = [-1, -2, i64::MIN, i64::MAX, i64::MAX - 1, i64::MAX / 2 + 1];
    source.choose(&far).copied()
}

fn data_type(source: &mut Source<'_>, depth: usize) -> Result<DataType> {
    let item = |source: &mut Source<'_>| -> Result<Arc<Field>> {
        let kind = data_type(source, depth + 1)?;
        let nullable = kind == DataType::Null || source.arbitrary()?;
        Ok(Arc::new(Field::new("item", kind, nullable)))
    };
    Ok(match source.int_in_range(0..=if depth < 3 { 22u8 } else { 18 })? {
        0 => DataType::Boolean,
        1 => DataType::Int8,
        2 => DataType::Int64,
        3 => DataType::UInt8,
        4 => DataType::UInt32,
        5 => DataType::UInt64,
        6 => DataType::Float32,
        7 => DataType::Float64,
        8 | 9 => DataType::Utf8,
        10 | 11 => DataType::LargeUtf8,
        12 | 13 => DataType::Utf8View,
        14 => DataType::Binary,
        15 => DataType::LargeBinary,
        16 => DataType::BinaryView,
        17 => DataType::FixedSizeBinary(*source.choose(&[-1, 0, 1, 3, 16, 300])?),
        18 => DataType::Null,
        19 => DataType::List(item(source)?),
        20 => DataType::LargeList(item(source)?),
        21 => DataType::Struct(fields(source, depth + 1)?),
        _ => DataType::FixedSizeList(item(source)?, 2),
    })
}

fn fields(source: &mut Source<'_>, depth: usize) -> Result<Fields> {
    let names = ["text", "row", "words", "note", "text"];
    let count = source.int_in_range(0..=3usize)?;
    (0..count)
        .map(|at| {
            // Fields of the null type must be nullable: other schemas are refused.
            let kind = data_type(source, depth)?;
            let nullable = kind == DataType::Null || source.arbitrary()?;
            Ok(Field::new(names[at], kind, nullable))
        })
        .collect::<Result<Vec<_>>>()
        .map(Fields::from)
}

fn arrays(source: &mut Source<'_>) -> Result<()> {
    source.calm = source.arbitrary()?;
    let schema: SchemaRef = match source.arbitrary::<u8>()? % 3 {
        0 => event::schema(),
        _ => Arc::new(Schema::new(fields(source, 0)?)),
    };
    let mut arena = Arena::default();
    let rows = source.int_in_range(0..=9i64)?;
    let kind = DataType::Struct(schema.fields().clone());
    let mut array = node(source, &mut arena, &kind, rows, 0)?;
    let mut released = 0u32;
    let counter = &raw mut released;
    if array.release.is_some() {
        array.release = Some(release_array);
    }
    let expected = u32::from(array.release.is_some());
    array.private_data = counter.cast();
    // SAFETY: the two types have the same layout, and the value is only moved.
    let array = unsafe { std::mem::transmute::<RawArray, FFI_ArrowArray>(array) };
    if let Ok(batch) = import::batch(array, &schema, "documents") {
        look_at(&batch, &schema);
    }
    // SAFETY: the counter is alive; everything that was taken over has been dropped.
    assert_eq!(unsafe { counter.read() }, expected, "an array is released once");
    Ok(())
}

/// Reads everything in a batch that the host has taken over.
fn look_at(batch: &RecordBatch, schema: &SchemaRef) {
    assert_eq!(batch.schema().fields(), schema.fields());
    for column in batch.columns() {
        for row in 0..column.len() {
            value_at(column.as_ref(), row);
        }
    }
    let backwards: UInt32Array = (0..batch.num_rows() as u32).rev().collect();
    if batch.num_columns() > 0 {
        arrow_select::take::take_record_batch(batch, &backwards).expect("rows can be taken");
        let twice = [batch.clone(), batch.slice(0, batch.num_rows() / 2)];
        arrow_select::concat::concat_batches(schema, &twice).expect("batches can be joined");
    }
    // May succeed or fail: the columns hold any numbers.
    let _ = Events::from_batch(batch).map(|events| (events.to_vec(), events.to_batch()));
}

/// An array of this type, sound except for what the input makes wrong.
fn node(
    source: &mut Source<'_>,
    arena: &mut Arena,
    kind: &DataType,
    least: i64,
    depth: usize,
) -> Result<RawArray> {
    let length = least + source.int_in_range(0..=i64::from(depth > 0))?;
    let length = if rarely(source, 24)? { length / 2 } else { length };
    let offset = if source.int_in_range(0..=3u8)? == 3 { source.int_in_range(0..=9i64)? } else { 0 };
    let (length, offset) = (nonsense(source, length)?, nonsense(source, offset)?);
    // The number of rows in the buffers. It is 0 for claims that no memory could meet: the host must not read
    // then.
    let end = length.checked_add(offset).filter(|end| length >= 0 && offset >= 0 && *end < 4096).unwrap_or(0);
    let mut buffers: Vec<*const c_void> = Vec::new();
    if !matches!(kind, DataType::Null) {
        let bits = arena.bytes(source, (end as usize).div_ceil(8), 0);
        // The top level and calm inputs rarely have nulls.
        let most = if depth == 0 || source.calm { 15u8 } else { 2 };
        buffers.push(if source.int_in_range(0..=most)? == most { bits } else { null() });
    }
    let mut children = Vec::new();
    let mut child = |source: &mut Source<'_>, arena: &mut Arena, kind: &DataType, least: i64| -> Result<()> {
        let made = node(source, arena, kind, least, depth + 1)?;
        arena.arrays.push(Box::new(made));
        let pointer: *const RawArray = arena.arrays.last().map_or(null(), |array| &raw const **array);
        children.push(match (rarely(source, 40)?, rarely(source, 40)?) {
            (true, _) => null(),
            (_, true) => pointer.wrapping_byte_add(4),
            _ => pointer,
        });
        Ok(())
    };
    match kind {
        DataType::Utf8 | DataType::Binary => {
            let data = offsets(source, arena, end, 4, &mut buffers)?;
            buffers.push(text(source, arena, data)?);
        }
        DataType::LargeUtf8 | DataType::LargeBinary => {
            let data = offsets(source, arena, end, 8, &mut buffers)?;
            buffers.push(text(source, arena, data)?);
        }
        DataType::List(item) => {
            let rows = offsets(source, arena, end, 4, &mut buffers)?;
            child(source, arena, item.data_type(), rows as i64)?;
        }
        DataType::LargeList(item) => {
            let rows = offsets(source, arena, end, 8, &mut buffers)?;
            child(source, arena, item.data_type(), rows as i64)?;
        }
        DataType::FixedSizeList(item, size) => {
            child(source, arena, item.data_type(), end * i64::from(*size))?
        }
        DataType::Struct(fields) => {
            for field in fields {
                child(source, arena, field.data_type(), end)?;
            }
        }
        DataType::Utf8View | DataType::BinaryView => views(source, arena, end, &mut buffers)?,
        DataType::Null => {}
        other => {
            let width = match other {
                DataType::FixedSizeBinary(size) => usize::try_from(*size).unwrap_or(0),
                other => other.primitive_width().unwrap_or(1),
            };
            let shift = if rarely(source, 16)? { 1 } else { 0 };
            buffers.push(arena.bytes(source, end as usize * width, shift));
        }
    }
    if rarely(source, 24)? && !buffers.is_empty() {
        let at = source.choose_index(buffers.len())?;
        buffers[at] = null();
    }
    let sound = (buffers.len() as i64, children.len() as i64);
    let views = matches!(kind, DataType::Utf8View | DataType::BinaryView);
    // The host must believe a plausible number of buffers for views, so only absurd ones are wrong here.
    let n_buffers = if views { nonsense(source, sound.0)? } else { wrong(source, sound.0)? };
    let nulls = if buffers.first().is_some_and(|bits| !bits.is_null()) { -1 } else { 0 };
    Ok(RawArray {
        length,
        null_count: wrong(source, nulls)?,
        offset,
        n_buffers,
        n_children: wrong(source, sound.1)?,
        buffers: if rarely(source, 40)? { null() } else { arena.list(buffers) },
        children: if rarely(source, 40)? { null() } else { arena.list(children) },
        dictionary: match arena.arrays.last() {
            Some(array) if rarely(source, 40)? => &raw const **array,
            _ => null(),
        },
        release: if rarely(source, 40)? { None } else { Some(release_child) },
        private_data: null_mut(),
    })
}

/// Bytes of strings, mostly ASCII and thus valid UTF-8.
fn text(source: &mut Source<'_>, arena: &mut Arena, len: usize) -> Result<*const c_void> {
    let start = arena.bytes(source, len, 0);
    if source.ratio(7u8, 8u8)? {
        let bytes = start.cast_mut().cast::<u8>();
        for at in 0..len {
            // SAFETY: the buffer has `len` bytes.
            unsafe { *bytes.add(at) &= 0x7f };
        }
    }
    Ok(start)
}

/// `sound`, or occasionally another number, near or far.
fn wrong(source: &mut Source<'_>, sound: i64) -> Result<i64> {
    if rarely(source, 24)? {
        return Ok(i64::from(source.int_in_range(-2..=5i8)?));
    }
    nonsense(source, sound)
}

/// Adds the offsets of `end` rows, and answers how many items of data they cover. They ascend in most inputs;
/// in others, all but the last are any numbers, or the last is negative.
fn offsets(
    source: &mut Source<'_>,
    arena: &mut Arena,
    end: i64,
    width: usize,
    buffers: &mut Vec<*const c_void>,
) -> Result<usize> {
    let data = source.int_in_range(0..=48usize)?;
    let shift = if rarely(source, 24)? { 2 } else { 0 };
    let start = arena.bytes(source, (end as usize + 1) * width, shift).cast_mut().cast::<u8>();
    let ascending = !rarely(source, 8)?;
    let last = if rarely(source, 24)? { -(data as i64) } else { data as i64 };
    for row in 0..=end as usize {
        let place = start.wrapping_add(row * width);
        let number = if row as i64 == end { last } else { (data * row) as i64 / end.max(1) };
        if ascending || row as i64 == end {
            // SAFETY: there is room for `end + 1` offsets.
            unsafe {
                match width {
                    4 => place.cast::<i32>().write_unaligned(number as i32),
                    _ => place.cast::<i64>().write_unaligned(number),
                }
            }
        }
    }
    buffers.push(start.cast_const().cast());
    Ok(data)
}

/// Adds the buffers of views: the views, up to two buffers of data, and the sizes of these.
fn views(
    source: &mut Source<'_>,
    arena: &mut Arena,
    end: i64,
    buffers: &mut Vec<*const c_void>,
) -> Result<()> {
    let count = source.int_in_range(0..=2usize)?;
    let shift = if rarely(source, 16)? { 8 } else { 0 };
    let start = arena.bytes(source, end as usize * 16, shift).cast_mut().cast::<u8>();
    buffers.push(start.cast_const().cast());
    let mut sizes = Vec::new();
    let mut first = null();
    for _ in 0..count {
        let size = source.int_in_range(0..=40usize)?;
        let data = arena.bytes(source, size, 0);
        first = if sizes.is_empty() { data } else { first };
        buffers.push(data);
        sizes.push(if rarely(source, 16)? { -1 } else { size as i64 });
    }
    if !rarely(source, 4)? {
        sound_views(source, start, end, first, sizes.first().copied().unwrap_or(0))?;
    }
    let bytes = sizes.len() * 8;
    let shift = if rarely(source, 24)? { 4 } else { 0 };
    let place = arena.bytes(source, bytes, shift);
    // SAFETY: there is room for these sizes.
    unsafe { place.cast_mut().cast::<u8>().copy_from_nonoverlapping(sizes.as_ptr().cast(), bytes) };
    buffers.push(place);
    Ok(())
}

/// Writes sound views: short ones, and long ones that point into the first buffer.
fn sound_views(
    source: &mut Source<'_>,
    start: *mut u8,
    end: i64,
    first: *const c_void,
    size: i64,
) -> Result<()> {
    for row in 0..end as usize {
        let mut view = [0u8; 16];
        let long = size >= 13 && source.arbitrary()?;
        let len = if long { 13 } else { source.int_in_range(0..=12u8)? };
        view[0] = len;
        if long {
            // SAFETY: a long view is written only if the first buffer has at least 13 bytes.
            let prefix = unsafe { first.cast::<[u8; 4]>().read_unaligned() };
            view[4..8].copy_from_slice(&prefix);
        } else {
            view[4..4 + usize::from(len)].fill(b'a');
        }
        // SAFETY: there is room for `end` views.
        unsafe { start.add(row * 16).cast::<[u8; 16]>().write_unaligned(view) };
    }
    Ok(())
}

fn schemas(source: &mut Source<'_>) -> Result<()> {
    let mut arena = Arena::default();
    let mut top = schema_node(source, &mut arena, 0)?;
    if source.ratio(7u8, 8u8)? {
        arena.strings.push(c"+s".to_owned());
        top.format = arena.strings.last().map_or(null(), |text| text.as_ptr());
    }
    // SAFETY: the two types have the same layout, and the value is only moved.
    let top = unsafe { std::mem::transmute::<RawSchema, FFI_ArrowSchema>(top) };
    if let Ok(schema) = import::schema(&top, "output columns")
        && schema.fields().iter().all(|field| is_supported(field.data_type()))
    {
        // As the host does for a plugin that answers no rows.
        let schema = Arc::new(schema);
        let empty = RecordBatch::new_empty(Arc::clone(&schema));
        let options = RecordBatchOptions::new().with_row_count(Some(0));
        RecordBatch::try_new_with_options(schema, empty.columns().to_vec(), &options).expect("it is sound");
    }
    Ok(())
}

fn schema_node(source: &mut Source<'_>, arena: &mut Arena, depth: usize) -> Result<RawSchema> {
    let formats = [
        "n",
        "b",
        "c",
        "C",
        "s",
        "S",
        "i",
        "I",
        "l",
        "L",
        "e",
        "f",
        "g",
        "u",
        "U",
        "vu",
        "z",
        "Z",
        "vz",
        "w:4",
        "w:0",
        "w:-7",
        "w:99999999999",
        "+s",
        "+s",
        "+s",
        "+l",
        "+L",
        "+vl",
        "+w:3",
        "+w:-1",
        "+m",
        "+r",
        "+ud:0,1",
        "+us:",
        "d:10,2",
        "d:99,-5",
        "d:1,2,7",
        "tsu:UTC",
        "tss:",
        "tdD",
        "tDs",
        "tiM",
        "tin",
        "",
    ];
    let len = source.int_in_range(0..=6usize)?.min(source.len());
    let format = match rarely(source, 12)? {
        true => source.bytes(len)?.to_vec(),
        false => source.choose(&formats)?.as_bytes().to_vec(),
    };
    let names: [&[u8]; 6] = [b"text", b"row", b"", b"id", b"\xff\xfe", b"words"];
    let mut text = |bytes: Vec<u8>| {
        let without_nul: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).collect();
        arena.strings.push(CString::new(without_nul).unwrap_or_default());
        arena.strings.last().map_or(null(), |text| text.as_ptr())
    };
    let (format, name) = (text(format), text(source.choose(&names)?.to_vec()));
    let most = if depth > 24 { 0 } else { 2u8 };
    let count = source.int_in_range(0..=most)?;
    let mut children: Vec<*const RawSchema> = Vec::new();
    for _ in 0..count {
        let child = schema_node(source, arena, depth + 1)?;
        arena.schemas.push(Box::new(child));
        let pointer: *const RawSchema = arena.schemas.last().map_or(null(), |schema| &raw const **schema);
        children.push(match (rarely(source, 40)?, rarely(source, 40)?) {
            (true, _) => null(),
            (_, true) => pointer.wrapping_byte_add(4),
            _ => pointer,
        });
    }
    let metadata = match rarely(source, 12)? {
        // Claims a number of pairs, without any pairs.
        true => arena.bytes(source, 4, 0).cast(),
        false => null(),
    };
    let n_children = nonsense(source, children.len() as i64)?;
    // The list of children is as long as claimed, or the claim is absurd.
    Ok(RawSchema {
        format: if rarely(source, 40)? { null() } else { format },
        name: if rarely(source, 40)? { null() } else { name },
        metadata,
        flags: source.arbitrary()?,
        n_children,
        children: if rarely(source, 40)? { null() } else { arena.list(children) },
        dictionary: match arena.schemas.last() {
            Some(schema) if rarely(source, 40)? => &raw const **schema,
            _ => null(),
        },
        release: if rarely(source, 40)? { None } else { Some(release_schema) },
        private_data: null_mut(),
    })
}
