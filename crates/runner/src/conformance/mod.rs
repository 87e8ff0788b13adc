//! What `textmill plugin check` asks of a plugin: tests of the contract, each of which runs in a process of its own, so
//! that whatever a plugin does costs that test alone. The tests stand in `checks`, one in each file; the README lists
//! them. How they are shown is the command's business.

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

/// The tests, in the order in which they are shown.
pub const TESTS: &[Test] = checks::ALL;

/// The test that opens the library; all others need it to pass, save those of the file alone.
pub const OPENS: &str = checks::OPENS;

/// What a process is asked for that does not test but answers.
const ANSWERS: &str = "answers";

/// The test of this id.
pub fn find(id: &str) -> Option<&'static Test> {
    TESTS.iter().find(|test| test.id == id)
}
