//! Out-of-core rows: files of blocks, tables, an external sort, and the memory budget that they share. Does
//! not know what the rows mean.

pub mod block;
pub mod budget;
mod file;
mod merge;
mod order;
pub mod sort;
pub mod store;
pub mod table;
#[cfg(test)]
mod tests;

pub use block::{BlockFile, Encoded, Packing, encode};
pub use budget::{Budget, Taken};
pub use store::SpillStore;
pub use table::{SpillTable, TableWriter};
