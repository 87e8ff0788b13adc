//! `summary.json`, which is the same from run to run, and `run.json`, which is not because it contains
//! timings.

use super::complete::Written;
use crate::config::{Compression, OutputFormat, schema_of_options};
use crate::engine::{Counts, Finished, Prepared, PreparedStage, Settings, Totals, table_files};
use crate::input::{SourceFile, state_of};
use crate::journal::Fingerprint;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Measurements of a run; for a resumed run, since it was resumed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Time from the first document to the last.
    pub elapsed: Duration,
    /// Whether the run continues an interrupted one.
    pub resumed: bool,
    /// Nanoseconds that all threads spent on turning bytes into documents.
    pub reading: u64,
    /// Nanoseconds that all threads spent on taking the next piece of input.
    pub taking: u64,
    /// Nanoseconds that all threads spent on waiting for room.
    pub waiting: u64,
    /// Nanoseconds that all threads spent on committing.
    pub committing: u64,
    /// Bytes that did not fit in memory and went to disk.
    pub spilled: u64,
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

/// Numbers of documents, from the counters of a run and from what was written.
pub fn totals(counts: &Counts, written: Written) -> Totals {
    Totals {
        read: counts.input.documents_in,
        written: written.documents,
        rejected: written.rejected,
        failed: written.failed,
    }
}

/// The resolved pipeline, without settings that do not affect the output.
fn pipeline_json(prepared: &Prepared) -> Value {
    let pipeline = &prepared.pipeline;
    let stages: Vec<Value> = prepared
        .stages
        .iter()
        .map(|stage| {
            let mut own = json!({
                "name": stage.name,
                "plugin": stage.plugin.descriptor.name,
                "operator": stage.operator,
                "options": stage.options,
            });
            add_isolation(stage, &mut own);
            let version =
                stage.plugin.descriptor.operator(Some(&stage.operator)).map(|o| o.semantics_version);
            if let Some(version) = version.filter(|version| *version > 1) {
                own["output-version"] = json!(version);
            }
            // Lets thresholds be tried without the plugin.
            let thresholds = stage.bound.thresholds();
            if let Some(own) = own.as_object_mut().filter(|_| !thresholds.is_empty()) {
                let options = thresholds.iter().map(|threshold| threshold.option.as_str());
                let schema = stage.bound.operators().first().map(|operator| &operator.descriptor.options);
                let schema = schema.map(|schema| schema_of_options(schema, options));
                own.insert("thresholds".into(), json!(thresholds));
                own.insert("thresholds-schema".into(), json!(schema));
            }
            own
        })
        .collect();
    let columns: Map<String, Value> = pipeline
        .input
        .columns
        .iter()
        .map(|(name, kind)| (name.clone(), textmill_core::column::type_name(kind).into()))
        .collect();
    let exclude: Vec<&str> = pipeline.output.exclude.iter().map(|(name, _)| name.as_str()).collect();
    let (format, compression) = match pipeline.output.format {
        OutputFormat::Jsonl(Compression::Plain | Compression::Bzip2) => ("jsonl", "none"),
        OutputFormat::Jsonl(Compression::Gzip) => ("jsonl", "gzip"),
        OutputFormat::Jsonl(Compression::Zstd) => ("jsonl", "zstd"),
        OutputFormat::Parquet => ("parquet", "zstd"),
    };
    json!({
        "file": shown(&pipeline.path),
        "name": pipeline.name,
        "description": pipeline.description,
        "input": {
            "paths": pipeline.input.paths.iter().map(|(path, _)| shown(path)).collect::<Vec<_>>(),
            "text-field": pipeline.input.text_field,
            "id-field": pipeline.input.id_field,
            "source-field": pipeline.input.source_field,
            "format": pipeline.input.format,
            "media-type": pipeline.input.media_type,
            "max-document-bytes": pipeline.input.max_document_bytes,
            "columns": columns,
        },
        "stages": stages,
        "output": {
            "folder": pipeline.output.folder.as_deref().map(shown),
            "format": format,
            "compression": compression,
            "part-bytes": pipeline.output.part_bytes,
            "exclude": exclude,
        },
    })
}

/// Adds the limits of a plugin's process: they decide which documents fail.
fn add_isolation(stage: &PreparedStage, to: &mut Value) {
    if let (Some(to), Some(limits)) = (to.as_object_mut(), stage.plugin.isolation) {
        let millis = u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX);
        to.insert("isolation".into(), json!({ "time-limit-ms": millis, "memory-limit": limits.memory }));
    }
}

/// The plugins of a pipeline, each once.
fn plugins_json(prepared: &Prepared) -> Vec<Value> {
    let mut plugins: Vec<Value> = Vec::new();
    for stage in &prepared.stages {
        let plugin = json!({
            "name": stage.plugin.descriptor.name,
            "version": stage.plugin.descriptor.version,
            "abi": format!("{}.{}", stage.plugin.abi.0, stage.plugin.abi.1),
            "path": shown(&stage.plugin.path),
            "sha256": stage.plugin.sha256,
            "locked": stage.plugin.locked,
        });
        if !plugins.contains(&plugin) {
            plugins.push(plugin);
        }
    }
    plugins
}

/// Maximum number of inputs that a fingerprint lists one by one; more are summarized by a digest.
const LISTED: usize = 10_000;

/// Everything that the output of a run depends on.
pub fn fingerprint(prepared: &Prepared, files: &[SourceFile], settings: &Settings) -> Fingerprint {
    let mut all = made_of(prepared, files);
    all["limit"] = json!(settings.limit);
    all["largest-document"] = json!(settings.shares.document);
    all
}

/// Everything that the fate of a document depends on: pipeline, plugins, and files that are read.
pub fn made_of(prepared: &Prepared, files: &[SourceFile]) -> Fingerprint {
    let mut pipeline = pipeline_json(prepared);
    // Keyed by name: with a list, inserting one stage would make all later ones differ.
    let stages: Map<String, Value> = prepared
        .stages
        .iter()
        .map(|stage| {
            let mut own = json!({ "operator": stage.operator, "options": stage.options });
            add_isolation(stage, &mut own);
            (stage.name.clone(), own)
        })
        .collect();
    let order: Vec<&str> = prepared.stages.iter().map(|stage| stage.name.as_str()).collect();
    if let Some(pipeline) = pipeline.as_object_mut() {
        pipeline.remove("file");
        pipeline.remove("description");
        // The path of the folder need not be compared: the interrupted run was found there.
        if let Some(output) = pipeline.get_mut("output").and_then(Value::as_object_mut) {
            output.remove("folder");
        }
        pipeline.insert("order".into(), order.into());
        pipeline.insert("stages".into(), stages.into());
    }
    let plugins: Map<String, Value> = prepared
        .stages
        .iter()
        .map(|stage| (stage.plugin.descriptor.name.clone(), stage.plugin.sha256.clone().into()))
        .collect();
    let loaded = prepared.stages.iter().flat_map(PreparedStage::loads_from);
    let loaded: Map<String, Value> = loaded
        .map(|path| {
            let (bytes, version) = state_of(path);
            (path.display().to_string(), json!({ "bytes": bytes, "version": version }))
        })
        .collect();
    let inputs = files.iter().map(|file| {
        (file.path.display().to_string(), json!({ "bytes": file.bytes, "version": file.version }))
    });
    let inputs: Value = if files.len() <= LISTED {
        inputs.collect::<Map<String, Value>>().into()
    } else {
        let digest = inputs.fold(0u64, |digest, (path, state)| {
            twox_hash::XxHash3_64::oneshot(format!("{digest}{path}{state}").as_bytes())
        });
        json!({ "files": files.len(), "digest": format!("{digest:016x}") })
    };
    json!({
        "textmill": env!("CARGO_PKG_VERSION"),
        "pipeline": pipeline,
        "plugins": plugins,
        "inputs": inputs,
        "loaded": loaded,
    })
}

/// A path as text, lossily: JSON has no byte strings, and file names need not be UTF-8.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// How a run was made: resolved pipeline, plugins, counts, timings.
pub fn run_json(
    prepared: &Prepared,
    files: &[SourceFile],
    settings: &Settings,
    counts: &Counts,
    totals: Totals,
    timings: &Timings,
    metrics: &BTreeMap<String, u64>,
) -> Value {
    let run = &prepared.pipeline.run;
    let mut pipeline = pipeline_json(prepared);
    if let Some(pipeline) = pipeline.as_object_mut() {
        let run = json!({
            "threads": settings.threads,
            "memory": run.memory,
            "batch-documents": run.batch_documents,
            "batch-bytes": run.batch_bytes,
        });
        pipeline.insert("run".into(), run);
    }
    let files: Vec<Value> = files
        .iter()
        .map(|f| json!({ "path": shown(&f.path), "bytes": f.bytes, "version": f.version }))
        .collect();
    let seconds = |nanos: u64| (nanos as f64 / 1e3).round() / 1e6;
    let stage_seconds: Map<String, Value> = prepared
        .stages
        .iter()
        .zip(&counts.stages)
        .map(|(stage, counts)| (stage.name.clone(), seconds(counts.nanos).into()))
        .collect();
    json!({
        "textmill": env!("CARGO_PKG_VERSION"),
        "pipeline": pipeline,
        "plugins": plugins_json(prepared),
        // Relative paths start from here.
        "directory": std::env::current_dir().ok().map(|folder| shown(&folder)),
        "inputs": files,
        "limit": settings.limit,
        "documents": totals,
        "tables": table_files(prepared),
        "metrics": metrics,
        "timings": {
            "seconds": seconds(timings.elapsed.as_nanos() as u64),
            "resumed": timings.resumed,
            "stage-thread-seconds": stage_seconds,
            "thread-seconds": {
                "reading": seconds(timings.reading),
                "taking": seconds(timings.taking),
                "waiting": seconds(timings.waiting),
                "committing": seconds(timings.committing),
            },
            "spilled-bytes": timings.spilled,
        },
    })
}
