//! The plugin's side of the boundary: C functions over the operator objects, and the `export!` macro.

use crate::abi::{self, TmCall, TmHost, TmPlugin, TmStage, TmStr, TmWorker, status};
use crate::abi::{TmAggregate, TmGroup, TmPlan};
use crate::call::{Call, Host, Level};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{OperatorEntry, PluginSpec, Stage, Worker};
use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Schema, SchemaRef};
use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use textmill_core::event;

/// Exports operators as a plugin: the C symbol, and `pub fn plugin()` for native tests.
///
/// The plugin's name is the crate's name with dashes. Takes what [`map`](crate::map::map()),
/// [`batch_map`](crate::batch_map::batch_map()), [`aggregate`](crate::aggregate::aggregate()),
/// [`group`](crate::group::group()), [`compose`](crate::compose::compose()) and
/// [`corpus`](crate::corpus::corpus()) return; the first operator is the default of a stage.
#[macro_export]
macro_rules! export {
    ($($operators:expr),+ $(,)?) => {
        #[cfg(panic = "abort")]
        compile_error!("a plugin needs `panic = \"unwind\"`: the host survives its panics by catching them");

        /// This plugin in native form.
        pub fn plugin() -> $crate::operator::PluginSpec {
            let mut operators = ::std::vec::Vec::new();
            $($crate::export::Entries::add_to($operators, &mut operators);)+
            $crate::operator::PluginSpec {
                name: ::std::env!("CARGO_CRATE_NAME").replace('_', "-"),
                version: ::std::env!("CARGO_PKG_VERSION"),
                licence: ::std::env!("CARGO_PKG_LICENSE"),
                description: ::std::env!("CARGO_PKG_DESCRIPTION"),
                operators,
            }
        }

        /// The one symbol of a textmill plugin.
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn textmill_plugin_v1(
            host: *const $crate::abi::TmHost,
        ) -> *const $crate::abi::TmPlugin {
            $crate::export::table(host, plugin)
        }
    };
}

/// What `export!` takes: one operator or several.
pub trait Entries {
    /// Adds them to a list.
    fn add_to(self, operators: &mut Vec<OperatorEntry>);
}

impl Entries for OperatorEntry {
    fn add_to(self, operators: &mut Vec<OperatorEntry>) {
        operators.push(self);
    }
}

impl Entries for Vec<OperatorEntry> {
    fn add_to(self, operators: &mut Vec<OperatorEntry>) {
        operators.extend(self);
    }
}

/// The plugin of this library: one table, one descriptor, for the life of the process.
struct Exported {
    spec: PluginSpec,
    table: TmPlugin,
}

// SAFETY: the table's pointers lead to functions and to a leaked string; the host table that `HOST`
// keeps lives as long as the process, by contract.
unsafe impl Send for Exported {}
// SAFETY: as above, and nothing is written after construction.
unsafe impl Sync for Exported {}

static EXPORTED: OnceLock<Exported> = OnceLock::new();

/// The table of this library's plugin; null when the descriptor cannot be made. For `export!`.
pub fn table(_host: *const TmHost, plugin: fn() -> PluginSpec) -> *const TmPlugin {
    let made = catch_unwind(|| {
        keep_panics_quiet();
        EXPORTED.get_or_init(|| {
            let spec = plugin();
            // Leaked once per process: the host may read it for as long as it likes.
            let descriptor: &'static str =
                serde_json::to_string(&spec.descriptor()).unwrap_or_default().leak();
            let table = TmPlugin {
                struct_size: size_of::<TmPlugin>() as u32,
                abi_major: abi::ABI_MAJOR,
                abi_minor: abi::ABI_MINOR,
                flags: 0,
                descriptor: TmStr::lend(descriptor),
                bind,
                release_stage,
                new_worker,
                release_worker,
                process,
                flush,
                get_extension,
            };
            Exported { spec, table }
        })
    });
    made.map_or(std::ptr::null(), |exported| &raw const exported.table)
}

thread_local! {
    /// Message and place of the last panic of this thread, for the report to the host.
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics reach the user through the host, with plugin, stage and document; the default hook would
/// print a bare line besides. This is the hook of the library's own std.
fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        let message = format!("{}{place}", payload_text(info.payload()));
        LAST_PANIC.with(|last| *last.borrow_mut() = Some(message));
    }));
}

fn payload_text(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}

/// The host during a call across the boundary.
struct AbiHost {
    table: *const TmHost,
    call: *mut TmCall,
}

impl AbiHost {
    fn table(&self) -> Option<&TmHost> {
        // SAFETY: null, or the host's table, which lives as long as the process.
        unsafe { self.table.as_ref() }
    }
}

impl Host for AbiHost {
    fn log(&self, level: Level, message: &str) {
        if let Some(host) = self.table() {
            // SAFETY: the call is the host's own and the string outlives this line.
            unsafe { (host.log)(self.call, level as u32, TmStr::lend(message)) }
        }
    }

    fn report(&self, level: Level, row: Option<u32>, code: &str, message: &str) {
        if let Some(host) = self.table() {
            let row = row.unwrap_or(abi::NO_ROW);
            // SAFETY: as in `log`.
            unsafe { (host.report)(self.call, level as u32, row, TmStr::lend(code), TmStr::lend(message)) }
        }
    }

    fn should_stop(&self) -> bool {
        // SAFETY: as in `log`.
        self.table().is_some_and(|host| unsafe { (host.should_stop)(self.call) } != 0)
    }

    fn progress(&self, done: u64, total: u64) {
        if let Some(host) = self.table() {
            // SAFETY: as in `log`.
            unsafe { (host.progress)(self.call, done, total) }
        }
    }

    fn metric_add(&self, name: &str, value: u64) {
        if let Some(host) = self.table() {
            // SAFETY: as in `log`.
            unsafe { (host.metric_add)(self.call, TmStr::lend(name), value) }
        }
    }
}

/// What a `TmStage` is.
struct BoundStage {
    host: *const TmHost,
    stage: Box<dyn Stage>,
    input: SchemaRef,
    plan: String,
}

/// What a `TmWorker` is.
struct BoundWorker {
    host: *const TmHost,
    worker: Box<dyn Worker>,
    input: SchemaRef,
    state: Option<SchemaRef>,
    report: String,
    poisoned: bool,
}

/// Runs the body of an exported function: reports its error, and keeps a panic from crossing.
fn guarded(host: *const TmHost, call: *mut TmCall, body: impl FnOnce(&Call<'_>) -> Result<i32>) -> i32 {
    let abi_host = AbiHost { table: host, call };
    let call = Call::new(&abi_host);
    let error = match catch_unwind(AssertUnwindSafe(|| body(&call))) {
        Ok(Ok(status)) => return status,
        Ok(Err(error)) => error,
        Err(payload) => {
            let words = LAST_PANIC.with(|last| last.borrow_mut().take());
            let words = words.unwrap_or_else(|| payload_text(payload.as_ref()).to_owned());
            Error::new(ErrorKind::Panicked, words).at_row(call.row())
        }
    };
    let (status, code) = match error.kind {
        ErrorKind::Failed | ErrorKind::Contract => (status::FAILED, "failed"),
        ErrorKind::Options => (status::OPTIONS, "options"),
        ErrorKind::Unsupported => (status::UNSUPPORTED, "unsupported"),
        ErrorKind::Cancelled => (status::CANCELLED, "cancelled"),
        ErrorKind::Panicked => (status::PANICKED, "panicked"),
    };
    abi_host.report(Level::Error, error.row, code, &error.message);
    status
}

/// Runs the body of an exported function on a worker. After a panic the worker answers no more, save to
/// calls that say they come `after_panic`.
fn on_worker(
    worker: *mut TmWorker,
    call: *mut TmCall,
    after_panic: bool,
    body: impl FnOnce(&mut BoundWorker, &Call<'_>) -> Result<i32>,
) -> i32 {
    // SAFETY: `new_worker` made it, and one thread at a time uses it.
    let Some(bound) = (unsafe { worker.cast::<BoundWorker>().as_mut() }) else { return status::FAILED };
    let host = bound.host;
    if bound.poisoned && !after_panic {
        return guarded(host, call, |_| Err(Error::new(ErrorKind::Panicked, "the worker panicked before")));
    }
    let answer = guarded(host, call, |call| body(bound, call));
    if answer == status::PANICKED
        // SAFETY: as above; the borrow of the body has ended.
        && let Some(bound) = unsafe { worker.cast::<BoundWorker>().as_mut() }
    {
        bound.poisoned = true;
    }
    answer
}

/// Takes an array out of the host's hands and reads it as a batch of `schema`.
///
/// # Safety
/// `array` is null or points to an array of that schema, or to a released one.
unsafe fn import(array: *mut FFI_ArrowArray, schema: &SchemaRef) -> Result<RecordBatch> {
    if array.is_null() {
        return Err("the host passed no array".into());
    }
    // SAFETY: not null; `from_raw` leaves a released array behind, so that it is released once.
    let array = unsafe { FFI_ArrowArray::from_raw(array) };
    if array.is_released() {
        return Ok(RecordBatch::new_empty(Arc::clone(schema)));
    }
    let kind = DataType::Struct(schema.fields().clone());
    // SAFETY: the host vouches that the array has the schema that was bound.
    let data = unsafe { from_ffi_and_data_type(array, kind) }?;
    let rows = data.len();
    let columns = StructArray::from(data).into_parts().1;
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// Hands a batch over.
///
/// # Safety
/// `out` is null or points to writable memory for an array, whose old content is released already.
unsafe fn hand_over(batch: RecordBatch, out: *mut FFI_ArrowArray) {
    if !out.is_null() {
        let array = FFI_ArrowArray::new(&struct_of(batch).into_data());
        // SAFETY: not null, and nothing there needs a release.
        unsafe { out.write(array) }
    }
}

/// A batch as a struct array; keeps the number of rows where there are no columns.
fn struct_of(batch: RecordBatch) -> StructArray {
    let rows = batch.num_rows();
    let fields = batch.schema().fields().clone();
    if fields.is_empty() {
        return StructArray::new_empty_fields(rows, None);
    }
    StructArray::from(batch)
}

unsafe extern "C" fn bind(
    host: *const TmHost,
    call: *mut TmCall,
    operator: TmStr,
    options: TmStr,
    input: *const FFI_ArrowSchema,
    out_stage: *mut *mut TmStage,
    out_schema: *mut FFI_ArrowSchema,
) -> i32 {
    guarded(host, call, |call| {
        let exported = EXPORTED.get().ok_or("the plugin was not opened")?;
        // SAFETY: the host lends both strings for the call.
        let (operator, options) = unsafe { (operator.to_string(), options.to_string()) };
        // SAFETY: null, or a schema that the host lends for the call.
        let input = unsafe { input.as_ref() }.ok_or("the host passed no schema")?;
        let input: SchemaRef = Arc::new(Schema::try_from(input)?);
        let entry = exported.spec.operators.iter().find(|o| o.descriptor.name == operator);
        let entry = entry.ok_or_else(|| format!("there is no operator `{operator}`"))?;
        let stage = (entry.bind)(call, &options, Arc::clone(&input))?;
        if out_stage.is_null() || out_schema.is_null() {
            return Err("the host has no place for the stage".into());
        }
        let schema = FFI_ArrowSchema::try_from(stage.output_schema().as_ref())?;
        let plan = stage.plan().unwrap_or_default();
        let bound = Box::new(BoundStage { host, stage, input, plan });
        // SAFETY: neither is null, and the host has nothing there that needs a release.
        unsafe {
            out_schema.write(schema);
            out_stage.write(Box::into_raw(bound).cast());
        }
        Ok(status::OK)
    })
}

unsafe extern "C" fn release_stage(stage: *mut TmStage) {
    if !stage.is_null() {
        // SAFETY: `bind` made it with `Box::into_raw`, and the host releases it once.
        let stage = unsafe { Box::from_raw(stage.cast::<BoundStage>()) };
        // A panic while dropping must not cross.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(stage)));
    }
}

/// Sees a stage.
///
/// # Safety
/// `stage` is null or was made by `bind` and is not released.
unsafe fn stage_of<'a>(stage: *const TmStage) -> Option<&'a BoundStage> {
    // SAFETY: passed on to the caller.
    unsafe { stage.cast::<BoundStage>().as_ref() }
}

unsafe extern "C" fn new_worker(stage: *const TmStage, call: *mut TmCall, out: *mut *mut TmWorker) -> i32 {
    // SAFETY: the host passes a stage of ours.
    let Some(bound) = (unsafe { stage_of(stage) }) else { return status::FAILED };
    guarded(bound.host, call, |call| {
        if out.is_null() {
            return Err("the host has no place for the worker".into());
        }
        let worker = Box::new(BoundWorker {
            host: bound.host,
            worker: bound.stage.new_worker(call)?,
            input: Arc::clone(&bound.input),
            state: bound.stage.state_schema(),
            report: String::new(),
            poisoned: false,
        });
        // SAFETY: not null.
        unsafe { out.write(Box::into_raw(worker).cast()) }
        Ok(status::OK)
    })
}

unsafe extern "C" fn release_worker(worker: *mut TmWorker) {
    if !worker.is_null() {
        // SAFETY: `new_worker` made it with `Box::into_raw`, and the host releases it once.
        let worker = unsafe { Box::from_raw(worker.cast::<BoundWorker>()) };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(worker)));
    }
}

unsafe extern "C" fn process(
    worker: *mut TmWorker,
    call: *mut TmCall,
    input: *mut FFI_ArrowArray,
    documents: *mut FFI_ArrowArray,
    events: *mut FFI_ArrowArray,
) -> i32 {
    on_worker(worker, call, false, |bound, call| {
        // SAFETY: the host passes an array of the schema it bound.
        let batch = unsafe { import(input, &bound.input) }?;
        let output = bound.worker.process(call, batch)?;
        let found = event::to_batch(&output.events)?;
        // SAFETY: the host gives room for both.
        unsafe {
            hand_over(output.documents, documents);
            hand_over(found, events);
        }
        Ok(status::OK)
    })
}

unsafe extern "C" fn flush(
    worker: *mut TmWorker,
    call: *mut TmCall,
    documents: *mut FFI_ArrowArray,
    events: *mut FFI_ArrowArray,
) -> i32 {
    on_worker(worker, call, false, |bound, call| {
        let output = bound.worker.flush(call)?;
        let found = event::to_batch(&output.events)?;
        // SAFETY: the host gives room for both.
        unsafe {
            hand_over(output.documents, documents);
            hand_over(found, events);
        }
        Ok(status::OK)
    })
}

static AGGREGATE: TmAggregate = TmAggregate {
    struct_size: size_of::<TmAggregate>() as u32,
    flags: 0,
    state_schema,
    update,
    take_state,
    merge,
    finish,
    memory_bytes,
};
static GROUP: TmGroup = TmGroup { struct_size: size_of::<TmGroup>() as u32, flags: 0, reduce };
static PLAN: TmPlan = TmPlan { struct_size: size_of::<TmPlan>() as u32, flags: 0, plan };

unsafe extern "C" fn get_extension(id: TmStr) -> *const c_void {
    // SAFETY: the host lends the string for the call.
    match unsafe { id.to_string() }.as_str() {
        abi::EXT_AGGREGATE => (&raw const AGGREGATE).cast(),
        abi::EXT_GROUP => (&raw const GROUP).cast(),
        abi::EXT_PLAN => (&raw const PLAN).cast(),
        _ => std::ptr::null(),
    }
}

unsafe extern "C" fn state_schema(
    stage: *const TmStage,
    call: *mut TmCall,
    out: *mut FFI_ArrowSchema,
) -> i32 {
    // SAFETY: the host passes a stage of ours.
    let Some(bound) = (unsafe { stage_of(stage) }) else { return status::FAILED };
    guarded(bound.host, call, |_| {
        let schema = bound.stage.state_schema().ok_or_else(|| Error::unsupported("aggregate"))?;
        let schema = FFI_ArrowSchema::try_from(schema.as_ref())?;
        if !out.is_null() {
            // SAFETY: not null, and nothing there needs a release.
            unsafe { out.write(schema) }
        }
        Ok(status::OK)
    })
}

unsafe extern "C" fn update(worker: *mut TmWorker, call: *mut TmCall, input: *mut FFI_ArrowArray) -> i32 {
    on_worker(worker, call, false, |bound, call| {
        // SAFETY: the host passes an array of the schema it bound.
        let batch = unsafe { import(input, &bound.input) }?;
        bound.worker.update(call, batch).map(|()| status::OK)
    })
}

unsafe extern "C" fn take_state(worker: *mut TmWorker, call: *mut TmCall, out: *mut FFI_ArrowArray) -> i32 {
    // A panic in `update` leaves the state of the batches before it, which the host may rescue.
    on_worker(worker, call, true, |bound, call| {
        let state = bound.worker.take_state(call)?;
        // SAFETY: the host gives room for it.
        unsafe { hand_over(state, out) }
        Ok(status::OK)
    })
}

unsafe extern "C" fn merge(worker: *mut TmWorker, call: *mut TmCall, states: *mut FFI_ArrowArray) -> i32 {
    on_worker(worker, call, false, |bound, call| {
        let schema = bound.state.clone().ok_or_else(|| Error::unsupported("merge"))?;
        // SAFETY: the host passes states, which have the state's schema.
        let batch = unsafe { import(states, &schema) }?;
        bound.worker.merge(call, batch).map(|()| status::OK)
    })
}

unsafe extern "C" fn finish(worker: *mut TmWorker, call: *mut TmCall, text: *mut TmStr) -> i32 {
    on_worker(worker, call, false, |bound, call| {
        bound.report = serde_json::to_string(&bound.worker.finish(call)?)?;
        if !text.is_null() {
            // SAFETY: not null.
            unsafe { text.write(TmStr::lend(&bound.report)) }
        }
        Ok(status::OK)
    })
}

unsafe extern "C" fn memory_bytes(worker: *const TmWorker) -> u64 {
    // SAFETY: the host passes a worker of ours that no thread is using.
    let bound = unsafe { worker.cast::<BoundWorker>().as_ref() };
    catch_unwind(AssertUnwindSafe(|| bound.map_or(0, |b| b.worker.memory_bytes()))).unwrap_or(0)
}

unsafe extern "C" fn reduce(
    worker: *mut TmWorker,
    call: *mut TmCall,
    rows: *mut FFI_ArrowArray,
    starts: *const u64,
    groups: u64,
    out: *mut FFI_ArrowArray,
) -> i32 {
    on_worker(worker, call, false, |bound, call| {
        // SAFETY: the host passes an array of the schema it bound.
        let batch = unsafe { import(rows, &bound.input) }?;
        let starts: &[u64] = match groups {
            0 => &[],
            // SAFETY: the host lends `groups` numbers for the call.
            n => unsafe { std::slice::from_raw_parts(starts, n as usize) },
        };
        let ends = starts.iter().skip(1).copied().chain([batch.num_rows() as u64]);
        let ranges: Vec<_> =
            starts.iter().zip(ends).map(|(&start, end)| start as usize..end as usize).collect();
        let found = bound.worker.reduce(call, batch, &ranges)?;
        // SAFETY: the host gives room for it.
        unsafe { hand_over(found, out) }
        Ok(status::OK)
    })
}

unsafe extern "C" fn plan(stage: *const TmStage, call: *mut TmCall, text: *mut TmStr) -> i32 {
    // SAFETY: the host passes a stage of ours.
    let Some(bound) = (unsafe { stage_of(stage) }) else { return status::FAILED };
    guarded(bound.host, call, |_| {
        if !text.is_null() {
            // SAFETY: not null; the string lives as long as the stage.
            unsafe { text.write(TmStr::lend(&bound.plan)) }
        }
        Ok(status::OK)
    })
}
