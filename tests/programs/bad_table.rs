//! A library whose one symbol does what the variable `TEXTMILL_BAD_TABLE` says: it returns no table, one that
//! is too short, or one without a function, does not return at all, or panics while it describes itself.

#![expect(clippy::panic, reason = "panicking is one of the defects")]

use std::ffi::c_void;
use textmill_plugin::abi::{TmHost, TmPlugin, TmStage, TmStr, TmWorker, status};
use textmill_plugin::prelude::{arrow_array::ffi::FFI_ArrowArray, arrow_schema::ffi::FFI_ArrowSchema};

unsafe extern "C" fn bind(
    _: *const TmHost,
    _: *mut textmill_plugin::abi::TmCall,
    _: TmStr,
    _: TmStr,
    _: *const FFI_ArrowSchema,
    _: *mut *mut TmStage,
    _: *mut FFI_ArrowSchema,
) -> i32 {
    status::FAILED
}

unsafe extern "C" fn release_stage(_: *mut TmStage) {}

unsafe extern "C" fn new_worker(
    _: *const TmStage,
    _: *mut textmill_plugin::abi::TmCall,
    _: *mut *mut TmWorker,
) -> i32 {
    status::FAILED
}

unsafe extern "C" fn release_worker(_: *mut TmWorker) {}

unsafe extern "C" fn process(
    _: *mut TmWorker,
    _: *mut textmill_plugin::abi::TmCall,
    _: *mut FFI_ArrowArray,
    _: *mut FFI_ArrowArray,
    _: *mut FFI_ArrowArray,
) -> i32 {
    status::FAILED
}

unsafe extern "C" fn flush(
    _: *mut TmWorker,
    _: *mut textmill_plugin::abi::TmCall,
    _: *mut FFI_ArrowArray,
    _: *mut FFI_ArrowArray,
) -> i32 {
    status::FAILED
}

/// Returns a table for every extension, even for those that do not exist; it is always too small.
unsafe extern "C" fn get_extension(_: TmStr) -> *const c_void {
    static SMALL: [u64; 1] = [8];
    (&raw const SMALL).cast()
}

const AGGREGATE: &str =
    r#"{"name": "bad-table", "version": "1.0.0", "operators": [{"name": "count", "kind": "aggregate"}]}"#;

/// The plugin's one symbol.
#[unsafe(no_mangle)]
pub extern "C" fn textmill_plugin_v1(host: *const TmHost) -> *const TmPlugin {
    let mut table = TmPlugin {
        struct_size: size_of::<TmPlugin>() as u32,
        abi_major: 1,
        abi_minor: 0,
        flags: 0,
        descriptor: TmStr::lend(AGGREGATE),
        bind: Some(bind),
        release_stage: Some(release_stage),
        new_worker: Some(new_worker),
        release_worker: Some(release_worker),
        process: Some(process),
        flush: Some(flush),
        get_extension: Some(get_extension),
    };
    match std::env::var("TEXTMILL_BAD_TABLE").unwrap_or_default().as_str() {
        "no-table" => return std::ptr::null(),
        "panics" => return textmill_plugin::export::table(host, || panic!("no words for the language `xx`")),
        "no-function" => table.process = None,
        "short" => table.struct_size = 40,
        "other-version" => table.abi_major = 9,
        "no-descriptor" => table.descriptor = TmStr::lend("{\"name\": "),
        "no-operators" => {
            table.descriptor = TmStr::lend(r#"{"name": "bad-table", "version": "1.0.0", "operators": []}"#);
        }
        "abort" => std::process::abort(),
        "hang" => std::thread::sleep(std::time::Duration::from_secs(3600)),
        _ => {}
    }
    Box::leak(Box::new(table))
}
