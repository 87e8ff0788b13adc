//! What a run holds back from the disk in its first seconds: a short run writes little but its output. Killed meanwhile
//! it begins anew, and has lost no more than those seconds.

use super::staged::Budgets;
use crate::engine::{Block, Morsel};
use crate::journal::Log;
use crate::spill::{TableWriter, Taken};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use textmill_plugin::error::Result;

/// What is held back.
pub(super) struct Deferral {
    since: Instant,
    after: Duration,
    /// Tables of segments that ended, by the names of their files.
    tables: BTreeMap<String, TableWriter>,
    /// Lines of segments that ended, by the names of their files.
    lines: BTreeMap<String, Log>,
    /// Memory of all lines.
    taken: Vec<Taken>,
    /// How many blocks or pieces each file of the segment under way had after the last whole morsel.
    whole: BTreeMap<String, usize>,
}

/// A file that may be held back.
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

    /// Bytes in its file.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Table(table) => table.len(),
            Self::Lines(lines) => lines.length(),
        }
    }

    /// Writes it; gives its bytes.
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

    /// Whether the time is over.
    pub(super) fn is_over(&self) -> bool {
        self.since.elapsed() >= self.after
    }

    /// Whether what a morsel adds may be held back, too, so many bytes of lines among it; they take their memory here. Half of the memory for rows is
    /// left to those who work on them.
    pub(super) fn admits(&mut self, budgets: &Budgets, morsel: &Morsel, lines: u64) -> bool {
        let bytes = |blocks: &mut dyn Iterator<Item = &Block>| blocks.map(Block::bytes).sum::<u64>();
        let documents = bytes(&mut morsel.waiting.iter()) + lines;
        let rows = bytes(&mut morsel.rows.iter().map(|(_, block)| block).chain(&morsel.names));
        let has_rows = |rows| budgets.rows.used().saturating_add(rows) <= budgets.rows.limit() / 2;
        let admits = budgets.documents.may_keep(documents) && (rows == 0 || has_rows(rows));
        self.taken.extend((admits && lines > 0).then(|| budgets.documents.take(lines)));
        admits
    }

    /// Notes that a morsel was taken in whole.
    pub(super) fn note<'a>(&mut self, parts: impl Iterator<Item = (String, Part<'a>)>) {
        self.whole = parts.map(|(name, part)| (name, part.len())).collect();
    }

    /// Takes in a table of a segment that ended.
    pub(super) fn keep_table(&mut self, name: String, table: TableWriter) {
        self.tables.insert(name, table);
    }

    /// Takes in lines of a segment that ended.
    pub(super) fn keep_lines(&mut self, name: String, lines: Log) {
        self.lines.insert(name, lines);
    }

    /// Lets go of tables that are used up.
    pub(super) fn drop_tables(&mut self, is_used: impl Fn(&String) -> bool) {
        self.tables.retain(|name, _| !is_used(name));
    }

    /// Lines that were kept, in pieces.
    pub(super) fn lines(&self, name: &str) -> Option<&[Vec<u8>]> {
        self.lines.get(name).map(Log::pieces)
    }

    /// Writes everything, `parts` of the segment under way among it, and notes the bytes of each file.
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
