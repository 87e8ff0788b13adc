//! Judges a page's lines without a model: by their own words, by the lines beside them, by where the main
//! text is.

pub mod body;
pub mod boilerplate;
pub mod cues;
pub mod dates;
mod frame;
mod grams;
mod line_cache;
pub mod menus;
mod single;
