//! `Compose`: a stage made of several operators of one plugin, after a plan that the host carries out.

use crate::call::Call;
use crate::descriptor::{Describe, Kind};
use crate::error::{Error, Result};
use crate::operator::{OperatorEntry, Stage, Worker};
use crate::options::{self, Options};
use crate::plan::Plan;
use arrow_schema::{Schema, SchemaRef};
use std::sync::Arc;

/// A stage that needs the whole corpus. It publishes a [`Plan`]; the steps' operators get the same
/// options as the stage.
pub trait Compose: 'static {
    /// What a pipeline can set.
    type Options: Options;

    /// Name of the stage's operator; columns and rows are those of the plan's `output` step.
    fn describe() -> Describe;

    /// The plan for these options.
    ///
    /// # Errors
    /// Where the options contradict one another.
    fn plan(options: Self::Options) -> Result<Plan>;
}

/// The entry of a [`Compose`] in `export!`.
pub fn compose<T: Compose>() -> OperatorEntry {
    OperatorEntry {
        descriptor: T::describe().finish(Kind::Plan, options::schema::<T::Options>()),
        bind: bind::<T>,
    }
}

fn bind<T: Compose>(_call: &Call<'_>, json: &str, _input: SchemaRef) -> Result<Box<dyn Stage>> {
    let plan = T::plan(options::parse(json)?).map_err(Error::of_options)?;
    plan.check()?;
    Ok(Box::new(ComposeStage { plan: serde_json::to_string(&plan)? }))
}

struct ComposeStage {
    plan: String,
}

impl Stage for ComposeStage {
    fn output_schema(&self) -> SchemaRef {
        Arc::new(Schema::empty())
    }

    fn new_worker(&self, _call: &Call<'_>) -> Result<Box<dyn Worker>> {
        Err(Error::unsupported("process; it is made of the steps of a plan"))
    }

    fn plan(&self) -> Option<String> {
        Some(self.plan.clone())
    }
}
