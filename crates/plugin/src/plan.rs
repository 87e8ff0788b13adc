//! The plan of a stage that is made of several operators: its steps, and what the host does between them.

use serde::{Deserialize, Serialize};

/// Name of the rows that every plan starts from: the documents that reach the stage.
pub const INPUT: &str = "input";
/// Id of the step whose documents leave the stage.
pub const OUTPUT: &str = "output";

/// A plan. Each step comes after those that it takes rows from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// Tables to show in the run folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Publication>,
    /// Rows that later runs can load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save: Option<Save>,
    /// What a user should know about the effect of these options, one sentence each.
    /// `textmill check --explain` shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The rows of a step as a Parquet file of the run folder, `<name>.parquet`. The column `ordinal` becomes
/// `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Name of the file, without its extension: lower-case letters, digits, `-`.
    pub name: String,
    /// The step that gives the rows.
    pub step: String,
    /// Columns of ordinals (`uint64`) that become ids of documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
}

/// The rows of a step, one for each document, that a [`StepOp::Load`] of a later run reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Save {
    /// The step that gives the rows.
    pub step: String,
    /// The option of the stage that holds the path of the file, relative to the pipeline file.
    pub option: String,
    /// What the rows mean, and which options they depend on. A file with another meaning is refused.
    pub meaning: String,
}

/// What the host does in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepOp {
    /// Runs a map operator over every batch.
    Map,
    /// Brings rows with equal `by` columns together, sorted by them and the ordinal, and runs a group
    /// operator over them.
    Group,
    /// Finds the connected components of pairs (columns `a` and `b`: ordinals, `uint64`). Gives a row
    /// (`ordinal`, `component`) for each document in a pair; a component is named by its smallest ordinal.
    Components,
    /// Gives all rows of `from`, then those of each step in `also`, which have the same columns.
    Union,
    /// Runs an aggregate operator over all rows. Its report appears in the summary, under the stage and the
    /// step's id. Gives no rows.
    Aggregate,
    /// Gives rows that an earlier run saved, with the columns of `from`. An `option` of the stage holds the
    /// path; if it is not set, there are no rows. The documents of the rows get ordinals from
    /// [`FIRST_LOADED`] on.
    Load,
}

impl StepOp {
    /// Its name in a plan.
    pub fn name(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Group => "group",
            Self::Components => "components",
            Self::Union => "union",
            Self::Aggregate => "aggregate",
            Self::Load => "load",
        }
    }
}

/// Ordinal of the first loaded document. All documents of the input have smaller ones.
pub const FIRST_LOADED: u64 = 1 << 63;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Name of its rows, for later steps.
    pub id: String,
    /// What the host does.
    pub op: StepOp,
    /// Operator of the same plugin, for `map` and `group`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Step that gives the rows, or `input`.
    pub from: String,
    /// Key columns of a `group`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Step whose rows are looked up for each row by its ordinal. They arrive in a column of that step's
    /// name: a list of structs with that step's columns, without the ordinal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Further steps whose rows a `union` takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// In a `group`: keeps only the first of rows that agree in the key columns and the ordinal, before other
    /// rows are joined.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub distinct: bool,
    /// The option that holds the path of the file of a `load`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// The [`Save::meaning`] that the file of a `load` must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
}

impl Plan {
    /// A plan without steps.
    pub fn new() -> Self {
        Self::default()
    }

    fn step(mut self, id: &str, op: StepOp, operator: Option<&str>, from: &str) -> Self {
        self.steps.push(Step {
            id: id.to_owned(),
            op,
            operator: operator.map(str::to_owned),
            from: from.to_owned(),
            by: Vec::new(),
            with: None,
            also: Vec::new(),
            distinct: false,
            option: None,
            meaning: None,
        });
        self
    }

    /// Adds a map step.
    #[must_use]
    pub fn map(self, id: &str, operator: &str, from: &str) -> Self {
        self.step(id, StepOp::Map, Some(operator), from)
    }

    /// Adds a group step.
    #[must_use]
    pub fn group(self, id: &str, operator: &str, from: &str, by: &[&str]) -> Self {
        let mut plan = self.step(id, StepOp::Group, Some(operator), from);
        if let Some(step) = plan.steps.last_mut() {
            step.by = by.iter().map(|&column| column.to_owned()).collect();
        }
        plan
    }

    /// Adds a step that finds connected components.
    #[must_use]
    pub fn components(self, id: &str, from: &str) -> Self {
        self.step(id, StepOp::Components, None, from)
    }

    /// Adds a step that gives the rows of several steps.
    #[must_use]
    pub fn union(self, id: &str, steps: &[&str]) -> Self {
        let mut plan = self.step(id, StepOp::Union, None, steps.first().copied().unwrap_or_default());
        if let Some(step) = plan.steps.last_mut() {
            step.also = steps.iter().skip(1).map(|&step| step.to_owned()).collect();
        }
        plan
    }

    /// Adds an aggregate step, whose report goes into the summary.
    #[must_use]
    pub fn aggregate(self, id: &str, operator: &str, from: &str) -> Self {
        self.step(id, StepOp::Aggregate, Some(operator), from)
    }

    /// Adds a step that gives the rows that an earlier run saved, with the columns of the step `like`.
    #[must_use]
    pub fn load(self, id: &str, like: &str, option: &str, meaning: &str) -> Self {
        let mut plan = self.step(id, StepOp::Load, None, like);
        if let Some(step) = plan.steps.last_mut() {
            step.option = Some(option.to_owned());
            step.meaning = Some(meaning.to_owned());
        }
        plan
    }

    /// Makes the last step, a group, see equal rows only once; see [`Step::distinct`].
    #[must_use]
    pub fn distinct(mut self) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.distinct = true;
        }
        self
    }

    /// Shows the rows of a step in the run folder. Its columns `documents` hold ordinals, which become ids.
    #[must_use]
    pub fn publish(mut self, name: &str, step: &str, documents: &[&str]) -> Self {
        let documents = documents.iter().map(|&column| column.to_owned()).collect();
        self.tables.push(Publication { name: name.to_owned(), step: step.to_owned(), documents });
        self
    }

    /// Saves the rows of a step, one for each document, at the path in the option `option`.
    #[must_use]
    pub fn save(mut self, step: &str, option: &str, meaning: &str) -> Self {
        let [step, option, meaning] = [step, option, meaning].map(str::to_owned);
        self.save = Some(Save { step, option, meaning });
        self
    }

    /// Adds a note for the user about the effect of the options.
    #[must_use]
    pub fn note(mut self, note: &str) -> Self {
        self.notes.push(note.to_owned());
        self
    }

    /// Joins the last step with the rows that the step `id` found for each document.
    #[must_use]
    pub fn with(mut self, id: &str) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.with = Some(id.to_owned());
        }
        self
    }

    /// Checks what can be checked without binding an operator.
    ///
    /// # Errors
    /// A sentence that names the step.
    pub fn check(&self) -> Result<(), String> {
        let mut known = vec![INPUT];
        for step in &self.steps {
            let id = step.id.as_str();
            if known.contains(&id) {
                return Err(format!("step `{id}` is defined twice"));
            }
            for used in std::iter::once(&step.from).chain(&step.with).chain(&step.also) {
                if !known.contains(&used.as_str()) {
                    return Err(format!(
                        "step `{id}` takes rows from `{used}`, which no step before it gives"
                    ));
                }
            }
            if step.with.as_deref() == Some(INPUT) {
                return Err(format!("step `{id}` cannot be joined with `{INPUT}`"));
            }
            if step.op != StepOp::Map && step.from == INPUT {
                return Err(format!("step `{id}` takes documents; only a map step can"));
            }
            match step.op {
                StepOp::Map | StepOp::Group | StepOp::Aggregate if step.operator.is_none() => {
                    return Err(format!("step `{id}` names no operator"));
                }
                StepOp::Group if step.by.is_empty() => return Err(format!("step `{id}` groups by nothing")),
                StepOp::Load if step.option.is_none() || step.meaning.is_none() => {
                    return Err(format!("step `{id}` does not say what to load: `option`, `meaning`"));
                }
                StepOp::Components | StepOp::Union | StepOp::Aggregate | StepOp::Load
                    if step.with.is_some() =>
                {
                    return Err(format!("step `{id}` is a `{}`, which joins nothing", step.op.name()));
                }
                _ => {}
            }
            if let Some(used) = self.rowless(step) {
                return Err(format!("step `{id}` takes rows from `{used}`, which gives none"));
            }
            known.push(id);
        }
        let is_table = |id: &str| id != INPUT && id != OUTPUT && known.contains(&id);
        let published =
            self.tables.iter().map(|table| &table.step).chain(self.save.as_ref().map(|s| &s.step));
        for step in published {
            if !is_table(step) {
                return Err(format!("the plan publishes `{step}`, which is no step with rows"));
            }
        }
        for (at, table) in self.tables.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if table.name.is_empty() || !table.name.chars().all(plain) {
                return Err(format!(
                    "`{}` is no name for a table: lower-case letters, digits, `-`",
                    table.name
                ));
            }
            if table.name == "ledger" || table.name.starts_with("documents") {
                return Err(format!(
                    "a table cannot be called `{}`: every run has a file of that name",
                    table.name
                ));
            }
            if self.tables.iter().take(at).any(|other| other.name == table.name) {
                return Err(format!("the plan publishes two tables `{}`", table.name));
            }
        }
        match self.steps.iter().position(|s| s.id == OUTPUT) {
            Some(at) if at + 1 == self.steps.len() => {}
            _ => return Err(format!("the last step must be called `{OUTPUT}`")),
        }
        match self.steps.last() {
            Some(last) if last.op == StepOp::Map && last.from == INPUT => Ok(()),
            _ => Err(format!("step `{OUTPUT}` must be a map from `{INPUT}`")),
        }
    }

    /// A step that `step` takes rows from but that gives none.
    fn rowless<'a>(&self, step: &'a Step) -> Option<&'a str> {
        let mut used = std::iter::once(&step.from).chain(&step.with).chain(&step.also);
        let gives_none = |id: &&String| self.steps.iter().any(|s| s.id == **id && s.op == StepOp::Aggregate);
        used.find(gives_none).map(String::as_str)
    }
}
