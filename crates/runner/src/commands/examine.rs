//! Everything that can be wrong with a pipeline before a document is read: the file, its inputs, its output folder, its
//! plugins, their options, the columns. All of it is shown at once.

use super::place;
use crate::config::{Locking, OutputFormat, Pipeline, Problem};
use crate::engine::{Prepared, prepare};
use crate::failure::Failure;
use crate::input::{SourceFile, expand, parquet_columns};

/// A pipeline that is sound.
pub(super) struct Examined {
    /// Ready to run.
    pub prepared: Prepared,
    /// The files of the input, in order.
    pub files: Vec<SourceFile>,
    /// Files of other kinds.
    pub passed_over: usize,
}

/// Examines a pipeline. `writes` says whether the output folder matters.
///
/// # Errors
/// Every mistake, in the order of the file. What the command line says and is wrong comes first, alone.
pub(super) fn examine(mut pipeline: Pipeline, locking: &Locking, writes: bool) -> Result<Examined, Failure> {
    let mut problems = Vec::new();
    let (files, passed_over) = inputs(&pipeline, &mut problems)?;
    if pipeline.output.format == OutputFormat::Parquet {
        declare_all(&mut pipeline, &files);
    }
    if let Some(target) = pipeline.output.folder.as_ref().filter(|_| writes)
        && let Err(error) = place::check(target)
    {
        match &pipeline.output.place {
            Some(place) => problems.push(Problem::at(place, error.message).maybe_hint(error.hint)),
            None => return Err(error.into()),
        }
    }
    match prepare(pipeline, locking) {
        Ok(prepared) if problems.is_empty() => Ok(Examined { prepared, files, passed_over }),
        Ok(prepared) => Err(prepared.pipeline.problems(problems).into()),
        Err(found) => Err(found.and(problems).into()),
    }
}

/// The files of the input; what is wrong with a path is a mistake at its place. No path at all is none yet: the command
/// line may name some.
fn inputs(pipeline: &Pipeline, problems: &mut Vec<Problem>) -> Result<(Vec<SourceFile>, usize), Failure> {
    let (mut files, mut passed_over) = (Vec::new(), 0);
    for (path, place) in &pipeline.input.paths {
        match (expand(path), place) {
            (Ok((found, others)), _) => {
                files.extend(found);
                passed_over += others;
            }
            (Err(error), None) => return Err(error.into()),
            (Err(error), Some(place)) => {
                problems.push(Problem::at(place, error.to_string()).maybe_hint(error.hint));
            }
        }
    }
    Ok((files, passed_over))
}

/// The files of the input, of which there must be some.
///
/// # Errors
/// Where there are none, or a path is wrong.
pub(super) fn input_files(pipeline: &Pipeline) -> Result<(Vec<SourceFile>, usize), Failure> {
    some_input(pipeline)?;
    let mut problems = Vec::new();
    let found = inputs(pipeline, &mut problems)?;
    if problems.is_empty() { Ok(found) } else { Err(pipeline.problems(problems).into()) }
}

/// Sees to it that the pipeline names an input.
///
/// # Errors
/// Where it names none.
pub(super) fn some_input(pipeline: &Pipeline) -> Result<(), Failure> {
    if pipeline.input.paths.is_empty() {
        let hint = "give `--input PATH`, or write `paths = [\"…\"]` under `[input]`";
        return Err(Failure::new("the pipeline names no input").hint(hint));
    }
    Ok(())
}

/// Where all input is Parquet and the output is, too, columns that nobody declared keep their types.
fn declare_all(pipeline: &mut Pipeline, files: &[SourceFile]) {
    for (name, kind) in parquet_columns(files, &pipeline.input) {
        if !pipeline.input.columns.iter().any(|(declared, _)| *declared == name) {
            pipeline.input.columns.push((name, kind));
        }
    }
}
