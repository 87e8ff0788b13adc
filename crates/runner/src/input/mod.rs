//! Input: from paths to batches of documents, in a fixed order.

mod batches;
mod files;
mod jsonl;
mod record;
mod text;

pub use batches::{Batches, InputBatch, input_schema};
pub use files::{Format, InputError, SourceFile, expand};
pub use record::{Failure, Item, Record};
