//! The staged files of a run: they only grow, and a checkpoint records how much of each is valid.

use super::deferral::{Deferral, Part};
use super::finish::{Frames, ledger_schema};
use super::folder::Staging;
use super::opener::{DOCUMENTS, HELD, Opener, path_of};
use super::segment_files::{ENDED, Ended, SegmentFiles, all_lines};
use crate::config::OutputFormat;
use crate::engine::{Counts, Morsel, Origin, Prepared, names_schema};
use crate::journal::{Checkpoint, Checkpoints, Log, storage};
use crate::spill::{BlockFile, Budget, SpillTable, TableWriter};
use arrow_schema::SchemaRef;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use textmill_plugin::drive::store::Writer;
use textmill_plugin::error::Result;

/// Memory budgets for rows and documents that wait at a barrier.
#[derive(Clone, Debug)]
pub struct Budgets {
    /// For documents.
    pub documents: Arc<Budget>,
    /// For rows that are exchanged or looked up.
    pub rows: Arc<Budget>,
    /// Whether waiting rows are kept only in memory for now, so that they need not be encoded.
    pub deferring: Arc<AtomicBool>,
}

/// Name of the file of ids by ordinal.
const NAMES: &str = "names";

/// The staged files of a run.
pub struct Staged<'a> {
    staging: &'a Staging,
    budgets: Budgets,
    checkpoints: Checkpoints,
    checkpoint: Checkpoint,
    documents: Documents,
    ids: Log,
    names: Option<TableWriter>,
    states: BTreeMap<usize, BlockFile>,
    segment: Option<SegmentFiles>,
    /// Holds back what only a resumed run would read; `None` once that has been written.
    deferral: Option<Deferral>,
}

enum Documents {
    Lines(Log),
    Blocks(BlockFile),
    /// Already in their final place: the run was interrupted after that.
    Complete,
}

/// Name of the file that marks that the staged documents may already be in their final place.
const COMPLETING: &str = "completing";

/// What waits at a barrier.
pub struct Waiting {
    /// The documents.
    pub documents: SpillTable,
    /// Rows of the plan's early steps, by the number of the step.
    pub rows: BTreeMap<usize, SpillTable>,
}

impl<'a> Staged<'a> {
    /// Creates the files of a run or, with a checkpoint, continues those of an interrupted one.
    ///
    /// # Errors
    /// If a file cannot be created, or does not match the checkpoint.
    pub fn open(
        staging: &'a Staging,
        prepared: &Prepared,
        budgets: Budgets,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self> {
        let checkpoints = Checkpoints::new(staging.state());
        let counts = Counts::new(prepared.stages.len());
        let deferral = checkpoint.is_none().then(|| Deferral::new(prepared.pipeline.run.checkpoint_after));
        budgets.deferring.store(deferral.is_some(), Ordering::Relaxed);
        let checkpoint = checkpoint.unwrap_or_else(|| Checkpoint { counts, ..Checkpoint::default() });
        let is_deferred = deferral.is_some();
        let open = Opener { staging, files: &checkpoint.files, budgets: &budgets, is_deferred };
        let is_complete = staging.state_file(COMPLETING).exists() && !open.path(DOCUMENTS).exists();
        let documents = match prepared.pipeline.output.format {
            _ if is_complete => Documents::Complete,
            OutputFormat::Jsonl(_) => Documents::Lines(open.log(DOCUMENTS)?),
            OutputFormat::Parquet => Documents::Blocks(open.blocks(DOCUMENTS, prepared.columns.schema())?),
        };
        let ids = open.log("ids")?;
        remove_strangers(staging, &checkpoint)?;
        let names = prepared.has_barrier().then(|| open.writer(NAMES, names_schema())).transpose()?;
        let mut states = BTreeMap::new();
        for (stage, schema) in prepared.state_schemas() {
            states.insert(stage, open.blocks(&format!("states-{stage}"), schema)?);
        }
        let segment = None;
        Ok(Self {
            staging,
            budgets,
            checkpoints,
            checkpoint,
            documents,
            ids,
            names,
            states,
            segment,
            deferral,
        })
    }

    /// The progress of the run.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Passes the hashes of the ids of all documents read so far to `each`.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn ids(&self, mut each: impl FnMut(u64)) -> Result<()> {
        let failed = |e: std::io::Error| storage("read", self.ids.path(), &e);
        let mut file = BufReader::new(File::open(self.ids.path()).map_err(failed)?);
        for _ in 0..self.ids.length() / 8 {
            let mut bytes = [0; 8];
            file.read_exact(&mut bytes).map_err(failed)?;
            each(u64::from_le_bytes(bytes));
        }
        Ok(())
    }

    /// The states of aggregates that were committed so far, with the numbers of their stages.
    pub fn states(&self) -> impl Iterator<Item = (usize, &BlockFile)> {
        self.states.iter().map(|(stage, file)| (*stage, file))
    }

    /// Begins a segment, or continues it. `held` is the schema of the documents that wait at its end, `rows`
    /// are those of the early steps.
    ///
    /// # Errors
    /// As for [`Staged::open`].
    pub fn begin_segment(
        &mut self,
        number: usize,
        held: Option<SchemaRef>,
        rows: impl Iterator<Item = (usize, SchemaRef)>,
    ) -> Result<()> {
        if number > self.checkpoint.segment {
            self.checkpoint.segment = number;
            self.checkpoint.is_ended = false;
            self.checkpoint.blocks = 0;
        }
        let open = self.opener();
        // If earlier segments have no such lines and no segment follows, there is nothing to merge.
        let is_last = held.is_none();
        let ended = |what: &str| open.ended(what, number, is_last && !self.has_lines(what, number));
        let [rejected, failed] = ENDED;
        let ended = [ended(rejected)?, ended(failed)?];
        let held = held.map(|schema| open.writer(&format!("{HELD}{number}"), schema)).transpose()?;
        let rows: Result<BTreeMap<usize, TableWriter>> = rows
            .map(|(step, schema)| Ok((step, open.writer(&format!("rows-{number}-{step}"), schema)?)))
            .collect();
        self.segment = Some(SegmentFiles {
            ended,
            ledger: open.blocks(&format!("ledger-{number}"), ledger_schema())?,
            held,
            rows: rows?,
        });
        self.write_checkpoint()
    }

    /// Adds the results of a morsel to the files, and records it in the checkpoint.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn commit(&mut self, morsel: Morsel) -> Result<()> {
        let budgets = &self.budgets;
        let framed = self.segment.as_ref().map_or(0, |segment| segment.framed_bytes(&morsel));
        if self.deferral.as_mut().is_some_and(|deferral| !deferral.admits(budgets, &morsel, framed)) {
            self.settle()?;
        }
        let Some(segment) = &mut self.segment else { return Err("no segment was begun".into()) };
        let ended = [morsel.rejected.count(), morsel.failed.count()];
        for (file, lines) in segment.ended.iter_mut().zip([morsel.rejected, morsel.failed]) {
            file.append(lines)?;
        }
        for block in &morsel.ledger {
            segment.ledger.append(block)?;
        }
        for (stage, block) in &morsel.states {
            if let Some(file) = self.states.get_mut(stage) {
                file.append(block)?;
            }
        }
        for (step, block) in morsel.rows {
            if let Some(writer) = segment.rows.get_mut(&step) {
                writer.push_encoded(block.batch, block.encoded.as_ref())?;
            }
        }
        if let Some(names) = &mut self.names {
            for block in morsel.names {
                names.push_encoded(block.batch, block.encoded.as_ref())?;
            }
        }
        if let Some(held) = &mut segment.held {
            for block in morsel.waiting {
                held.push_encoded(block.batch, block.encoded.as_ref())?;
            }
        }
        match &mut self.documents {
            Documents::Lines(log) => log.append(morsel.lines)?,
            Documents::Blocks(file) => morsel.blocks.iter().try_for_each(|block| file.append(block))?,
            Documents::Complete => {}
        }
        if let Origin::Input { ids, .. } = &morsel.origin {
            self.ids.append(ids.iter().flat_map(|id| id.to_le_bytes()).collect())?;
        }
        // Nothing can fail from here until the checkpoint is written, so that it covers whole morsels only.
        let checkpoint = &mut self.checkpoint;
        checkpoint.counts.add(&morsel.counts);
        checkpoint.written += morsel.written;
        let [rejected, failed] = ended;
        checkpoint.rejected += rejected;
        checkpoint.failed += failed;
        match morsel.origin {
            Origin::Held { blocks } => checkpoint.blocks += blocks,
            Origin::Input { after, places, skipped, .. } => {
                checkpoint.position = after;
                checkpoint.ordinal += places;
                checkpoint.skipped += skipped;
            }
        }
        self.write_checkpoint()?;
        if self.deferral.as_ref().is_some_and(Deferral::is_over) { self.settle() } else { Ok(()) }
    }

    /// Writes what was held back. From here on, the run can be resumed.
    fn settle(&mut self) -> Result<()> {
        let Some(mut deferral) = self.deferral.take() else { return Ok(()) };
        let number = self.checkpoint.segment;
        let names = self.names.iter_mut().map(|names| (NAMES.into(), Part::Table(names)));
        let parts = names.chain(self.segment.iter_mut().flat_map(|segment| segment.parts(number)));
        if let Err(error) = deferral.settle(parts, &mut self.checkpoint.files) {
            // Some of it is missing on disk, so no checkpoint may be written.
            self.deferral = Some(deferral);
            return Err(error);
        }
        self.budgets.deferring.store(false, Ordering::Relaxed);
        self.put_checkpoint()
    }

    fn opener(&self) -> Opener<'_> {
        let is_deferred = self.deferral.is_some();
        Opener { staging: self.staging, files: &self.checkpoint.files, budgets: &self.budgets, is_deferred }
    }

    /// Ends the segment, and returns what waits at the barrier after it.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub fn end_segment(&mut self) -> Result<Option<Waiting>> {
        self.checkpoint.is_ended = true;
        // What waited at the previous barrier is used up. The checkpoint must reach the disk before the files
        // are removed.
        let before = self.checkpoint.segment.checked_sub(1);
        let used = before.map(|before| [format!("{HELD}{before}"), format!("rows-{before}-")]);
        let is_used =
            |name: &String| used.as_ref().is_some_and(|used| *name == used[0] || name.starts_with(&used[1]));
        let files: Vec<String> = self.checkpoint.files.keys().filter(|name| is_used(name)).cloned().collect();
        self.checkpoint.files.retain(|name, _| !is_used(name));
        if files.is_empty() {
            self.write_checkpoint()?;
        } else {
            self.sync()?;
            for path in files.iter().map(|name| self.staging.state_file(name)) {
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(storage("remove", &path, &error));
                    }
                    _ => {}
                }
            }
        }
        if let Some(deferral) = &mut self.deferral {
            deferral.drop_tables(is_used);
        }
        let Some(segment) = self.segment.take() else { return Ok(None) };
        let number = self.checkpoint.segment;
        if let Some(deferral) = &mut self.deferral {
            for (what, ended) in ENDED.iter().zip(segment.ended) {
                if let Ended::Frames(lines) = ended {
                    deferral.keep_lines(format!("{what}-{number}"), lines);
                }
            }
        }
        let Some(held) = segment.held else { return Ok(None) };
        let documents = self.hand_out(format!("{HELD}{number}"), held)?;
        let mut rows = BTreeMap::new();
        for (step, writer) in segment.rows {
            rows.insert(step, self.hand_out(format!("rows-{number}-{step}"), writer)?);
        }
        Ok(Some(Waiting { documents, rows }))
    }

    /// Finishes a table. While writing is deferred, the writer is kept so that it can be written later.
    fn hand_out(&mut self, name: String, writer: TableWriter) -> Result<SpillTable> {
        let Some(deferral) = &mut self.deferral else { return writer.finish() };
        let table = writer.share();
        deferral.keep_table(name, writer);
        Ok(table)
    }

    /// Reads what waits at the barrier after a segment that had ended before the run was interrupted.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn waiting(
        &self,
        number: usize,
        held: SchemaRef,
        rows: impl Iterator<Item = (usize, SchemaRef)>,
    ) -> Result<Waiting> {
        let open = self.opener();
        let rows: Result<BTreeMap<usize, SpillTable>> = rows
            .map(|(step, schema)| {
                Ok((step, open.writer(&format!("rows-{number}-{step}"), schema)?.finish()?))
            })
            .collect();
        Ok(Waiting { documents: open.writer(&format!("{HELD}{number}"), held)?.finish()?, rows: rows? })
    }

    /// Takes the table of ids, once all input is read.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn take_names(&mut self) -> Result<Option<SpillTable>> {
        self.names.take().map(|names| self.hand_out(NAMES.into(), names)).transpose()
    }

    /// Path of the staged documents: a file of lines, or of blocks.
    pub fn documents(&self) -> PathBuf {
        path_of(self.staging, DOCUMENTS)
    }

    /// Paths of the block files of the ledger, one per segment.
    pub fn ledger(&self) -> Vec<PathBuf> {
        (0..=self.checkpoint.segment).map(|n| self.staging.state_file(&format!("ledger-{n}"))).collect()
    }

    /// The number of `rejected` or `failed` lines, if the final file already holds all of them.
    pub fn all_lines(&self, what: &str) -> Option<u64> {
        let Checkpoint { rejected, failed, files, .. } = &self.checkpoint;
        let number = if what == ENDED[0] { rejected } else { failed };
        files.contains_key(&all_lines(what)).then_some(*number)
    }

    /// Whether segments before this one have `rejected` or `failed` lines.
    fn has_lines(&self, what: &str, segment: usize) -> bool {
        let deferred = |name: &String| self.deferral.as_ref().and_then(|deferral| deferral.lines(name));
        (0..segment).map(|number| format!("{what}-{number}")).any(|name| match deferred(&name) {
            Some(pieces) => !pieces.is_empty(),
            None => self.checkpoint.files.get(&name).is_some_and(|bytes| *bytes > 0),
        })
    }

    /// Frames of `rejected` or `failed` lines, one entry per segment.
    pub fn lines(&self, what: &str) -> Vec<Frames<'_>> {
        let frames = |number| {
            let name = format!("{what}-{number}");
            let path = self.staging.state_file(&name);
            match self.deferral.as_ref().and_then(|deferral| deferral.lines(&name)) {
                Some(pieces) => Frames::Pieces(path, pieces),
                None => Frames::File(path),
            }
        };
        (0..=self.checkpoint.segment).map(frames).collect()
    }

    /// Valid length in bytes of a file.
    pub fn length(&self, path: &std::path::Path) -> u64 {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.checkpoint.files.get(&name).copied().unwrap_or(0)
    }

    /// Records how many bytes of the input files have been read.
    pub fn note_read(&mut self, bytes: u64) {
        self.checkpoint.bytes = bytes;
    }

    /// Marks that the staged documents are being moved to their final place, and may be gone from here on.
    ///
    /// # Errors
    /// If the mark cannot be written.
    pub fn begin_completing(&mut self) -> Result<()> {
        if self.deferral.is_some() {
            return Ok(());
        }
        self.sync()?;
        let path = self.staging.state_file(COMPLETING);
        let written = File::create(&path).and_then(|file| file.sync_all());
        written.map_err(|e| storage("write", &path, &e))
    }

    /// Writes a checkpoint that survives a crash of the machine.
    fn sync(&mut self) -> Result<()> {
        self.checkpoints.sync_next();
        self.write_checkpoint()
    }

    /// Makes the last checkpoint survive a crash of the machine. It does not include what was written
    /// afterwards, such as part of a morsel for which the disk had no room.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn sync_last(&mut self) -> Result<()> {
        self.checkpoints.sync_next();
        if self.deferral.is_some() {
            return self.settle();
        }
        self.put_checkpoint()
    }

    fn write_checkpoint(&mut self) -> Result<()> {
        let files = &mut self.checkpoint.files;
        let mut note = |name: String, length: u64| {
            files.insert(name, length);
        };
        match &self.documents {
            Documents::Lines(log) => note(DOCUMENTS.into(), log.length()),
            Documents::Blocks(file) => note(DOCUMENTS.into(), file.len()),
            Documents::Complete => {}
        }
        note("ids".into(), self.ids.length());
        for (stage, file) in &self.states {
            note(format!("states-{stage}"), file.len());
        }
        let number = self.checkpoint.segment;
        if let Some(segment) = &self.segment {
            note(format!("ledger-{number}"), segment.ledger.len());
            segment.all_lines().for_each(|(name, log)| note(name, log.length()));
        }
        let names = self.names.iter_mut().map(|names| (NAMES.into(), Part::Table(names)));
        let parts = names.chain(self.segment.iter_mut().flat_map(|segment| segment.parts(number)));
        if let Some(deferral) = &mut self.deferral {
            deferral.note(parts);
            return Ok(());
        }
        for (name, part) in parts {
            note(name, part.bytes());
        }
        self.put_checkpoint()
    }

    fn put_checkpoint(&mut self) -> Result<()> {
        let (staging, files) = (self.staging, &self.checkpoint.files);
        self.checkpoints.write(&self.checkpoint, || {
            // Any handle on a file can be used to sync it.
            for path in files.keys().map(|name| path_of(staging, name)).filter(|path| path.exists()) {
                let sync = File::open(&path).and_then(|file| file.sync_data());
                sync.map_err(|e| storage("write", &path, &e))?;
            }
            Ok(())
        })
    }
}

/// Removes the files that an interrupted run left outside its checkpoint: rows that were being exchanged.
fn remove_strangers(staging: &Staging, checkpoint: &Checkpoint) -> Result<()> {
    let folder = staging.state();
    let entries = std::fs::read_dir(folder).map_err(|e| storage("look into", folder, &e))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_temporary = name.ends_with(".run") || name.ends_with(".table");
        if is_temporary && !checkpoint.files.contains_key(&name) {
            std::fs::remove_file(entry.path()).map_err(|e| storage("remove", &entry.path(), &e))?;
        }
    }
    Ok(())
}
