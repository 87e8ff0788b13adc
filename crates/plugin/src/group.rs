//! `Group`: rows that share a key, brought together by the host. A step inside a plan.

use crate::call::Call;
use crate::descriptor::{Describe, Kind};
use crate::error::{Error, Result};
use crate::operator::{OperatorEntry, Stage, Worker};
use crate::options::{self, Options};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use std::ops::Range;
use std::sync::Arc;

/// An operator on groups of rows. Each worker thread works on its own clone. It is a step of a plan, between
/// steps that make its rows and steps that use its results; [`Compose`](crate::compose::Compose) has a
/// complete example.
pub trait Group: Clone + Send + Sync + 'static {
    /// What a pipeline can set.
    type Options: Options;

    /// Name and columns. [`Describe::smallest_group`] leaves out groups that it does not need to see.
    fn describe() -> Describe;

    /// Makes the operator from its options.
    ///
    /// # Errors
    /// If the options contradict one another.
    fn bind(options: Self::Options) -> Result<Self>;

    /// Columns of the rows that [`Group::reduce`] returns.
    fn schema(&self) -> Schema;

    /// Reduces whole groups. `groups` are consecutive ranges of `rows`. Within a group, rows are sorted by
    /// ordinal. The result must not depend on how many groups are passed in one call.
    ///
    /// # Errors
    /// An error fails the stage: no single document of a group is at fault.
    fn reduce(&mut self, rows: &RecordBatch, groups: &[Range<usize>], call: &Call<'_>)
    -> Result<RecordBatch>;
}

/// The entry of a [`Group`] in `export!`.
pub fn group<T: Group>() -> OperatorEntry {
    let descriptor = T::describe().table().finish(Kind::Group, options::schema::<T::Options>());
    OperatorEntry { descriptor, bind: bind::<T> }
}

fn bind<T: Group>(_call: &Call<'_>, json: &str, _input: SchemaRef) -> Result<Box<dyn Stage>> {
    let operator = T::bind(options::parse(json)?).map_err(Error::of_options)?;
    let schema = Arc::new(operator.schema());
    Ok(Box::new(GroupStage { operator, schema }))
}

struct GroupStage<T> {
    operator: T,
    schema: SchemaRef,
}

impl<T: Group> Stage for GroupStage<T> {
    fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn new_worker(&self, _call: &Call<'_>) -> Result<Box<dyn Worker>> {
        Ok(Box::new(GroupWorker(self.operator.clone())))
    }
}

struct GroupWorker<T>(T);

impl<T: Group> Worker for GroupWorker<T> {
    fn reduce(&mut self, call: &Call<'_>, rows: RecordBatch, groups: &[Range<usize>]) -> Result<RecordBatch> {
        self.0.reduce(&rows, groups, call)
    }
}
