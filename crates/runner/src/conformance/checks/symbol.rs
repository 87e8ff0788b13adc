//! Whether the library is a plugin that this host can call.

use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::host::{LoadedPlugin, extensions};
use textmill_plugin::abi;
use textmill_plugin::descriptor::Kind;
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "symbol",
    doc: "The library exports `textmill_plugin_v1`, whose table has this ABI's version and layout, no \
          null function, and the extensions that its operators need.",
    advice: "a plugin in Rust gets its symbol and table from `textmill_plugin::export!`; a plugin in C \
             fills a `TmPlugin` as described in `textmill_plugin.h`",
    run: Run::Plugin(run),
};

/// A library that cannot be opened never gets here: the error of opening it is the verdict.
fn run(plugin: &LoadedPlugin, notes: &Notes) -> Result<Verdict> {
    let mut seen = Vec::new();
    notes.doing("asking for extensions");
    let needed = |kind: Kind| plugin.descriptor.operators.iter().find(|o| o.kind == kind);
    for (id, size) in extensions(plugin) {
        let (kind, least) = match id {
            abi::EXT_AGGREGATE => (Kind::Aggregate, size_of::<abi::TmAggregate>()),
            abi::EXT_GROUP => (Kind::Group, size_of::<abi::TmGroup>()),
            abi::EXT_PLAN => (Kind::Plan, size_of::<abi::TmPlan>()),
            unknown => {
                if size.is_some() {
                    seen.push(format!(
                        "it answers a table for `{unknown}`, an extension that does not exist"
                    ));
                }
                continue;
            }
        };
        match (size, needed(kind)) {
            (None, Some(operator)) => {
                seen.push(format!(
                    "operator `{}` needs the extension `{id}`, and there is none",
                    operator.name
                ));
            }
            (Some(size), _) if (size as usize) < least => {
                seen.push(format!("the table of `{id}` has {size} bytes, and version 1 has {least}"));
            }
            _ => {}
        }
    }
    notes.doing("opening the library a second time");
    match LoadedPlugin::open(&plugin.path) {
        Ok(again) if again.descriptor == plugin.descriptor => {}
        Ok(_) => seen.push("asked a second time, it returns a different descriptor".into()),
        Err(error) => seen.push(format!("it cannot be opened a second time: {}", error.message)),
    }
    let (major, minor) = plugin.abi;
    Ok(Verdict::of(seen, format!("ABI {major}.{minor}, {} operators", plugin.descriptor.operators.len())))
}
