//! Stages and workers of a loaded plugin, behind the same traits as native ones.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use super::exits::Within;
use super::import;
use super::library::Functions;
use super::probe::struct_of;
use super::table::{CallState, host};
use arrow_array::ffi::FFI_ArrowArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;
use textmill_core::event::{self, Events};
use textmill_plugin::abi::{
    self, Table, TmAggregate, TmGroup, TmPlan, TmStage, TmStr, TmWorker, read_table, status,
};
use textmill_plugin::call::Call;
use textmill_plugin::error::{Error, ErrorKind, Result};
use textmill_plugin::operator::{Output, Stage, Worker};

/// The maximum number of answers to one batch: a plugin that always has more is broken.
const ANSWERS_AT_MOST: usize = 1 << 20;

/// A stage of a loaded plugin.
pub struct LoadedStage {
    handle: Arc<Handle>,
    output: SchemaRef,
    state: Option<SchemaRef>,
    plan: Option<String>,
}

/// The plugin's stage, which is released with the last of its workers.
struct Handle {
    functions: Functions,
    stage: *mut TmStage,
}

// SAFETY: by contract a stage is immutable and may be used from any thread.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        let _within = Within::plugin(self.functions.plugin);
        // SAFETY: `bind` returned the stage, and its workers, which hold this handle, are gone.
        unsafe { (self.functions.release_stage)(self.stage) }
        if let Some(probe) = self.functions.probe {
            probe.stage(false);
        }
    }
}

impl Handle {
    /// The table of an extension, if the plugin has it.
    ///
    /// # Errors
    /// If the plugin's table is not valid.
    fn extension<T: Table>(&self, id: &str) -> Result<Option<T>> {
        // SAFETY: the string is lent for the call.
        let table = unsafe { (self.functions.get_extension)(TmStr::lend(id)) }.cast::<T>();
        if table.is_null() {
            return Ok(None);
        }
        if !table.is_aligned() {
            return Err(contract(format!("its table of `{id}` is not aligned")));
        }
        // SAFETY: every extension table begins with its size and lives as long as the process.
        unsafe { read_table(table) }.map(Some).map_err(|size| {
            let least = T::SIZE_1_0;
            contract(format!("its table of `{id}` has {size} bytes, and that of version 1.0 has {least}"))
        })
    }
}

/// Calls one function of the plugin. A negative status becomes the error that the plugin reported.
fn call_plugin(
    functions: &Functions,
    call: &Call<'_>,
    body: impl FnOnce(*mut abi::TmCall) -> i32,
) -> Result<i32> {
    let state = CallState::new(call);
    let within = Within::plugin(functions.plugin);
    let answer = body(state.pointer());
    drop(within);
    if answer < 0 {
        return Err(state.error(answer));
    }
    state.pass_on();
    Ok(answer)
}

fn contract(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Contract, message)
}

fn missing(function: &str) -> Error {
    contract(format!("the function `{function}` is missing in its table"))
}

impl LoadedStage {
    /// Binds an operator of a loaded plugin.
    ///
    /// # Errors
    /// Returns the plugin's error, or what is wrong with its answer.
    pub(super) fn bind(
        functions: Functions,
        call: &Call<'_>,
        operator: &str,
        options: &str,
        input: &Schema,
    ) -> Result<Self> {
        let input = FFI_ArrowSchema::try_from(input)?;
        let mut stage: *mut TmStage = std::ptr::null_mut();
        let mut output = FFI_ArrowSchema::empty();
        call_plugin(&functions, call, |call| {
            // SAFETY: strings and schema are lent for the call; both output places belong to the host and are
            // empty.
            unsafe {
                (functions.bind)(
                    host(),
                    call,
                    TmStr::lend(operator),
                    TmStr::lend(options),
                    &raw const input,
                    &raw mut stage,
                    &raw mut output,
                )
            }
        })?;
        if stage.is_null() {
            return Err(contract("it bound an operator and gave no stage"));
        }
        let handle = Arc::new(Handle { functions, stage });
        if let Some(probe) = functions.probe {
            probe.stage(true);
            probe.receive_schema(&mut output);
        }
        let output = import::schema(&output, "output columns")?;
        let plan = plan_of(&handle, call)?;
        let state = state_schema_of(&handle, call)?;
        Ok(Self { handle, output: Arc::new(output), state, plan })
    }
}

fn plan_of(handle: &Handle, call: &Call<'_>) -> Result<Option<String>> {
    let Some(extension) = handle.extension::<TmPlan>(abi::EXT_PLAN)? else { return Ok(None) };
    let plan = extension.plan.ok_or_else(|| missing("plan"))?;
    let mut text = TmStr::EMPTY;
    // SAFETY: the stage is alive, and the output place belongs to the host.
    call_plugin(&handle.functions, call, |call| unsafe { (plan)(handle.stage, call, &raw mut text) })?;
    // SAFETY: the string lives as long as the stage.
    let text = unsafe { text.to_string() };
    Ok((!text.is_empty()).then_some(text))
}

fn state_schema_of(handle: &Handle, call: &Call<'_>) -> Result<Option<SchemaRef>> {
    let Some(extension) = handle.extension::<TmAggregate>(abi::EXT_AGGREGATE)? else { return Ok(None) };
    let state_schema = extension.state_schema.ok_or_else(|| missing("state_schema"))?;
    let mut schema = FFI_ArrowSchema::empty();
    // SAFETY: the stage is alive; the output place belongs to the host and is empty.
    let answer = call_plugin(&handle.functions, call, |call| unsafe {
        (state_schema)(handle.stage, call, &raw mut schema)
    });
    match answer {
        Err(error) if error.kind == ErrorKind::Unsupported => Ok(None),
        Err(error) => Err(error),
        Ok(_) => {
            if let Some(probe) = handle.functions.probe {
                probe.receive_schema(&mut schema);
            }
            Ok(Some(Arc::new(import::schema(&schema, "state columns")?)))
        }
    }
}

impl Stage for LoadedStage {
    fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.output)
    }

    fn new_worker(&self, call: &Call<'_>) -> Result<Box<dyn Worker>> {
        let mut worker: *mut TmWorker = std::ptr::null_mut();
        let handle = Arc::clone(&self.handle);
        // SAFETY: the stage is alive, and the output place belongs to the host.
        call_plugin(&handle.functions, call, |call| unsafe {
            (handle.functions.new_worker)(handle.stage, call, &raw mut worker)
        })?;
        if worker.is_null() {
            return Err(contract("it made no worker"));
        }
        if let Some(probe) = handle.functions.probe {
            probe.worker(true);
        }
        Ok(Box::new(LoadedWorker {
            handle,
            worker,
            output: Arc::clone(&self.output),
            state: self.state.clone(),
        }))
    }

    fn state_schema(&self) -> Option<SchemaRef> {
        self.state.clone()
    }

    fn plan(&self) -> Option<String> {
        self.plan.clone()
    }
}

/// A worker of a loaded plugin.
struct LoadedWorker {
    handle: Arc<Handle>,
    worker: *mut TmWorker,
    output: SchemaRef,
    state: Option<SchemaRef>,
}

// SAFETY: by contract a worker may move between threads, as long as only one of them uses it at a time.
unsafe impl Send for LoadedWorker {}

impl Drop for LoadedWorker {
    fn drop(&mut self) {
        let _within = Within::plugin(self.handle.functions.plugin);
        // SAFETY: `new_worker` returned it, and nothing uses it any more.
        unsafe { (self.handle.functions.release_worker)(self.worker) }
        if let Some(probe) = self.handle.functions.probe {
            probe.worker(false);
        }
    }
}

impl LoadedWorker {
    /// Converts a batch to the form that crosses the boundary.
    fn hand_over(&self, batch: RecordBatch) -> FFI_ArrowArray {
        let array = struct_of(batch);
        match self.handle.functions.probe {
            Some(probe) => probe.hand_over(array),
            None => FFI_ArrowArray::new(&array.into_data()),
        }
    }

    /// Reports an input to the probe after a successful call.
    fn handed_over(&self, array: &FFI_ArrowArray) {
        if let Some(probe) = self.handle.functions.probe {
            probe.handed_over(array);
        }
    }

    /// Imports an array from the plugin as a batch.
    fn receive(&self, mut array: FFI_ArrowArray, schema: &SchemaRef, what: &str) -> Result<RecordBatch> {
        if let Some(probe) = self.handle.functions.probe {
            probe.receive(&mut array);
        }
        import::batch(array, schema, what)
    }

    fn extension<T: Table>(&self, id: &str) -> Result<T> {
        self.handle.extension(id)?.ok_or_else(|| Error::unsupported(id))
    }

    /// Imports one answer of `process`.
    fn answer(&self, documents: FFI_ArrowArray, events: FFI_ArrowArray) -> Result<Output> {
        let documents = self.receive(documents, &self.output, "documents")?;
        if events.is_released() {
            return Ok(Output { documents, events: Events::new() });
        }
        let events = self.receive(events, &event::schema(), "events")?;
        Ok(Output { documents, events: Events::from_batch(&events).map_err(contract)? })
    }

    fn state_schema(&self) -> Result<&SchemaRef> {
        self.state.as_ref().ok_or_else(|| Error::unsupported(abi::EXT_AGGREGATE))
    }
}

impl Worker for LoadedWorker {
    fn process(&mut self, call: &Call<'_>, input: RecordBatch) -> Result<Output> {
        let process = self.handle.functions.process;
        let mut input = self.hand_over(input);
        let mut parts: Vec<Output> = Vec::new();
        loop {
            let (mut documents, mut events) = (FFI_ArrowArray::empty(), FFI_ArrowArray::empty());
            let answer = call_plugin(&self.handle.functions, call, |call| {
                // SAFETY: only this worker object uses the worker; the input is moved in (already released
                // when the call is repeated after `MORE`); both output places belong to the host and are
                // empty.
                unsafe { process(self.worker, call, &raw mut input, &raw mut documents, &raw mut events) }
            })?;
            self.handed_over(&input);
            parts.push(self.answer(documents, events)?);
            match answer {
                status::OK => return join(&self.output, parts),
                status::MORE if parts.len() < ANSWERS_AT_MOST => call.keep_going()?,
                status::MORE => return Err(contract("it never stops answering that there is more")),
                other => return Err(contract(format!("it answers the unknown status {other}"))),
            }
        }
    }

    fn reduce(&mut self, call: &Call<'_>, rows: RecordBatch, groups: &[Range<usize>]) -> Result<RecordBatch> {
        let reduce = self.extension::<TmGroup>(abi::EXT_GROUP)?.reduce.ok_or_else(|| missing("reduce"))?;
        let starts: Vec<u64> = groups.iter().map(|g| g.start as u64).collect();
        let mut rows = self.hand_over(rows);
        let mut out = FFI_ArrowArray::empty();
        call_plugin(&self.handle.functions, call, |call| {
            let (starts, count) = (starts.as_ptr(), starts.len() as u64);
            // SAFETY: only this worker object uses the worker; the rows are moved in, the starts are lent;
            // the output place belongs to the host and is empty.
            unsafe { (reduce)(self.worker, call, &raw mut rows, starts, count, &raw mut out) }
        })?;
        self.handed_over(&rows);
        self.receive(out, &self.output, "rows")
    }

    fn update(&mut self, call: &Call<'_>, input: RecordBatch) -> Result<()> {
        let update =
            self.extension::<TmAggregate>(abi::EXT_AGGREGATE)?.update.ok_or_else(|| missing("update"))?;
        let mut input = self.hand_over(input);
        // SAFETY: only this worker object uses the worker; the input is moved in.
        call_plugin(&self.handle.functions, call, |call| unsafe {
            (update)(self.worker, call, &raw mut input)
        })?;
        self.handed_over(&input);
        Ok(())
    }

    fn take_state(&mut self, call: &Call<'_>) -> Result<RecordBatch> {
        let take_state = self
            .extension::<TmAggregate>(abi::EXT_AGGREGATE)?
            .take_state
            .ok_or_else(|| missing("take_state"))?;
        let mut out = FFI_ArrowArray::empty();
        // SAFETY: only this worker object uses the worker; the output place belongs to the host and is empty.
        call_plugin(&self.handle.functions, call, |call| unsafe {
            (take_state)(self.worker, call, &raw mut out)
        })?;
        self.receive(out, self.state_schema()?, "states")
    }

    fn merge(&mut self, call: &Call<'_>, states: RecordBatch) -> Result<()> {
        let merge =
            self.extension::<TmAggregate>(abi::EXT_AGGREGATE)?.merge.ok_or_else(|| missing("merge"))?;
        let mut states = self.hand_over(states);
        // SAFETY: only this worker object uses the worker; the states are moved in.
        call_plugin(&self.handle.functions, call, |call| unsafe {
            (merge)(self.worker, call, &raw mut states)
        })?;
        self.handed_over(&states);
        Ok(())
    }

    fn finish(&mut self, call: &Call<'_>) -> Result<Value> {
        let finish =
            self.extension::<TmAggregate>(abi::EXT_AGGREGATE)?.finish.ok_or_else(|| missing("finish"))?;
        let mut text = TmStr::EMPTY;
        // SAFETY: only this worker object uses the worker; the output place belongs to the host.
        call_plugin(&self.handle.functions, call, |call| unsafe {
            (finish)(self.worker, call, &raw mut text)
        })?;
        // SAFETY: the string stays valid until the next call on the worker.
        let text = unsafe { text.to_string() };
        serde_json::from_str(&text).map_err(|e| contract(format!("its report is not JSON: {e}")))
    }

    fn memory_bytes(&self) -> u64 {
        match self.extension::<TmAggregate>(abi::EXT_AGGREGATE).map(|e| e.memory_bytes) {
            // SAFETY: the worker is alive, and no call on it is in progress.
            Ok(Some(memory_bytes)) => unsafe { memory_bytes(self.worker) },
            _ => 0,
        }
    }
}

/// Joins several answers to one batch into one.
fn join(schema: &SchemaRef, mut parts: Vec<Output>) -> Result<Output> {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return Ok(only);
    }
    let documents: Vec<RecordBatch> = parts.iter().map(|p| p.documents.clone()).collect();
    let documents = concat_batches(schema, &documents)?;
    let events = parts.iter().flat_map(|part| part.events.iter()).collect();
    Ok(Output { documents, events })
}
