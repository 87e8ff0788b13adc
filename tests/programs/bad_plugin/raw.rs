//! Defects of the boundary itself, which safe code on top of the SDK cannot have: the table is the SDK's,
//! with wrappers around some of its functions. They apply the defect that was bound last.

use crate::defect::Defect;
use arrow_array::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use std::ffi::c_void;
use std::sync::{Mutex, OnceLock};
use textmill_plugin::abi::{BindFn, ProcessFn, TmCall, TmHost, TmPlugin, TmStage, TmStr, TmWorker, status};
use textmill_plugin::operator::PluginSpec;
use textmill_plugin::prelude::{Value, arrow_array, arrow_schema};

/// The functions of the SDK that are wrapped, and the table that is handed out.
struct Tables {
    bind: BindFn,
    process: ProcessFn,
    ours: TmPlugin,
}

// SAFETY: pointers to functions, and a string that the SDK leaks; nothing is written after construction.
unsafe impl Send for Tables {}
// SAFETY: as above.
unsafe impl Sync for Tables {}

static TABLES: OnceLock<Option<Tables>> = OnceLock::new();
static BOUND: Mutex<Defect> = Mutex::new(Defect::None);

/// The SDK's table with our wrappers.
pub fn table(host: *const TmHost, plugin: fn() -> PluginSpec) -> *const TmPlugin {
    let made = TABLES.get_or_init(|| {
        // SAFETY: the SDK's table lives as long as the process, or is null.
        let sdk = unsafe { textmill_plugin::export::table(host, plugin).as_ref() }?;
        let ours = TmPlugin {
            struct_size: sdk.struct_size,
            abi_major: sdk.abi_major,
            abi_minor: sdk.abi_minor,
            flags: sdk.flags,
            descriptor: sdk.descriptor,
            bind: Some(bind),
            process: Some(process),
            ..*sdk
        };
        Some(Tables { bind: sdk.bind?, process: sdk.process?, ours })
    });
    made.as_ref().map_or(std::ptr::null(), |tables| &raw const tables.ours)
}

fn bound() -> Defect {
    BOUND.lock().map_or(Defect::None, |bound| *bound)
}

unsafe extern "C" fn bind(
    host: *const TmHost,
    call: *mut TmCall,
    operator: TmStr,
    options: TmStr,
    input: *const FFI_ArrowSchema,
    stage: *mut *mut TmStage,
    output: *mut FFI_ArrowSchema,
) -> i32 {
    let Some(Some(tables)) = TABLES.get() else { return status::FAILED };
    // SAFETY: the host lends the string for the call.
    let mut json = unsafe { options.to_string() };
    let given: Option<Value> = serde_json::from_str(&json).ok();
    let named = given.as_ref().and_then(|given| given.get("defect")?.as_str()?.parse().ok());
    if let (Some(named), Ok(mut bound)) = (named, BOUND.lock()) {
        *bound = named;
    }
    if bound() == Defect::AcceptsAnyOptions {
        json = "{\"defect\": \"none\"}".to_owned();
    }
    // SAFETY: everything is passed on unchanged, except the options, which outlive the call.
    let answer = unsafe { (tables.bind)(host, call, operator, TmStr::lend(&json), input, stage, output) };
    match (bound(), answer) {
        (Defect::RefusesWithoutStatus, status::OPTIONS) => status::FAILED,
        (_, answer) => answer,
    }
}

unsafe extern "C" fn process(
    worker: *mut TmWorker,
    call: *mut TmCall,
    input: *mut FFI_ArrowArray,
    documents: *mut FFI_ArrowArray,
    events: *mut FFI_ArrowArray,
) -> i32 {
    let Some(Some(tables)) = TABLES.get() else { return status::FAILED };
    let defect = bound();
    if defect == Defect::IgnoresOffsets {
        // SAFETY: the host passes an array, whose layout C fixes.
        unsafe { without_offsets(input.cast()) };
    }
    // A bitwise copy instead of a move: the host still believes that the array is its own.
    // SAFETY: not sound, on purpose: both copies will be released.
    let mut copy = std::mem::ManuallyDrop::new(unsafe { std::ptr::read(input) });
    let input = if defect == Defect::BorrowsInput { &raw mut *copy } else { input };
    // SAFETY: everything is passed on unchanged.
    let answer = unsafe { (tables.process)(worker, call, input, documents, events) };
    if defect == Defect::ForgetsToMark {
        // SAFETY: the SDK has filled the slot, or left it empty.
        if let Some(array) = unsafe { documents.as_mut() } {
            seal(array);
        }
    }
    answer
}

/// The struct of Arrow's C Data Interface.
#[repr(C)]
struct RawArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut RawArray,
    rest: [*mut c_void; 3],
}

/// Sets the offsets of an array and of its children to zero.
unsafe fn without_offsets(array: *mut RawArray) {
    // SAFETY: guaranteed by the caller.
    let Some(array) = (unsafe { array.as_mut() }) else { return };
    array.offset = 0;
    for child in 0..usize::try_from(array.n_children).unwrap_or(0) {
        // SAFETY: the array has `n_children` children.
        unsafe { without_offsets(*array.children.add(child)) };
    }
}

/// The original release callback of an array and its private data, which `forgets` needs.
struct Sealed {
    release: unsafe extern "C" fn(*mut FFI_ArrowArray),
    private: *mut c_void,
}

fn seal(array: &mut FFI_ArrowArray) {
    let Some(release) = array.release() else { return };
    let sealed = Box::new(Sealed { release, private: array.private_data() });
    // SAFETY: `forgets` puts both back before it calls the array's own callback.
    unsafe {
        array.set_release(Some(forgets));
        array.set_private_data(Box::into_raw(sealed).cast());
    }
}

/// Releases the array, but does not mark it as released.
unsafe extern "C" fn forgets(array: *mut FFI_ArrowArray) {
    // SAFETY: the caller passes the array that it releases, and does so once.
    let Some(array) = (unsafe { array.as_mut() }) else { return };
    let sealed: *mut Sealed = array.private_data().cast();
    // SAFETY: `seal` made it.
    let Sealed { release, private } = *unsafe { Box::from_raw(sealed) };
    // SAFETY: the callback and the data belong together; afterwards the array looks unreleased again.
    unsafe {
        array.set_private_data(private);
        (release)(array);
        array.set_release(Some(forgets));
    }
}
