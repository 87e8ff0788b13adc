//! Makes the reports of aggregates: merges the states of all morsels on all threads.

use super::chain::{StageHost, in_stage};
use super::pool::Pool;
use super::prepare::{Bound, Prepared, PreparedStage};
use crate::spill::BlockFile;
use arrow_array::RecordBatch;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use textmill_plugin::call::Host;
use textmill_plugin::drive::aggregate::Sum;
use textmill_plugin::drive::bind::BoundOperator;
use textmill_plugin::error::Result;

/// Merges the states of each aggregate and makes its report; the result is keyed by stage name. Each thread
/// merges consecutive states, and the threads' results are merged in order. By contract, the grouping does
/// not affect the report.
///
/// # Errors
/// If a state cannot be read, or if a report cannot be made.
pub fn reports<'f>(
    prepared: &Prepared,
    host: &(dyn Host + Sync),
    pool: Pool<'_>,
    files: impl Iterator<Item = (usize, &'f BlockFile)>,
) -> Result<BTreeMap<String, Value>> {
    let mut reports = BTreeMap::new();
    for (number, file) in files {
        let stage = &prepared.stages[number];
        if let Bound::Aggregate(operator) = &stage.bound {
            let host = StageHost { host, stage: &stage.name };
            let made = report(stage, operator, &host, pool, file).map_err(|e| in_stage(stage, e))?;
            reports.insert(stage.name.clone(), made);
        }
    }
    Ok(reports)
}

/// The result of a thread. The first one stays a sum; the others become states to be merged into it.
enum Part {
    First(Sum),
    Further(RecordBatch),
}

fn report(
    stage: &PreparedStage,
    operator: &BoundOperator,
    host: &(dyn Host + Sync),
    pool: Pool<'_>,
    file: &BlockFile,
) -> Result<Value> {
    let threads = if stage.bound.is_serial() { 1 } else { pool.threads };
    let merged = |range: Range<usize>| -> Result<Sum> {
        let mut sum = Sum::new(operator, host)?;
        for at in range {
            sum.merge(host, file.read(at)?)?;
        }
        Ok(sum)
    };
    if threads == 1 {
        return merged(0..file.blocks())?.report(host);
    }
    let each = file.blocks().div_ceil(threads).max(1);
    let mut starts = (0..file.blocks()).step_by(each);
    let mut whole: Option<Sum> = None;
    Pool { threads, ..pool }.run(
        || starts.next().map(|start| Ok((start..file.blocks().min(start + each), 1))),
        || (),
        |(), number, range| match number {
            0 => merged(range).map(Part::First),
            _ => merged(range)?.into_state(host).map(Part::Further),
        },
        |part| match (part, &mut whole) {
            (Part::Further(state), Some(whole)) => whole.merge(host, state),
            (Part::First(sum), whole) => {
                *whole = Some(sum);
                Ok(())
            }
            (Part::Further(_), None) => Err("a sum was lost".into()),
        },
    )?;
    match whole {
        Some(whole) => whole.report(host),
        None => Sum::new(operator, host)?.report(host),
    }
}
