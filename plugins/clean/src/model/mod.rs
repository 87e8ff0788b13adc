//! The model that tells main text from the page around it.

pub mod features;
pub mod forest;
pub mod grid;
