//! The schema of pipeline files: the shipped one is up to date, and it tells valid pipelines from invalid
//! ones.

use crate::support::{Bench, examples, libraries, plugin, succeeded, textmill, workspace};
use serde_json::Value;
use std::path::{Path, PathBuf};
use textmill::config::{Node, Offered, SCHEMA_FILE, schema};
use textmill::host::{LoadedPlugin, library_name};

fn schema_of(plugins: &[(&str, LoadedPlugin)]) -> Value {
    let offered: Vec<Offered<'_>> = plugins
        .iter()
        .map(|(name, plugin)| Offered { names: vec![(*name).to_owned()], descriptor: &plugin.descriptor })
        .collect();
    schema(&offered)
}

fn tomls(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn the_shipped_schema_is_fresh() {
    let fresh = schema_of(&["clean", "dedupe", "extract", "summarize-stats"].map(|n| (n, plugin(n))));
    let committed = std::fs::read_to_string(workspace().join("config").join(SCHEMA_FILE)).unwrap_or_default();
    let hint = "it is stale: cargo run -- schema config/news.toml > config/textmill.schema.json";
    assert!(committed == format!("{fresh:#}\n"), "{hint}");
}

#[test]
fn every_shipped_pipeline_names_the_schema_and_fits_it() {
    let committed = std::fs::read(workspace().join("config").join(SCHEMA_FILE)).unwrap();
    let validator = jsonschema::options().build(&serde_json::from_slice(&committed).unwrap()).unwrap();
    for file in tomls(&workspace().join("config")) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with(&format!("#:schema ./{SCHEMA_FILE}\n")), "{}", file.display());
        let tree = Node::parse(&text).unwrap().to_json();
        let errors: Vec<String> = validator.iter_errors(&tree).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

/// Mistakes that only the reader of a pipeline can find: files, other stages, columns, arguments of the
/// command line, missing plugins, variables.
const BEYOND_A_SCHEMA: [&str; 16] = [
    "column-never-written",
    "column-written-later",
    "extends-unknown-stage",
    "input-matches-nothing",
    "no-input",
    "no-output",
    "options-that-clash",
    "output-is-a-file",
    "paths-of-empty-variables",
    "set-keys-and-options",
    "set-unknown-stage",
    "test-inputs-match-nothing",
    "two-stages-one-name",
    "unknown-column-excluded",
    "unknown-plugin",
    "variables",
];
/// Not TOML, or with values that JSON lacks.
const NO_TREE: [&str; 5] =
    ["keys-given-twice", "numbers-and-names", "syntax", "syntax-many", "syntax-not-closed"];

#[test]
fn the_schema_refuses_the_mistakes_that_a_schema_can_tell() {
    let folders = [
        ("min-length", examples()),
        ("bad-plugin", examples()),
        ("clean", libraries()),
        ("dedupe", libraries()),
    ];
    let plugins = folders.map(|(n, folder)| (n, LoadedPlugin::open(&folder.join(library_name(n))).unwrap()));
    let validator = jsonschema::options().build(&schema_of(&plugins)).unwrap();
    for file in tomls(&workspace().join("tests/config")) {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let tree = Node::parse(&std::fs::read_to_string(&file).unwrap());
        assert_eq!(tree.is_err(), NO_TREE.contains(&name), "{name}");
        let Ok(tree) = tree else { continue };
        assert_eq!(validator.is_valid(&tree.to_json()), BEYOND_A_SCHEMA.contains(&name), "{name}");
    }
}

#[test]
fn a_schema_has_the_plugins_that_the_pipeline_can_name() {
    let bench = Bench::new();
    let library = library_name("min-length");
    std::fs::create_dir(bench.path("mine")).unwrap();
    std::fs::copy(examples().join(&library), bench.path("mine").join(&library)).unwrap();
    let path = format!("./mine/{library}");
    // The file is being written: the rest of it may be wrong.
    bench.write("pipeline.toml", format!("[outpt]\n[[stage]]\nplugin = {path:?}\n"));
    let output = textmill().arg("schema").arg(bench.path("pipeline.toml")).output();
    succeeded(&output);
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let validator = jsonschema::options().build(&schema).unwrap();
    for (plugin, options, right) in [
        (path.as_str(), "min-chars = 3", true),
        (&path, "min-char = 3", false),
        ("clean", "min-chars = 3", true),
        ("clean", "min-char = 3", false),
    ] {
        let text = format!("[[stage]]\nplugin = {plugin:?}\noptions = {{ {options} }}\n");
        assert_eq!(validator.is_valid(&Node::parse(&text).unwrap().to_json()), right, "{text}");
    }
    let output = textmill().arg("schema").arg(bench.path("missing.toml")).output();
    assert!(!output.status.success());
}
