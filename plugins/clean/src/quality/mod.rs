//! Quality filters with published thresholds: which documents and lines are not worth keeping. They read the
//! text that is left after cleaning, and are off by default.
//!
//! Sources: Gopher (Rae et al. 2021, table A1), C4 (Raffel et al. 2020, section 2.2, and the code that made
//! it), RefinedWeb (Penedo et al. 2023, appendix G.2), FineWeb (Penedo et al. 2024, section 3.5).

mod documents;
mod lines;
mod options;
mod tokens;
mod words;

pub use documents::values;
pub use lines::removals;
pub use options::{C4, Group, Measure, Quality, Thresholds};
pub use words::BadWords;
