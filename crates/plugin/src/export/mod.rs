//! The plugin's side of the boundary: the `export!` macro and the table that it exports.

mod calls;
mod guard;

use crate::abi::{self, TmHost, TmPlugin, TmStr};
use crate::operator::{OperatorEntry, PluginSpec};
use std::any::Any;
use std::cell::RefCell;
use std::panic::catch_unwind;
use std::sync::OnceLock;

/// Exports operators as a plugin: the C symbol, and `pub fn plugin()` for native tests.
///
/// The plugin's name is the crate's name with dashes. The arguments are what [`map`](crate::map::map()),
/// [`batch_map`](crate::batch_map::batch_map()), [`aggregate`](crate::aggregate::aggregate()),
/// [`group`](crate::group::group()), [`compose`](crate::compose::compose()) and
/// [`corpus`](crate::corpus::corpus()) return. The first operator is the default of a stage.
#[macro_export]
macro_rules! export {
    ($($operators:expr),+ $(,)?) => {
        #[cfg(panic = "abort")]
        compile_error!("a plugin needs `panic = \"unwind\"`: the host survives its panics by catching them");

        /// This plugin in native form.
        pub fn plugin() -> $crate::operator::PluginSpec {
            let mut operators = ::std::vec::Vec::new();
            $($crate::export::Entries::add_to($operators, &mut operators);)+
            $crate::operator::PluginSpec {
                name: ::std::env!("CARGO_CRATE_NAME").replace('_', "-"),
                version: ::std::env!("CARGO_PKG_VERSION"),
                licence: ::std::env!("CARGO_PKG_LICENSE"),
                description: ::std::env!("CARGO_PKG_DESCRIPTION"),
                operators,
            }
        }

        /// The one symbol of a textmill plugin.
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn textmill_plugin_v1(
            host: *const $crate::abi::TmHost,
        ) -> *const $crate::abi::TmPlugin {
            $crate::export::table(host, plugin)
        }
    };
}

/// What `export!` takes: one operator or several.
pub trait Entries {
    /// Adds them to a list.
    fn add_to(self, operators: &mut Vec<OperatorEntry>);
}

impl Entries for OperatorEntry {
    fn add_to(self, operators: &mut Vec<OperatorEntry>) {
        operators.push(self);
    }
}

impl Entries for Vec<OperatorEntry> {
    fn add_to(self, operators: &mut Vec<OperatorEntry>) {
        operators.extend(self);
    }
}

/// The plugin of this library: one table and one descriptor for the life of the process.
struct Exported {
    spec: PluginSpec,
    table: TmPlugin,
}

// SAFETY: the table's pointers lead to functions and to a leaked string, which live as long as the process.
unsafe impl Send for Exported {}
// SAFETY: as above, and nothing is written after construction.
unsafe impl Sync for Exported {}

static EXPORTED: OnceLock<Exported> = OnceLock::new();

/// The table of this library's plugin, for `export!`. Null if the host's table is smaller than that of
/// version 1.0, or if making the descriptor panics; the panic is then reported to the host.
pub fn table(host: *const TmHost, plugin: fn() -> PluginSpec) -> *const TmPlugin {
    if !host.is_null() && guard::host_table(host).is_none() {
        return std::ptr::null();
    }
    let made = catch_unwind(|| {
        keep_panics_quiet();
        EXPORTED.get_or_init(|| {
            let spec = plugin();
            // Leaked once per process: the host may read it at any time.
            let descriptor: &'static str =
                serde_json::to_string(&spec.descriptor()).unwrap_or_default().leak();
            let table = TmPlugin {
                struct_size: size_of::<TmPlugin>() as u32,
                abi_major: abi::ABI_MAJOR,
                abi_minor: abi::ABI_MINOR,
                flags: 0,
                descriptor: TmStr::lend(descriptor),
                bind: Some(calls::bind),
                release_stage: Some(calls::release_stage),
                new_worker: Some(calls::new_worker),
                release_worker: Some(calls::release_worker),
                process: Some(calls::process),
                flush: Some(calls::flush),
                get_extension: Some(calls::get_extension),
            };
            Exported { spec, table }
        })
    });
    match made {
        Ok(exported) => &raw const exported.table,
        Err(payload) => {
            guard::report_to(host, "panicked", &panic_words(payload.as_ref()));
            std::ptr::null()
        }
    }
}

/// Message and place of the panic that was just caught.
fn panic_words(payload: &(dyn Any + Send)) -> String {
    let words = LAST_PANIC.with(|last| last.borrow_mut().take());
    words.unwrap_or_else(|| payload_text(payload).to_owned())
}

thread_local! {
    /// Message and place of the last panic of this thread, for the report to the host.
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Replaces the panic hook of the library's own std. Panics reach the user through the host, with plugin,
/// stage and document; the default hook would print a bare line as well.
fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        let message = format!("{}{place}", payload_text(info.payload()));
        LAST_PANIC.with(|last| *last.borrow_mut() = Some(message));
    }));
}

fn payload_text(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> PluginSpec {
        unreachable!("the host is refused before the plugin is made")
    }

    /// Only the size of the host's table is read: there is nothing behind it.
    #[test]
    fn a_host_whose_table_is_smaller_than_that_of_1_0_gets_no_plugin() {
        let short = [80u64];
        assert!(table(short.as_ptr().cast(), never).is_null());
    }
}
