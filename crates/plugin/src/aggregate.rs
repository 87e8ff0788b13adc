//! `Aggregate`: a state that documents are added to, that is merged with other states, and that becomes a
//! report.

use crate::call::Call;
use crate::descriptor::{Describe, Kind};
use crate::error::{Error, Result};
use crate::operator::{OperatorEntry, Stage, Worker};
use crate::options::{self, Options};
use crate::pace::Pace;
use crate::reads::Reads;
use crate::row::Row;
use arrow_array::cast::AsArray;
use arrow_array::{LargeBinaryArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// An operator that reports on a corpus and passes its documents through.
///
/// Any split of the documents and any order of merging must give the same report: count in integers, and sort
/// before you report.
///
/// ```
/// use textmill_plugin::prelude::*;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct NoOptions {}
///
/// /// Reports how many documents there are, and how many bytes.
/// struct Sizes;
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct State {
///     documents: u64,
///     bytes: u64,
/// }
///
/// impl Aggregate for Sizes {
///     type Options = NoOptions;
///     type State = State;
///
///     fn describe() -> Describe {
///         Describe::new("sizes").reads("text")
///     }
///
///     fn bind(_: NoOptions) -> Result<Self> {
///         Ok(Self)
///     }
///
///     fn update(&self, state: &mut State, row: &Row<'_>) -> Result<()> {
///         self.merge(state, State { documents: 1, bytes: row.text().len() as u64 })
///     }
///
///     fn merge(&self, into: &mut State, from: State) -> Result<()> {
///         into.documents += from.documents;
///         into.bytes += from.bytes;
///         Ok(())
///     }
///
///     fn finish(&self, state: State) -> Result<Value> {
///         Ok(json!({ "documents": state.documents, "bytes": state.bytes }))
///     }
///
///     fn memory_bytes(&self, _: &State) -> u64 {
///         size_of::<State>() as u64
///     }
/// }
///
/// # let entry =
/// aggregate::<Sizes>() // goes into `textmill_plugin::export!`
/// # ;
/// # assert!(entry.descriptor.is_stage());
/// ```
pub trait Aggregate: Send + Sync + Sized + 'static {
    /// What a pipeline can set.
    type Options: Options;
    /// What was gathered from some documents. The default is the state before the first document.
    type State: Default + Send + Serialize + DeserializeOwned + 'static;

    /// Name and columns.
    fn describe() -> Describe;

    /// Makes the operator from its options.
    ///
    /// # Errors
    /// If the options contradict one another.
    fn bind(options: Self::Options) -> Result<Self>;

    /// Adds one document to the state.
    ///
    /// # Errors
    /// An error fails the batch; the host then searches it for the document at fault.
    fn update(&self, state: &mut Self::State, row: &Row<'_>) -> Result<()>;

    /// Merges `from` into `into`.
    ///
    /// # Errors
    /// If the two states cannot be merged.
    fn merge(&self, into: &mut Self::State, from: Self::State) -> Result<()>;

    /// Makes the report.
    ///
    /// # Errors
    /// If no report can be made.
    fn finish(&self, state: Self::State) -> Result<Value>;

    /// Approximate number of bytes that a state holds in memory.
    fn memory_bytes(&self, state: &Self::State) -> u64;
}

/// The entry of an [`Aggregate`] in `export!`.
pub fn aggregate<T: Aggregate>() -> OperatorEntry {
    let descriptor = T::describe().finish(Kind::Aggregate, options::schema::<T::Options>());
    OperatorEntry { descriptor, bind: bind::<T> }
}

/// Column that holds a state, encoded with `postcard`.
const STATE: &str = "state";

static STATE_SCHEMA: LazyLock<SchemaRef> =
    LazyLock::new(|| Arc::new(Schema::new(vec![Field::new(STATE, DataType::LargeBinary, false)])));

fn bind<T: Aggregate>(_call: &Call<'_>, json: &str, _input: SchemaRef) -> Result<Box<dyn Stage>> {
    let options: T::Options = options::parse(json)?;
    let reads = Arc::new(Reads::of(&T::describe(), &options));
    let operator = Arc::new(T::bind(options).map_err(Error::of_options)?);
    Ok(Box::new(AggregateStage { operator, reads }))
}

struct AggregateStage<T> {
    operator: Arc<T>,
    reads: Arc<Reads>,
}

impl<T: Aggregate> Stage for AggregateStage<T> {
    fn output_schema(&self) -> SchemaRef {
        Arc::new(Schema::empty())
    }

    fn new_worker(&self, _call: &Call<'_>) -> Result<Box<dyn Worker>> {
        let operator = Arc::clone(&self.operator);
        Ok(Box::new(AggregateWorker {
            operator,
            reads: Arc::clone(&self.reads),
            state: T::State::default(),
            fresh: T::State::default(),
            torn: false,
        }))
    }

    fn state_schema(&self) -> Option<SchemaRef> {
        Some(Arc::clone(&STATE_SCHEMA))
    }
}

struct AggregateWorker<T: Aggregate> {
    operator: Arc<T>,
    reads: Arc<Reads>,
    state: T::State,
    /// The state of the batch in progress. It is merged into `state` once the batch is complete, so that an
    /// error or a panic leaves `state` as it was.
    fresh: T::State,
    /// Set while a merge into `state` is in progress. If the merge fails, `state` is only partly merged.
    torn: bool,
}

impl<T: Aggregate> AggregateWorker<T> {
    fn take_in(&mut self, from: T::State) -> Result<()> {
        if self.torn {
            return Err(torn());
        }
        self.torn = true;
        self.operator.merge(&mut self.state, from).map_err(Error::fatal)?;
        self.torn = false;
        Ok(())
    }
}

fn torn() -> Error {
    Error::from("merging two states failed halfway, and the counts are lost").fatal()
}

impl<T: Aggregate> Worker for AggregateWorker<T> {
    fn update(&mut self, call: &Call<'_>, input: RecordBatch) -> Result<()> {
        self.fresh = T::State::default();
        let mut pace = Pace::new();
        let asked = self.reads.asked();
        for row in Row::of(&input) {
            let row = row.asked(&asked);
            call.at_row(Some(row.index() as u32));
            pace.before(&row, call)?;
            let updated = self.operator.update(&mut self.fresh, &row);
            asked.check(updated).map_err(|e| e.at_row(call.row()))?;
        }
        call.at_row(None);
        let fresh = std::mem::take(&mut self.fresh);
        self.take_in(fresh)
    }

    fn take_state(&mut self, _call: &Call<'_>) -> Result<RecordBatch> {
        if self.torn {
            return Err(torn());
        }
        let bytes = postcard::to_stdvec(&std::mem::take(&mut self.state))?;
        let column = LargeBinaryArray::from_vec(vec![&bytes]);
        Ok(RecordBatch::try_new(Arc::clone(&STATE_SCHEMA), vec![Arc::new(column)])?)
    }

    fn merge(&mut self, _call: &Call<'_>, states: RecordBatch) -> Result<()> {
        let column = states.column_by_name(STATE).and_then(|c| c.as_binary_opt::<i64>());
        let column = column.ok_or_else(|| Error::from("the states have no binary column `state`"))?;
        for bytes in column.iter().flatten() {
            self.take_in(postcard::from_bytes(bytes)?)?;
        }
        Ok(())
    }

    fn finish(&mut self, _call: &Call<'_>) -> Result<Value> {
        self.operator.finish(std::mem::take(&mut self.state))
    }

    fn memory_bytes(&self) -> u64 {
        self.operator.memory_bytes(&self.state)
    }
}
