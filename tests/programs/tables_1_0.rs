//! The tables of ABI 1.0, written by hand as they were published. They are never changed, and never taken
//! from the SDK: a plugin that was built with them must load for as long as there is a major version 1.

use std::ffi::c_void;

/// A borrowed string.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const u8,
    pub len: u64,
}

/// `struct ArrowArray *`.
pub type Array = *mut c_void;
/// `struct ArrowSchema *`.
pub type Schema = *mut c_void;
/// `const struct ArrowSchema *`.
pub type LentSchema = *const c_void;
/// `TmCall *`.
pub type Call = *mut c_void;

/// `TmHost`.
#[repr(C)]
pub struct Host {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub name: Str,
    pub version: Str,
    pub log: unsafe extern "C" fn(Call, u32, Str),
    pub report: unsafe extern "C" fn(Call, u32, u32, Str, Str),
    pub should_stop: unsafe extern "C" fn(Call) -> u32,
    pub progress: unsafe extern "C" fn(Call, u64, u64),
    pub metric_add: unsafe extern "C" fn(Call, Str, u64),
    pub get_extension: unsafe extern "C" fn(Str) -> *const c_void,
}

pub type Bind =
    unsafe extern "C" fn(*const Host, Call, Str, Str, LentSchema, *mut *mut c_void, Schema) -> i32;
pub type NewWorker = unsafe extern "C" fn(*const c_void, Call, *mut *mut c_void) -> i32;
pub type Release = unsafe extern "C" fn(*mut c_void);
pub type Process = unsafe extern "C" fn(*mut c_void, Call, Array, Array, Array) -> i32;
pub type Flush = unsafe extern "C" fn(*mut c_void, Call, Array, Array) -> i32;

/// `TmPlugin`.
#[repr(C)]
pub struct Plugin {
    pub struct_size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub flags: u32,
    pub descriptor: Str,
    pub bind: Bind,
    pub release_stage: Release,
    pub new_worker: NewWorker,
    pub release_worker: Release,
    pub process: Process,
    pub flush: Flush,
    pub get_extension: unsafe extern "C" fn(Str) -> *const c_void,
}

/// `TmAggregate`, the extension `textmill.aggregate/1`.
#[repr(C)]
pub struct Aggregate {
    pub struct_size: u32,
    pub flags: u32,
    pub state_schema: unsafe extern "C" fn(*const c_void, Call, Schema) -> i32,
    pub update: unsafe extern "C" fn(*mut c_void, Call, Array) -> i32,
    pub take_state: unsafe extern "C" fn(*mut c_void, Call, Array) -> i32,
    pub merge: unsafe extern "C" fn(*mut c_void, Call, Array) -> i32,
    pub finish: unsafe extern "C" fn(*mut c_void, Call, *mut Str) -> i32,
    pub memory_bytes: unsafe extern "C" fn(*const c_void) -> u64,
}

/// `TmGroup`, the extension `textmill.group/1`.
#[repr(C)]
pub struct Group {
    pub struct_size: u32,
    pub flags: u32,
    pub reduce: unsafe extern "C" fn(*mut c_void, Call, Array, *const u64, u64, Array) -> i32,
}

/// `TmPlan`, the extension `textmill.plan/1`.
#[repr(C)]
pub struct Plan {
    pub struct_size: u32,
    pub flags: u32,
    pub plan: unsafe extern "C" fn(*const c_void, Call, *mut Str) -> i32,
}

// SAFETY: the tables hold pointers to functions and to static strings, and are never written.
unsafe impl Sync for Plugin {}

/// Status codes.
pub const OK: i32 = 0;
pub const FAILED: i32 = -1;
pub const OPTIONS: i32 = -4;
pub const UNSUPPORTED: i32 = -5;

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Str>() == 16);
    assert!(size_of::<Host>() == 88);
    assert!(size_of::<Plugin>() == 88);
    assert!(size_of::<Aggregate>() == 56);
    assert!(size_of::<Group>() == 16);
    assert!(size_of::<Plan>() == 16);
};

impl Str {
    /// Lends a string.
    pub const fn lend(text: &str) -> Self {
        Self { ptr: text.as_ptr(), len: text.len() as u64 }
    }

    /// Reads a string.
    ///
    /// # Safety
    /// The string is lent, and is UTF-8.
    pub unsafe fn read<'a>(self) -> &'a str {
        if self.len == 0 {
            return "";
        }
        // SAFETY: the caller guarantees the bytes.
        std::str::from_utf8(unsafe { std::slice::from_raw_parts(self.ptr, self.len as usize) }).unwrap_or("?")
    }
}

impl Host {
    /// Reports why a call fails, and returns the status to answer.
    ///
    /// # Safety
    /// `call` is the current call.
    pub unsafe fn fail(&self, call: Call, status: i32, message: &str) -> i32 {
        // SAFETY: the strings outlive the call.
        unsafe { (self.report)(call, 0, u32::MAX, Str::lend("failed"), Str::lend(message)) };
        status
    }
}
