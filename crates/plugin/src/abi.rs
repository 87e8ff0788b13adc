//! The frozen C tables that host and plugin exchange. This module has layouts and numbers only; the code on
//! the two sides is `export` (plugin) and the runner's host module.
//!
//! Rules:
//!
//! - No Rust type, enum, bool or usize crosses the boundary.
//! - A string is a pointer and a length, borrowed for the call.
//! - Fields are only ever appended. `struct_size` says how long a table is, and [`read_table`] reads no
//!   further.
//! - Abilities beyond a table are extensions, found by name.
//! - A plugin calls the host's functions only during a call, on the thread of that call. The one exception:
//!   [`EntryPoint`] may call `report` with a null call, to say why it returns null.
//!
//! `include/textmill_plugin.h` is the same in C, with everything that an author has to know; a test compares
//! the two.

use arrow_array::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use std::ffi::c_void;
use std::mem::{MaybeUninit, offset_of};

/// The ABI's major version; a host refuses any other.
pub const ABI_MAJOR: u32 = 1;
/// The ABI's minor version. It rises when fields are appended.
pub const ABI_MINOR: u32 = 0;
/// The one symbol that a plugin exports. Its number is [`ABI_MAJOR`].
pub const SYMBOL: &str = "textmill_plugin_v1";
/// The symbol without its number, to recognise plugins of other major versions.
pub const SYMBOL_STEM: &str = "textmill_plugin_v";

/// Extension with the [`TmAggregate`] table.
pub const EXT_AGGREGATE: &str = "textmill.aggregate/1";
/// Extension with the [`TmGroup`] table.
pub const EXT_GROUP: &str = "textmill.group/1";
/// Extension with the [`TmPlan`] table.
pub const EXT_PLAN: &str = "textmill.plan/1";

/// Row number that means no row.
pub const NO_ROW: u32 = u32::MAX;

/// Return codes of calls. Zero and above mean success. Below zero, the call failed and has reported why.
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
    /// The operator does not support this.
    pub const UNSUPPORTED: i32 = -5;
    /// The stage cannot go on, whatever rows it is given.
    pub const FATAL: i32 = -6;
}

/// A borrowed UTF-8 string.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TmStr {
    /// First byte; may be null if `len` is 0.
    pub ptr: *const u8,
    /// Length in bytes.
    pub len: u64,
}

impl TmStr {
    /// Borrows a string.
    pub fn lend(text: &str) -> Self {
        Self { ptr: text.as_ptr(), len: text.len() as u64 }
    }

    /// The empty string.
    pub const EMPTY: Self = Self { ptr: std::ptr::null(), len: 0 };

    /// Copies the string, with bytes that are not UTF-8 replaced.
    ///
    /// # Safety
    /// `ptr` points to `len` readable bytes, or `len` is 0.
    pub unsafe fn to_string(self) -> String {
        if self.ptr.is_null() || self.len == 0 {
            return String::new();
        }
        // SAFETY: the caller guarantees the bytes; more than `isize::MAX` bytes cannot be readable.
        let bytes = unsafe { std::slice::from_raw_parts(self.ptr, self.len as usize) };
        String::from_utf8_lossy(bytes).into_owned()
    }
}

/// A table that begins with `struct_size`, its size in bytes. The other side may know an older or a newer
/// version of it.
///
/// # Safety
/// The type is `repr(C)` and begins with a `u32`. Every field that was appended after version 1.0 may be
/// zero, so a function is an `Option`.
pub unsafe trait Table: Copy {
    /// Size of the table in version 1.0, in bytes. No version is smaller.
    const SIZE_1_0: usize;
}

// SAFETY: all fields are part of version 1.0.
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

/// Copies a table of the other side, up to its `struct_size`. Fields that it does not have become zero.
///
/// # Errors
/// If the table is smaller than in version 1.0: its size.
///
/// # Safety
/// `table` is aligned and points to as many readable bytes as its first four bytes say.
pub unsafe fn read_table<T: Table>(table: *const T) -> Result<T, u32> {
    // SAFETY: every table begins with its size.
    let size = unsafe { table.cast::<u32>().read() };
    if (size as usize) < T::SIZE_1_0 {
        return Err(size);
    }
    // No version ends in the middle of a field: a field that is only partly there is left out.
    let whole = size as usize / align_of::<T>() * align_of::<T>();
    let mut own = MaybeUninit::<T>::zeroed();
    // SAFETY: that many bytes can be read from `table` and written to `own`. They include all of version 1.0,
    // and later fields may be zero.
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
    /// Tells how much of the call's work is done. If `total` is 0, `done` is the row that is about to be
    /// processed: should a plugin in a process of its own die, the host then knows at which row.
    pub progress: unsafe extern "C" fn(call: *mut TmCall, done: u64, total: u64),
    /// Adds to a counter of the stage.
    pub metric_add: unsafe extern "C" fn(call: *mut TmCall, name: TmStr, value: u64),
    /// Returns a host extension by name, or null.
    pub get_extension: unsafe extern "C" fn(id: TmStr) -> *const c_void,
}

/// What a plugin offers. The table lives as long as the process. No function may be null: the host refuses a
/// table that has a null function.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TmPlugin {
    /// Bytes of this table.
    pub struct_size: u32,
    /// Major version of the ABI; read before anything else.
    pub abi_major: u32,
    /// Minor version of the ABI that the plugin was built with.
    pub abi_minor: u32,
    /// Must be zero.
    pub flags: u32,
    /// The descriptor as JSON.
    pub descriptor: TmStr,
    /// Binds an operator to options (JSON) and the columns that it will be passed. On success, fills `stage`
    /// and `output`. May be called on any thread.
    pub bind: Option<BindFn>,
    /// Releases a stage. Called after its workers are released.
    pub release_stage: Option<ReleaseStageFn>,
    /// Makes a worker, which is used by one thread at a time.
    pub new_worker: Option<NewWorkerFn>,
    /// Releases a worker.
    pub release_worker: Option<ReleaseWorkerFn>,
    /// Maps a batch. The input is moved in (after [`status::MORE`], it is a released array). If nothing
    /// happened, `events` may stay released.
    pub process: Option<ProcessFn>,
    /// Returns documents held back until the end of the input. Reserved: this host does not call it, since
    /// every document must be answered in the call that passes it.
    pub flush: Option<
        unsafe extern "C" fn(
            worker: *mut TmWorker,
            call: *mut TmCall,
            documents: *mut FFI_ArrowArray,
            events: *mut FFI_ArrowArray,
        ) -> i32,
    >,
    /// Returns a plugin extension by name, or null.
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
    /// Must be zero.
    pub flags: u32,
    /// Gives the columns of a state.
    pub state_schema: Option<
        unsafe extern "C" fn(stage: *const TmStage, call: *mut TmCall, out: *mut FFI_ArrowSchema) -> i32,
    >,
    /// Adds a batch to the state: all of it or, if the status is below zero, none of it.
    pub update: Option<
        unsafe extern "C" fn(worker: *mut TmWorker, call: *mut TmCall, input: *mut FFI_ArrowArray) -> i32,
    >,
    /// Returns the state and starts again from an empty one.
    pub take_state: Option<
        unsafe extern "C" fn(worker: *mut TmWorker, call: *mut TmCall, out: *mut FFI_ArrowArray) -> i32,
    >,
    /// Merges other states into this one.
    pub merge: Option<
        unsafe extern "C" fn(worker: *mut TmWorker, call: *mut TmCall, states: *mut FFI_ArrowArray) -> i32,
    >,
    /// Gives the report as JSON. `text` stays valid until the next call on the worker.
    pub finish:
        Option<unsafe extern "C" fn(worker: *mut TmWorker, call: *mut TmCall, text: *mut TmStr) -> i32>,
    /// Approximate number of bytes that the state holds.
    pub memory_bytes: Option<unsafe extern "C" fn(worker: *const TmWorker) -> u64>,
}

/// Extension `textmill.group/1`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct TmGroup {
    /// Bytes of this table.
    pub struct_size: u32,
    /// Must be zero.
    pub flags: u32,
    /// Reduces whole groups. `starts` holds the first row of each of `groups` groups, ascending from 0; a
    /// group ends where the next one begins.
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
    /// Must be zero.
    pub flags: u32,
    /// Gives the plan as JSON. `text` stays valid until the stage is released; it is empty if the operator
    /// has no plan.
    pub plan: Option<unsafe extern "C" fn(stage: *const TmStage, call: *mut TmCall, text: *mut TmStr) -> i32>,
}

/// The function that a plugin exports. It returns null if it has no table to give.
pub type EntryPoint = unsafe extern "C" fn(host: *const TmHost) -> *const TmPlugin;

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;

    /// The layout is frozen: a smaller number here breaks every existing plugin. Another test compares the
    /// offset and type of each field with the C header.
    #[test]
    fn the_sizes_of_1_0_stand() {
        assert_eq!(size_of::<TmStr>(), 16);
        assert_eq!(TmHost::SIZE_1_0, 88);
        assert_eq!(TmPlugin::SIZE_1_0, 88);
        assert_eq!(TmAggregate::SIZE_1_0, 56);
        assert_eq!(TmGroup::SIZE_1_0, 16);
        assert_eq!(TmPlan::SIZE_1_0, 16);
    }

    /// A group table of a future version.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Later {
        first: TmGroup,
        appended: Option<GetExtensionFn>,
    }

    // SAFETY: it begins like `TmGroup`, and the appended field may be zero.
    unsafe impl Table for Later {
        const SIZE_1_0: usize = TmGroup::SIZE_1_0;
    }

    unsafe extern "C" fn nothing(_: TmStr) -> *const c_void {
        std::ptr::null()
    }

    /// Copies the first `bytes` of `from` into memory of exactly that size, sets the table's size to `size`,
    /// and reads it.
    fn read<T: Table, F: Table>(from: F, bytes: usize, size: u32) -> Result<T, u32> {
        let mut words = vec![0u64; bytes / 8];
        // SAFETY: both are at least that large.
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
