//! The frozen C tables that host and plugin exchange. Layouts and numbers only; the two sides that use
//! them are `export` (plugin) and the runner's host module.
//!
//! Rules: no Rust type, enum, bool or usize crosses. Strings are pointer and length, borrowed for the
//! call. Fields are only ever appended, and `struct_size` says how many there are ([`read_table`] reads no
//! further); abilities beyond a table are extensions, found by name. A plugin calls the host's functions only
//! during a call, on the thread of that call; save that [`EntryPoint`] may `report` with a null call why it answers null.
//!
//! The same in C, with all that an author has to know, is `include/textmill_plugin.h`; a test compares the two.

use arrow_array::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use std::ffi::c_void;
use std::mem::{MaybeUninit, offset_of};

/// The ABI's major version; a host refuses any other.
pub const ABI_MAJOR: u32 = 1;
/// The ABI's minor version: fields that were appended since 1.0.
pub const ABI_MINOR: u32 = 0;
/// The one symbol that a plugin exports; its number is [`ABI_MAJOR`].
pub const SYMBOL: &str = "textmill_plugin_v1";
/// Symbol without its number, to recognise plugins of other major versions.
pub const SYMBOL_STEM: &str = "textmill_plugin_v";

/// Extension with the [`TmAggregate`] table.
pub const EXT_AGGREGATE: &str = "textmill.aggregate/1";
/// Extension with the [`TmGroup`] table.
pub const EXT_GROUP: &str = "textmill.group/1";
/// Extension with the [`TmPlan`] table.
pub const EXT_PLAN: &str = "textmill.plan/1";

/// Row number that stands for no row.
pub const NO_ROW: u32 = u32::MAX;

/// Answer of a call. Zero and above succeed, below zero the call failed and has reported why.
pub mod status {
    /// Done.
    pub const OK: i32 = 0;
    /// There is more output: call again, without input.
    pub const MORE: i32 = 1;
    /// The batch failed.
    pub const FAILED: i32 = -1;
    /// The code panicked; release this worker and make another.
    pub const PANICKED: i32 = -2;
    /// The host asked to stop.
    pub const CANCELLED: i32 = -3;
    /// The options are not acceptable.
    pub const OPTIONS: i32 = -4;
    /// The operator does not do this.
    pub const UNSUPPORTED: i32 = -5;
    /// The stage cannot go on, whatever rows come.
    pub const FATAL: i32 = -6;
}

/// A borrowed UTF-8 string.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TmStr {
    /// First byte; may be null where `len` is 0.
    pub ptr: *const u8,
    /// Length in bytes.
    pub len: u64,
}

impl TmStr {
    /// Lends a string.
    pub fn lend(text: &str) -> Self {
        Self { ptr: text.as_ptr(), len: text.len() as u64 }
    }

    /// No string.
    pub const EMPTY: Self = Self { ptr: std::ptr::null(), len: 0 };

    /// Reads the string, bytes that are not UTF-8 replaced.
    ///
    /// # Safety
    /// `ptr` points to `len` readable bytes, or `len` is 0.
    pub unsafe fn to_string(self) -> String {
        if self.ptr.is_null() || self.len == 0 {
            return String::new();
        }
        // SAFETY: the caller vouches for the bytes; a length beyond isize cannot be readable.
        let bytes = unsafe { std::slice::from_raw_parts(self.ptr, self.len as usize) };
        String::from_utf8_lossy(bytes).into_owned()
    }
}

/// A table that begins with `struct_size`, its size in bytes, and of which the other side may know an older or a
/// younger version.
///
/// # Safety
/// The type is `repr(C)`, begins with a `u32`, and every field that was appended after version 1.0 may be zero: a
/// function is an `Option`.
pub unsafe trait Table: Copy {
    /// Bytes of the table in version 1.0. No version has fewer.
    const SIZE_1_0: usize;
}

// SAFETY: all fields are of version 1.0.
unsafe impl Table for TmHost {
    const SIZE_1_0: usize = offset_of!(TmHost, get_extension) + size_of::<usize>();
}
// SAFETY: as above.
unsafe impl Table for TmPlugin {
    const SIZE_1_0: usize = offset_of!(TmPlugin, get_extension) + size_of::<usize>();
}
// SAFETY: as above.
unsafe impl Table for TmAggregate {
    const SIZE_1_0: usize = offset_of!(TmAggregate, memory_bytes) + size_of::<usize>();
}
// SAFETY: as above.
unsafe impl Table for TmGroup {
    const SIZE_1_0: usize = offset_of!(TmGroup, reduce) + size_of::<usize>();
}
// SAFETY: as above.
unsafe impl Table for TmPlan {
    const SIZE_1_0: usize = offset_of!(TmPlan, plan) + size_of::<usize>();
}

/// Copies a table of the other side, no further than its `struct_size`. Fields that it does not have are zero.
///
/// # Errors
/// The size of a table that is smaller than version 1.0.
///
/// # Safety
/// `table` is aligned and points to as many readable bytes as its first four say.
pub unsafe fn read_table<T: Table>(table: *const T) -> Result<T, u32> {
    // SAFETY: every table begins with its size.
    let size = unsafe { table.cast::<u32>().read() };
    if (size as usize) < T::SIZE_1_0 {
        return Err(size);
    }
    // A size within a field is none that a version has: the field is left out.
    let whole = size as usize / align_of::<T>() * align_of::<T>();
    let mut own = MaybeUninit::<T>::zeroed();
    // SAFETY: so many bytes can be read there and written here; all of version 1.0 is among them, and zero is good for
    // what comes behind.
    unsafe {
        table.cast::<u8>().copy_to_nonoverlapping(own.as_mut_ptr().cast(), whole.min(size_of::<T>()));
        Ok(own.assume_init())
    }
}

/// One call of the host; only the host looks inside.
#[repr(C)]
pub struct TmCall {
    _opaque: [u8; 0],
}

/// A bound operator; only the plugin looks inside.
#[repr(C)]
pub struct TmStage {
    _opaque: [u8; 0],
}

/// A worker; only the plugin looks inside.
#[repr(C)]
pub struct TmWorker {
    _opaque: [u8; 0],
}

/// What the host offers. The table lives as long as the process.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TmHost {
    /// Bytes of this table.
    pub struct_size: u32,
    /// Minor version of the ABI that the host knows.
    pub abi_minor: u32,
    /// Name of the host.
    pub name: TmStr,
    /// Version of the host.
    pub version: TmStr,
    /// Writes a line to the log; levels: 0 error, 1 warn, 2 info, 3 debug.
    pub log: unsafe extern "C" fn(call: *mut TmCall, level: u32, message: TmStr),
    /// Reports a finding on a row of the batch ([`NO_ROW`]: on the call) under a short code.
    pub report: unsafe extern "C" fn(call: *mut TmCall, severity: u32, row: u32, code: TmStr, message: TmStr),
    /// 1 when the run is being stopped, else 0.
    pub should_stop: unsafe extern "C" fn(call: *mut TmCall) -> u32,
    /// How much of the call's work is done. A `total` of 0 says that `done` is the row that begins: where the
    /// plugin runs in a process of its own, the host knows by it which row it died of.
    pub progress: unsafe extern "C" fn(call: *mut TmCall, done: u64, total: u64),
    /// Adds to a counter of the stage.
    pub metric_add: unsafe extern "C" fn(call: *mut TmCall, name: TmStr, value: u64),
    /// A host extension by name, or null.
    pub get_extension: unsafe extern "C" fn(id: TmStr) -> *const c_void,
}

/// What a plugin offers. The table lives as long as the process. No function may be null; the host refuses
/// a table in which one is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TmPlugin {
    /// Bytes of this table.
    pub struct_size: u32,
    /// Major version of the ABI; read before anything else.
    pub abi_major: u32,
    /// Minor version of the ABI that the plugin was built with.
    pub abi_minor: u32,
    /// Zero.
    pub flags: u32,
    /// The descriptor as JSON.
    pub descriptor: TmStr,
    /// Binds an operator to options (JSON) and the columns it will be passed. On success fills `stage`
    /// and `output`. Any thread.
    pub bind: Option<BindFn>,
    /// Releases a stage, after its workers.
    pub release_stage: Option<ReleaseStageFn>,
    /// Makes a worker, which one thread at a time uses.
    pub new_worker: Option<NewWorkerFn>,
    /// Releases a worker.
    pub release_worker: Option<ReleaseWorkerFn>,
    /// Maps a batch. The input is moved in (a released array after [`status::MORE`]). Where nothing happened, `events`
    /// may stay as it is, released.
    pub process: Option<ProcessFn>,
    /// Documents held back until the end of the input. Reserved: every document must be answered in the call
    /// that passes it, and this host does not call it.
    pub flush: Option<
        unsafe extern "C" fn(
            worker: *mut TmWorker,
            call: *mut TmCall,
            documents: *mut FFI_ArrowArray,
            events: *mut FFI_ArrowArray,
        ) -> i32,
    >,
    /// A plugin extension by name, or null.
    pub get_extension: Option<GetExtensionFn>,
}

/// Type of `bind` in [`TmPlugin`].
pub type BindFn = unsafe extern "C" fn(
    host: *const TmHost,
    call: *mut TmCall,
    operator: TmStr,
    options: TmStr,
    input: *const FFI_ArrowSchema,
    stage: *mut *mut TmStage,
    output: *mut FFI_ArrowSchema,
) -> i32;
/// Type of `release_stage` in [`TmPlugin`].
pub type ReleaseStageFn = unsafe extern "C" fn(stage: *mut TmStage);
/// Type of `new_worker` in [`TmPlugin`].
pub type NewWorkerFn =
    unsafe extern "C" fn(stage: *const TmStage, call: *mut TmCall, worker: *mut *mut TmWorker) -> i32;
/// Type of `release_worker` in [`TmPlugin`].
pub type ReleaseWorkerFn = unsafe extern "C" fn(worker: *mut TmWorker);
/// Type of `process` in [`TmPlugin`].
pub type ProcessFn = unsafe extern "C" fn(
    worker: *mut TmWorker,
    call: *mut TmCall,
    input: *mut FFI_ArrowArray,
    documents: *mut FFI_ArrowArray,
    events: *mut FFI_ArrowArray,
) -> i32;
/// Type of `get_extension` in [`TmPlugin`].
pub type GetExtensionFn = unsafe extern "C" fn(id: TmStr) -> *const c_void;

/// Extension `textmill.aggregate/1`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TmAggregate {
    /// Bytes of this table.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Columns of a state.
    pub state_schema: Option<
        unsafe extern "C" fn(stage: *const TmStage, call: *mut TmCall, out: *mut FFI_ArrowSchema) -> i32,
    >,
    /// Takes a batch in: all of it or, below zero, nothing of it.
    pub update: Option<
        unsafe extern "C" fn(worker: *mut TmWorker, call: *mut TmCall, input: *mut FFI_ArrowArray) -> i32,
    >,
    /// Hands out the state and starts from an empty one.
    pub take_state: Option<
        unsafe extern "C" fn(worker: *mut TmWorker, call: *mut TmCall, out: *mut FFI_ArrowArray) -> i32,
    >,
    /// Takes states in.
    pub merge: Option<
        unsafe extern "C" fn(worker: *mut TmWorker, call: *mut TmCall, states: *mut FFI_ArrowArray) -> i32,
    >,
    /// The report as JSON: `text` stays valid until the next call on the worker.
    pub finish:
        Option<unsafe extern "C" fn(worker: *mut TmWorker, call: *mut TmCall, text: *mut TmStr) -> i32>,
    /// Bytes that the state holds, about.
    pub memory_bytes: Option<unsafe extern "C" fn(worker: *const TmWorker) -> u64>,
}

/// Extension `textmill.group/1`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TmGroup {
    /// Bytes of this table.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Reduces whole groups. `starts` holds the first row of each of `groups` groups, ascending from 0;
    /// a group ends where the next begins.
    pub reduce: Option<
        unsafe extern "C" fn(
            worker: *mut TmWorker,
            call: *mut TmCall,
            rows: *mut FFI_ArrowArray,
            starts: *const u64,
            groups: u64,
            out: *mut FFI_ArrowArray,
        ) -> i32,
    >,
}

/// Extension `textmill.plan/1`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TmPlan {
    /// Bytes of this table.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// The plan as JSON; `text` stays valid until the stage is released. An empty text: the operator
    /// has no plan.
    pub plan: Option<unsafe extern "C" fn(stage: *const TmStage, call: *mut TmCall, text: *mut TmStr) -> i32>,
}

/// The exported function of a plugin; null where there is no table to give.
pub type EntryPoint = unsafe extern "C" fn(host: *const TmHost) -> *const TmPlugin;

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;

    /// The layout is frozen: a smaller number here breaks every plugin in the world. Where each field is, and of which
    /// type, is compared with the C header.
    #[test]
    fn the_sizes_of_1_0_stand() {
        assert_eq!(size_of::<TmStr>(), 16);
        assert_eq!(TmHost::SIZE_1_0, 88);
        assert_eq!(TmPlugin::SIZE_1_0, 88);
        assert_eq!(TmAggregate::SIZE_1_0, 56);
        assert_eq!(TmGroup::SIZE_1_0, 16);
        assert_eq!(TmPlan::SIZE_1_0, 16);
    }

    /// A group table of a version to come.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Later {
        first: TmGroup,
        appended: Option<GetExtensionFn>,
    }

    // SAFETY: it begins as `TmGroup` does, and the field behind may be zero.
    unsafe impl Table for Later {
        const SIZE_1_0: usize = TmGroup::SIZE_1_0;
    }

    unsafe extern "C" fn nothing(_: TmStr) -> *const c_void {
        std::ptr::null()
    }

    /// Reads the first `bytes` of a table, which lie in memory of just that size, as those of a table that says `size`.
    fn read<T: Table, F: Table>(from: F, bytes: usize, size: u32) -> Result<T, u32> {
        let mut words = vec![0u64; bytes / 8];
        // SAFETY: both are at least so large.
        unsafe {
            (&raw const from).cast::<u8>().copy_to_nonoverlapping(words.as_mut_ptr().cast(), bytes);
            words.as_mut_ptr().cast::<u32>().write(size);
            read_table(words.as_ptr().cast::<T>())
        }
    }

    #[test]
    fn a_table_is_read_as_far_as_both_sides_know_it() {
        let group = TmGroup { struct_size: 0, flags: 7, reduce: None };
        let later = Later { first: group, appended: Some(nothing) };
        let older = read::<Later, _>(later, 16, 16);
        assert!(older.is_ok_and(|table| table.first.flags == 7 && table.appended.is_none()));
        assert!(read::<Later, _>(later, 24, 24).is_ok_and(|table| table.appended.is_some()));
        assert!(read::<Later, _>(later, 24, 20).is_ok_and(|table| table.appended.is_none()));
        assert!(read::<TmGroup, _>(later, 24, 24).is_ok_and(|table| table.flags == 7));
        assert!(read::<TmGroup, _>(later, 8, 8).is_err_and(|size| size == 8));
        assert!(read::<TmGroup, _>(later, 8, 0).is_err_and(|size| size == 0));
    }
}
