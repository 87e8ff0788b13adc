//! Warnings about pipelines that run but probably do not do what is meant: stages that undo or repeat one
//! another.

use super::prepare::{Bound, PreparedStage};
use crate::config::{Pipeline, Problem};
use std::collections::BTreeSet;

/// Warnings about bound stages.
pub(super) fn warnings(pipeline: &Pipeline, stages: &[PreparedStage]) -> Vec<Problem> {
    // If a stage could not be bound, the two lists do not match.
    if stages.len() != pipeline.stages.len() {
        return Vec::new();
    }
    let place = |at: usize| &pipeline.stages[at].plugin_place;
    let mut found = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        if let Some(first) = repeated(&stages[..at], stage) {
            let message = format!(
                "stage `{}` does what stage `{}` has done: plugin, options and columns are the same",
                stage.name, stages[first].name
            );
            let problem = Problem::at(place(at), message).warning().other(place(first), "done here first");
            found.push(problem.hint("leave one of them out, or give them other options"));
            continue;
        }
        let columns: BTreeSet<&str> = stage.bound.writes().into_iter().collect();
        for column in columns {
            if let Some(first) = lost(&stages[..at], stage, column) {
                let message = format!(
                    "stage `{}` writes the column `{column}` over what stage `{}` wrote, which no stage has read",
                    stage.name, stages[first].name
                );
                let problem = Problem::at(place(at), message).warning();
                let label = format!("writes `{column}`");
                found.push(
                    problem.other(place(first), label).hint("leave one of them out, or put a reader between"),
                );
            }
        }
    }
    found
}

fn reads(stage: &PreparedStage, column: &str) -> bool {
    stage.bound.operators().iter().any(|operator| operator.passed.field_with_name(column).is_ok())
}

/// The earlier stage that did the same to the same columns. An aggregate at two places is not suspicious.
fn repeated(before: &[PreparedStage], stage: &PreparedStage) -> Option<usize> {
    if matches!(stage.bound, Bound::Aggregate(_)) {
        return None;
    }
    let same = |other: &PreparedStage| {
        other.plugin.path == stage.plugin.path
            && other.operator == stage.operator
            && other.options == stage.options
    };
    let first = before.iter().rposition(same)?;
    let between = before[first + 1..].iter().flat_map(|other| other.bound.writes());
    between.into_iter().all(|column| !reads(stage, column)).then_some(first)
}

/// The earlier stage that wrote the column, if nobody has read it since.
fn lost(before: &[PreparedStage], stage: &PreparedStage, column: &str) -> Option<usize> {
    let first = before.iter().rposition(|other| other.bound.writes().contains(&column))?;
    let is_read = before[first + 1..].iter().chain([stage]).any(|other| reads(other, column));
    (!is_read).then_some(first)
}
