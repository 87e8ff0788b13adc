//! A plugin that does nothing, to measure the cost of calling a plugin.

use arrow_array::RecordBatchOptions;
use std::sync::Arc;
use textmill_plugin::prelude::*;

/// No options.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct NoOptions {}

/// Is passed the text and returns no column.
#[derive(Clone)]
struct Nothing;

impl BatchMap for Nothing {
    type Options = NoOptions;

    fn describe() -> Describe {
        Describe::new("nothing").reads("text")
    }

    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        Schema::empty()
    }

    fn process(&mut self, batch: &RecordBatch, _: &Call<'_>) -> Result<Output> {
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let documents = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?;
        Ok(Output { documents, events: Events::new() })
    }
}

/// Returns the text unchanged.
#[derive(Clone)]
struct Same;

impl BatchMap for Same {
    type Options = NoOptions;

    fn describe() -> Describe {
        Describe::new("same").reads("text").writes("text", DataType::LargeUtf8)
    }

    fn bind(_: NoOptions) -> Result<Self> {
        Ok(Self)
    }

    fn schema(&self) -> Schema {
        Schema::new(vec![Field::new("text", DataType::LargeUtf8, true)])
    }

    fn process(&mut self, batch: &RecordBatch, _: &Call<'_>) -> Result<Output> {
        let text = batch.column_by_name("text").ok_or("there is no text")?;
        let documents = RecordBatch::try_new(Arc::new(self.schema()), vec![Arc::clone(text)])?;
        Ok(Output { documents, events: Events::new() })
    }
}

textmill_plugin::export!(batch_map::<Nothing>(), batch_map::<Same>());
