//! The plugin `{{name}}`. {{description}}.
//!
//! Documents pass through. Each thread counts in a state of its own, the host merges the states, and the
//! report on the final state is written to `summary.json`.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use textmill_plugin::prelude::*;

/// What a pipeline can set under `[stage.options]`. The comments are what users read in editors and in
/// `textmill plugin info`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Words that documents of one row of the report may differ by: with 100, the first row counts those
    /// of 0 to 99 words.
    #[schemars(range(min = 1))]
    pub step: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { step: 100 }
    }
}

/// The operator.
struct Operator {
    options: Options,
}

/// The counts after some documents. Integers and sorted maps make sure that neither the order of documents
/// nor the way they are split affects the report.
#[derive(Default, Serialize, Deserialize)]
struct State {
    documents: u64,
    words: u64,
    /// Number of documents by number of words, rounded down to a multiple of `step`.
    lengths: BTreeMap<u64, u64>,
}

impl Aggregate for Operator {
    type Options = Options;
    type State = State;

    fn describe() -> Describe {
        Describe::new("{{name}}")
            .doc("{{description}}.")
            .reads("text")
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self { options })
    }

    fn update(&self, state: &mut State, row: &Row<'_>) -> Result<()> {
        let words = row.text().split_whitespace().count() as u64;
        state.documents += 1;
        state.words += words;
        let step = self.options.step;
        *state.lengths.entry(words / step * step).or_default() += 1;
        Ok(())
    }

    fn merge(&self, into: &mut State, from: State) -> Result<()> {
        into.documents += from.documents;
        into.words += from.words;
        for (words, documents) in from.lengths {
            *into.lengths.entry(words).or_default() += documents;
        }
        Ok(())
    }

    fn finish(&self, state: State) -> Result<Value> {
        let row = |(words, documents): (&u64, &u64)| {
            Value::from_iter([("words", *words), ("documents", *documents)])
        };
        Ok(Value::from_iter([
            ("documents", Value::from(state.documents)),
            ("words", Value::from(state.words)),
            ("lengths", state.lengths.iter().map(row).collect()),
        ]))
    }

    fn memory_bytes(&self, state: &State) -> u64 {
        state.lengths.len() as u64 * 32
    }
}

textmill_plugin::export!(aggregate::<Operator>());

#[cfg(test)]
mod tests {
    #[test]
    fn cases_are_as_accepted() {
        textmill_plugin::harness::snapshots(&super::plugin(), "tests/cases");
    }

    #[test]
    fn no_split_of_the_documents_changes_the_report() {
        use textmill_plugin::harness::{Case, assert_partition_invariant, case_files};
        for file in case_files("tests/cases".as_ref()) {
            let case = Case::parse("case", &std::fs::read(file).unwrap()).unwrap();
            assert_partition_invariant(&super::plugin(), None, &case, 1, 20);
        }
    }
}
