//! The aggregate: counts documents, and panics halfway through one with `BOOM`. With a defect, its report
//! depends on how documents were split or merged.

use textmill_plugin::prelude::*;

/// A way to be broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// Panics in a document with `BOOM`.
    #[default]
    PanicWhileCounting,
    /// Reads a column that it does not declare.
    ReadsUndeclared,
    /// Keeps the first text it meets.
    KeepsFirst,
    /// Takes the mean of means.
    MeanOfMeans,
    /// Adds numbers whose sum depends on the order.
    AddsFloats,
    /// Panics when two states are merged.
    PanicWhileMerging,
    /// Has no report.
    NoReport,
}

/// Options of the aggregate.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// What is wrong with it.
    pub defect: Defect,
}

impl Default for Options {
    fn default() -> Self {
        Self { defect: Defect::PanicWhileCounting }
    }
}

/// The state after some documents.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    documents: u64,
    first: Option<String>,
    number: f64,
}

pub struct Count(Defect);

impl Aggregate for Count {
    type Options = Options;
    type State = State;

    fn describe() -> Describe {
        Describe::new("count").doc("Counts documents.").reads("text")
    }

    fn bind(options: Options) -> Result<Self> {
        Ok(Self(options.defect))
    }

    fn update(&self, state: &mut State, row: &Row<'_>) -> Result<()> {
        if self.0 == Defect::ReadsUndeclared {
            row.str("language");
        }
        let text = row.text();
        state.documents += 1;
        state.first.get_or_insert_with(|| text.chars().take(20).collect());
        state.number += match self.0 {
            Defect::MeanOfMeans => (text.len() as f64 - state.number) / state.documents as f64,
            _ => 0.1 * text.len() as f64,
        };
        assert!(self.0 != Defect::PanicWhileCounting || !text.contains("BOOM"), "boom while counting");
        Ok(())
    }

    fn merge(&self, into: &mut State, from: State) -> Result<()> {
        assert!(self.0 != Defect::PanicWhileMerging || into.documents == 0, "boom while merging");
        into.number = match self.0 {
            Defect::MeanOfMeans if into.documents > 0 => f64::midpoint(into.number, from.number),
            _ => into.number + from.number,
        };
        into.documents += from.documents;
        into.first = into.first.take().or(from.first);
        Ok(())
    }

    fn finish(&self, state: State) -> Result<Value> {
        match self.0 {
            Defect::KeepsFirst => Ok(state.first.into()),
            Defect::MeanOfMeans | Defect::AddsFloats => Ok(state.number.into()),
            Defect::NoReport => Err("it has nothing to say".into()),
            _ => Ok(state.documents.into()),
        }
    }

    fn memory_bytes(&self, _: &State) -> u64 {
        8
    }
}
