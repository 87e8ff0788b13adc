//! Input: from paths to batches of documents, in a fixed order.
//!
//! Reading has three steps. A [`Cursor`] cuts the files into chunks, one after the other. A [`Parser`] parses
//! a chunk into a [`Parsed`]; any number of parsers may work at once. The results get ordinals and unique ids
//! ([`Ids`]) in input order, and become batches.

mod batch;
mod buffer_pool;
mod columns_json;
mod csv;
mod csv_cutter;
mod csv_rows;
mod cursor;
mod files;
mod format;
mod http;
mod ids;
mod json_reason;
mod json_scan;
mod jsonl;
mod jsonl_slow;
mod lines;
mod open;
mod parquet_cutter;
mod parquet_rows;
mod parsed;
mod parser;
mod record;
mod schema;
#[cfg(test)]
mod tests;
mod warc;
mod warc_cutter;
mod whole;
mod window;

pub use batch::InputBatch;
pub use cursor::{Chunk, Cursor, Position};
pub use files::{InputError, Skipped, SourceFile, expand, state_of};
pub use format::{Format, Kind};
pub use ids::Ids;
pub use open::{ByteRange, open_bytes};
pub use parquet_cutter::parquet_columns;
pub use parsed::Parsed;
pub use parser::Parser;
pub use record::Failure;
pub use schema::input_schema;
