//! Fuzz targets that turn bytes into what a library hands to the host, and into pages for `clean`. `clean`,
//! `descriptor`, `import` and `plan` hold the targets; the tests of the workspace run them on inputs that
//! once found something.

pub mod arena;
pub mod clean;
pub mod descriptor;
pub mod import;
pub mod noise;
pub mod plan;
