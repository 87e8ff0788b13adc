//! What the sources must and must not say: no plugin's name in the runner, unsafe code in its places.

use crate::support::workspace;
use std::path::{Path, PathBuf};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = files(folder);
    files.retain(|path| path.extension().is_some_and(|e| e == "rs"));
    files
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The code of a file, without comments and without what stands after its tests begin.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_runner_names_no_plugin() {
    for file in rust_files(&workspace().join("crates/runner/src")) {
        let code = code(&file);
        for name in ["dedupe", "extract", "summarize", "\"clean\"", "libclean"] {
            // `extract` and the like may be part of other words; a name stands in a string.
            let quoted =
                code.split('"').skip(1).step_by(2).any(|string| string.contains(name.trim_matches('"')));
            assert!(!quoted, "{} names `{name}`", file.display());
        }
    }
    // Nor do the files that it writes for others; `clean` has other meanings there.
    for file in files(&workspace().join("crates/runner/templates")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for name in ["dedupe", "extract", "summarize"] {
            assert!(!text.contains(name), "{} names `{name}`", file.display());
        }
    }
}

#[test]
fn unsafe_code_stands_in_the_abi_the_export_and_the_host_alone() {
    let root = workspace();
    let allowed = ["crates/plugin/src/abi.rs", "crates/plugin/src/export/", "crates/runner/src/host/"];
    for folder in ["crates", "plugins"] {
        for file in rust_files(&root.join(folder)) {
            let name = file.strip_prefix(&root).unwrap().display().to_string();
            let words = code(&file);
            let found = words.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
            // `export!` writes the attribute of the one exported symbol.
            assert!(!found || allowed.iter().any(|a| name.starts_with(a)), "{name} has unsafe code");
        }
    }
    for plugin in std::fs::read_dir(root.join("plugins")).unwrap() {
        let path = plugin.unwrap().path().join("src/lib.rs");
        let lib = std::fs::read_to_string(&path).unwrap();
        assert!(lib.contains("#![forbid(unsafe_code)]"), "{} does not forbid unsafe code", path.display());
    }
}
