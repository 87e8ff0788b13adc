//! The defects, by name.

use std::str::FromStr;
use textmill_plugin::prelude::*;

/// A way to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    // No defect. (A doc comment would make the schema of the others harder to read.)
    None,

    // Triggered by a document with `BOOM`.
    ErrorOnDocument,
    ErrorOnBatch,
    PanicOnDocument,
    PanicOnBatch,
    WrongColumnType,
    WrongLength,
    RowOutOfRange,
    RowsDescend,
    InvalidUtf8,
    DropWithoutEvent,
    DropAndKeep,
    EventOutOfRange,
    EventWithoutRule,
    EventOfNoNumber,
    EventBeyondText,
    EditWithoutChange,
    ReportError,
    Segfault,
    Abort,
    Exit,
    EndlessLoop,
    AllocationStorm,

    // Show when the operator is bound.
    UndeclaredType,
    FailOnBind,
    PanicOnBind,
    WritesCarried,
    BindsOnOneThread,
    AcceptsAnyOptions,
    PanicsOnOptions,
    RefusesWithoutStatus,

    // Show with every document, or with those that a test makes for them.
    PanicsOnEmptyBatch,
    IgnoresOffsets,
    WantsAlignment,
    WantsLargeStrings,
    AbortsOnNulls,
    ReadsBehindNulls,
    SlicesBytes,
    Recurses,
    NeverReleases,
    BorrowsInput,
    ForgetsToMark,
    CountsAcrossBatches,
    SharesState,
    WritesAddress,
    WritesTime,
    WritesHashOrder,
    WritesEnvironment,
    IgnoresStop,
    Hoards,
    LeaksStages,
}

impl FromStr for Defect {
    type Err = serde_json::Error;

    fn from_str(name: &str) -> std::result::Result<Self, Self::Err> {
        serde_json::from_value(Value::String(name.to_owned()))
    }
}

/// Options of the bad plugin.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// What is wrong with it.
    pub defect: Defect,
    /// A number for options to be wrong about.
    #[serde(default = "usual_level")]
    #[schemars(range(max = 9))]
    pub level: u64,
}

fn usual_level() -> u64 {
    1
}
