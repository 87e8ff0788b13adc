//! Turns a pipeline file into bound stages: finds and opens plugins, checks options, and tracks columns.

use super::loaded::{SAVED_EARLIER, Unsuited, open as open_saved};
use super::missing::{Reach, missing, with_missing};
use super::opened::OpenedPlugin;
use super::placed::{also, placed, without_wrong};
use super::warnings::warnings;
use crate::config::{
    Draft, Kind as NodeKind, LockPolicy, Pipeline, Problem, Problems, Severity, Source, StageConfig,
    check_options, fitted, located, suggest, with_defaults,
};
use crate::host::Discovery;
use crate::input::input_schema;
use crate::isolate::Repros;
use crate::output::OutputColumns;
use arrow_schema::{Field, Schema, SchemaRef};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use textmill_core::column::{CARRIED, HIDDEN, ID, MEDIA_TYPE, SOURCE, TEXT, is_supported};
use textmill_plugin::call::{Call, NoHost};
use textmill_plugin::descriptor::{Kind, OperatorDescriptor, Rows, Threading, Threshold};
use textmill_plugin::drive::bind::{BoundOperator, missing_columns};
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::error::Error;
use textmill_plugin::plan::Plan;

/// A pipeline that is ready to run.
pub struct Prepared {
    /// The pipeline file.
    pub pipeline: Pipeline,
    /// The bound stages, in order.
    pub stages: Vec<PreparedStage>,
    /// The columns of the documents as they are read.
    pub input: SchemaRef,
    /// What is written of each document.
    pub columns: OutputColumns,
    /// Where to put minimal reproductions of documents on which a plugin's process died.
    pub repros: Repros,
}

impl Prepared {
    /// Whether a stage needs the whole corpus.
    pub fn has_barrier(&self) -> bool {
        self.stages.iter().any(|stage| matches!(stage.bound, Bound::Plan(..)))
    }

    /// The columns of the states of aggregates, each with the number of its stage.
    pub fn state_schemas(&self) -> impl Iterator<Item = (usize, SchemaRef)> {
        self.stages.iter().enumerate().filter_map(|(number, stage)| match &stage.bound {
            Bound::Aggregate(operator) => Some((number, operator.stage.state_schema()?)),
            _ => None,
        })
    }
}

/// A bound stage.
pub struct PreparedStage {
    /// Name in the pipeline.
    pub name: String,
    /// The plugin.
    pub plugin: Arc<OpenedPlugin>,
    /// Name of its operator.
    pub operator: String,
    /// Options, completed with their defaults.
    pub options: Value,
    /// The bound operator or plan.
    pub bound: Bound,
    /// The columns after the stage.
    pub after: SchemaRef,
    /// Files that the plan loads or saves, keyed by the options that name them.
    pub paths: BTreeMap<String, PathBuf>,
}

impl PreparedStage {
    /// The file that its plan saves rows to.
    pub fn saves_to(&self) -> Option<&PathBuf> {
        let Bound::Plan(_, plan) = &self.bound else { return None };
        self.paths.get(&plan.save.as_ref()?.option)
    }

    /// The files that its plan loads.
    pub fn loads_from(&self) -> impl Iterator<Item = &PathBuf> {
        let plan = if let Bound::Plan(_, plan) = &self.bound { Some(plan) } else { None };
        let steps = plan.into_iter().flat_map(BoundPlan::loads);
        steps.filter_map(|(_, step, _)| self.paths.get(step.option.as_deref()?))
    }
}

/// The bound operator of a stage, by kind.
pub enum Bound {
    /// A map operator.
    Map(BoundOperator),
    /// An aggregate; documents pass through it.
    Aggregate(BoundOperator),
    /// A plan, which needs all documents before it lets one through.
    Plan(BoundOperator, BoundPlan),
}

impl Bound {
    /// Whether one of its operators must not run on several threads at once.
    pub fn is_serial(&self) -> bool {
        self.operators().iter().any(|o| o.descriptor.threading == Threading::Serial)
    }

    /// Its operators; for a plan, the plan's own operator comes first.
    pub fn operators(&self) -> Vec<&BoundOperator> {
        match self {
            Self::Map(operator) | Self::Aggregate(operator) => vec![operator],
            Self::Plan(whole, plan) => {
                std::iter::once(whole).chain(plan.steps().filter_map(|(_, o)| o)).collect()
            }
        }
    }

    /// Its rules whose decisions can be replayed from the ledger alone.
    pub fn thresholds(&self) -> Vec<&Threshold> {
        self.operators().into_iter().flat_map(|o| &o.descriptor.thresholds).collect()
    }

    /// The names of the columns that it writes into documents. For a plan, these are the columns that its
    /// steps write: the plan's own operator declares what it may write under any options.
    pub fn writes(&self) -> Vec<&str> {
        let operators = match self {
            Self::Plan(_, plan) => plan.steps().filter_map(|(_, operator)| operator).collect(),
            Self::Map(_) | Self::Aggregate(_) => self.operators(),
        };
        let documents = operators.into_iter().filter(|o| o.descriptor.rows != Rows::Table);
        documents.flat_map(|o| o.descriptor.writes.iter().map(|w| w.column.as_str())).collect()
    }
}

/// Finds and binds everything that a pipeline names; `draft` may already contain mistakes. Libraries must
/// match `lock_policy`. If something cannot be known about one stage, such as the columns after a missing plugin,
/// nothing that depends on it is reported for later stages. The second value holds the warnings.
///
/// # Errors
/// Returns all mistakes, including those of the draft, in the order of the files.
pub fn prepare(draft: Draft, lock_policy: &LockPolicy) -> Result<(Prepared, Problems), Problems> {
    let Draft { mut pipeline, mut problems, gaps, has_all_stages } = draft;
    let discovery = Discovery::new(Some(&pipeline.path));
    let input = input_schema(&pipeline.input);
    let repros = Repros::default();
    let mut opened: Vec<Arc<OpenedPlugin>> = Vec::new();
    let mut plugins: Vec<Option<Arc<OpenedPlugin>>> = Vec::new();
    for stage in &pipeline.stages {
        let plugin = open(&discovery, lock_policy, stage, &repros, &mut opened);
        plugins.push(plugin.map_err(|problem| problems.push(problem)).ok());
    }
    for (stage, plugin) in pipeline.stages.iter_mut().zip(&plugins) {
        let operator = plugin.as_ref().and_then(|p| p.descriptor.operator(stage.operator.as_deref()));
        if let Some(operator) = operator {
            stage.options = fitted(&operator.options, &stage.options);
        }
    }
    let mut stages: Vec<PreparedStage> = Vec::new();
    let mut reach = Reach { columns: Arc::clone(&input), is_named: has_all_stages, is_bound: has_all_stages };
    for (at, stage) in pipeline.stages.iter().enumerate() {
        let Some(plugin) = &plugins[at] else {
            (reach.is_named, reach.is_bound) = (false, false);
            continue;
        };
        let later = pipeline.stages[at + 1..].iter().zip(&plugins[at + 1..]);
        let later: Vec<(&StageConfig, &OperatorDescriptor)> = later
            .filter_map(|(s, p)| Some((s, p.as_ref()?.descriptor.operator(s.operator.as_deref())?)))
            .collect();
        let sources = &pipeline.sources;
        match bind(stage, sources, Arc::clone(plugin), &reach, &later, gaps) {
            Ok(bound) => {
                reach.columns = Arc::clone(&bound.after);
                stages.push(bound);
            }
            Err(found) => {
                problems.extend(found);
                let operator = plugin.descriptor.operator(stage.operator.as_deref());
                reach.is_named &= operator.is_some();
                reach.is_bound = false;
                reach.columns = assumed(&reach.columns, operator);
            }
        }
    }
    let columns = reach.columns;
    let written: BTreeSet<&str> = stages.iter().flat_map(|s| s.bound.writes()).collect();
    let names = reach.is_named.then(|| output_columns(&pipeline, &columns, &written, &mut problems));
    if problems.iter().all(|problem| problem.severity == Severity::Warning) {
        problems.extend(warnings(&pipeline, &stages));
    }
    let problems = pipeline.problems(problems);
    match names {
        Some(names) if !problems.has_errors() => {
            let declared = pipeline.input.columns.iter().map(|(name, _)| name.clone()).collect();
            let columns = OutputColumns::new(&pipeline, &columns, names, declared);
            Ok((Prepared { pipeline, stages, input, columns, repros }, problems))
        }
        _ => Err(problems),
    }
}

fn open(
    discovery: &Discovery,
    lock_policy: &LockPolicy,
    stage: &StageConfig,
    repros: &Repros,
    opened: &mut Vec<Arc<OpenedPlugin>>,
) -> Result<Arc<OpenedPlugin>, Problem> {
    let found = discovery.find(&stage.plugin).map_err(|attempts| {
        let (message, hint) = discovery.not_found(&stage.plugin, &attempts);
        Problem::at(&stage.plugin_place, message).hint(hint)
    })?;
    let path = found.real_path();
    if let Some(plugin) = opened.iter().find(|p| p.path == path && p.isolation == stage.isolation) {
        return Ok(Arc::clone(plugin));
    }
    let expected = lock_policy
        .expected(&found.name)
        .map_err(|refused| Problem::at(&stage.plugin_place, refused.message).hint(refused.hint))?;
    let plugin = OpenedPlugin::open(&found.path, expected.as_ref(), stage.isolation, repros)
        .map_err(|e| Problem::at(&stage.plugin_place, e.to_string()).maybe_hint(e.hint))?;
    let plugin = Arc::new(plugin);
    opened.push(Arc::clone(&plugin));
    Ok(plugin)
}

/// Binds a stage to the columns that reach it. If an earlier stage is broken, these columns are assumed, and
/// only what does not depend on them is checked.
fn bind(
    stage: &StageConfig,
    sources: &[Source],
    plugin: Arc<OpenedPlugin>,
    reach: &Reach,
    later: &[(&StageConfig, &OperatorDescriptor)],
    gaps: bool,
) -> Result<PreparedStage, Vec<Problem>> {
    let descriptor = match plugin.descriptor.operator(stage.operator.as_deref()) {
        Some(descriptor) => descriptor.clone(),
        None => {
            let wrong = stage.operator.as_deref().unwrap_or_default();
            let known = stage_operators(&plugin);
            let hint = suggest(wrong, known.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("it has `{}`", known.join("`, `")));
            let message = format!("plugin `{}` has no operator `{wrong}`", stage.plugin);
            return Err(vec![Problem::at(&stage.operator_place, message).hint(hint)]);
        }
    };
    if !descriptor.is_stage() {
        let message = format!("operator `{}` is a step of a plan and cannot be a stage", descriptor.name);
        let hint = match stage_operators(&plugin).as_slice() {
            [] => "the plugin has none that can".to_owned(),
            known => format!("those that can are `{}`", known.join("`, `")),
        };
        return Err(vec![Problem::at(&stage.operator_place, message).hint(hint)]);
    }
    let mut wrong = check_options(&stage.plugin, &descriptor.options, &stage.options, gaps);
    let options = without_wrong(&stage.options, &wrong);
    let lacking = missing_columns(&descriptor, &options, &reach.columns);
    let input = with_missing(&reach.columns, &lacking);
    if reach.is_named {
        wrong.extend(lacking.iter().map(|column| missing(stage, column, &reach.columns, later)));
    }
    let fail = |error: Error| placed(stage, &descriptor.options, &error);
    let call = Call::new(&NoHost);
    let operator = BoundOperator::bind(plugin.as_ref(), &call, Some(&descriptor.name), &options, &input);
    let is_whole = wrong.is_empty() && reach.is_bound && lacking.is_empty();
    let operator = match operator {
        Ok(operator) if is_whole => operator,
        Err(error) if is_whole => return Err(fail(error)),
        // The plugin's own complaints about its options are shown along with the rest.
        Err(error) => return Err(also(stage, &descriptor.options, &error, wrong)),
        Ok(_) => return Err(wrong),
    };
    let input = &input;
    let (bound, after) = match descriptor.kind {
        Kind::Map => {
            let after = Arc::clone(&operator.after);
            (Bound::Map(operator), after)
        }
        Kind::Aggregate => (Bound::Aggregate(operator), Arc::clone(input)),
        Kind::Plan | Kind::Group => {
            let json = operator.stage.plan().ok_or_else(|| fail("it publishes no plan".into()))?;
            let plan: Plan =
                serde_json::from_str(&json).map_err(|e| fail(format!("its plan is not one: {e}").into()))?;
            let plan = BoundPlan::bind(plugin.as_ref(), &call, &plan, &options, input).map_err(fail)?;
            let after = Arc::clone(&plan.after);
            (Bound::Plan(operator, plan), after)
        }
    };
    let options = with_defaults(&descriptor.options, &options);
    let operator = descriptor.name;
    let paths = paths(stage, &bound, sources)?;
    Ok(PreparedStage { name: stage.name.clone(), plugin, operator, options, bound, after, paths })
}

/// The path given by an option of a stage.
fn path_of(stage: &StageConfig, option: &str, sources: &[Source]) -> Option<PathBuf> {
    let entry = stage.options.entry(option)?;
    let NodeKind::Text(text) = &entry.node.kind else { return None };
    Some(located(text, &entry.node.place, sources))
}

/// The files that a plan loads or saves. A file to load must exist and have the right contents.
fn paths(
    stage: &StageConfig,
    bound: &Bound,
    sources: &[Source],
) -> Result<BTreeMap<String, PathBuf>, Vec<Problem>> {
    let Bound::Plan(_, plan) = bound else { return Ok(BTreeMap::new()) };
    let loads = plan.loads().filter_map(|(_, step, schema)| Some((step.option.as_deref()?, (step, schema))));
    let loads: BTreeMap<&str, _> = loads.collect();
    let mut paths = BTreeMap::new();
    let mut wrong = Vec::new();
    for option in loads.keys().copied().chain(plan.save.as_ref().map(|save| save.option.as_str())) {
        let Some(path) = path_of(stage, option, sources) else { continue };
        // A file that a run extends and saves again need not exist at the first run.
        let is_begun =
            plan.save.as_ref().and_then(|save| path_of(stage, &save.option, sources)) == Some(path.clone());
        if is_begun && loads.contains_key(option) && !path.exists() {
            continue;
        }
        if let Some((step, schema)) = loads.get(option) {
            let place = stage.options.entry(option).map_or(&stage.options.place, |entry| &entry.node.place);
            let mut refuse = |message: String, hint: &str| wrong.push(Problem::at(place, message).hint(hint));
            if !path.is_file() {
                refuse(format!("there is no file `{}`", path.display()), SAVED_EARLIER);
            } else if let Err(unsuited) = open_saved(&path, step.meaning.as_deref(), schema) {
                let Unsuited { why, hint } = unsuited;
                refuse(format!("`{}` {why}", path.display()), hint);
            }
        }
        paths.insert(option.to_owned(), path);
    }
    if wrong.is_empty() { Ok(paths) } else { Err(wrong) }
}

/// The operators of a plugin that can be stages.
fn stage_operators(plugin: &OpenedPlugin) -> Vec<&str> {
    plugin.descriptor.operators.iter().filter(|o| o.is_stage()).map(|o| o.name.as_str()).collect()
}

/// The columns after a stage that could not be bound, according to the declaration of its operator.
fn assumed(before: &SchemaRef, operator: Option<&OperatorDescriptor>) -> SchemaRef {
    let mut fields: Vec<Field> = before.fields().iter().map(|field| field.as_ref().clone()).collect();
    for write in operator.into_iter().flat_map(|operator| &operator.writes) {
        if let Ok(kind) = write.data_type() {
            fields.retain(|field| *field.name() != write.column);
            fields.push(Field::new(&write.column, kind, true));
        }
    }
    Arc::new(Schema::new(fields))
}

fn output_columns(
    pipeline: &Pipeline,
    after: &SchemaRef,
    written: &BTreeSet<&str>,
    problems: &mut Vec<Problem>,
) -> Vec<String> {
    let own = [ID, SOURCE, TEXT, MEDIA_TYPE, CARRIED];
    let declared = |name: &String| {
        pipeline.input.columns.iter().any(|(column, _)| column == name) && !written.contains(name.as_str())
    };
    let mut columns: Vec<String> = Vec::new();
    for field in after.fields() {
        let name = field.name();
        if own.contains(&name.as_str()) || HIDDEN.contains(&name.as_str()) {
            continue;
        }
        if !is_supported(field.data_type()) {
            problems.push(Problem::whole(format!(
                "column `{name}` has the type {}, which cannot be written",
                field.data_type()
            )));
        }
        columns.push(name.clone());
    }
    for (name, place) in &pipeline.output.exclude {
        if !columns.contains(name) && name != MEDIA_TYPE {
            let problem = Problem::at(place, format!("there is no column `{name}` to leave out"));
            let hint = suggest(name, columns.iter().map(String::as_str)).unwrap_or_else(|| {
                match columns.as_slice() {
                    _ if own.contains(&name.as_str()) => "textmill writes it into every document".to_owned(),
                    [] => "no stage writes a column, and `[input.columns]` declares none".to_owned(),
                    known => format!("there are `{}`", known.join("`, `")),
                }
            });
            problems.push(problem.hint(hint));
        }
    }
    // Declared columns that no stage wrote are written unchanged, with the other fields of the input.
    columns.retain(|name| !declared(name) && !pipeline.output.exclude.iter().any(|(out, _)| out == name));
    columns
}
