//! Runs one segment on all threads, from the input or from the documents held before a barrier, and commits
//! in order.

use super::chain::Segment;
use super::memory::Shares;
use super::morsel::{Milling, Morsel, Origin};
use super::pool::Turnstile;
use super::run::Engine;
use crate::input::{Chunk, Cursor, Ids, InputBatch, Parser};
use crate::output::Staged;
use crate::spill::SpillTable;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use textmill_plugin::drive::store::Table;
use textmill_plugin::error::Result;

/// State that depends on everything read before.
struct Reading {
    ids: Ids,
    /// Number of places of the input so far.
    ordinal: u64,
    /// Number of places that may still be read.
    left: u64,
}

impl Engine<'_> {
    fn milling<'s>(&'s self, segment: Segment<'s>) -> Milling<'s> {
        let barrier_comes = self.prepared.has_barrier();
        Milling {
            prepared: self.prepared,
            segment,
            names: barrier_comes,
            strict: self.settings.strict,
            budgets: Some(&self.budgets),
            host: self.progress,
        }
    }

    /// Runs the first segment, starting at the checkpoint.
    ///
    /// # Errors
    /// If a stage fails as a whole, or if the files of the run cannot be written.
    pub(super) fn read(&self, segment: Segment<'_>, staged: &mut Staged<'_>) -> Result<()> {
        let input = &self.prepared.pipeline.input;
        let shares = self.settings.shares;
        let read = self.progress.read_counter();
        let mut cursor = Cursor::new(self.files, input, shares.chunk, shares.document, read);
        let checkpoint = staged.checkpoint();
        self.progress.read_counter().store(checkpoint.bytes, Ordering::Relaxed);
        cursor.resume_at(&checkpoint.position);
        let mut ids = Ids::default();
        staged.ids(|id| ids.restore([id]))?;
        let left = self.settings.limit.map_or(u64::MAX, |limit| limit.saturating_sub(checkpoint.ordinal));
        let enough = AtomicBool::new(left == 0);
        let reading = Mutex::new(Reading { ids, ordinal: checkpoint.ordinal, left });
        let stile = Turnstile::default();
        let milling = self.milling(segment);
        let pool = cursor.pool();
        let run = &self.prepared.pipeline.run;
        self.pool(&segment).run(
            || {
                if enough.load(Ordering::Relaxed) {
                    return None;
                }
                let chunk = cursor.next()?;
                let cost = Shares::cost(chunk.bytes());
                Some(Ok((chunk, cost)))
            },
            || (Parser::new(input).with_pool(pool.clone()), milling.start()),
            |(parser, chain), number, chunk: Chunk| {
                let turn = stile.place(number);
                let after = chunk.after().clone();
                let mut parsed = self.progress.timed_reading(|| parser.parse(chunk));
                let (first, hashes) = turn.pass(|| {
                    let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
                    let left = usize::try_from(reading.left).unwrap_or(usize::MAX);
                    self.left_out.fetch_or(parsed.len() > left, Ordering::Relaxed);
                    parsed.truncate(left);
                    let first = reading.ordinal;
                    reading.ordinal += parsed.len() as u64;
                    reading.left -= parsed.len() as u64;
                    enough.fetch_or(reading.left == 0, Ordering::Relaxed);
                    (first, reading.ids.settle(&mut parsed))
                })?;
                let (places, skipped) = (parsed.len() as u64, parsed.skipped());
                let batches = parsed.finish(first, run.batch_documents, shares.chunk)?;
                let origin = Origin::Input { after, places, ids: hashes, skipped };
                milling.mill(chain, origin, batches)
            },
            |morsel| self.commit(staged, morsel),
        )?;
        // Whether the input goes on after the last record shows in the next chunk that holds any.
        if enough.load(Ordering::Relaxed) && !self.left_out.load(Ordering::Relaxed) {
            let mut rest = std::iter::from_fn(|| cursor.next());
            let more = rest.any(|chunk| !Parser::new(input).parse(chunk).is_empty());
            self.left_out.store(more, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Runs a later segment over the documents that waited before the barrier.
    ///
    /// # Errors
    /// As for [`Engine::read`].
    pub(super) fn go_on(
        &self,
        segment: Segment<'_>,
        held: &SpillTable,
        staged: &mut Staged<'_>,
    ) -> Result<()> {
        let mut next = staged.checkpoint().blocks;
        let milling = self.milling(segment);
        self.pool(&segment).run(
            || {
                // Blocks of short documents are small. Several are joined, so that the fixed cost of a morsel
                // does not outweigh its documents.
                let first = next;
                let mut bytes = 0;
                let most = self.settings.shares.chunk as u64;
                while next < held.blocks() && (next == first || bytes + held.bytes(next) <= most) {
                    bytes += held.bytes(next);
                    next += 1;
                }
                (first < next).then(|| Ok((first..next, Shares::cost(bytes))))
            },
            || milling.start(),
            |chain, _, blocks: Range<usize>| {
                let origin = Origin::Held { blocks: blocks.len() };
                let batch = |at| -> Result<InputBatch> {
                    let documents = held.block(at)?;
                    Ok(InputBatch { documents, events: Vec::new(), failures: Vec::new(), bytes: 0 })
                };
                milling.mill(chain, origin, blocks.map(batch).collect::<Result<_>>()?)
            },
            |morsel| self.commit(staged, morsel),
        )
    }

    fn commit(&self, staged: &mut Staged<'_>, morsel: Morsel) -> Result<()> {
        self.progress.advance(morsel.documents, &morsel.counts);
        staged.note_read(self.progress.read_bytes());
        staged.commit(morsel)
    }
}
