//! A plugin with every defect that a plugin can have, one at a time: option `defect` says which. Most are set off by a
//! document that holds the word `BOOM`; batches without one are handled as they should be. Those that need no document,
//! such as reading slices where they do not begin, show with every document. `none` has no defect.

#![expect(clippy::panic, reason = "panicking is one of the defects")]
#![expect(clippy::print_stdout, reason = "writing where nobody should is one of the defects")]

mod corpus;
mod counts;
mod defect;
mod documents;
mod raw;

use textmill_plugin::abi::{TmHost, TmPlugin};
use textmill_plugin::operator::PluginSpec;
use textmill_plugin::prelude::*;

/// This plugin in native form.
fn plugin() -> PluginSpec {
    let mut operators = vec![batch_map::<documents::Bad>(), aggregate::<counts::Count>()];
    operators.extend(corpus::<corpus::Twins>());
    PluginSpec {
        name: "bad-plugin".to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        licence: env!("CARGO_PKG_LICENSE"),
        description: "Has every defect that a plugin can have, one at a time",
        operators,
    }
}

/// What `export!` writes, with functions in the table that have defects of their own.
#[unsafe(no_mangle)]
pub extern "C" fn textmill_plugin_v1(host: *const TmHost) -> *const TmPlugin {
    raw::table(host, plugin)
}
