//! Turns bytes into a plan and operators for its steps. The host must bind the plan or say what is wrong with it.

use arbitrary::{Result, Unstructured};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use textmill_plugin::call::{Call, NoHost};
use textmill_plugin::descriptor::PluginDescriptor;
use textmill_plugin::drive::plan::BoundPlan;
use textmill_plugin::operator::{Plugin, Stage, Worker};
use textmill_plugin::plan::Plan;

/// Runs one input.
pub fn run(data: &[u8]) {
    let _ = generated(&mut Unstructured::new(data));
}

/// A plugin whose operators answer with the columns that the input selects.
struct Made {
    descriptor: PluginDescriptor,
    answers: Vec<SchemaRef>,
}

struct MadeStage(SchemaRef);

impl Stage for MadeStage {
    fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.0)
    }

    fn new_worker(&self, _: &Call<'_>) -> textmill_plugin::error::Result<Box<dyn Worker>> {
        Err("it only binds".into())
    }
}

impl Plugin for Made {
    fn describe(&self) -> Cow<'_, PluginDescriptor> {
        Cow::Borrowed(&self.descriptor)
    }

    fn bind(
        &self,
        _: &Call<'_>,
        operator: &str,
        _: &str,
        _: SchemaRef,
    ) -> textmill_plugin::error::Result<Box<dyn Stage>> {
        let at = self.descriptor.operators.iter().position(|o| o.name == operator);
        let schema = at.and_then(|at| self.answers.get(at)).ok_or("there is no such operator")?;
        Ok(Box::new(MadeStage(Arc::clone(schema))))
    }
}

const OPERATORS: [&str; 4] = ["sketch", "pair", "apply", "other"];
const STEPS: [&str; 6] = ["input", "output", "keys", "pairs", "linked", "verdict"];
const COLUMNS: [&str; 10] =
    ["text", "key", "band", "a", "b", "component", "ordinal", "row", "keys", "verdict"];

fn generated(source: &mut Unstructured<'_>) -> Result<()> {
    let mut operators = Vec::new();
    let mut answers = Vec::new();
    for name in OPERATORS {
        let kind = *source.choose(&["map", "map", "group", "aggregate", "plan"])?;
        let rows = *source.choose(&["preserve", "select", "table", "table", "expand"])?;
        let columns = |source: &mut Unstructured<'_>| -> Result<Vec<&str>> {
            let count = source.int_in_range(0..=3u8)?;
            (0..count).map(|_| source.choose(&COLUMNS).copied()).collect()
        };
        let reads: Vec<Value> =
            columns(source)?.iter().map(|c| json!({"column": c, "required": false})).collect();
        let written = columns(source)?;
        let writes: Vec<Value> = written.iter().map(|c| json!({"column": c, "type": "uint64"})).collect();
        operators.push(json!({"name": name, "kind": kind, "rows": rows, "reads": reads, "writes": writes}));
        let kinds = [DataType::UInt64, DataType::UInt64, DataType::UInt32, DataType::LargeUtf8];
        let answered: Vec<&str> = if source.ratio(3u8, 4u8)? { written } else { columns(source)? };
        let mut fields = answered
            .iter()
            .map(|c| Ok(Field::new(*c, source.choose(&kinds)?.clone(), true)))
            .collect::<Result<Vec<_>>>()?;
        if rows == "select" {
            fields.push(Field::new("row", DataType::UInt32, false));
        }
        answers.push(Arc::new(Schema::new(fields)));
    }
    let descriptor = json!({"name": "made", "version": "1", "operators": operators});
    let Ok(descriptor) = serde_json::from_value(descriptor) else { return Ok(()) };
    let steps = source.int_in_range(0..=6u8)?;
    let step = |source: &mut Unstructured<'_>| {
        let mut step = json!({
            "id": source.choose(&STEPS)?,
            "op": source.choose(&["map", "map", "group", "components"])?,
            "from": source.choose(&STEPS)?,
        });
        if source.ratio(7u8, 8u8)? {
            step["operator"] = (*source.choose(&OPERATORS)?).into();
        }
        if source.ratio(1u8, 2u8)? {
            let by = source.int_in_range(0..=2u8)?;
            step["by"] = (0..by).map(|_| source.choose(&COLUMNS).copied()).collect::<Result<Value>>()?;
        }
        if source.ratio(1u8, 3u8)? {
            step["with"] = (*source.choose(&STEPS)?).into();
        }
        Ok(step)
    };
    let mut steps = (0..steps).map(|_| step(source)).collect::<Result<Vec<_>>>()?;
    if source.ratio(3u8, 4u8)? {
        steps.push(
            json!({"id": "output", "op": "map", "from": "input", "operator": source.choose(&OPERATORS)?}),
        );
    }
    let Ok(plan) = serde_json::from_value::<Plan>(json!({"steps": steps})) else { return Ok(()) };
    let sound = plan.check().is_ok();
    let input = [("id", DataType::LargeUtf8), ("text", DataType::LargeUtf8), ("ordinal", DataType::UInt64)];
    let input: SchemaRef =
        Arc::new(Schema::new(input.map(|(name, kind)| Field::new(name, kind, true)).to_vec()));
    let plugin = Made { descriptor, answers };
    let bound = BoundPlan::bind(&plugin, &Call::new(&NoHost), &plan, &json!({}), &input);
    assert!(sound || bound.is_err(), "a plan that does not hold is bound");
    Ok(())
}
