//! A plugin with every defect that a plugin can have, one at a time: option `defect` chooses it. Most are
//! triggered by a document with the word `BOOM`; batches without one are processed correctly. Those that need
//! no trigger, such as ignoring the offset of a slice, show with every document. `none` has no defect.

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

/// The specification of this plugin.
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

/// Does what `export!` generates, but some functions in the table have their own defects.
#[unsafe(no_mangle)]
pub extern "C" fn textmill_plugin_v1(host: *const TmHost) -> *const TmPlugin {
    raw::table(host, plugin)
}
