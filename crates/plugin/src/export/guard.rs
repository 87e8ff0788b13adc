//! What every exported function runs inside: it reports errors, stops panics, and takes and hands over
//! arrays.

use super::panic_words;
use crate::abi::{self, TmCall, TmHost, TmStage, TmStr, TmWorker, status};
use crate::call::{Call, Host, Level};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{Stage, Worker};
use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::{DataType, SchemaRef};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The host during a call across the boundary.
struct AbiHost {
    table: Option<TmHost>,
    call: *mut TmCall,
}

/// Reads the host's table, which may be of an older or a newer minor version; `None` if there is none.
pub(super) fn host_table(host: *const TmHost) -> Option<TmHost> {
    if host.is_null() {
        return None;
    }
    // SAFETY: the host's table lives as long as the process and says how large it is.
    unsafe { abi::read_table(host) }.ok()
}

impl Host for AbiHost {
    fn log(&self, level: Level, message: &str) {
        if let Some(host) = &self.table {
            // SAFETY: the call is the host's own and the string outlives this line.
            unsafe { (host.log)(self.call, level as u32, TmStr::lend(message)) }
        }
    }

    fn report(&self, level: Level, row: Option<u32>, code: &str, message: &str) {
        if let Some(host) = &self.table {
            let row = row.unwrap_or(abi::NO_ROW);
            // SAFETY: as in `log`.
            unsafe { (host.report)(self.call, level as u32, row, TmStr::lend(code), TmStr::lend(message)) }
        }
    }

    fn should_stop(&self) -> bool {
        // SAFETY: as in `log`.
        self.table.is_some_and(|host| unsafe { (host.should_stop)(self.call) } != 0)
    }

    fn progress(&self, done: u64, total: u64) {
        if let Some(host) = &self.table {
            // SAFETY: as in `log`.
            unsafe { (host.progress)(self.call, done, total) }
        }
    }

    fn metric_add(&self, name: &str, value: u64) {
        if let Some(host) = &self.table {
            // SAFETY: as in `log`.
            unsafe { (host.metric_add)(self.call, TmStr::lend(name), value) }
        }
    }
}

/// Reports an error to the host outside of any call, while the plugin is opened.
pub(super) fn report_to(host: *const TmHost, code: &str, message: &str) {
    let call = std::ptr::null_mut();
    AbiHost { table: host_table(host), call }.report(Level::Error, None, code, message);
}

/// What a `TmStage` is.
pub(super) struct BoundStage {
    pub(super) host: *const TmHost,
    pub(super) stage: Box<dyn Stage>,
    pub(super) input: SchemaRef,
    pub(super) plan: String,
}

/// What a `TmWorker` is.
pub(super) struct BoundWorker {
    pub(super) host: *const TmHost,
    pub(super) worker: Box<dyn Worker>,
    pub(super) input: SchemaRef,
    pub(super) state: Option<SchemaRef>,
    pub(super) report: String,
    pub(super) poisoned: bool,
}

/// Runs the body of an exported function. Reports its error, and keeps a panic from crossing the boundary.
pub(super) fn guarded(
    host: *const TmHost,
    call: *mut TmCall,
    body: impl FnOnce(&Call<'_>) -> Result<i32>,
) -> i32 {
    let abi_host = AbiHost { table: host_table(host), call };
    let call = Call::new(&abi_host);
    let error = match catch_unwind(AssertUnwindSafe(|| body(&call))) {
        Ok(Ok(status)) => {
            for report in call.take_errors() {
                abi_host.report(Level::Error, Some(report.row), &report.code, &report.message);
            }
            return status;
        }
        Ok(Err(error)) => error,
        Err(payload) => Error::new(ErrorKind::Panicked, panic_words(payload.as_ref())).at_row(call.row()),
    };
    let (status, code) = match error.kind {
        ErrorKind::Failed
        | ErrorKind::Contract
        | ErrorKind::Storage
        | ErrorKind::Crashed
        | ErrorKind::TimeLimit
        | ErrorKind::MemoryLimit => (status::FAILED, "failed"),
        ErrorKind::Fatal => (status::FATAL, "fatal"),
        ErrorKind::Options => (status::OPTIONS, "options"),
        ErrorKind::Unsupported => (status::UNSUPPORTED, "unsupported"),
        ErrorKind::Cancelled => (status::CANCELLED, "cancelled"),
        ErrorKind::Panicked => (status::PANICKED, "panicked"),
    };
    abi_host.report(Level::Error, error.row, code, &error.message);
    status
}

/// Runs the body of an exported function on a worker. After a panic, the worker only answers calls that set
/// `after_panic`.
pub(super) fn on_worker(
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

/// Takes an array over from the host and reads it as a batch of `schema`.
///
/// # Safety
/// `array` is null or points to an array of that schema, or to a released one.
pub(super) unsafe fn import(array: *mut FFI_ArrowArray, schema: &SchemaRef) -> Result<RecordBatch> {
    if array.is_null() {
        return Err("the host passed no array".into());
    }
    // SAFETY: not null; `from_raw` leaves a released array behind, so that it is released once.
    let array = unsafe { FFI_ArrowArray::from_raw(array) };
    if array.is_released() {
        return Ok(RecordBatch::new_empty(Arc::clone(schema)));
    }
    let kind = DataType::Struct(schema.fields().clone());
    // SAFETY: the host guarantees that the array has the schema that was bound.
    let data = unsafe { from_ffi_and_data_type(array, kind) }?;
    let rows = data.len();
    let columns = StructArray::from(data).into_parts().1;
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// Hands a batch over to the host.
///
/// # Safety
/// `out` is null or points to writable memory for an array whose old content is already released.
pub(super) unsafe fn hand_over(batch: RecordBatch, out: *mut FFI_ArrowArray) {
    if !out.is_null() {
        let array = FFI_ArrowArray::new(&struct_of(batch).into_data());
        // SAFETY: not null, and nothing there needs a release.
        unsafe { out.write(array) }
    }
}

/// A batch as a struct array, with the right number of rows even if there are no columns.
fn struct_of(batch: RecordBatch) -> StructArray {
    let rows = batch.num_rows();
    let fields = batch.schema().fields().clone();
    if fields.is_empty() {
        return StructArray::new_empty_fields(rows, None);
    }
    StructArray::from(batch)
}

/// Borrows a stage.
///
/// # Safety
/// `stage` is null or was made by `bind` and is not released.
pub(super) unsafe fn stage_of<'a>(stage: *const TmStage) -> Option<&'a BoundStage> {
    // SAFETY: guaranteed by the caller.
    unsafe { stage.cast::<BoundStage>().as_ref() }
}
