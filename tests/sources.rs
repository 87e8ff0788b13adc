//! What the sources must and must not contain: no plugin's name in the runner, unsafe code only where it is
//! allowed.

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

/// The code of a file, without comments and without everything after its tests begin.
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
            // `extract` and the like may be part of other words, so only strings are searched for names.
            let quoted =
                code.split('"').skip(1).step_by(2).any(|string| string.contains(name.trim_matches('"')));
            assert!(!quoted, "{} names `{name}`", file.display());
        }
    }
    // Nor do the templates that it writes for others; `clean` has other meanings there.
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
            // `export!` writes the `unsafe` attribute of the one exported symbol.
            assert!(!found || allowed.iter().any(|a| name.starts_with(a)), "{name} has unsafe code");
        }
    }
    for plugin in std::fs::read_dir(root.join("plugins")).unwrap() {
        let path = plugin.unwrap().path().join("src/lib.rs");
        let lib = std::fs::read_to_string(&path).unwrap();
        assert!(lib.contains("#![forbid(unsafe_code)]"), "{} does not forbid unsafe code", path.display());
    }
}

/// The shipped plugins use only what an outside author has: the SDK's documented modules, and crates from the
/// registry.
#[test]
fn the_shipped_plugins_use_nothing_that_an_outside_author_cannot() {
    let root = workspace();
    let manifest = |path: &Path| -> toml::Table { std::fs::read_to_string(path).unwrap().parse().unwrap() };
    let shared = manifest(&root.join("Cargo.toml"));
    let shared = shared["workspace"]["dependencies"].as_table().unwrap();
    let mut plugins = 0;
    for plugin in std::fs::read_dir(root.join("plugins")).unwrap() {
        let folder = plugin.unwrap().path();
        plugins += 1;
        let own = manifest(&folder.join("Cargo.toml"));
        for (name, dependency) in own["dependencies"].as_table().unwrap() {
            let is_shared = dependency.get("workspace").is_some();
            let dependency = if is_shared { &shared[name] } else { dependency };
            let is_local = dependency.get("path").is_some() || dependency.get("git").is_some();
            assert!(!is_local || name == "textmill-plugin", "{} depends on {name}", folder.display());
            // The SDK's features are only for tests.
            assert!(name != "textmill-plugin" || own["dependencies"][name].get("features").is_none());
        }
        for file in rust_files(&folder.join("src")) {
            let code = code(&file);
            for inner in
                ["textmill_core", "::abi", "::export::", "::drive", "::operator", "env!(\"CARGO", "include!"]
            {
                assert!(!code.contains(inner), "{} uses {inner}", file.display());
            }
        }
        assert!(!folder.join("build.rs").exists(), "{} has a build script", folder.display());
    }
    assert_eq!(plugins, 4);
}

/// The page for authors mentions every example.
#[test]
fn the_authors_page_shows_every_example() {
    let folder = workspace().join("crates/plugin");
    let page = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for file in rust_files(&folder.join("examples")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(page.contains(&format!("examples/{name}")), "the page does not show {name}");
    }
}
