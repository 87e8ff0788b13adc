//! The exported functions themselves, one for each entry of the tables.

use super::EXPORTED;
use super::guard::{BoundStage, BoundWorker, guarded, hand_over, import, on_worker, stage_of};
use crate::abi::{self, TmAggregate, TmCall, TmGroup, TmHost, TmPlan, TmStage, TmStr, TmWorker, status};
use crate::error::Error;
use crate::operator::Output;
use arrow_array::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{Schema, SchemaRef};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub(super) unsafe extern "C" fn bind(
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

pub(super) unsafe extern "C" fn release_stage(stage: *mut TmStage) {
    if !stage.is_null() {
        // SAFETY: `bind` made it with `Box::into_raw`, and the host releases it once.
        let stage = unsafe { Box::from_raw(stage.cast::<BoundStage>()) };
        // A panic while dropping must not cross the boundary.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(stage)));
    }
}

pub(super) unsafe extern "C" fn new_worker(
    stage: *const TmStage,
    call: *mut TmCall,
    out: *mut *mut TmWorker,
) -> i32 {
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

pub(super) unsafe extern "C" fn release_worker(worker: *mut TmWorker) {
    if !worker.is_null() {
        // SAFETY: `new_worker` made it with `Box::into_raw`, and the host releases it once.
        let worker = unsafe { Box::from_raw(worker.cast::<BoundWorker>()) };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(worker)));
    }
}

pub(super) unsafe extern "C" fn process(
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
        // SAFETY: the host gives room for both.
        unsafe { answer(output, documents, events) }
    })
}

pub(super) unsafe extern "C" fn flush(
    worker: *mut TmWorker,
    call: *mut TmCall,
    documents: *mut FFI_ArrowArray,
    events: *mut FFI_ArrowArray,
) -> i32 {
    on_worker(worker, call, false, |bound, call| {
        let output = bound.worker.flush(call)?;
        // SAFETY: the host gives room for both.
        unsafe { answer(output, documents, events) }
    })
}

/// Hands an output over. If nothing happened, `events` stays as the host made it: ten empty columns cost more
/// than everything else about a small batch.
///
/// # Safety
/// Both are null or point to writable memory for an array whose old content is already released.
unsafe fn answer(
    output: Output,
    documents: *mut FFI_ArrowArray,
    events: *mut FFI_ArrowArray,
) -> Result<i32, Error> {
    let found = match output.events.is_empty() {
        true => None,
        false => Some(output.events.to_batch()?),
    };
    // SAFETY: guaranteed by the caller.
    unsafe {
        hand_over(output.documents, documents);
        if let Some(found) = found {
            hand_over(found, events);
        }
    }
    Ok(status::OK)
}

static AGGREGATE: TmAggregate = TmAggregate {
    struct_size: size_of::<TmAggregate>() as u32,
    flags: 0,
    state_schema: Some(state_schema),
    update: Some(update),
    take_state: Some(take_state),
    merge: Some(merge),
    finish: Some(finish),
    memory_bytes: Some(memory_bytes),
};
static GROUP: TmGroup = TmGroup { struct_size: size_of::<TmGroup>() as u32, flags: 0, reduce: Some(reduce) };
static PLAN: TmPlan = TmPlan { struct_size: size_of::<TmPlan>() as u32, flags: 0, plan: Some(plan) };

pub(super) unsafe extern "C" fn get_extension(id: TmStr) -> *const c_void {
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
    // A panic in `update` leaves the state of the earlier batches intact, and the host may rescue it.
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
