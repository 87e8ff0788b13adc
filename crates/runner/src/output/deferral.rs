//! What a run holds back from the disk in its first seconds, so that a short run writes little but its
//! output. A run that is killed meanwhile starts over, and has lost no more than those seconds.

use super::staged::Budgets;
use crate::engine::{Block, Morsel};
use crate::journal::Log;
use crate::spill::{TableWriter, Taken};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use textmill_plugin::error::Result;

/// The data that is held back.
pub(super) struct Deferral {
    since: Instant,
    after: Duration,
    /// Tables of ended segments, by the names of their files.
    tables: BTreeMap<String, TableWriter>,
    /// Lines of ended segments, by the names of their files.
    lines: BTreeMap<String, Log>,
    /// The memory that all lines take.
    taken: Vec<Taken>,
    /// Number of blocks or pieces that each file of the current segment had after the last complete morsel.
    whole: BTreeMap<String, usize>,
}

/// A file that may be deferred.
pub(super) enum Part<'a> {
    Table(&'a mut TableWriter),
    Lines(&'a mut Log),
}

impl Part<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Table(table) => table.blocks(),
            Self::Lines(lines) => lines.pieces().len(),
        }
    }

    /// Length of its file in bytes.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Table(table) => table.len(),
            Self::Lines(lines) => lines.length(),
        }
    }

    /// Writes the first `most` blocks or pieces, and returns the length of the file.
    fn settle(self, most: usize) -> Result<u64> {
        match self {
            Self::Table(table) => table.settle(most).map(|()| table.len()),
            Self::Lines(lines) => lines.settle(most).map(|()| lines.length()),
        }
    }
}

impl Deferral {
    pub(super) fn new(after: Duration) -> Self {
        let (tables, lines, taken, whole) = Default::default();
        Self { since: Instant::now(), after, tables, lines, taken, whole }
    }

    /// Whether the time of deferral is over.
    pub(super) fn is_over(&self) -> bool {
        self.since.elapsed() >= self.after
    }

    /// Whether the results of a morsel, including `lines` bytes of lines, may be held back, too. If so, takes
    /// the memory for the lines. Half of the memory for rows is left to the steps that work on them.
    pub(super) fn admits(&mut self, budgets: &Budgets, morsel: &Morsel, lines: u64) -> bool {
        let bytes = |blocks: &mut dyn Iterator<Item = &Block>| blocks.map(Block::bytes).sum::<u64>();
        let documents = bytes(&mut morsel.waiting.iter()) + lines;
        let rows = bytes(&mut morsel.rows.iter().map(|(_, block)| block).chain(&morsel.names));
        let has_rows = |rows| budgets.rows.used().saturating_add(rows) <= budgets.rows.limit() / 2;
        let admits = budgets.documents.may_keep(documents) && (rows == 0 || has_rows(rows));
        self.taken.extend((admits && lines > 0).then(|| budgets.documents.take(lines)));
        admits
    }

    /// Records that a complete morsel was added.
    pub(super) fn note<'a>(&mut self, parts: impl Iterator<Item = (String, Part<'a>)>) {
        self.whole = parts.map(|(name, part)| (name, part.len())).collect();
    }

    /// Adds a table of an ended segment.
    pub(super) fn keep_table(&mut self, name: String, table: TableWriter) {
        self.tables.insert(name, table);
    }

    /// Adds the lines of an ended segment.
    pub(super) fn keep_lines(&mut self, name: String, lines: Log) {
        self.lines.insert(name, lines);
    }

    /// Drops tables that are used up.
    pub(super) fn drop_tables(&mut self, is_used: impl Fn(&String) -> bool) {
        self.tables.retain(|name, _| !is_used(name));
    }

    /// The pieces of lines that were kept under this name.
    pub(super) fn lines(&self, name: &str) -> Option<&[Vec<u8>]> {
        self.lines.get(name).map(Log::pieces)
    }

    /// Writes everything, including `parts`, those of the current segment, and records the length of each
    /// file.
    pub(super) fn settle<'a>(
        &mut self,
        parts: impl Iterator<Item = (String, Part<'a>)>,
        files: &mut BTreeMap<String, u64>,
    ) -> Result<()> {
        for (name, table) in &mut self.tables {
            files.insert(name.clone(), Part::Table(table).settle(usize::MAX)?);
        }
        for (name, lines) in &mut self.lines {
            files.insert(name.clone(), Part::Lines(lines).settle(usize::MAX)?);
        }
        for (name, part) in parts {
            let most = self.whole.get(&name).copied().unwrap_or(0);
            files.insert(name, part.settle(most)?);
        }
        Ok(())
    }
}
