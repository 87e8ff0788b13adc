//! What `textmill plugin check` requires of a plugin: tests of the contract. Each test runs in a process of
//! its own, so that whatever a plugin does affects only that test. The tests are in `checks`, one per file;
//! the README lists them. The command decides how they are displayed.

mod answers;
mod breach;
mod checks;
mod child;
mod documents;
mod input;
mod process;
mod request;
mod schema;
mod subject;
mod test;
#[cfg(test)]
mod tests;
mod texts;

pub use child::carry_out;
pub use process::{Finished, run};
pub use request::Request;
pub use test::{PluginLine, Run, Test, Verdict};

/// The tests, in the order in which they are displayed.
pub const TESTS: &[Test] = checks::ALL;

/// The test that opens the library. All others depend on it, except those that only look at the file.
pub const OPENS: &str = checks::OPENS;

/// The name of a request that runs no test, but returns answers.
const ANSWERS: &str = "answers";

/// The test with this id.
pub fn find(id: &str) -> Option<&'static Test> {
    TESTS.iter().find(|test| test.id == id)
}
