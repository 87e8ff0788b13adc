//! A plugin that was compiled with another major version of Arrow than the host, and with its own copy of the
//! tables. It removes blanks at the end of texts, with one edit per text.

#[expect(dead_code, reason = "it has no aggregate")]
mod tables_1_0;

use other_arrow_array::builder::{
    Float64Builder, LargeStringBuilder, StringBuilder, UInt8Builder, UInt32Builder, UInt64Builder,
};
use other_arrow_array::cast::AsArray;
use other_arrow_array::{Array, ArrayRef, StructArray};
use other_arrow_data::ffi::FFI_ArrowArray;
use other_arrow_schema::ffi::FFI_ArrowSchema;
use other_arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use std::ffi::c_void;
use std::sync::Arc;
use tables_1_0::{Call, FAILED, Host, LentSchema, OK, Plugin, Str, UNSUPPORTED};

/// The text is passed as views, the layout in which versions of Arrow differ the most.
const DESCRIPTOR: &str = r#"{"name": "other-arrow", "version": "57.0.0", "operators": [
    {"name": "blank-ends", "kind": "map", "reads": [{"column": "text", "type": "utf8_view"}],
     "writes": [{"column": "text", "type": "large_utf8"}],
     "options": {"type": "object", "additionalProperties": false}}]}"#;

static PLUGIN: Plugin = Plugin {
    struct_size: size_of::<Plugin>() as u32,
    abi_major: 1,
    abi_minor: 0,
    flags: 0,
    descriptor: Str::lend(DESCRIPTOR),
    bind,
    release_stage: release_nothing,
    new_worker,
    release_worker: release_nothing,
    process,
    flush,
    get_extension,
};

/// The plugin's one symbol.
#[unsafe(no_mangle)]
pub extern "C" fn textmill_plugin_v1(_host: *const Host) -> *const Plugin {
    &raw const PLUGIN
}

/// Stage and worker are nothing but the host's table, which lives as long as the process.
unsafe extern "C" fn release_nothing(_: *mut c_void) {}

unsafe extern "C" fn bind(
    host: *const Host,
    call: Call,
    _operator: Str,
    _options: Str,
    input: LentSchema,
    stage: *mut *mut c_void,
    output: *mut c_void,
) -> i32 {
    // SAFETY: the table and the schema are the host's, and so are the slots.
    unsafe {
        let input = Schema::try_from(&*input.cast::<FFI_ArrowSchema>());
        if !input.is_ok_and(|s| s.fields().len() == 1 && *s.field(0).data_type() == DataType::Utf8View) {
            return (*host).fail(call, FAILED, "the text does not come as views");
        }
        let fields = vec![Field::new("text", DataType::LargeUtf8, true)];
        let Ok(schema) = FFI_ArrowSchema::try_from(Schema::new(fields)) else { return FAILED };
        output.cast::<FFI_ArrowSchema>().write(schema);
        stage.write(host.cast_mut().cast());
    }
    OK
}

unsafe extern "C" fn new_worker(stage: *const c_void, _call: Call, worker: *mut *mut c_void) -> i32 {
    // SAFETY: the slot is the host's.
    unsafe { worker.write(stage.cast_mut()) };
    OK
}

unsafe extern "C" fn process(
    worker: *mut c_void,
    call: Call,
    input: *mut c_void,
    documents: *mut c_void,
    events: *mut c_void,
) -> i32 {
    // SAFETY: the batch is moved in and has the bound columns; the slots are the host's.
    unsafe {
        let input = FFI_ArrowArray::from_raw(input.cast());
        match edited(input) {
            Ok((texts, edits)) => {
                documents.cast::<FFI_ArrowArray>().write(FFI_ArrowArray::new(&texts.to_data()));
                events.cast::<FFI_ArrowArray>().write(FFI_ArrowArray::new(&edits.to_data()));
                OK
            }
            Err(error) => (*worker.cast::<Host>()).fail(call, FAILED, &error.to_string()),
        }
    }
}

/// The texts without blanks at their ends, and an event for each that had some.
///
/// # Safety
/// `input` is a batch with the bound column.
unsafe fn edited(input: FFI_ArrowArray) -> Result<(StructArray, StructArray), ArrowError> {
    let kind = DataType::Struct(vec![Field::new("text", DataType::Utf8View, true)].into());
    // SAFETY: guaranteed by the caller.
    let batch = StructArray::from(unsafe { other_arrow_array::ffi::from_ffi_and_data_type(input, kind) }?);
    let texts = batch.column(0).as_string_view();
    let mut answered = LargeStringBuilder::new();
    let (mut row, mut action, mut rule) = (UInt32Builder::new(), UInt8Builder::new(), StringBuilder::new());
    let (mut start, mut end) = (UInt64Builder::new(), UInt64Builder::new());
    let (mut value, mut threshold) = (Float64Builder::new(), Float64Builder::new());
    let (mut replacement, mut other) = (LargeStringBuilder::new(), UInt64Builder::new());
    let mut note = StringBuilder::new();
    for (number, text) in texts.iter().enumerate() {
        let text = text.unwrap_or_default();
        let kept = text.trim_end_matches(' ');
        answered.append_value(kept);
        if kept.len() < text.len() {
            row.append_value(number as u32);
            action.append_value(0);
            rule.append_value("blank-end");
            value.append_value((text.len() - kept.len()) as f64);
            threshold.append_null();
            start.append_value(kept.len() as u64);
            end.append_value(text.len() as u64);
            replacement.append_null();
            other.append_null();
            note.append_null();
        }
    }
    let fields = |names: &[(&str, DataType, bool)]| -> Fields {
        names.iter().map(|(name, kind, nullable)| Field::new(*name, kind.clone(), *nullable)).collect()
    };
    let texts = StructArray::try_new(
        fields(&[("text", DataType::LargeUtf8, true)]),
        vec![Arc::new(answered.finish())],
        None,
    )?;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(row.finish()),
        Arc::new(action.finish()),
        Arc::new(rule.finish()),
        Arc::new(value.finish()),
        Arc::new(threshold.finish()),
        Arc::new(start.finish()),
        Arc::new(end.finish()),
        Arc::new(replacement.finish()),
        Arc::new(other.finish()),
        Arc::new(note.finish()),
    ];
    let names = fields(&[
        ("row", DataType::UInt32, false),
        ("action", DataType::UInt8, false),
        ("rule", DataType::Utf8, false),
        ("value", DataType::Float64, true),
        ("threshold", DataType::Float64, true),
        ("start", DataType::UInt64, true),
        ("end", DataType::UInt64, true),
        ("replacement", DataType::LargeUtf8, true),
        ("other", DataType::UInt64, true),
        ("note", DataType::Utf8, true),
    ]);
    Ok((texts, StructArray::try_new(names, columns, None)?))
}

unsafe extern "C" fn flush(_: *mut c_void, _: Call, _: *mut c_void, _: *mut c_void) -> i32 {
    UNSUPPORTED
}

unsafe extern "C" fn get_extension(_: Str) -> *const c_void {
    std::ptr::null()
}
