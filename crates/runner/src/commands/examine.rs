//! Everything that can be wrong with a pipeline before it runs, found in one go: keys, inputs, the output folder, plugins,
//! options, columns.

use super::place;
use crate::config::{Draft, Locking, OutputFormat, Pipeline, Place, Problem, Problems};
use crate::engine::{Prepared, prepare};
use crate::failure::Failure;
use crate::input::{SourceFile, expand, parquet_columns};
use crate::remote::is_address;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// What is looked at beside the pipeline itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looks {
    /// Whether there must be an input, and not only those that are named.
    has_input: bool,
    /// Whether there must be an output folder; `None` where none is written.
    has_output: Option<bool>,
    /// Whether addresses are asked, which takes a network.
    asks: bool,
}

impl Looks {
    /// For `check`: the command line of a run may name the rest.
    pub const CHECK: Self = Self { has_input: false, has_output: Some(false), asks: false };
    /// For what reads documents and writes none.
    pub const SAMPLE: Self = Self { has_input: true, has_output: None, asks: true };
    /// For `run --dry-run`.
    pub const DRY_RUN: Self = Self { has_input: true, has_output: Some(false), asks: true };
    /// For `run`.
    pub const RUN: Self = Self { has_input: true, has_output: Some(true), asks: true };
}

/// A pipeline in which nothing is wrong.
pub(super) struct Examined {
    /// The pipeline, bound.
    pub prepared: Prepared,
    /// The files that it reads.
    pub files: Vec<SourceFile>,
    /// Files of other kinds, which are passed over.
    pub passed_over: usize,
    /// What it hardly means.
    pub warnings: Problems,
}

impl Examined {
    /// Shows the warnings on stderr.
    pub fn warn(&self) {
        if !self.warnings.list.is_empty() {
            anstream::eprintln!("{}", self.warnings.render(crate::styled()));
        }
    }
}

/// Examines a pipeline.
///
/// # Errors
/// All mistakes at once, in the order of the file; those of the lock file before everything else.
pub(super) fn examine(mut draft: Draft, looks: Looks, locking: &Locking) -> Result<Examined, Failure> {
    let (files, passed_over) = inputs(&mut draft, looks);
    output(&mut draft, looks);
    if draft.pipeline.output.format == OutputFormat::Parquet {
        declare_all(&mut draft.pipeline, &files);
    }
    let (prepared, warnings) = prepare(draft, locking)?;
    Ok(Examined { prepared, files, passed_over, warnings })
}

/// The files that a pipeline reads, of which there must be some. Neither plugins nor options are looked at.
///
/// # Errors
/// Every mistake in the file itself and its inputs.
pub(super) fn input_files(mut draft: Draft) -> Result<(Pipeline, Vec<SourceFile>), Failure> {
    let (files, _) = inputs(&mut draft, Looks::SAMPLE);
    Ok((draft.sound()?, files))
}

/// The files that a pipeline reads, and how many of other kinds it passes over.
fn inputs(draft: &mut Draft, looks: Looks) -> (Vec<SourceFile>, usize) {
    let pipeline = &draft.pipeline;
    // Paths that could not be read are told of where they stand.
    let is_told = pipeline.tree.entry("input").is_some_and(|input| input.node.entry("paths").is_some());
    if pipeline.input.paths.is_empty() && looks.has_input && !draft.gaps && !is_told {
        let hint = "give `--input PATH`, or write `paths = [\"…\"]` under `[input]`";
        draft.problems.push(Problem::whole("the pipeline names no input").hint(hint));
    }
    let (mut files, mut passed_over): (Vec<SourceFile>, usize) = (Vec::new(), 0);
    let mut first: HashMap<PathBuf, usize> = HashMap::new();
    for (number, (path, place)) in pipeline.input.paths.iter().enumerate() {
        if !looks.asks && is_address(path) {
            continue;
        }
        let problem = |message: String| match place {
            Some(place) => Problem::at(place, message),
            None => Problem::whole(message),
        };
        match expand(path) {
            Ok((found, others)) => {
                let seen =
                    |file: &SourceFile| first.get(&plain(&file.path)).filter(|at| **at != number).copied();
                let again: Vec<(&SourceFile, usize)> =
                    found.iter().filter_map(|file| Some((file, seen(file)?))).collect();
                if let Some((file, at)) = again.first() {
                    let what = match again.len() {
                        1 => format!("{} is", plain(&file.path).display()),
                        more => format!("{} and {} more files are", plain(&file.path).display(), more - 1),
                    };
                    let doubt = problem(format!("{what} read a second time")).warning();
                    let doubt = doubt.hint("ids of the copies are made unique; name each file once");
                    let other = pipeline.input.paths.get(*at).and_then(|(_, place)| place.as_ref());
                    draft.problems.push(match other.filter(|other| other.span().is_some()) {
                        Some(other) => doubt.other(other, "the first time by this"),
                        None => doubt,
                    });
                }
                for file in found.iter().filter(|_| pipeline.input.paths.len() > 1) {
                    first.entry(plain(&file.path)).or_insert(number);
                }
                files.extend(found);
                passed_over += others;
            }
            Err(error) => {
                let hint = match place {
                    Some(Place::File(_)) => Some("a path is relative to the folder of its file".to_owned()),
                    _ => None,
                };
                draft.problems.push(problem(error.to_string()).maybe_hint(error.hint.or(hint)));
            }
        }
    }
    (files, passed_over)
}

/// A path without what means nothing in it, such as a leading `./`.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// Whether a run may put its folder where the pipeline says.
fn output(draft: &mut Draft, looks: Looks) {
    let output = &draft.pipeline.output;
    let Some(folder) = &output.folder else {
        if looks.has_output == Some(true) && !draft.gaps && output.place.is_none() {
            let hint = "give `--output DIR`, or write `folder = \"…\"` under `[output]`";
            draft.problems.push(Problem::whole("the pipeline names no output folder").hint(hint));
        }
        return;
    };
    if looks.has_output.is_none() || (!looks.asks && is_address(folder)) {
        return;
    }
    if let Err(error) = place::check(folder) {
        let problem = match &output.place {
            Some(place) => Problem::at(place, error.message),
            None => Problem::whole(error.message),
        };
        draft.problems.push(problem.maybe_hint(error.hint));
    }
}

/// Where all input is Parquet and the output is, too, columns that nobody declared keep their types.
fn declare_all(pipeline: &mut Pipeline, files: &[SourceFile]) {
    for (name, kind) in parquet_columns(files, &pipeline.input) {
        if !pipeline.input.columns.iter().any(|(declared, _)| *declared == name) {
            pipeline.input.columns.push((name, kind));
        }
    }
}

/// Reads and examines a pipeline file that nothing on the command line changes, but for `--set`.
///
/// # Errors
/// As [`examine`], and where a file cannot be read.
pub(super) fn examine_file(
    path: &Path,
    sets: &[String],
    looks: Looks,
    locked: bool,
) -> Result<Examined, Failure> {
    let draft = Draft::read(path, sets)?;
    examine(draft, looks, &Locking::of(Some(path), locked)?)
}
