//! A plugin as of the publication of version 1.0 of the ABI, with its own tables and without the SDK. It has
//! a map operator, which writes the first word of each document into a column, and an aggregate, which counts
//! these words.

mod tables_1_0;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::types::UInt64Type;
use arrow_array::{Array, StringArray, StructArray, UInt64Array};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, Schema};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::Arc;
use tables_1_0::{Aggregate, Call, Host, LentSchema, OK, OPTIONS, Plugin, Str, UNSUPPORTED};

const DESCRIPTOR: &str = r#"{"name": "abi-1-0", "version": "1.0.0", "operators": [
    {"name": "first-word", "kind": "map", "reads": [{"column": "text", "type": "utf8"}],
     "writes": [{"column": "first_word", "type": "utf8"}]},
    {"name": "first-words", "kind": "aggregate", "reads": [{"column": "first_word", "type": "utf8"}]}]}"#;

static PLUGIN: Plugin = Plugin {
    struct_size: size_of::<Plugin>() as u32,
    abi_major: 1,
    abi_minor: 0,
    flags: 0,
    descriptor: Str::lend(DESCRIPTOR),
    bind,
    release_stage,
    new_worker,
    release_worker,
    process,
    flush,
    get_extension,
};

static AGGREGATE: Aggregate = Aggregate {
    struct_size: size_of::<Aggregate>() as u32,
    flags: 0,
    state_schema,
    update,
    take_state,
    merge,
    finish,
    memory_bytes,
};

/// The plugin's one symbol.
#[unsafe(no_mangle)]
pub extern "C" fn textmill_plugin_v1(_host: *const Host) -> *const Plugin {
    &raw const PLUGIN
}

struct Stage {
    host: &'static Host,
    counts: bool,
}

struct Worker {
    host: &'static Host,
    words: BTreeMap<String, u64>,
    report: String,
}

fn text_type() -> DataType {
    DataType::Struct(vec![Field::new("text", DataType::Utf8, true)].into())
}

fn state_type() -> DataType {
    let fields = [Field::new("word", DataType::Utf8, false), Field::new("count", DataType::UInt64, false)];
    DataType::Struct(fields.to_vec().into())
}

/// Takes over a batch from the host.
///
/// # Safety
/// `array` is an array of type `kind`.
unsafe fn import(array: *mut c_void, kind: DataType) -> StructArray {
    // SAFETY: guaranteed by the caller.
    let data = unsafe {
        let array = FFI_ArrowArray::from_raw(array.cast());
        from_ffi_and_data_type(array, kind)
    };
    StructArray::from(data.unwrap_or_else(|_| ArrayData::new_empty(&DataType::Struct(Default::default()))))
}

/// # Safety
/// `out` is an empty slot of the host.
unsafe fn hand_over(array: &StructArray, out: *mut c_void) {
    // SAFETY: guaranteed by the caller.
    unsafe { out.cast::<FFI_ArrowArray>().write(FFI_ArrowArray::new(&array.to_data())) }
}

unsafe extern "C" fn bind(
    host: *const Host,
    call: Call,
    operator: Str,
    options: Str,
    _input: LentSchema,
    stage: *mut *mut c_void,
    output: *mut c_void,
) -> i32 {
    // SAFETY: the host's table lives as long as the process.
    let host = unsafe { &*host };
    // SAFETY: both strings are lent; the slots are the host's.
    unsafe {
        if options.read() != "{}" {
            return host.fail(call, OPTIONS, "it has no options");
        }
        let counts = operator.read() == "first-words";
        let fields = if counts { vec![] } else { vec![Field::new("first_word", DataType::Utf8, true)] };
        let Ok(schema) = FFI_ArrowSchema::try_from(Schema::new(fields)) else { return tables_1_0::FAILED };
        output.cast::<FFI_ArrowSchema>().write(schema);
        stage.write(Box::into_raw(Box::new(Stage { host, counts })).cast());
        (host.log)(call, 3, Str::lend("bound by version 1.0"));
    }
    OK
}

unsafe extern "C" fn release_stage(stage: *mut c_void) {
    // SAFETY: `bind` made it.
    drop(unsafe { Box::from_raw(stage.cast::<Stage>()) });
}

unsafe extern "C" fn new_worker(stage: *const c_void, _call: Call, worker: *mut *mut c_void) -> i32 {
    // SAFETY: the stage is ours, the slot is the host's.
    unsafe {
        let host = (*stage.cast::<Stage>()).host;
        let own = Worker { host, words: BTreeMap::new(), report: String::new() };
        worker.write(Box::into_raw(Box::new(own)).cast());
    }
    OK
}

unsafe extern "C" fn release_worker(worker: *mut c_void) {
    // SAFETY: `new_worker` made it.
    drop(unsafe { Box::from_raw(worker.cast::<Worker>()) });
}

unsafe extern "C" fn process(
    worker: *mut c_void,
    call: Call,
    input: *mut c_void,
    documents: *mut c_void,
    events: *mut c_void,
) -> i32 {
    // SAFETY: the worker is ours, the batch has the bound columns, the slots are the host's.
    unsafe {
        let host = (*worker.cast::<Worker>()).host;
        let batch = import(input, text_type());
        let texts = batch.column(0).as_string::<i32>();
        let first = |text: &'_ str| text.split_whitespace().next().unwrap_or_default().to_owned();
        let words: StringArray = texts.iter().map(|text| text.map(first)).collect();
        let field = Arc::new(Field::new("first_word", DataType::Utf8, true));
        hand_over(&StructArray::from(vec![(field, Arc::new(words) as Arc<dyn Array>)]), documents);
        let none = ArrayData::new_empty(&DataType::Struct(textmill_core::event::schema().fields().clone()));
        hand_over(&StructArray::from(none), events);
        (host.metric_add)(call, Str::lend("words"), batch.len() as u64);
        (host.progress)(call, 1, 1);
        if (host.should_stop)(call) == 1 {
            return -3;
        }
    }
    OK
}

unsafe extern "C" fn flush(_: *mut c_void, _: Call, _: *mut c_void, _: *mut c_void) -> i32 {
    UNSUPPORTED
}

unsafe extern "C" fn get_extension(id: Str) -> *const c_void {
    // SAFETY: the string is lent.
    match unsafe { id.read() } {
        "textmill.aggregate/1" => (&raw const AGGREGATE).cast(),
        _ => std::ptr::null(),
    }
}

unsafe extern "C" fn state_schema(stage: *const c_void, _call: Call, out: *mut c_void) -> i32 {
    // SAFETY: the stage is ours, the slot is the host's.
    unsafe {
        if !(*stage.cast::<Stage>()).counts {
            return UNSUPPORTED;
        }
        let Ok(schema) = FFI_ArrowSchema::try_from(state_type()) else { return tables_1_0::FAILED };
        out.cast::<FFI_ArrowSchema>().write(schema);
    }
    OK
}

unsafe extern "C" fn update(worker: *mut c_void, _call: Call, input: *mut c_void) -> i32 {
    // SAFETY: the worker is ours, the batch has the bound columns.
    let (own, batch) = unsafe { (&mut *worker.cast::<Worker>(), import(input, text_type())) };
    for word in batch.column(0).as_string::<i32>().iter().flatten() {
        *own.words.entry(word.to_owned()).or_default() += 1;
    }
    OK
}

unsafe extern "C" fn take_state(worker: *mut c_void, _call: Call, out: *mut c_void) -> i32 {
    // SAFETY: the worker is ours.
    let words = std::mem::take(unsafe { &mut (*worker.cast::<Worker>()).words });
    let DataType::Struct(fields) = state_type() else { return tables_1_0::FAILED };
    let names: StringArray = words.keys().map(Some).collect();
    let counts: UInt64Array = words.values().copied().collect();
    // SAFETY: the slot is the host's.
    unsafe { hand_over(&StructArray::new(fields, vec![Arc::new(names), Arc::new(counts)], None), out) };
    OK
}

unsafe extern "C" fn merge(worker: *mut c_void, _call: Call, states: *mut c_void) -> i32 {
    // SAFETY: the worker is ours, the rows are states.
    let (own, states) = unsafe { (&mut *worker.cast::<Worker>(), import(states, state_type())) };
    let counts = states.column(1).as_primitive::<UInt64Type>();
    for (word, count) in states.column(0).as_string::<i32>().iter().zip(counts) {
        *own.words.entry(word.unwrap_or_default().to_owned()).or_default() += count.unwrap_or_default();
    }
    OK
}

unsafe extern "C" fn finish(worker: *mut c_void, _call: Call, text: *mut Str) -> i32 {
    // SAFETY: the worker is ours, the slot is the host's; the report lives until the next call.
    unsafe {
        let own = &mut *worker.cast::<Worker>();
        own.report = serde_json::to_string(&own.words).unwrap_or_default();
        text.write(Str::lend(&own.report));
    }
    OK
}

unsafe extern "C" fn memory_bytes(worker: *const c_void) -> u64 {
    // SAFETY: the worker is ours.
    unsafe { (*worker.cast::<Worker>()).words.len() as u64 * 64 }
}
