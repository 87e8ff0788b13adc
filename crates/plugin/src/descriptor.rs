//! What a plugin says about itself: operators, columns, options. It crosses the boundary as JSON.

use arrow_schema::DataType;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use textmill_core::column::{parse_type, type_name};

/// A plugin and its operators, in order. A stage that names no operator gets the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PluginDescriptor {
    /// Name in pipeline files.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// SPDX expression.
    #[serde(default)]
    pub licence: String,
    /// One sentence.
    #[serde(default)]
    pub description: String,
    /// The operators; the first is the default.
    pub operators: Vec<OperatorDescriptor>,
}

impl PluginDescriptor {
    /// The operator with this name, or the first if no name is given.
    pub fn operator(&self, name: Option<&str>) -> Option<&OperatorDescriptor> {
        match name {
            Some(name) => self.operators.iter().find(|o| o.name == name),
            None => self.operators.first(),
        }
    }
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatorDescriptor {
    /// Name within the plugin.
    pub name: String,
    /// What it does, in a sentence or a paragraph.
    #[serde(default)]
    pub doc: String,
    /// How the host drives it.
    pub kind: Kind,
    /// Columns that it is passed.
    #[serde(default)]
    pub reads: Vec<Read>,
    /// Columns that it writes.
    #[serde(default)]
    pub writes: Vec<Write>,
    /// How its output rows relate to its input rows.
    #[serde(default)]
    pub rows: Rows,
    /// Whether several workers may run at once.
    #[serde(default)]
    pub threading: Threading,
    /// Whether it only makes sense as a step inside a plan, not as a stage.
    #[serde(default)]
    pub step: bool,
    /// For a group operator: the fewest rows of a group that it wants to see. Smaller groups are left out
    /// before rows are joined.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub smallest_group: u32,
    /// Changes when the same input and options give a different output.
    #[serde(default)]
    pub semantics_version: u32,
    /// Rules whose decisions can be derived from the ledger alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Threshold>,
    /// JSON Schema 2020-12 of its options.
    #[serde(default)]
    pub options: Value,
}

impl OperatorDescriptor {
    /// Whether a pipeline may name it as a stage.
    pub fn is_stage(&self) -> bool {
        !self.step && self.kind != Kind::Group && self.rows != Rows::Table
    }
}

/// A rule that drops a document, or edits a passage, if one value is beyond one option.
///
/// The ledger holds the value of each document that the rule dropped or nearly dropped, so another threshold
/// can be tried without the documents. A rule that edits also records the passages that it nearly edited, as
/// annotations with a span. Events with a different threshold are ignored: they belong to passages for which
/// the rule has a threshold of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// Id of the rule.
    pub rule: String,
    /// The option that is the threshold; parts of a path are separated by dots.
    pub option: String,
    /// Which side of the threshold it drops.
    pub drops: Drops,
}

/// Which side of a threshold is dropped. A value that equals the threshold never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drops {
    /// Values below it.
    Below,
    /// Values above it.
    Above,
}

/// A kept value is near its threshold if it is less than this factor away from it.
pub const NEAR: f64 = 2.0;

impl Drops {
    /// Whether a value is dropped.
    pub fn drops(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Below => value < threshold,
            Self::Above => value > threshold,
        }
    }

    /// Whether a kept value is near its threshold: within a factor of [`NEAR`].
    pub fn is_near(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Below => value < threshold * NEAR,
            Self::Above => value > threshold / NEAR,
        }
    }
}

/// How the host drives an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Processes each row separately.
    Map,
    /// Processes groups of rows that share a key.
    Group,
    /// Adds rows to a state, merges states, and finishes with a report.
    Aggregate,
    /// Runs several operators according to a plan.
    Plan,
}

/// How output rows relate to input rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rows {
    /// One output row for each input row, in order.
    #[default]
    Preserve,
    /// Some rows are left out, each with a drop event.
    Select,
    /// Some rows become several.
    Expand,
    /// The output is a table of its own, as a step inside a plan.
    Table,
}

/// Whether several workers may run at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Threading {
    /// One worker per thread.
    #[default]
    Parallel,
    /// A single worker, fed in input order.
    Serial,
}

/// A column that an operator is passed, named directly or by an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Name of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Option that holds the name of the column. If it is unset or null, nothing is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// Whether a pipeline without this column is an error.
    #[serde(default = "yes")]
    pub required: bool,
    /// Type to pass the column as. Strings are cast between their three layouts.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

fn is_one(number: &u32) -> bool {
    *number == 1
}

/// A column that an operator writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Name of the column.
    pub column: String,
    /// Its type, in words.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Builds the description of an operator.
///
/// ```
/// use textmill_plugin::prelude::*;
///
/// Describe::new("place-names")
///     .doc("Finds names of places. Which ones is told by the language, where it is known.")
///     .reads("text") // a pipeline without it is refused
///     .reads_optional("language") // passed if an earlier stage writes it
///     .reads_option("hint-column") // passed if the option `hint-column` names it
///     .writes("places", list(structure([("name", DataType::Utf8), ("start", DataType::UInt64)])))
///     .selects() // may drop documents
///     .version(2); // its outputs differ from those of version 1
/// ```
#[derive(Clone, Debug)]
pub struct Describe {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) reads: Vec<Read>,
    pub(crate) writes: Vec<(String, DataType)>,
    pub(crate) rows: Rows,
    pub(crate) threading: Threading,
    pub(crate) step: bool,
    pub(crate) smallest_group: u32,
    pub(crate) version: u32,
    pub(crate) thresholds: Vec<Threshold>,
}

impl Describe {
    /// An operator of this name that reads and writes nothing yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            doc: String::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            rows: Rows::Preserve,
            threading: Threading::Parallel,
            step: false,
            smallest_group: 1,
            version: 1,
            thresholds: Vec::new(),
        }
    }

    /// What the operator does, for `textmill plugin info`.
    #[must_use]
    pub fn doc(mut self, doc: &str) -> Self {
        self.doc = doc.to_owned();
        self
    }

    fn read(mut self, column: Option<&str>, option: Option<&str>, required: bool) -> Self {
        let (column, option) = (column.map(str::to_owned), option.map(str::to_owned));
        self.reads.push(Read { column, option, required, kind: None });
        self
    }

    /// Reads a column; a pipeline in which nothing provides it is refused.
    #[must_use]
    pub fn reads(self, column: &str) -> Self {
        self.read(Some(column), None, true)
    }

    /// Reads a column if documents have it.
    #[must_use]
    pub fn reads_optional(self, column: &str) -> Self {
        self.read(Some(column), None, false)
    }

    /// Reads the column that the option names, if the option is set.
    #[must_use]
    pub fn reads_option(self, option: &str) -> Self {
        self.read(None, Some(option), false)
    }

    /// Writes a column.
    #[must_use]
    pub fn writes(mut self, column: &str, kind: DataType) -> Self {
        self.writes.push((column.to_owned(), kind));
        self
    }

    /// Declares that the operator may drop documents.
    #[must_use]
    pub fn selects(mut self) -> Self {
        self.rows = Rows::Select;
        self
    }

    /// Declares that the operator emits a table of its own, for a step inside a plan.
    #[must_use]
    pub fn table(mut self) -> Self {
        self.rows = Rows::Table;
        self
    }

    /// Declares that the operator only makes sense as a step inside a plan.
    #[must_use]
    pub fn step(mut self) -> Self {
        self.step = true;
        self
    }

    /// Declares that the operator must not run on several threads at once.
    #[must_use]
    pub fn serial(mut self) -> Self {
        self.threading = Threading::Serial;
        self
    }

    /// For a group operator: leaves out groups of fewer rows, which it does not need to see. The host does so
    /// before it joins rows, which saves most of the work if most keys are rare.
    #[must_use]
    pub fn smallest_group(mut self, rows: u32) -> Self {
        self.smallest_group = rows;
        self
    }

    /// Version of what the operator does. Raise it when the same input gives a different output.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Declares that an option is the threshold of a rule, which is applied with
    /// [`Doc::measure`](crate::row::Doc::measure) or with an edit that has a value and a threshold.
    /// `textmill what-if` can then try another threshold without the documents.
    #[must_use]
    pub fn threshold(mut self, rule: &str, option: &str, drops: Drops) -> Self {
        self.thresholds.push(Threshold { rule: rule.to_owned(), option: option.to_owned(), drops });
        self
    }

    pub(crate) fn finish(self, kind: Kind, options: Value) -> OperatorDescriptor {
        let writes =
            self.writes.iter().map(|(column, kind)| Write { column: column.clone(), kind: type_name(kind) });
        OperatorDescriptor {
            writes: writes.collect(),
            name: self.name,
            doc: self.doc,
            kind,
            reads: self.reads,
            rows: self.rows,
            threading: self.threading,
            step: self.step,
            smallest_group: self.smallest_group,
            semantics_version: self.version,
            thresholds: self.thresholds,
            options,
        }
    }
}

impl Write {
    /// The column's type.
    ///
    /// # Errors
    /// If the words do not name a column type.
    pub fn data_type(&self) -> Result<DataType, String> {
        parse_type(&self.kind)
    }
}
