//! The tables `[input]`, `[output]` and `[run]` of a pipeline file.

use super::problem::{Problem, suggest};
use super::section::Section;
use super::source::{Source, folder_of};
use super::tree::{Kind, Node, Place};
use arrow_schema::DataType;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;
use textmill_core::column::{RESERVED, parse_type};

/// Where documents come from.
#[derive(Clone, Debug)]
pub struct Input {
    /// Files, folders and globs, each with its place.
    pub paths: Vec<(PathBuf, Option<Place>)>,
    /// JSON field that holds the text.
    pub text_field: String,
    /// JSON field that holds the id.
    pub id_field: String,
    /// JSON field that holds the source.
    pub source_field: String,
    /// Fields that stages read as columns, with their types.
    pub columns: Vec<(String, DataType)>,
    /// The ending, such as `html`, whose format files with unknown endings have.
    pub format: Option<String>,
    /// Media type of every document, such as `text/html`; if none is given, it follows from the format.
    pub media_type: Option<String>,
    /// The maximum number of bytes that a document may have, as read.
    pub max_document_bytes: usize,
    /// Whether that limit is set by the memory, and below what the pipeline says.
    pub is_memory_short: bool,
}

/// The values of `input.format`: endings of known formats.
pub const FORMATS: [&str; 7] = ["txt", "md", "html", "jsonl", "csv", "tsv", "warc"];

/// Where documents go.
#[derive(Clone, Debug)]
pub struct Output {
    /// The run folder.
    pub folder: Option<PathBuf>,
    /// The place where the folder is named.
    pub place: Option<Place>,
    /// Columns that are left out of the documents, each with its place.
    pub exclude: Vec<(String, Place)>,
    /// How documents are written.
    pub format: OutputFormat,
    /// Approximate size of a part in bytes; a single file if none is given.
    pub part_bytes: Option<u64>,
}

/// How documents are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// One document per line.
    Jsonl(Compression),
    /// Parquet, compressed with Zstandard.
    Parquet,
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not compressed.
    Plain,
    /// gzip, members concatenated or not.
    Gzip,
    /// Zstandard, frames concatenated or not.
    Zstd,
    /// bzip2, streams concatenated or not. Read, never written.
    Bzip2,
}

/// How the work is done.
#[derive(Clone, Debug)]
pub struct Run {
    /// Number of threads; as many as the machine has cores if none is given.
    pub threads: Option<usize>,
    /// The maximum number of documents in a batch.
    pub batch_documents: usize,
    /// Approximate bytes of input in a batch, the unit of work for a thread.
    pub batch_bytes: usize,
    /// Bytes of memory that the run may use.
    pub memory: u64,
    /// Folder for spilled data; beside the run folder if none is given.
    pub temp_dir: Option<PathBuf>,
    /// How long a run works before it writes a checkpoint.
    pub checkpoint_after: Duration,
}

/// The default limit for the bytes of a document.
const MAX_DOCUMENT_BYTES: u64 = 64 << 20;
/// The default memory of a run. A constant, so that a run does not depend on its machine.
const MEMORY: u64 = 2 << 30;
/// The maximum amount of work that an interrupted run may lose. Long enough that a run over a small corpus
/// writes little besides its output.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(5);

impl Default for Input {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            text_field: "text".into(),
            id_field: "id".into(),
            source_field: "source".into(),
            columns: Vec::new(),
            format: None,
            media_type: None,
            max_document_bytes: MAX_DOCUMENT_BYTES as usize,
            is_memory_short: false,
        }
    }
}

impl Input {
    /// Reads the table `[input]`. Paths are relative to the folder of their file.
    pub fn read(node: Option<&Node>, sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let mut input = Self::default();
        let Some(node) = node else { return input };
        let mut section = Section::new("`[input]`", node, problems);
        for (text, place) in section.texts("paths", problems).unwrap_or_default() {
            input.paths.push((located(text, place, sources), Some(place.clone())));
        }
        for (key, field) in [
            ("text-field", &mut input.text_field),
            ("id-field", &mut input.id_field),
            ("source-field", &mut input.source_field),
        ] {
            if let Some(name) = section.text(key, problems) {
                name.clone_into(field);
            }
        }
        if let Some(columns) = section.node("columns") {
            input.columns = columns_of(columns, problems);
        }
        input.format = section.word("format", &FORMATS, problems).map(str::to_owned);
        input.media_type = section.text("media-type", problems).map(str::to_owned);
        if let Some(bytes) = section.bytes("max-document-bytes", problems) {
            input.max_document_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        }
        section.finish(problems);
        input
    }
}

/// Resolves a path relative to the folder of the file that names it. A path given on the command line is
/// relative to the current folder, as for `--input`. Addresses such as `s3://bucket/prefix` stay as they are.
/// So does an empty text, such as the value of a variable: it does not mean the folder of the file.
pub fn located(text: &str, place: &Place, sources: &[Source]) -> PathBuf {
    match folder_of(sources, place) {
        _ if text.trim().is_empty() => PathBuf::new(),
        Some(folder) if !text.contains("://") => join(folder, text),
        _ => PathBuf::from(text),
    }
}

/// Joins a folder and a path, and resolves `..` where possible. Components are removed only if they are not
/// symlinks: behind a symlink, `..` leads elsewhere.
pub(super) fn join(folder: &Path, path: &str) -> PathBuf {
    let mut joined = folder.to_owned();
    for component in Path::new(path).components() {
        let climbs = component == Component::ParentDir
            && matches!(joined.components().next_back(), Some(Component::Normal(_)))
            && !joined.is_symlink();
        if climbs {
            joined.pop();
        } else {
            joined.push(component);
        }
    }
    joined
}

fn columns_of(node: &Node, problems: &mut Vec<Problem>) -> Vec<(String, DataType)> {
    let Kind::Table(entries) = &node.kind else {
        let message = format!("`columns` must be a table, but it is {}", node.kind_name());
        let hint = "write a name and a type for each: `columns = { url = \"utf8\" }`";
        problems.push(Problem::at(&node.place, message).hint(hint));
        return Vec::new();
    };
    let mut out = Vec::new();
    for entry in entries {
        if RESERVED.contains(&entry.key.as_str()) {
            let message = format!("`{}` is a column of textmill's own", entry.key);
            let hint = match OWN_FIELDS.iter().find(|(column, _)| *column == entry.key) {
                Some((_, key)) => format!("leave it out; `{key}` says which field it is read from"),
                None => "leave it out of `[input.columns]`, or give the field another name".to_owned(),
            };
            problems.push(Problem::at(&entry.place, message).hint(hint));
            continue;
        }
        let kind = match &entry.node.kind {
            Kind::Text(words) => parse_type(words).map_err(|message| {
                Problem::at(&entry.node.place, message).hint(nearest_type(&entry.key, words))
            }),
            _ => {
                let is = entry.node.kind_name();
                let message = format!("the type of `{}` must be a string, but it is {is}", entry.key);
                let hint = format!("write `{} = \"{}\"`; {TYPES}", entry.key, type_of(&entry.node));
                Err(Problem::at(&entry.node.place, message).hint(hint))
            }
        };
        // The column exists, whatever its type.
        out.push((
            entry.key.clone(),
            kind.map_err(|problem| problems.push(problem)).unwrap_or(DataType::Utf8),
        ));
    }
    out
}

const TYPES: &str =
    "types are `utf8`, `int64`, `uint64`, `float64`, `boolean`, `list<utf8>`, `struct<a: utf8>` and the like";

/// The columns of textmill's own, and the keys that name the fields they are read from.
const OWN_FIELDS: [(&str, &str); 3] =
    [("id", "id-field"), ("source", "source-field"), ("text", "text-field")];

/// Names of the types in other languages.
const SYNONYMS: [(&str, &str); 18] = [
    ("string", "utf8"),
    ("str", "utf8"),
    ("text", "utf8"),
    ("varchar", "utf8"),
    ("int", "int64"),
    ("integer", "int64"),
    ("i64", "int64"),
    ("long", "int64"),
    ("u64", "uint64"),
    ("float", "float64"),
    ("double", "float64"),
    ("number", "float64"),
    ("f64", "float64"),
    ("bool", "boolean"),
    ("list", "list<utf8>"),
    ("array", "list<utf8>"),
    ("date", "utf8"),
    ("datetime", "utf8"),
];

fn nearest_type(key: &str, words: &str) -> String {
    let wrong = words.trim().to_lowercase();
    if let Some((_, right)) = SYNONYMS.iter().find(|(other, _)| *other == wrong) {
        return format!("write `{key} = \"{right}\"`");
    }
    let known = ["utf8", "int64", "uint64", "int32", "float64", "float32", "boolean", "list<utf8>", "binary"];
    suggest(&wrong, known).unwrap_or_else(|| TYPES.to_owned())
}

/// The type of a value that was written instead of a type.
fn type_of(node: &Node) -> &'static str {
    match node.kind {
        Kind::Integer(_) => "int64",
        Kind::Float(_) => "float64",
        Kind::Bool(_) => "boolean",
        Kind::List(_) => "list<utf8>",
        _ => "utf8",
    }
}

impl Output {
    /// Reads the table `[output]`. The folder is relative to the folder of its file.
    pub fn read(node: Option<&Node>, sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let mut output = Self {
            folder: None,
            place: None,
            exclude: Vec::new(),
            format: OutputFormat::Jsonl(Compression::Plain),
            part_bytes: None,
        };
        let Some(node) = node else { return output };
        let mut section = Section::new("`[output]`", node, problems);
        output.place = section.node("folder").map(|n| n.place.clone());
        if let (Some(text), Some(place)) = (section.text("folder", problems), &output.place) {
            output.folder = Some(located(text, place, sources));
        }
        let exclude = section.texts("exclude", problems).unwrap_or_default();
        output.exclude = exclude.into_iter().map(|(name, place)| (name.to_owned(), place.clone())).collect();
        let format = section.word("format", &["jsonl", "parquet"], problems);
        let compression = section.word("compression", &["none", "gzip", "zstd"], problems);
        let place = section.node("compression").map_or(section.place(), |n| &n.place);
        output.format = match (format, compression) {
            (Some("parquet"), None | Some("zstd")) => OutputFormat::Parquet,
            (Some("parquet"), Some(_)) => {
                let hint = "leave `compression` out, or write `format = \"jsonl\"`";
                problems.push(Problem::at(place, "Parquet is always compressed with zstd").hint(hint));
                OutputFormat::Parquet
            }
            (_, Some("gzip")) => OutputFormat::Jsonl(Compression::Gzip),
            (_, Some("zstd")) => OutputFormat::Jsonl(Compression::Zstd),
            _ => OutputFormat::Jsonl(Compression::Plain),
        };
        output.part_bytes = section.bytes("part-bytes", problems);
        section.finish(problems);
        output
    }
}

impl Default for Run {
    fn default() -> Self {
        Self {
            threads: None,
            batch_documents: 256,
            batch_bytes: 4 << 20,
            memory: MEMORY,
            temp_dir: None,
            checkpoint_after: CHECKPOINT_AFTER,
        }
    }
}

impl Run {
    /// Reads the table `[run]`. `temp-dir` is relative to the folder of its file.
    pub fn read(node: Option<&Node>, sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let mut run = Self::default();
        let Some(node) = node else { return run };
        let mut section = Section::new("`[run]`", node, problems);
        run.threads = section.count("threads", problems);
        if let Some(node) = section.node("threads").filter(|_| run.threads > Some(MOST_THREADS.into())) {
            let message = format!("`threads` must be at most {MOST_THREADS}, but it is {}", node.shown());
            let hint = "leave it out for as many as there are cores";
            problems.push(section.with_doc("threads", Problem::at(&node.place, message).hint(hint)));
        }
        if let Some(count) = section.count("batch-documents", problems) {
            run.batch_documents = count.min(1 << 24);
        }
        if let Some(bytes) = section.bytes("batch-bytes", problems) {
            run.batch_bytes = bytes.min(1 << 30) as usize;
        }
        run.memory = section.bytes("memory", problems).unwrap_or(run.memory);
        if let Some(node) = section.node("memory").filter(|_| run.memory < LEAST_MEMORY) {
            let message = format!("`memory` must be at least 4 MiB, but it is {}", node.shown());
            let hint = "write `memory = \"512MiB\"`, or leave it out for `2GiB`";
            problems.push(section.with_doc("memory", Problem::at(&node.place, message).hint(hint)));
        }
        if let (Some(node), Some(text)) = (section.node("temp-dir"), section.text("temp-dir", problems)) {
            run.temp_dir = Some(located(text, &node.place, sources));
        }
        run.checkpoint_after = section.time("checkpoint-after", problems).unwrap_or(run.checkpoint_after);
        section.finish(problems);
        run
    }
}

/// The maximum number of threads that are allowed: no machine has more cores, and each thread takes its share
/// of the memory.
pub const MOST_THREADS: u16 = 1024;
/// The minimum memory that is allowed.
pub(super) const LEAST_MEMORY: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_do_not_go_in_and_out() {
        let joined = |folder: &str, path: &str| join(Path::new(folder), path).display().to_string();
        assert_eq!(joined("config", "../seeds/*.txt"), "seeds/*.txt");
        assert_eq!(joined("a/b", "../../../x"), "../x");
        assert_eq!(joined("", "../x"), "../x");
        assert_eq!(joined("config", "/abs"), "/abs");
    }
}
