//! The host's own table of functions, and the calls that plugins make through it.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use textmill_plugin::abi::{self, TmCall, TmHost, TmStr, status};
use textmill_plugin::call::{Call, Level};
use textmill_plugin::error::{Error, ErrorKind};

/// A table that lives as long as the process.
struct HostTable(TmHost);

// SAFETY: the table holds function pointers and static strings, and is never written.
unsafe impl Sync for HostTable {}

static HOST: HostTable = HostTable(TmHost {
    struct_size: size_of::<TmHost>() as u32,
    abi_minor: abi::ABI_MINOR,
    name: lend_static("textmill"),
    version: lend_static(env!("CARGO_PKG_VERSION")),
    log,
    report,
    should_stop,
    progress,
    metric_add,
    get_extension,
});

const fn lend_static(text: &'static str) -> TmStr {
    TmStr { ptr: text.as_ptr(), len: text.len() as u64 }
}

/// The host's table.
pub fn host() -> *const TmHost {
    &raw const HOST.0
}

/// An error that the plugin reported: row, code, message.
type Reported = (Option<u32>, String, String);

/// The state behind a `TmCall` while a plugin's function runs.
pub struct CallState<'a> {
    call: &'a Call<'a>,
    errors: RefCell<Vec<Reported>>,
}

impl<'a> CallState<'a> {
    /// Starts a call on behalf of `call`.
    pub fn new(call: &'a Call<'a>) -> Self {
        Self { call, errors: RefCell::new(Vec::new()) }
    }

    /// The pointer that is passed to the plugin. It must not outlive `self`.
    pub fn pointer(&self) -> *mut TmCall {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    /// Forwards the errors that a successful call reported for rows.
    pub fn pass_on(&self) {
        for (row, code, message) in self.errors.take() {
            self.call.at_row(row);
            self.call.report(Level::Error, &code, &message);
        }
        self.call.at_row(None);
    }

    /// The error for a negative status, with the reports of the call.
    pub fn error(&self, answer: i32) -> Error {
        let kind = match answer {
            status::OPTIONS => ErrorKind::Options,
            status::CANCELLED => ErrorKind::Cancelled,
            status::PANICKED => ErrorKind::Panicked,
            status::UNSUPPORTED => ErrorKind::Unsupported,
            status::FATAL => ErrorKind::Fatal,
            _ => ErrorKind::Failed,
        };
        // The last report says why the call fails. Earlier reports are about rows, and are made again when
        // the rows are processed again.
        let (row, message) = match self.errors.borrow().last() {
            Some((row, _, message)) => (*row, message.clone()),
            None => (None, format!("it failed with status {answer} and gave no reason")),
        };
        let message = match kind {
            ErrorKind::Panicked => format!("the plugin panicked: {message}"),
            _ => message,
        };
        Error::new(kind, message).at_row(row)
    }
}

thread_local! {
    /// What a plugin reported outside of any call, while it was opened.
    static OUTSIDE: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Takes code and message of the last error that a plugin reported on this thread outside of any call.
pub(super) fn take_reported() -> Option<(String, String)> {
    OUTSIDE.with(|outside| outside.borrow_mut().take())
}

/// Finds the call that a plugin passes back, and keeps a panic in the host from crossing the boundary.
///
/// # Safety
/// `call` must be null or the pointer that the plugin was given for the current call.
unsafe fn with_call<T>(call: *mut TmCall, otherwise: T, body: impl FnOnce(&CallState<'_>) -> T) -> T {
    // SAFETY: by contract it is the pointer of the current call, which outlives this function.
    match unsafe { call.cast::<CallState<'_>>().as_ref() } {
        Some(state) => catch_unwind(AssertUnwindSafe(|| body(state))).unwrap_or(otherwise),
        None => otherwise,
    }
}

unsafe extern "C" fn log(call: *mut TmCall, level: u32, message: TmStr) {
    // SAFETY: the plugin passes its call and lends the string.
    unsafe { with_call(call, (), |state| state.call.log(Level::from_code(level), &message.to_string())) }
}

unsafe extern "C" fn report(call: *mut TmCall, severity: u32, row: u32, code: TmStr, message: TmStr) {
    let keep = |state: &CallState<'_>| {
        // SAFETY: the plugin lends both strings for this call.
        let (code, message) = unsafe { (code.to_string(), message.to_string()) };
        let row = (row != abi::NO_ROW).then_some(row);
        match Level::from_code(severity) {
            Level::Error => state.errors.borrow_mut().push((row, code, message)),
            level => {
                state.call.at_row(row);
                state.call.report(level, &code, &message);
            }
        }
    };
    if call.is_null() {
        // SAFETY: the plugin lends both strings for this call.
        let said = unsafe { (code.to_string(), message.to_string()) };
        if Level::from_code(severity) == Level::Error {
            OUTSIDE.with(|outside| *outside.borrow_mut() = Some(said));
        }
        return;
    }
    // SAFETY: the plugin passes its call.
    unsafe { with_call(call, (), keep) }
}

unsafe extern "C" fn should_stop(call: *mut TmCall) -> u32 {
    // SAFETY: the plugin passes its call.
    unsafe { with_call(call, 0, |state| state.call.should_stop().into()) }
}

unsafe extern "C" fn progress(call: *mut TmCall, done: u64, total: u64) {
    // SAFETY: the plugin passes its call.
    unsafe { with_call(call, (), |state| state.call.progress(done, total)) }
}

unsafe extern "C" fn metric_add(call: *mut TmCall, name: TmStr, value: u64) {
    // SAFETY: the plugin passes its call and lends the string.
    unsafe { with_call(call, (), |state| state.call.metric_add(&name.to_string(), value)) }
}

unsafe extern "C" fn get_extension(_id: TmStr) -> *const c_void {
    std::ptr::null()
}
