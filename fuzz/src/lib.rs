//! What a library hands to the host, and pages that `clean` gets, made of bytes. Each module is one fuzz target; the tests of the workspace run
//! them on inputs that once found something.

pub mod arena;
pub mod clean;
pub mod descriptor;
pub mod import;
pub mod noise;
pub mod plan;
