//! Whether the library exports symbols other than the entry point. Symbols of plugins must not clash: on some
//! systems, if two plugins export a function with the same name, one would call the other's.

use crate::conformance::test::{Notes, Run, Test, Verdict};
use object::{Object, ObjectSymbol};
use std::collections::BTreeSet;
use std::path::Path;
use textmill_plugin::abi::SYMBOL;
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "exports",
    doc: "The library exports no symbol except `textmill_plugin_v1`, so that two plugins cannot interfere.",
    advice: "compile C with `-fvisibility=hidden`; in Rust, mark no function `no_mangle`",
    run: Run::File(run),
};

/// Symbols that come from linking and not from the author. For a `cdylib`, Rust's linker script hides
/// everything that is not marked, including the runtime, so none of Rust's symbols are listed here. Older C
/// linkers put these marks into every library; they name places, not functions that anyone calls by name.
const OF_THE_LINKER: [&str; 8] =
    ["_init", "_fini", "__bss_start", "_edata", "_end", "__bss_start__", "__bss_end__", "__end__"];

fn run(library: &Path, notes: &Notes) -> Result<Verdict> {
    notes.doing("reading the library");
    let bytes = std::fs::read(library).map_err(|e| format!("cannot read {}: {e}", library.display()))?;
    let file = match object::File::parse(&*bytes) {
        Ok(file) => file,
        Err(error) => return Ok(Verdict::failed(format!("it is not a library that can be read: {error}"))),
    };
    let mut exported: BTreeSet<String> = BTreeSet::new();
    if file.format() == object::BinaryFormat::Elf {
        let symbols = file.dynamic_symbols().filter(|symbol| symbol.is_definition() && symbol.is_global());
        exported.extend(symbols.filter_map(|symbol| Some(symbol.name().ok()?.to_owned())));
    } else {
        let found = file.exports().map_err(|e| format!("its exports cannot be read: {e}"))?;
        // Mach-O prefixes every C name with an underscore.
        let mach = file.format() == object::BinaryFormat::MachO;
        let name = |bytes: &[u8]| {
            let name = String::from_utf8_lossy(bytes).into_owned();
            if mach { name.strip_prefix('_').map_or(name.clone(), str::to_owned) } else { name }
        };
        exported.extend(found.iter().map(|export| name(export.name())));
    }
    if !exported.contains(SYMBOL) {
        return Ok(Verdict::failed(format!("it does not export `{SYMBOL}`")));
    }
    let others = exported.iter().filter(|name| *name != SYMBOL && !OF_THE_LINKER.contains(&name.as_str()));
    let seen =
        others.map(|name| format!("it exports `{name}`; keep it out of the library's symbols")).collect();
    Ok(Verdict::of(seen, ""))
}
