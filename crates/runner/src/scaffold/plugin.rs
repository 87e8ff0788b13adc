//! The project of a new plugin, generated from the templates of its kind and language.

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

/// A file of a project: its path, and the template of its content.
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

const C_MAP: &[Template] = templates![
    "plugin.c" from "c/plugin.c",
    "Makefile" from "c/Makefile",
    "README.md" from "c/README.md",
    ".gitignore" from "c/gitignore",
    "fixture/accepted.jsonl" from "c/fixture/accepted.jsonl",
    "fixture/documents.jsonl" from "c/fixture/documents.jsonl",
    "fixture/pipeline.toml" from "c/fixture/pipeline.toml",
];
const C_HEADERS: &[Template] = &[
    ("include/textmill_plugin.h", include_str!("../../../plugin/include/textmill_plugin.h")),
    ("include/textmill_arrow.h", include_str!("../../../plugin/include/textmill_arrow.h")),
];

/// A project that is not written yet.
pub struct Project {
    templates: Vec<Template>,
    description: &'static str,
    /// The SDK, if the project is built with it.
    sdk: Option<Sdk>,
}

impl Project {
    /// Prepares the project of a plugin of this kind in this language. `sdk` is the SDK's folder, if the user
    /// has given one.
    ///
    /// # Errors
    /// If there is no template, or the SDK cannot be found.
    pub fn new(kind: Kind, language: Language, sdk: Option<&Path>) -> Result<Self, Failure> {
        let (templates, description) = match (language, kind) {
            (Language::Rust, Kind::Map) => (
                [RUST, MAP].concat(),
                "Counts words, squeezes repeated marks, and drops documents of few words",
            ),
            (Language::Rust, Kind::Aggregate) => (
                [RUST, AGGREGATE].concat(),
                "Counts documents and words, and how many documents have how many words",
            ),
            (Language::Rust, Kind::Corpus) => {
                ([RUST, CORPUS].concat(), "Keeps the first of the documents that open with the same words")
            }
            (Language::C, Kind::Map) => {
                ([C_MAP, C_HEADERS].concat(), "Counts characters, and drops documents of few characters")
            }
            (Language::C, _) => {
                let message = "a project in C can only be of the kind `map`";
                let hint = "leave `--kind` out, or write it in Rust; `include/textmill_plugin.h` has the whole contract";
                return Err(Failure::new(message).hint(hint));
            }
        };
        let sdk = (language == Language::Rust).then(|| Sdk::find(sdk)).transpose()?;
        Ok(Self { templates, description, sdk })
    }

    /// Writes the project of the plugin `name` to a folder that is empty or does not exist.
    ///
    /// # Errors
    /// If the folder is not suitable, or a file cannot be written.
    pub fn write(&self, name: &str, place: &Path) -> Result<(), Failure> {
        let sdk = self.sdk.as_ref().map(|sdk| sdk.path_from(place)).transpose()?.unwrap_or_default();
        let folder = Folder::open(place)?;
        for (path, template) in &self.templates {
            let filled = template
                .replace("{{name}}", name)
                .replace("{{crate}}", &name.replace('-', "_"))
                .replace("{{description}}", self.description)
                .replace("{{sdk}}", &escaped(&sdk));
            folder.write(path, filled)?;
        }
        match self.sdk.as_ref().and_then(Sdk::lock) {
            Some(lock) => folder.write("Cargo.lock", lock),
            None => Ok(()),
        }
    }
}

/// A path, escaped for use within quotes.
fn escaped(path: &str) -> String {
    path.replace('\\', "\\\\").replace('"', "\\\"")
}
