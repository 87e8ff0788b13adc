//! The subject of a test: an operator of a loaded plugin, with options and documents, and the ways to run it.

use super::documents;
use super::request::Request;
use crate::host::{Layout, LoadedPlugin, Probe};
use arrow_array::RecordBatch;
use serde_json::Value;
use std::time::Duration;
use textmill_plugin::call::NoHost;
use textmill_plugin::descriptor::OperatorDescriptor;
use textmill_plugin::drive::bind::BoundOperator;
use textmill_plugin::error::Result;
use textmill_plugin::harness::{Bound, Case, Outcome};
use textmill_plugin::plan::INPUT;

/// Number of documents to generate if none are given.
const DOCUMENTS: usize = 48;
/// An operator under test.
pub struct Subject {
    /// The plugin.
    pub plugin: LoadedPlugin,
    /// The operator.
    pub operator: OperatorDescriptor,
    /// Its options.
    pub options: Value,
    /// The seed of everything random.
    pub seed: u64,
    /// How long the test may take.
    pub limit: Duration,
    /// The documents, if they were given.
    given: Option<Case>,
    /// The request that this process received.
    pub request: Request,
}

impl Subject {
    /// The operator that a request names.
    ///
    /// # Errors
    /// If there is no such operator, or the documents cannot be read.
    pub fn new(plugin: LoadedPlugin, request: Request) -> Result<Self> {
        let name = request.operator.as_deref();
        let operator = plugin.descriptor.operator(name);
        let operator =
            operator.ok_or_else(|| format!("there is no operator `{}`", name.unwrap_or("")))?.clone();
        let given = request.input.as_deref().map(super::input::read).transpose()?;
        let own = given.as_ref().map(|case| case.options.clone());
        let options = match (&request.options, own) {
            (Some(options), _) => options.clone(),
            (None, Some(own)) => own,
            (None, None) => Value::Object(serde_json::Map::new()),
        };
        let (seed, limit) = (request.seed, Duration::from_secs(request.limit_seconds));
        Ok(Self { plugin, operator, options, seed, limit, given, request })
    }

    /// The documents for most tests: the given ones, or generated ones.
    pub fn case(&self) -> Case {
        match &self.given {
            Some(given) => {
                let mut case = given.clone().with_options(self.options.clone());
                documents::fill(&mut case, &self.operator, self.seed);
                case
            }
            None => self.case_of(&documents::texts(self.seed, DOCUMENTS)),
        }
    }

    /// Documents with these texts.
    pub fn case_of(&self, texts: &[String]) -> Case {
        documents::case(&self.operator, &self.options, self.seed, texts)
    }

    /// Documents with texts that break careless code.
    pub fn hostile(&self) -> Case {
        documents::hostile(&self.operator, &self.options, self.seed)
    }

    /// The documents for most tests as one batch.
    ///
    /// # Errors
    /// If a value does not fit its column.
    pub fn batch(&self) -> Result<RecordBatch> {
        Ok(self.case().batch()?)
    }

    /// Binds the operator to the columns of a batch.
    ///
    /// # Errors
    /// What the plugin reports, or what is wrong with its answer.
    pub fn bind(&self, documents: &RecordBatch) -> Result<Bound> {
        Bound::bind(&self.plugin, Some(&self.operator.name), &self.options, &documents.schema())
    }

    /// Runs documents in one batch, on a new stage and a new worker.
    ///
    /// # Errors
    /// If the stage cannot be bound or fails as a whole.
    pub fn run(&self, documents: &RecordBatch) -> Result<Outcome> {
        self.bind(documents)?.run(&NoHost, std::slice::from_ref(documents))
    }

    /// Like [`Subject::run`], but passes arrays in another layout.
    ///
    /// # Errors
    /// As for [`Subject::run`].
    pub fn run_laid_out(&self, documents: &RecordBatch, layout: Layout) -> Result<Outcome> {
        let (plugin, _) = Probe::attach(&self.plugin, layout);
        let bound = Bound::bind(&plugin, Some(&self.operator.name), &self.options, &documents.schema())?;
        bound.run(&NoHost, std::slice::from_ref(documents))
    }
}

/// The operators that see the documents themselves: the operator, or the steps of its plan that only read the
/// input.
pub fn readers(bound: &Bound) -> Vec<&BoundOperator> {
    match bound.plan() {
        None => vec![bound.operator()],
        Some(plan) => plan.early().map(|step| step.operator).collect(),
    }
}

/// All operators of a stage, each with a prefix that names its place in the plan.
pub fn operators(bound: &Bound) -> Vec<(String, &BoundOperator)> {
    match bound.plan() {
        None => vec![(String::new(), bound.operator())],
        Some(plan) => {
            let steps = plan.steps().filter_map(|(step, operator)| Some((step, operator?)));
            let words = |from: &str| if from == INPUT { String::new() } else { format!(" from `{from}`") };
            steps
                .map(|(step, operator)| (format!("step `{}`{}: ", step.id, words(&step.from)), operator))
                .collect()
        }
    }
}
