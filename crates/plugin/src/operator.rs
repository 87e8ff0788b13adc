//! Operators as trait objects. Every operator trait becomes these, and a loaded library looks like this to
//! the host, so native and loaded code are driven in the same way.

use crate::call::Call;
use crate::descriptor::{OperatorDescriptor, PluginDescriptor};
use crate::error::{Error, Result};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use textmill_core::event::Events;

/// What a map operator returns for a batch.
#[derive(Clone, Debug)]
pub struct Output {
    /// The columns that the operator writes, and `row` if it may drop documents.
    pub documents: RecordBatch,
    /// What it did to the documents.
    pub events: Events,
}

impl Output {
    /// No documents and no events.
    pub fn empty(schema: SchemaRef) -> Self {
        Self { documents: RecordBatch::new_empty(schema), events: Events::new() }
    }
}

/// An operator bound to its options and its input columns. Immutable, shared by all workers.
pub trait Stage: Send + Sync {
    /// Columns of the documents (or rows) that workers return.
    fn output_schema(&self) -> SchemaRef;

    /// Makes a worker, which is used by one thread at a time.
    ///
    /// # Errors
    /// If the operator cannot set one up.
    fn new_worker(&self, call: &Call<'_>) -> Result<Box<dyn Worker>>;

    /// Columns of the states of an aggregate; `None` for other operators.
    fn state_schema(&self) -> Option<SchemaRef> {
        None
    }

    /// The plan of a stage made of several operators, as JSON; `None` for other operators.
    fn plan(&self) -> Option<String> {
        None
    }
}

/// The part of an operator that does the work. Methods that an operator's kind does not have return an error.
pub trait Worker: Send {
    /// Maps a batch.
    ///
    /// # Errors
    /// If the whole batch fails. A failure of one document is an event.
    fn process(&mut self, _call: &Call<'_>, _input: RecordBatch) -> Result<Output> {
        Err(Error::unsupported("process"))
    }

    /// Returns documents held back until the end of the input. Reserved: the runner does not call it.
    ///
    /// # Errors
    /// If they cannot be produced.
    fn flush(&mut self, _call: &Call<'_>) -> Result<Output> {
        Ok(Output::empty(Arc::new(Schema::empty())))
    }

    /// Reduces whole groups: `groups` are consecutive ranges of `rows`.
    ///
    /// # Errors
    /// If a group cannot be reduced.
    fn reduce(
        &mut self,
        _call: &Call<'_>,
        _rows: RecordBatch,
        _groups: &[Range<usize>],
    ) -> Result<RecordBatch> {
        Err(Error::unsupported("reduce"))
    }

    /// Adds a batch to the state: all of it or, on an error, none of it.
    ///
    /// # Errors
    /// If a row cannot be added; the state is then as it was before the call.
    fn update(&mut self, _call: &Call<'_>, _input: RecordBatch) -> Result<()> {
        Err(Error::unsupported("update"))
    }

    /// Returns the state and starts again from an empty one.
    ///
    /// # Errors
    /// If the state cannot be written.
    fn take_state(&mut self, _call: &Call<'_>) -> Result<RecordBatch> {
        Err(Error::unsupported("take_state"))
    }

    /// Merges other states into this worker's.
    ///
    /// # Errors
    /// If a state cannot be read.
    fn merge(&mut self, _call: &Call<'_>, _states: RecordBatch) -> Result<()> {
        Err(Error::unsupported("merge"))
    }

    /// Makes the report on everything that was added.
    ///
    /// # Errors
    /// If it cannot be made.
    fn finish(&mut self, _call: &Call<'_>) -> Result<Value> {
        Err(Error::unsupported("finish"))
    }

    /// Approximate number of bytes that the state holds in memory.
    fn memory_bytes(&self) -> u64 {
        0
    }
}

/// Binds an operator to options (as JSON) and the columns that it will be passed.
pub type Bind = fn(call: &Call<'_>, options: &str, input: SchemaRef) -> Result<Box<dyn Stage>>;

/// An operator that can be bound.
#[derive(Clone)]
pub struct OperatorEntry {
    /// What it says about itself.
    pub descriptor: OperatorDescriptor,
    /// Binds it.
    pub bind: Bind,
}

/// A plugin in native form: what `export!` makes from a list of operators.
#[derive(Clone)]
pub struct PluginSpec {
    /// Name in pipeline files.
    pub name: String,
    /// Version of the crate.
    pub version: &'static str,
    /// Licence of the crate.
    pub licence: &'static str,
    /// Description of the crate.
    pub description: &'static str,
    /// The operators; the first is the default.
    pub operators: Vec<OperatorEntry>,
}

impl PluginSpec {
    /// What the plugin says about itself.
    pub fn descriptor(&self) -> PluginDescriptor {
        PluginDescriptor {
            name: self.name.clone(),
            version: self.version.to_owned(),
            licence: self.licence.to_owned(),
            description: self.description.to_owned(),
            operators: self.operators.iter().map(|o| o.descriptor.clone()).collect(),
        }
    }
}

/// Anything that can bind operators by name: a native plugin, or a loaded library.
pub trait Plugin: Send + Sync {
    /// What the plugin says about itself.
    fn describe(&self) -> Cow<'_, PluginDescriptor>;

    /// Binds an operator to its options and its input columns.
    ///
    /// # Errors
    /// If there is no such operator, or the options or columns do not suit it.
    fn bind(
        &self,
        call: &Call<'_>,
        operator: &str,
        options: &str,
        input: SchemaRef,
    ) -> Result<Box<dyn Stage>>;
}

impl Plugin for PluginSpec {
    fn describe(&self) -> Cow<'_, PluginDescriptor> {
        Cow::Owned(self.descriptor())
    }

    fn bind(
        &self,
        call: &Call<'_>,
        operator: &str,
        options: &str,
        input: SchemaRef,
    ) -> Result<Box<dyn Stage>> {
        match self.operators.iter().find(|o| o.descriptor.name == operator) {
            Some(entry) => (entry.bind)(call, options, input),
            None => Err(format!("plugin `{}` has no operator `{operator}`", self.name).into()),
        }
    }
}
