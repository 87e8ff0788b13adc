//! `textmill run --dry-run`: what would be done, and an estimate of what it would cost.

use super::print;
use crate::engine::{Bound, Prepared, Sample, Settings};
use crate::failure::Failure;
use crate::input::{Skipped, SourceFile};
use crate::progress::Progress;
use crate::table::{bytes, count, duration};
use arrow_schema::Schema;
use std::fmt::Write as _;
use textmill_core::column::{HIDDEN, type_name};
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::plan::StepOp;

/// Prints the plan of a run, and an estimate from a sample of its input.
///
/// # Errors
/// If a stage fails as a whole on the sample.
pub fn dry_run(
    prepared: &Prepared,
    files: &[SourceFile],
    skipped: Skipped,
    settings: Settings,
) -> Result<(), Failure> {
    let mut out = plan(prepared, files, &skipped);
    let names = prepared.stages.iter().map(|stage| stage.name.clone()).collect();
    let progress = Progress::new(0, names, true, false);
    let sample = Sample::take(prepared, files, settings, &progress)?;
    estimate(&mut out, &sample, prepared, settings);
    print(out.trim_end())
}

fn plan(prepared: &Prepared, files: &[SourceFile], skipped: &Skipped) -> String {
    let mut out = String::new();
    let total: u64 = files.iter().map(|file| file.bytes).sum();
    put(&mut out, &format!("input: {}, {}", count(files.len(), "file"), bytes(total)));
    if !skipped.is_empty() {
        put(&mut out, &format!("  skipped: {skipped}"));
    }
    put(&mut out, &format!("  columns: {}", columns_of_input(prepared)));
    for (number, stage) in prepared.stages.iter().enumerate() {
        let plugin = &stage.plugin.descriptor;
        let (number, place) = (number + 1, stage.plugin.place());
        let head = format!("{number}. {} (plugin {} {}{place})", stage.name, plugin.name, plugin.version);
        match &stage.bound {
            Bound::Map(operator) => {
                put(&mut out, &format!("{head}: map"));
                put(&mut out, &format!("  reads: {}", columns(&operator.passed)));
            }
            Bound::Aggregate(operator) => {
                put(&mut out, &format!("{head}: aggregate; documents pass through"));
                put(&mut out, &format!("  reads: {}", columns(&operator.passed)));
            }
            Bound::Plan(_, plan) => {
                put(&mut out, &format!("{head}: plan; needs the whole corpus"));
                for step in steps(plan) {
                    put(&mut out, &format!("  {step}"));
                }
            }
        }
        put(&mut out, &format!("  columns: {}", columns(&stage.after)));
    }
    let written: Vec<&str> = prepared.columns.written().collect();
    put(&mut out, &format!("output: {}, and fields of the input", written.join(", ")));
    out
}

/// The steps of a plan, one per line: where the barrier is, and what is exchanged after it.
pub(super) fn steps(plan: &BoundPlan) -> Vec<String> {
    let early: Vec<&str> = plan.early().map(|step| step.id).collect();
    let mut barrier = false;
    let mut lines = Vec::new();
    for (step, operator) in plan.steps() {
        if !barrier && !early.contains(&step.id.as_str()) {
            lines.push("-- barrier: documents wait here --".to_owned());
            barrier = true;
        }
        let operator = operator.map(|o| format!(" by `{}`", o.descriptor.name)).unwrap_or_default();
        let what = match step.op {
            StepOp::Map => format!("map of `{}`{operator}", step.from),
            StepOp::Group => {
                format!("exchange of `{}` by {}; group{operator}", step.from, step.by.join(", "))
            }
            StepOp::Components => format!("connected components of `{}`", step.from),
            StepOp::Union => format!("rows of `{}`, `{}`", step.from, step.also.join("`, `")),
            StepOp::Aggregate => format!("report on `{}`{operator}", step.from),
            StepOp::Load => {
                format!(
                    "rows of an earlier run, from the path in `{}`",
                    step.option.as_deref().unwrap_or("-")
                )
            }
        };
        let with = step.with.as_ref().map(|with| format!(", joined with `{with}`")).unwrap_or_default();
        lines.push(format!("{}: {what}{with}", step.id));
    }
    lines
}

fn estimate(out: &mut String, sample: &Sample, prepared: &Prepared, settings: Settings) {
    if sample.documents == 0 {
        put(out, "estimate: none, the sample has no documents");
        return;
    }
    let whole = |part: u64| (part as f64 * sample.all / sample.documents as f64) as u64;
    let of = format!("{}, {}", count(sample.documents as usize, "document"), bytes(sample.bytes));
    put(out, &format!("estimate from a sample ({of}):"));
    let expected = settings.limit.map_or(sample.expected as u64, |limit| limit.min(sample.expected as u64));
    put(out, &format!("  documents: {expected}"));
    let memory = prepared.pipeline.run.memory;
    put(out, &format!("  memory: {} allowed, on {} threads", bytes(memory), settings.threads));
    if prepared.has_barrier() {
        let waiting = whole(sample.waiting);
        let fits = waiting.min(settings.shares.documents + settings.shares.rows);
        let rest = if waiting > fits { format!(", {} fit in memory", bytes(fits)) } else { String::new() };
        put(out, &format!("  waiting at the first barrier: {}{rest}", bytes(waiting)));
    }
    put(out, &format!("  disk while it runs: {}", bytes(whole(sample.staged))));
    let nanos = whole(sample.nanos) / settings.threads as u64;
    put(out, &format!("  time up to the first barrier, or the end: {}", duration(nanos)));
    if sample.failed > 0 {
        let failed = count(sample.failed as usize, "document");
        put(out, &format!("  {failed} of the sample cannot be read or processed"));
    }
}

/// The names of the input's columns, with the types that the pipeline declares for some of them.
fn columns_of_input(prepared: &Prepared) -> String {
    let declared = &prepared.pipeline.input.columns;
    let names = shown(&prepared.input).map(|name| match declared.iter().find(|(own, _)| own == name) {
        Some((_, kind)) => format!("{name} ({})", type_name(kind)),
        None => name.to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// The names of the columns, without the host's hidden ones.
pub(super) fn columns(schema: &Schema) -> String {
    shown(schema).collect::<Vec<_>>().join(", ")
}

fn shown(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.fields().iter().map(|field| field.name().as_str()).filter(|name| !HIDDEN.contains(name))
}

fn put(out: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{line}");
}
