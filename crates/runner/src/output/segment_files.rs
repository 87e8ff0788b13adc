//! The files of the current segment, and their names. Opens none of them.

use super::deferral::Part;
use super::opener::HELD;
use crate::engine::{Lines, Morsel};
use crate::journal::Log;
use crate::spill::{BlockFile, TableWriter};
use std::collections::BTreeMap;
use textmill_plugin::error::Result;

/// The files of documents that leave the pipeline.
pub(super) const ENDED: [&str; 2] = ["rejected", "failed"];

/// The files of a segment.
pub(super) struct SegmentFiles {
    /// The files of [`ENDED`].
    pub ended: [Ended; 2],
    pub ledger: BlockFile,
    pub held: Option<TableWriter>,
    pub rows: BTreeMap<usize, TableWriter>,
}

impl SegmentFiles {
    /// Bytes of a morsel's lines that go into frames.
    pub fn framed_bytes(&self, morsel: &Morsel) -> u64 {
        let lines = self.ended.iter().zip([&morsel.rejected, &morsel.failed]);
        lines.filter(|(ended, _)| matches!(ended, Ended::Frames(_))).map(|(_, lines)| lines.bytes()).sum()
    }

    /// The files that hold all lines of the run, with their names.
    pub fn all_lines(&self) -> impl Iterator<Item = (String, &Log)> {
        ENDED.iter().zip(&self.ended).filter_map(|(what, ended)| match ended {
            Ended::All(log) => Some((all_lines(what), log)),
            Ended::Frames(_) => None,
        })
    }

    /// The files that may be deferred, with their names in segment `number`.
    pub fn parts(&mut self, number: usize) -> impl Iterator<Item = (String, Part<'_>)> {
        let held = self.held.as_mut().map(|held| (format!("{HELD}{number}"), Part::Table(held)));
        let rows = self.rows.iter_mut();
        let rows = rows.map(move |(step, rows)| (format!("rows-{number}-{step}"), Part::Table(rows)));
        let frames = ENDED.iter().zip(&mut self.ended).filter_map(move |(what, ended)| match ended {
            Ended::Frames(lines) => Some((format!("{what}-{number}"), Part::Lines(lines))),
            Ended::All(_) => None,
        });
        frames.chain(held).chain(rows)
    }
}

/// A file of lines of documents that leave the pipeline.
pub(super) enum Ended {
    /// The lines of one segment as frames, to be merged with those of other segments.
    Frames(Log),
    /// All lines of the run: the final file.
    All(Log),
}

impl Ended {
    /// Appends lines.
    pub fn append(&mut self, lines: Lines) -> Result<()> {
        match self {
            Self::Frames(log) => log.append(lines.frames()),
            Self::All(log) => log.append(lines.into_bytes()),
        }
    }
}

/// Name of the file with all rejected or failed lines.
pub(super) fn all_lines(what: &str) -> String {
    format!("{what}.jsonl")
}
