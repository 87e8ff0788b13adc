//! Counters of a run: what each stage did. They are sums of integers, so that they do not depend on the
//! threads.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use textmill_core::event::Action;

/// Numbers of documents in a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Documents that were read or could not be read.
    pub read: u64,
    /// Documents in `documents.jsonl`.
    pub written: u64,
    /// Documents in `rejected.jsonl`.
    pub rejected: u64,
    /// Documents in `failed.jsonl`.
    pub failed: u64,
}

impl Totals {
    /// Whether every document is accounted for.
    pub fn balance(&self) -> bool {
        self.read == self.written + self.rejected + self.failed
    }
}

/// How often a rule acted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCounts {
    /// Edits.
    pub edit: u64,
    /// Documents dropped.
    pub drop: u64,
    /// Annotations.
    pub annotate: u64,
    /// Documents failed.
    pub fail: u64,
}

/// What one stage did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageCounts {
    /// Documents that reached it.
    pub documents_in: u64,
    /// Documents that left it.
    pub documents_out: u64,
    /// Documents that it dropped.
    pub dropped: u64,
    /// Documents that failed in it.
    pub failed: u64,
    /// Documents whose text it edited.
    pub edited: u64,
    /// Bytes of text that reached it.
    pub bytes_in: u64,
    /// Bytes of text that left it.
    pub bytes_out: u64,
    /// How often each rule acted.
    pub rules: BTreeMap<String, RuleCounts>,
    /// Nanoseconds that threads spent in it, summed. Not serialized, since it differs between runs.
    #[serde(skip)]
    pub nanos: u64,
    /// Bytes that the host allocated for it; counted on request. Not serialized either.
    #[serde(skip)]
    pub host_bytes: u64,
}

impl StageCounts {
    /// Counts an event.
    pub fn event(&mut self, rule: &str, action: Action) {
        let counts = match self.rules.get_mut(rule) {
            Some(counts) => counts,
            None => self.rules.entry(rule.to_owned()).or_default(),
        };
        match action {
            Action::Edit => counts.edit += 1,
            Action::Drop => counts.drop += 1,
            Action::Annotate => counts.annotate += 1,
            Action::Fail => counts.fail += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.documents_in += other.documents_in;
        self.documents_out += other.documents_out;
        self.dropped += other.dropped;
        self.failed += other.failed;
        self.edited += other.edited;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.nanos += other.nanos;
        self.host_bytes += other.host_bytes;
        for (rule, counts) in &other.rules {
            let mine = self.rules.entry(rule.clone()).or_default();
            mine.edit += counts.edit;
            mine.drop += counts.drop;
            mine.annotate += counts.annotate;
            mine.fail += counts.fail;
        }
    }
}

/// Counters of all stages, and of the input.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Counters of reading the input.
    pub input: StageCounts,
    /// Counters of each stage.
    pub stages: Vec<StageCounts>,
}

impl Counts {
    /// Counters for this many stages, all zero.
    pub fn new(stages: usize) -> Self {
        Self { input: StageCounts::default(), stages: vec![StageCounts::default(); stages] }
    }

    /// Adds other counters from the same pipeline.
    pub fn add(&mut self, other: &Self) {
        self.input.add(&other.input);
        for (mine, other) in self.stages.iter_mut().zip(&other.stages) {
            mine.add(other);
        }
    }
}
