//! Writes a column in lower case into another column: an operator on Arrow record batches.
use std::sync::Arc;
use textmill_plugin::prelude::arrow_array::LargeStringArray;
use textmill_plugin::prelude::arrow_array::builder::LargeStringBuilder;
use textmill_plugin::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LowerCase {
    /// The column to read; its strings go into the column `lower`.
    column: String,
}

impl BatchMap for LowerCase {
    type Options = Self;

    fn describe() -> Describe {
        Describe::new("lower-case-column").reads_option("column").writes("lower", DataType::LargeUtf8)
    }

    fn bind(options: Self) -> Result<Self> {
        Ok(options)
    }

    fn schema(&self) -> Schema {
        Schema::new(vec![Field::new("lower", DataType::LargeUtf8, true)])
    }

    fn process(&mut self, batch: &RecordBatch, call: &Call<'_>) -> Result<Output> {
        let mut lower = LargeStringBuilder::with_capacity(batch.num_rows(), 0);
        for row in Row::of(batch) {
            // With this, a failure names the document, and Ctrl-C is answered soon.
            call.at_row(Some(row.index() as u32));
            call.keep_going()?;
            match row.str(&self.column) {
                Some(text) => lower.append_value(text.to_lowercase()),
                None => lower.append_null(),
            }
        }
        let lower: LargeStringArray = lower.finish();
        let documents = RecordBatch::try_new(Arc::new(self.schema()), vec![Arc::new(lower)])?;
        Ok(Output { documents, events: Events::new() })
    }
}

textmill_plugin::export!(batch_map::<LowerCase>());
