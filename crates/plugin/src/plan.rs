//! The plan of a stage that is made of several operators: steps, and what the host does between them.

use serde::{Deserialize, Serialize};

/// Name of the step that is given to every plan: the documents that reach the stage.
pub const INPUT: &str = "input";
/// Id of the step whose documents leave the stage.
pub const OUTPUT: &str = "output";

/// A plan: steps in an order in which each comes after those that it takes rows from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
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
    /// Finds the connected components of pairs (`a`, `b`: ordinals, `uint64`). Gives a row
    /// (`ordinal`, `component`) for each document in a pair; a component is named by its smallest
    /// ordinal.
    Components,
}

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
    /// Step whose rows each row finds by its ordinal. They arrive in a column of that step's name: a
    /// list of structs with that step's columns, without the ordinal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
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

    /// Gives the last step the rows that another step found for each document.
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
            for used in std::iter::once(&step.from).chain(&step.with) {
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
                StepOp::Map | StepOp::Group if step.operator.is_none() => {
                    return Err(format!("step `{id}` names no operator"));
                }
                StepOp::Group if step.by.is_empty() => return Err(format!("step `{id}` groups by nothing")),
                _ => {}
            }
            known.push(id);
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
}
