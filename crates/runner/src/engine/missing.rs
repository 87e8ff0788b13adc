//! Columns that a stage reads but that do not reach it: where to report them, and what to suggest.

use crate::config::{Place, Problem, StageConfig, suggest};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;
use textmill_core::column::{HIDDEN, parse_type};
use textmill_plugin::descriptor::OperatorDescriptor;
use textmill_plugin::drive::bind::MissingColumn;

/// The columns that reach a stage.
pub(super) struct Reach {
    /// The columns.
    pub columns: SchemaRef,
    /// Whether the names are complete: all plugins before the stage are known.
    pub is_named: bool,
    /// Whether they come from bound earlier stages, not from what those declare.
    pub is_bound: bool,
}

/// The problem for a column that does not reach a stage.
pub(super) fn missing(
    stage: &StageConfig,
    column: &MissingColumn,
    reaching: &Schema,
    later: &[(&StageConfig, &OperatorDescriptor)],
) -> Problem {
    let name = &column.name;
    let option = column.option.as_ref().and_then(|option| stage.options.entry(option));
    let place = option.map_or(&stage.plugin_place, |entry| &entry.node.place);
    let by = match &column.option {
        Some(option) => format!(", as its option `{option}` says"),
        None => String::new(),
    };
    let message =
        format!("stage `{}` reads the column `{name}`{by}, but no earlier stage provides it", stage.name);
    let problem = Problem::at(place, message);
    let writer = later.iter().find(|(_, operator)| operator.writes.iter().any(|write| write.column == *name));
    if let Some((writer, _)) = writer {
        let hint = format!("stage `{}` provides it: move this stage after that one", writer.name);
        let problem = problem.hint(hint);
        return match &writer.plugin_place {
            Place::File(_) => problem.other(&writer.plugin_place, format!("gives `{name}`")),
            Place::Set(_) => problem,
        };
    }
    let known: Vec<&str> = reaching.fields().iter().map(|field| field.name().as_str()).collect();
    let known: Vec<&str> = known.into_iter().filter(|name| !HIDDEN.contains(name)).collect();
    // If the stage reads any type, the host cannot know which one the documents have.
    let declared = match column.kind.as_deref() {
        Some(kind) => format!("`{name} = \"{kind}\"`"),
        None => {
            format!("`{name} = \"float64\"` if it holds numbers, or `{name} = \"utf8\"` if it holds text")
        }
    };
    problem.hint(suggest(name, known.iter().copied()).unwrap_or_else(|| {
        format!(
            "there are `{}`; a field that documents come with needs its type under `[input.columns]`: {declared}",
            known.join("`, `")
        )
    }))
}

/// Adds the missing columns, so that the rest can be checked.
pub(super) fn with_missing(reaching: &SchemaRef, missing: &[MissingColumn]) -> SchemaRef {
    if missing.is_empty() {
        return Arc::clone(reaching);
    }
    let kind = |column: &MissingColumn| {
        column.kind.as_deref().and_then(|kind| parse_type(kind).ok()).unwrap_or(DataType::Utf8)
    };
    let mut fields: Vec<Field> = reaching.fields().iter().map(|field| field.as_ref().clone()).collect();
    for column in missing {
        if !fields.iter().any(|field| *field.name() == column.name) {
            fields.push(Field::new(&column.name, kind(column), true));
        }
    }
    Arc::new(Schema::new(fields))
}
