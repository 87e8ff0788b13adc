//! Reports how long the lines of a corpus are: an aggregate, which passes documents through.
use std::collections::BTreeMap;
use textmill_plugin::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Options {
    /// Lengths are rounded down to a multiple of this: with 20, a line of 45 characters counts as one of 40.
    #[schemars(range(min = 1))]
    step: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { step: 20 }
    }
}

struct LineLengths(Options);

impl Aggregate for LineLengths {
    type Options = Options;
    /// Number of lines by length. A sorted map of whole numbers, so any split of the documents adds up to the
    /// same.
    type State = BTreeMap<u64, u64>;

    fn describe() -> Describe {
        Describe::new("line-lengths").doc("Reports how many lines are how long.").reads("text")
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self(options))
    }

    fn update(&self, state: &mut Self::State, row: &Row<'_>) -> Result<()> {
        for (_, line) in row.lines() {
            let chars = line.chars().count() as u64;
            *state.entry(chars - chars % self.0.step).or_default() += 1;
        }
        Ok(())
    }

    fn merge(&self, into: &mut Self::State, from: Self::State) -> Result<()> {
        for (length, lines) in from {
            *into.entry(length).or_default() += lines;
        }
        Ok(())
    }

    fn finish(&self, state: Self::State) -> Result<Value> {
        Ok(json!({ "step": self.0.step, "lines": state }))
    }

    fn memory_bytes(&self, state: &Self::State) -> u64 {
        state.len() as u64 * 24
    }
}

textmill_plugin::export!(aggregate::<LineLengths>());
