//! `BatchMap`: an operator on whole record batches, for work on Arrow arrays. Also the trait for steps of a
//! plan that emit a table of their own.

use crate::call::Call;
use crate::descriptor::{Describe, Kind};
use crate::error::{Error, Result};
use crate::operator::{OperatorEntry, Output, Stage, Worker};
use crate::options::{self, Options};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use std::sync::Arc;

/// An operator on record batches. Each worker thread works on its own clone.
///
/// ```
/// use std::sync::Arc;
/// use textmill_plugin::prelude::arrow_array::UInt64Array;
/// use textmill_plugin::prelude::*;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// struct NoOptions {}
///
/// /// Writes how many bytes a text has.
/// #[derive(Clone)]
/// struct TextBytes;
///
/// impl BatchMap for TextBytes {
///     type Options = NoOptions;
///
///     fn describe() -> Describe {
///         Describe::new("text-bytes").reads("text").writes("bytes", DataType::UInt64)
///     }
///
///     fn bind(_: NoOptions) -> Result<Self> {
///         Ok(Self)
///     }
///
///     fn schema(&self) -> Schema {
///         Schema::new(vec![Field::new("bytes", DataType::UInt64, true)])
///     }
///
///     fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
///         call.keep_going()?;
///         let bytes: UInt64Array = Row::of(batch).map(|row| Some(row.text().len() as u64)).collect();
///         let documents = RecordBatch::try_new(Arc::new(self.schema()), vec![Arc::new(bytes)])?;
///         Ok(Output { documents, events: Events::new() })
///     }
/// }
///
/// # let entry =
/// batch_map::<TextBytes>() // goes into `textmill_plugin::export!`
/// # ;
/// # assert_eq!(entry.descriptor.writes[0].column, "bytes");
/// ```
pub trait BatchMap: Clone + Send + Sync + 'static {
    /// What a pipeline can set.
    type Options: Options;

    /// Name, columns, and how output rows relate to input rows.
    fn describe() -> Describe;

    /// Makes the operator from its options.
    ///
    /// # Errors
    /// If the options contradict one another.
    fn bind(options: Self::Options) -> Result<Self>;

    /// Columns of [`Output::documents`]. With `Describe::selects`, one of them is `row` (`uint32`): the input
    /// row of each output row, ascending.
    fn schema(&self) -> Schema;

    /// Maps a batch.
    ///
    /// # Errors
    /// An error fails the batch; the host then searches it for the document at fault.
    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output>;
}

/// The entry of a [`BatchMap`] in `export!`.
pub fn batch_map<T: BatchMap>() -> OperatorEntry {
    OperatorEntry {
        descriptor: T::describe().finish(Kind::Map, options::schema::<T::Options>()),
        bind: bind::<T>,
    }
}

fn bind<T: BatchMap>(_call: &Call<'_>, json: &str, _input: SchemaRef) -> Result<Box<dyn Stage>> {
    let operator = T::bind(options::parse(json)?).map_err(Error::of_options)?;
    let schema = Arc::new(operator.schema());
    Ok(Box::new(BatchMapStage { operator, schema }))
}

struct BatchMapStage<T> {
    operator: T,
    schema: SchemaRef,
}

impl<T: BatchMap> Stage for BatchMapStage<T> {
    fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn new_worker(&self, _call: &Call<'_>) -> Result<Box<dyn Worker>> {
        Ok(Box::new(BatchMapWorker(self.operator.clone())))
    }
}

struct BatchMapWorker<T>(T);

impl<T: BatchMap> Worker for BatchMapWorker<T> {
    fn process(&mut self, call: &Call<'_>, input: RecordBatch) -> Result<Output> {
        self.0.process(&input, call)
    }
}
