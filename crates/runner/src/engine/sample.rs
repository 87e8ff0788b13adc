//! Runs a sample of the input through the first segment, to estimate the cost of a run.

use super::chain::Segment;
use super::morsel::{Block, Milling, Origin};
use super::prepare::{Bound, Prepared};
use super::run::Settings;
use crate::input::{Cursor, Ids, Kind, Parser, SourceFile};
use crate::progress::Progress;
use crate::spill::Encoded;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use textmill_plugin::error::Result;

/// The maximum number of files that are sampled, spread evenly over all files.
const FILES: usize = 8;
/// The approximate number of bytes that are read from a file.
const BYTES_OF_FILE: usize = 2 << 20;

/// What a sample of the input costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Number of documents in the sample.
    pub documents: u64,
    /// Bytes of the input files, as they are on disk.
    pub bytes: u64,
    /// Approximate number of documents in the whole input, estimated from its bytes: the factor for scaling
    /// the costs.
    pub all: f64,
    /// Approximate number of documents in the whole input, where files that are a single document are
    /// counted.
    pub expected: f64,
    /// Memory of what waits before the first barrier, in bytes.
    pub waiting: u64,
    /// Bytes of everything that is staged on disk.
    pub staged: u64,
    /// Number of documents that failed.
    pub failed: u64,
    /// Nanoseconds on a single thread.
    pub nanos: u64,
}

impl Sample {
    /// Takes a sample and runs it.
    ///
    /// # Errors
    /// If a stage fails as a whole.
    pub fn take(
        prepared: &Prepared,
        files: &[SourceFile],
        settings: Settings,
        progress: &Progress,
    ) -> Result<Self> {
        let stages = &prepared.stages;
        let barrier = stages.iter().position(|stage| matches!(stage.bound, Bound::Plan(..)));
        let to = barrier.unwrap_or(stages.len());
        let segment = Segment { head: None, stages, input: &prepared.input, from: 0, to, profile: false };
        let names = barrier.is_some();
        let milling = Milling { prepared, segment, names, strict: false, budgets: None, host: progress };
        let mut chain = milling.start();
        let input = &prepared.pipeline.input;
        let run = &prepared.pipeline.run;
        let read = Arc::new(AtomicU64::new(0));
        let mut parser = Parser::new(input);
        let (mut ids, mut ordinal) = (Ids::default(), 0);
        let mut sample = Self::default();
        let mut taken = 0;
        // The same sums for files that hold many documents only.
        let is_one = |file: &SourceFile| matches!(file.format.kind, Kind::Whole(_));
        let (mut of_many, mut taken_of_many) = (0.0, 0);
        for file in files.iter().step_by(files.len().div_ceil(FILES).max(1)) {
            let started = Instant::now();
            let (before, documents) = (read.load(Ordering::Relaxed), sample.documents);
            let one = std::slice::from_ref(file);
            let chunk_bytes = settings.shares.chunk.min(BYTES_OF_FILE);
            let mut cursor =
                Cursor::new(one, input, chunk_bytes, settings.shares.document, Arc::clone(&read));
            let Some(chunk) = cursor.next() else { continue };
            let after = chunk.after().clone();
            let mut parsed = parser.parse(chunk);
            ids.settle(&mut parsed);
            let places = parsed.len() as u64;
            let batches = parsed.finish(ordinal, run.batch_documents, settings.shares.chunk)?;
            ordinal += places;
            let origin = Origin::Input { after, places, ids: Vec::new(), skipped: 0 };
            let morsel = milling.mill(&mut chain, origin, batches)?;
            sample.documents += morsel.documents;
            sample.failed += morsel.counts.input.failed;
            sample.failed += morsel.counts.stages.iter().map(|stage| stage.failed).sum::<u64>();
            let held: Vec<&Block> =
                morsel.waiting.iter().chain(morsel.rows.iter().map(|(_, rows)| rows)).collect();
            sample.waiting += held.iter().map(|block| block.bytes()).sum::<u64>();
            sample.staged +=
                held.iter().filter_map(|block| block.encoded.as_ref()).map(Encoded::len).sum::<u64>();
            sample.staged += morsel.blocks.iter().chain(&morsel.ledger).map(Encoded::len).sum::<u64>();
            sample.staged += morsel.lines.len() as u64 + morsel.rejected.bytes() + morsel.failed.bytes();
            sample.nanos += started.elapsed().as_nanos() as u64;
            // Files differ in the length of their documents: each file is extrapolated from its own bytes.
            let part = (read.load(Ordering::Relaxed) - before).clamp(1, file.bytes.max(1));
            let all = (sample.documents - documents) as f64 * file.bytes as f64 / part as f64;
            sample.all += all;
            taken += file.bytes;
            if !is_one(file) {
                of_many += all;
                taken_of_many += file.bytes;
            }
        }
        sample.bytes = read.load(Ordering::Relaxed);
        let total: u64 = files.iter().map(|file| file.bytes).sum();
        sample.all *= total as f64 / taken.max(1) as f64;
        let ones = files.iter().filter(|file| is_one(file)).count();
        let others: u64 = files.iter().filter(|file| !is_one(file)).map(|file| file.bytes).sum();
        sample.expected = ones as f64 + of_many * others as f64 / taken_of_many.max(1) as f64;
        Ok(sample)
    }
}
