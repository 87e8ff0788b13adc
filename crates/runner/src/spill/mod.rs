//! Rows out of core: blocks in files, tables, an external sort, and the memory that they share. What the rows mean is
//! no concern of this module.

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
