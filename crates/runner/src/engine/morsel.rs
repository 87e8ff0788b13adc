//! A morsel: a piece of the input on its way through a segment, until all its results are ready to be
//! written.

use super::chain::{Chain, Segment};
use super::counts::Counts;
use super::lines::Lines;
use super::names::names_of;
use super::outcome::Outcome;
use super::prepare::Prepared;
use crate::config::OutputFormat;
use crate::input::{InputBatch, Position};
use crate::output::{Budgets, ledger_batch};
use crate::spill::{Budget, Encoded, Packing, encode};
use arrow_array::RecordBatch;
use serde_json::Value;
use std::sync::atomic::Ordering;
use textmill_core::event::Action;
use textmill_plugin::call::Host;
use textmill_plugin::error::{Error, Result};

/// Rows of the ledger per block.
const LEDGER_BLOCK: usize = 16 * 1024;

/// The results of a morsel.
pub struct Morsel {
    /// Where it came from.
    pub origin: Origin,
    /// Counters.
    pub counts: Counts,
    /// Number of documents that entered, for the progress display.
    pub documents: u64,
    /// Number of documents that leave the pipeline.
    pub written: u64,
    /// Those documents, as lines.
    pub lines: Vec<u8>,
    /// Those documents, as blocks for Parquet.
    pub blocks: Vec<Encoded>,
    /// Documents that wait before a barrier.
    pub waiting: Vec<Block>,
    /// Rows for the steps of the plan at the barrier, each with the number of its step.
    pub rows: Vec<(usize, Block)>,
    /// Ids of the documents that were read, if a barrier follows.
    pub names: Vec<Block>,
    /// States of aggregates, each with the number of its stage.
    pub states: Vec<(usize, Encoded)>,
    /// Lines of rejected documents.
    pub rejected: Lines,
    /// Lines of failed documents.
    pub failed: Lines,
    /// Rows of the ledger.
    pub ledger: Vec<Encoded>,
}

impl Morsel {
    fn new(origin: Origin, stages: usize) -> Self {
        Self {
            origin,
            counts: Counts::new(stages),
            documents: 0,
            written: 0,
            lines: Vec::new(),
            blocks: Vec::new(),
            waiting: Vec::new(),
            rows: Vec::new(),
            names: Vec::new(),
            states: Vec::new(),
            rejected: Lines::default(),
            failed: Lines::default(),
            ledger: Vec::new(),
        }
    }
}

/// A batch and its encoding on disk.
pub struct Block {
    /// The batch.
    pub batch: RecordBatch,
    /// The encoded bytes; `None` while writing is deferred.
    pub encoded: Option<Encoded>,
}

impl Block {
    /// Makes a block of a table. If the batch fits in memory, its bytes serve only to resume an interrupted
    /// run, so the fast packing is used.
    fn new(batch: RecordBatch, budgets: Option<&Budgets>, of: impl Fn(&Budgets) -> &Budget) -> Result<Self> {
        if budgets.is_some_and(|budgets| budgets.deferring.load(Ordering::Relaxed)) {
            return Ok(Self { batch, encoded: None });
        }
        let has_room = |budgets| of(budgets).may_keep(batch.get_array_memory_size() as u64);
        let packing = if budgets.is_some_and(has_room) { Packing::Fast } else { Packing::Small };
        let encoded = Some(encode(&batch, packing)?);
        Ok(Self { batch, encoded })
    }

    /// Size of the batch in memory, in bytes.
    pub fn bytes(&self) -> u64 {
        self.batch.get_array_memory_size() as u64
    }
}

/// The source of a morsel.
pub enum Origin {
    /// The documents held before a barrier.
    Held {
        /// The number of blocks.
        blocks: usize,
    },
    /// The input.
    Input {
        /// Where reading continues.
        after: Position,
        /// Number of documents and failures that were read.
        places: u64,
        /// Hashes of the ids that were new.
        ids: Vec<u64>,
        /// Number of records that are not documents.
        skipped: u64,
    },
}

/// How every morsel of a segment is processed.
#[derive(Clone, Copy)]
pub struct Milling<'a> {
    /// The pipeline.
    pub prepared: &'a Prepared,
    /// The segment.
    pub segment: Segment<'a>,
    /// Whether to record ids: the input is being read, and a barrier follows.
    pub names: bool,
    /// Whether a document that fails ends the run.
    pub strict: bool,
    /// Memory for what waits before a barrier, if anything does.
    pub budgets: Option<&'a Budgets>,
    /// The host that plugins report to.
    pub host: &'a (dyn Host + Sync),
}

impl<'a> Milling<'a> {
    /// Creates one thread's workers.
    pub fn start(&self) -> Chain<'a> {
        Chain::new(self.segment)
    }

    /// Runs batches through the segment.
    ///
    /// # Errors
    /// If a stage fails as a whole or, when `strict`, if a document fails.
    pub fn mill(&self, chain: &mut Chain<'a>, origin: Origin, batches: Vec<InputBatch>) -> Result<Morsel> {
        let stages = self.prepared.stages.len();
        let mut morsel = Morsel::new(origin, stages);
        let mut whole = Outcome::new(RecordBatch::new_empty(empty()), stages);
        let row_block = |rows| Block::new(rows, self.budgets, |budgets| &budgets.rows);
        let is_input = matches!(morsel.origin, Origin::Input { .. });
        for batch in batches {
            if self.host.should_stop() {
                return Err(super::pool::stopped());
            }
            let mut outcome = Outcome::new(batch.documents, stages);
            morsel.documents += outcome.documents.num_rows() as u64;
            if is_input {
                if self.names {
                    for names in names_of(&outcome.documents)? {
                        morsel.names.push(row_block(names)?);
                    }
                }
                outcome.take_input(batch.events, batch.failures);
                outcome.counts.input.bytes_out += batch.bytes;
            }
            chain.run(self.host, &mut outcome)?;
            self.leave(&mut morsel, &outcome.documents)?;
            whole.append(outcome);
        }
        for (step, rows) in std::mem::take(&mut chain.rows) {
            morsel.rows.push((step, row_block(rows)?));
        }
        for (stage, state) in chain.states(self.host)? {
            morsel.states.push((stage, encode(&state, Packing::Small)?));
        }
        whole.sort();
        if self.strict {
            refuse_failures(&whole)?;
        }
        morsel.rejected = whole.rejected;
        morsel.failed = whole.failed;
        let names: Vec<&str> = self.prepared.stages.iter().map(|stage| stage.name.as_str()).collect();
        let mut rows = whole.ledger.rows().peekable();
        while rows.peek().is_some() {
            let block = ledger_batch(rows.by_ref().take(LEDGER_BLOCK), &names)?;
            morsel.ledger.push(encode(&block, Packing::Small)?);
        }
        morsel.counts = whole.counts;
        Ok(morsel)
    }

    /// Adds documents that leave the segment to the morsel.
    fn leave(&self, morsel: &mut Morsel, documents: &RecordBatch) -> Result<()> {
        if documents.num_rows() == 0 {
            return Ok(());
        }
        if self.segment.tail().is_some() {
            morsel.waiting.push(Block::new(documents.clone(), self.budgets, |budgets| &budgets.documents)?);
            return Ok(());
        }
        morsel.written += documents.num_rows() as u64;
        let columns = &self.prepared.columns;
        match self.prepared.pipeline.output.format {
            OutputFormat::Jsonl(_) => columns.lines(documents, &mut morsel.lines),
            OutputFormat::Parquet => morsel.blocks.push(encode(&columns.batch(documents)?, Packing::Small)?),
        }
        Ok(())
    }
}

fn empty() -> arrow_schema::SchemaRef {
    std::sync::Arc::new(arrow_schema::Schema::empty())
}

/// Returns the first document that failed as an error.
fn refuse_failures(outcome: &Outcome) -> Result<()> {
    let Some(row) = outcome.ledger.rows().find(|row| row.event.action == Action::Fail) else { return Ok(()) };
    let note = row.event.note.unwrap_or_default();
    let line = outcome.failed.iter().next();
    let line = line.and_then(|(_, line)| serde_json::from_slice::<Value>(line).ok());
    let told = |key: &str| line.as_ref().and_then(|line| line.get(key)).cloned();
    let source = told("source").and_then(|s| s.as_str().map(str::to_owned)).unwrap_or_default();
    let offset = told("offset").map(|offset| format!(" at {offset}")).unwrap_or_default();
    let message = format!("document `{}` in {source}{offset} failed ({}): {note}", row.id, row.event.rule);
    Err(Error::from(message).fatal())
}
