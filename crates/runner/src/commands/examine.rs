//! Finds everything that can be wrong with a pipeline before it runs, in one pass: keys, inputs, the output
//! folder, plugins, options, columns.

use super::place;
use crate::config::{Draft, LockPolicy, OutputFormat, Pipeline, Place, Problem, Problems, located};
use crate::engine::{Prepared, prepare};
use crate::failure::Failure;
use crate::input::{Skipped, SourceFile, expand, parquet_columns};
use crate::output::check_temp_dir;
use crate::remote::is_address;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// What is checked besides the pipeline itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looks {
    /// Whether an input is required. Inputs that are named are checked in any case.
    has_input: bool,
    /// Whether an output folder is required; `None` if none is written.
    has_output: Option<bool>,
    /// Whether remote addresses are queried, which needs a network.
    asks: bool,
    /// Whether the inputs of `[test]` must exist, which a run does not read.
    has_tests: bool,
}

impl Looks {
    /// For `check`: the command line of a run may supply the rest.
    pub const CHECK: Self = Self { has_input: false, has_output: Some(false), asks: false, has_tests: true };
    /// For commands that read documents and write none.
    pub const SAMPLE: Self = Self { has_input: true, has_output: None, asks: true, has_tests: false };
    /// For `run --dry-run`.
    pub const DRY_RUN: Self = Self { has_input: true, has_output: Some(false), asks: true, has_tests: false };
    /// For `run`.
    pub const RUN: Self = Self { has_input: true, has_output: Some(true), asks: true, has_tests: false };
}

/// A pipeline without mistakes.
pub(super) struct Examined {
    /// The pipeline, bound to its plugins.
    pub prepared: Prepared,
    /// The files that it reads.
    pub files: Vec<SourceFile>,
    /// What is passed over in its folders.
    pub skipped: Skipped,
    /// What is probably unintended.
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
/// Returns all mistakes at once, in the order of the file. Mistakes in the lock file come before all others.
pub(super) fn examine(mut draft: Draft, looks: Looks, lock_policy: &LockPolicy) -> Result<Examined, Failure> {
    let (files, skipped) = inputs(&mut draft, looks);
    if looks.has_tests {
        let (_, problems) = expanded(&draft.pipeline, &draft.pipeline.test.inputs, looks);
        draft.problems.extend(problems);
    }
    output(&mut draft, looks);
    temp_dir(&mut draft, looks);
    if draft.pipeline.output.format == OutputFormat::Parquet {
        declare_all(&mut draft.pipeline, &files);
    }
    let (prepared, warnings) = prepare(draft, lock_policy)?;
    Ok(Examined { prepared, files, skipped, warnings })
}

/// The files that a pipeline reads, of which there must be at least one. Does not check plugins or options.
///
/// # Errors
/// Returns every mistake in the file itself and in its inputs.
pub(super) fn input_files(mut draft: Draft) -> Result<(Pipeline, Vec<SourceFile>), Failure> {
    let (files, _) = inputs(&mut draft, Looks::SAMPLE);
    Ok((draft.sound()?, files))
}

/// The files that a pipeline reads, and what it passes over.
fn inputs(draft: &mut Draft, looks: Looks) -> (Vec<SourceFile>, Skipped) {
    let pipeline = &draft.pipeline;
    if pipeline.input.paths.is_empty() {
        let node = pipeline.tree.entry("input").and_then(|input| input.node.entry("paths")).map(|e| &e.node);
        match node {
            Some(node) if node.is_empty_list() => {
                let hint = "name files, folders or globs in it, or give `--input PATH` to a run";
                draft.problems.push(Problem::at(&node.place, "`paths` is empty: nothing is read").hint(hint));
            }
            // Paths that could not be read are reported at their own places.
            Some(_) => {}
            None if looks.has_input && !draft.gaps => {
                let hint = "give `--input PATH`, or write `paths = [\"…\"]` under `[input]`";
                draft.problems.push(Problem::whole("the pipeline names no input").hint(hint));
            }
            None => {}
        }
    }
    let (found, problems) = expanded(&draft.pipeline, &draft.pipeline.input.paths, looks);
    draft.problems.extend(problems);
    found
}

/// A path and the place where it is named.
type Named = (PathBuf, Option<Place>);

/// The files that the paths expand to, what is passed over, and the problems with the paths.
fn expanded(
    pipeline: &Pipeline,
    paths: &[Named],
    looks: Looks,
) -> ((Vec<SourceFile>, Skipped), Vec<Problem>) {
    let (mut files, mut skipped): (Vec<SourceFile>, Skipped) = Default::default();
    let mut problems = Vec::new();
    let mut first: HashMap<PathBuf, usize> = HashMap::new();
    for (number, (path, place)) in paths.iter().enumerate() {
        if !looks.asks && is_address(path) {
            continue;
        }
        let problem = |message: String| match place {
            Some(place) => Problem::at(place, message),
            None => Problem::whole(message),
        };
        match expand(path, pipeline.input.format.as_deref()) {
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
                    let doubt = problem(format!("{what} read twice")).warning();
                    let doubt = doubt.hint("ids of the copies are made unique; name each file once");
                    let other = paths.get(*at).and_then(|(_, place)| place.as_ref());
                    problems.push(match other.filter(|other| other.span().is_some()) {
                        Some(other) => doubt.other(other, "the first time by this"),
                        None => doubt,
                    });
                }
                for file in found.iter().filter(|_| paths.len() > 1) {
                    first.entry(plain(&file.path)).or_insert(number);
                }
                files.extend(found);
                skipped += others;
            }
            Err(error) => {
                let hint = match place {
                    Some(place @ Place::File(_)) => {
                        let rule = "a path is relative to the folder of its file";
                        let higher = one_higher(path, place, pipeline);
                        let higher = higher.map(|path| format!("did you mean `{path}`? {rule}"));
                        higher.or(error.hint.clone()).or(Some(rule.to_owned()))
                    }
                    _ => error.hint.clone(),
                };
                problems.push(problem(error.to_string()).maybe_hint(hint));
            }
        }
    }
    ((files, skipped), problems)
}

/// For a path that leads nowhere: the same path, taken relative to the parent of its file's folder, if it
/// leads somewhere.
fn one_higher(path: &Path, place: &Place, pipeline: &Pipeline) -> Option<String> {
    let Pipeline { sources, input, .. } = pipeline;
    let folder = sources.get(place.span()?.file)?.folder();
    let written =
        path.strip_prefix(folder).ok().filter(|path| path.is_relative() && *path != Path::new(""))?;
    // A path that begins with a wildcard would match something almost anywhere.
    let first = written.components().next()?.as_os_str().to_string_lossy().into_owned();
    if first.contains(['*', '?', '[', '{']) {
        return None;
    }
    let higher = Path::new("..").join(written).to_string_lossy().into_owned();
    expand(&located(&higher, place, sources), input.format.as_deref()).is_ok().then_some(higher)
}

/// A path without components that mean nothing, such as a leading `./`.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// Checks whether a run may put its folder where the pipeline says.
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

/// Checks whether data that does not fit in memory may be spilled where the pipeline says.
fn temp_dir(draft: &mut Draft, looks: Looks) {
    let Some(folder) = draft.pipeline.run.temp_dir.as_ref().filter(|_| looks.has_output.is_some()) else {
        return;
    };
    let Err(error) = check_temp_dir(folder) else { return };
    let place = draft.pipeline.tree.entry("run").and_then(|run| run.node.entry("temp-dir"));
    let problem = match place {
        Some(entry) => Problem::at(&entry.node.place, error.message),
        None => Problem::whole(error.message),
    };
    draft.problems.push(problem.maybe_hint(error.hint));
}

/// Declares the columns that nobody declared, so that they keep their types if all input and the output are
/// Parquet.
fn declare_all(pipeline: &mut Pipeline, files: &[SourceFile]) {
    for (name, kind) in parquet_columns(files, &pipeline.input) {
        if !pipeline.input.columns.iter().any(|(declared, _)| *declared == name) {
            pipeline.input.columns.push((name, kind));
        }
    }
}

/// Reads and examines a pipeline file that nothing on the command line changes except `--set`.
///
/// # Errors
/// As for [`examine`], and if a file cannot be read.
pub(super) fn examine_file(
    path: &Path,
    sets: &[String],
    looks: Looks,
    locked: bool,
) -> Result<Examined, Failure> {
    let draft = Draft::read(path, sets)?;
    examine(draft, looks, &LockPolicy::of(Some(path), locked)?)
}
