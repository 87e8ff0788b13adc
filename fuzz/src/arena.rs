//! Arrow's structs as a plugin's C code lays them out, and the memory that they point to. Does not decide
//! what goes there.

use arbitrary::Unstructured;
use std::alloc::Layout;
use std::ffi::{CString, c_char, c_void};

/// `struct ArrowArray`.
#[repr(C)]
pub struct RawArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *const *const c_void,
    pub children: *const *const RawArray,
    pub dictionary: *const RawArray,
    pub release: Option<unsafe extern "C" fn(*mut RawArray)>,
    pub private_data: *mut c_void,
}

/// `struct ArrowSchema`.
#[repr(C)]
pub struct RawSchema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *const *const RawSchema,
    pub dictionary: *const RawSchema,
    pub release: Option<unsafe extern "C" fn(*mut RawSchema)>,
    pub private_data: *mut c_void,
}

/// Counts the releases of the array that is handed to the host.
pub unsafe extern "C" fn release_array(array: *mut RawArray) {
    // SAFETY: the host passes the array; its private data is a counter that outlives it.
    unsafe {
        *(*array).private_data.cast::<u32>() += 1;
        (*array).release = None;
    }
}

/// Aborts: children belong to the array above them, and a host that moves none of them out must release none.
pub unsafe extern "C" fn release_child(_: *mut RawArray) {
    std::process::abort();
}

pub unsafe extern "C" fn release_schema(schema: *mut RawSchema) {
    // SAFETY: the host passes the schema.
    unsafe { (*schema).release = None }
}

/// Bytes at an address that is aligned for every type, and not one more than was asked for.
pub struct Memory(*mut u8, Layout);

impl Memory {
    fn new(len: usize) -> Self {
        let layout = Layout::from_size_align(len.max(1), 16).expect("it is small");
        // SAFETY: the size is not zero.
        Self(unsafe { std::alloc::alloc_zeroed(layout) }, layout)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout.
        unsafe { std::alloc::dealloc(self.0, self.1) }
    }
}

/// Memory that lives as long as the run of one input.
#[derive(Default)]
pub struct Arena {
    pub bytes: Vec<Memory>,
    pub pointers: Vec<Box<[*const c_void]>>,
    #[expect(clippy::vec_box, reason = "pointers lead to them while more are added")]
    pub arrays: Vec<Box<RawArray>>,
    #[expect(clippy::vec_box, reason = "as above")]
    pub schemas: Vec<Box<RawSchema>>,
    pub strings: Vec<CString>,
}

impl Arena {
    /// Copies `len` bytes of the input, with zeros for what is missing, to `shift` bytes past an aligned
    /// address. The allocation ends right after them.
    pub fn bytes(&mut self, source: &mut Unstructured<'_>, len: usize, shift: usize) -> *const c_void {
        let memory = Memory::new(len + shift);
        let start = memory.0.wrapping_add(shift);
        let given = len.min(source.len());
        let given = source.bytes(given).unwrap_or_default();
        // SAFETY: the memory has room for them.
        unsafe { start.copy_from_nonoverlapping(given.as_ptr(), given.len()) };
        self.bytes.push(memory);
        start.cast_const().cast()
    }

    pub fn list<T>(&mut self, pointers: Vec<*const T>) -> *const *const T {
        let list: Box<[*const c_void]> = pointers.into_iter().map(|p| p.cast::<c_void>()).collect();
        let start = list.as_ptr();
        self.pointers.push(list);
        start.cast()
    }
}
