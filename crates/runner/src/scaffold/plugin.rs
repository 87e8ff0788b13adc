//! The project of a new plugin: its files, out of the templates of its kind and language.

use super::folder::Folder;
use super::sdk::Sdk;
use crate::failure::Failure;
use std::path::Path;

/// What a new plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Looks at each document alone: edits, annotates, drops.
    Map,
    /// Passes documents through and makes a report.
    Aggregate,
    /// Compares documents with one another.
    Corpus,
}

/// What a new plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Rust, with the SDK.
    Rust,
    /// C, with the header.
    C,
}

/// A file of a project: its path in it, and the template of what it holds.
type Template = (&'static str, &'static str);

macro_rules! templates {
    ($($path:literal from $template:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../templates/", $template)))),*]
    };
}

const RUST: &[Template] = templates![
    "Cargo.toml" from "rust/Cargo.toml.in",
    "README.md" from "rust/README.md",
    ".gitignore" from "rust/gitignore",
];
const MAP: &[Template] = templates![
    "src/lib.rs" from "map/lib.rs",
    "tests/cases/defaults.txt" from "map/cases/defaults.txt",
    "tests/cases/options.txt" from "map/cases/options.txt",
    "tests/cases/snapshots/defaults.snap" from "map/cases/snapshots/defaults.snap",
    "tests/cases/snapshots/options.snap" from "map/cases/snapshots/options.snap",
];
const AGGREGATE: &[Template] = templates![
    "src/lib.rs" from "aggregate/lib.rs",
    "tests/cases/defaults.txt" from "aggregate/cases/defaults.txt",
    "tests/cases/options.txt" from "aggregate/cases/options.txt",
    "tests/cases/snapshots/defaults.snap" from "aggregate/cases/snapshots/defaults.snap",
    "tests/cases/snapshots/options.snap" from "aggregate/cases/snapshots/options.snap",
];
const CORPUS: &[Template] = templates![
    "src/lib.rs" from "corpus/lib.rs",
    "tests/cases/defaults.txt" from "corpus/cases/defaults.txt",
    "tests/cases/options.txt" from "corpus/cases/options.txt",
    "tests/cases/snapshots/defaults.snap" from "corpus/cases/snapshots/defaults.snap",
    "tests/cases/snapshots/options.snap" from "corpus/cases/snapshots/options.snap",
];

/// What a new plugin says of itself, in a sentence without its full stop.
pub fn description(kind: Kind) -> &'static str {
    match kind {
        Kind::Map => "Counts words, squeezes repeated marks, and drops documents of few words",
        Kind::Aggregate => "Counts documents and words, and how many documents have how many words",
        Kind::Corpus => "Keeps the first of the documents that open with the same words",
    }
}

/// Writes the project of a plugin into a folder.
///
/// # Errors
/// Where there is no template of this kind and language, or a file cannot be written.
pub fn project(name: &str, kind: Kind, language: Language, sdk: &Sdk, place: &Path) -> Result<(), Failure> {
    let templates: Vec<Template> = match (language, kind) {
        (Language::Rust, Kind::Map) => [RUST, MAP].concat(),
        (Language::Rust, Kind::Aggregate) => [RUST, AGGREGATE].concat(),
        (Language::Rust, Kind::Corpus) => [RUST, CORPUS].concat(),
        (Language::C, _) => {
            return Err(Failure::new("there is no template of this kind in C"));
        }
    };
    let sdk_path = sdk.path_from(place)?;
    let folder = Folder::open(place)?;
    let fill = |template: &str| {
        let filled = template.replace("{{name}}", name).replace("{{crate}}", &name.replace('-', "_"));
        filled.replace("{{description}}", description(kind)).replace("{{sdk}}", &escaped(&sdk_path))
    };
    for (path, template) in templates {
        folder.write(path, fill(template))?;
    }
    match sdk.lock().filter(|_| language == Language::Rust) {
        Some(lock) => folder.write("Cargo.lock", lock),
        None => Ok(()),
    }
}

/// A path as it stands inside quotes.
fn escaped(path: &str) -> String {
    path.replace('\\', "\\\\").replace('"', "\\\"")
}
