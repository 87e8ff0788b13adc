//! Mode `passages`: removes or reports lines, paragraphs or sentences that several documents have.
//!
//! Passages are compared by a hash of their words. The plan for removal:
//!
//! ```text
//! input -> units -> group by key: repeats -> output, with repeats
//! ```
//!
//! The plan for a report, which finds the id of the other document by a separate join:
//!
//! ```text
//! input -> units -> group by key: hits -> group by (document, other): spans
//! input -> names
//! spans, with names -> others
//! input, with others -> output
//! ```

pub mod key;
pub mod options;
pub mod remove;
mod report;
pub mod sentence;
pub mod share;
mod steps;
mod table;
#[cfg(test)]
mod tests;
pub mod unit;

use crate::options::Options;
use options::{Action, Settings};
pub use report::{Hits, Names, Others, Report, Spans};
pub use steps::{Remove, Repeats, Units};
use table::{HITS, NAMES, OTHERS, REPEATS, SPANS, UNITS};
use textmill_plugin::prelude::Plan;

/// The plan of the mode.
pub fn plan(options: &Options) -> Plan {
    let units = Plan::new().map(UNITS, "passage-units", "input");
    match Settings::of(options).action {
        Action::Remove => units
            .group(REPEATS, "passage-repeats", UNITS, &["key"])
            .map("output", "remove-passages", "input")
            .with(REPEATS),
        Action::Report => units
            .map(NAMES, "passage-names", "input")
            .group(HITS, "passage-hits", UNITS, &["key"])
            .group(SPANS, "passage-spans", HITS, &["document", "ordinal"])
            .map(OTHERS, "passage-others", SPANS)
            .with(NAMES)
            .map("output", "report-passages", "input")
            .with(OTHERS),
    }
}
