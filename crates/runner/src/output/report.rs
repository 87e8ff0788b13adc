//! `summary.json`, which is the same from run to run, and `run.json`, which is not: it holds the timings.

use super::sink::Written;
use crate::engine::{Counts, Finished, Prepared, Totals};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Measured times of a run.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// From the first document to the last.
    pub elapsed: Duration,
    /// Threads that worked.
    pub threads: usize,
}

/// What a run did, without anything that may differ from run to run.
pub fn summary_json(prepared: &Prepared, finished: &Finished, totals: Totals) -> Value {
    let stages: Vec<Value> = prepared
        .stages
        .iter()
        .zip(&finished.counts.stages)
        .map(|(stage, counts)| {
            let mut object = Map::new();
            object.insert("stage".into(), stage.name.clone().into());
            object.insert("plugin".into(), stage.plugin.descriptor.name.clone().into());
            object.insert("operator".into(), stage.operator.clone().into());
            if let Ok(Value::Object(counts)) = serde_json::to_value(counts) {
                object.extend(counts);
            }
            Value::Object(object)
        })
        .collect();
    let reports: Map<String, Value> = finished.reports.clone().into_iter().collect();
    json!({
        "pipeline": prepared.pipeline.name,
        "documents": totals,
        "input": finished.counts.input,
        "stages": stages,
        "reports": reports,
    })
}

/// Documents of a run, from its counters and from what was written.
pub fn totals(counts: &Counts, written: Written) -> Totals {
    Totals {
        read: counts.input.documents_in,
        written: written.documents,
        rejected: written.rejected,
        failed: written.failed,
    }
}

/// How a run was made: pipeline as resolved, plugins, counts, timings.
pub fn run_json(
    prepared: &Prepared,
    files: &[crate::input::SourceFile],
    counts: &Counts,
    totals: Totals,
    timings: Timings,
    metrics: &BTreeMap<String, u64>,
) -> Value {
    let pipeline = &prepared.pipeline;
    let stages: Vec<Value> = prepared
        .stages
        .iter()
        .map(|stage| {
            json!({
                "name": stage.name,
                "plugin": stage.plugin.descriptor.name,
                "operator": stage.operator,
                "options": stage.options,
            })
        })
        .collect();
    let mut plugins: Vec<Value> = Vec::new();
    for stage in &prepared.stages {
        let plugin = json!({
            "name": stage.plugin.descriptor.name,
            "version": stage.plugin.descriptor.version,
            "abi": format!("{}.{}", stage.plugin.abi.0, stage.plugin.abi.1),
            "path": stage.plugin.path,
            "sha256": stage.plugin.sha256,
        });
        if !plugins.contains(&plugin) {
            plugins.push(plugin);
        }
    }
    let columns: Map<String, Value> = pipeline
        .input
        .columns
        .iter()
        .map(|(name, kind)| (name.clone(), textmill_core::column::type_name(kind).into()))
        .collect();
    let exclude: Vec<&str> = pipeline.output.exclude.iter().map(|(name, _)| name.as_str()).collect();
    let files: Vec<Value> = files.iter().map(|f| json!({ "path": f.path, "bytes": f.bytes })).collect();
    let seconds = |duration: Duration| (duration.as_secs_f64() * 1e6).round() / 1e6;
    let stage_seconds: Map<String, Value> = prepared
        .stages
        .iter()
        .zip(&counts.stages)
        .map(|(stage, counts)| (stage.name.clone(), seconds(Duration::from_nanos(counts.nanos)).into()))
        .collect();
    json!({
        "textmill": env!("CARGO_PKG_VERSION"),
        "pipeline": {
            "file": pipeline.path,
            "name": pipeline.name,
            "description": pipeline.description,
            "input": {
                "paths": pipeline.input.paths.iter().map(|(path, _)| path).collect::<Vec<_>>(),
                "text-field": pipeline.input.text_field,
                "id-field": pipeline.input.id_field,
                "source-field": pipeline.input.source_field,
                "columns": columns,
            },
            "stages": stages,
            "output": { "folder": pipeline.output.folder, "exclude": exclude },
            "run": {
                "threads": timings.threads,
                "batch-documents": pipeline.run.batch_documents,
                "batch-bytes": pipeline.run.batch_bytes,
            },
        },
        "plugins": plugins,
        "inputs": files,
        "documents": totals,
        "metrics": metrics,
        "timings": { "seconds": seconds(timings.elapsed), "stage-thread-seconds": stage_seconds },
    })
}
