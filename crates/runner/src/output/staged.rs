//! The files of a run while it is made: they only grow, and a checkpoint says how far each is good.

use super::finish::ledger_schema;
use super::folder::Staging;
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
use textmill_plugin::drive::store::Writer;
use textmill_plugin::error::Result;

/// Memory for what waits before a barrier.
#[derive(Clone, Debug)]
pub struct Budgets {
    /// For documents.
    pub documents: Arc<Budget>,
    /// For rows that are exchanged or looked up.
    pub rows: Arc<Budget>,
}

/// Begins the name of a file of documents that wait.
const HELD: &str = "held-";

/// The files of a run while it is made.
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
}

enum Documents {
    Lines(Log),
    Blocks(BlockFile),
    /// They are in their place: the run was interrupted after that.
    Complete,
}

/// Says that the staged documents may be in their place already.
const COMPLETING: &str = "completing";
/// The staged documents. Beside the final files, since lines are moved there, not copied.
const DOCUMENTS: &str = "documents.part";

/// The files of the segment under way.
struct SegmentFiles {
    rejected: Log,
    failed: Log,
    ledger: BlockFile,
    held: Option<TableWriter>,
    rows: BTreeMap<usize, TableWriter>,
}

/// What waits before a barrier.
pub struct Waiting {
    /// The documents.
    pub documents: SpillTable,
    /// Rows of the plan's early steps, by the number of the step.
    pub rows: BTreeMap<usize, SpillTable>,
}

/// Opens files by name: new ones, or those of an interrupted run.
struct Opener<'a> {
    staging: &'a Staging,
    files: &'a BTreeMap<String, u64>,
    budgets: &'a Budgets,
}

impl Opener<'_> {
    fn path(&self, name: &str) -> PathBuf {
        path_of(self.staging, name)
    }

    fn log(&self, name: &str) -> Result<Log> {
        let path = self.path(name);
        match self.files.get(name) {
            Some(&length) => Log::reopen(&path, length),
            None => Log::create(&path),
        }
    }

    fn blocks(&self, name: &str, schema: SchemaRef) -> Result<BlockFile> {
        let path = self.path(name);
        match self.files.get(name) {
            Some(&length) => BlockFile::open(&path, &schema, length, |_| ()),
            None => BlockFile::create(&path, &schema),
        }
    }

    fn writer(&self, name: &str, schema: SchemaRef) -> Result<TableWriter> {
        let path = self.path(name);
        let budget = if name.starts_with(HELD) { &self.budgets.documents } else { &self.budgets.rows };
        match self.files.get(name) {
            Some(&length) => TableWriter::open(&path, &schema, budget, length),
            None => TableWriter::create(&path, &schema, budget),
        }
    }
}

impl<'a> Staged<'a> {
    /// Begins the files of a run, or, with a checkpoint, goes on with those of an interrupted one.
    ///
    /// # Errors
    /// Where a file cannot be made, or is not what the checkpoint says.
    pub fn open(
        staging: &'a Staging,
        prepared: &Prepared,
        budgets: Budgets,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self> {
        let checkpoints = Checkpoints::new(staging.state());
        let counts = Counts::new(prepared.stages.len());
        let checkpoint = checkpoint.unwrap_or_else(|| Checkpoint { counts, ..Checkpoint::default() });
        let open = Opener { staging, files: &checkpoint.files, budgets: &budgets };
        let is_complete = staging.state_file(COMPLETING).exists() && !open.path(DOCUMENTS).exists();
        let documents = match prepared.pipeline.output.format {
            _ if is_complete => Documents::Complete,
            OutputFormat::Jsonl(_) => Documents::Lines(open.log(DOCUMENTS)?),
            OutputFormat::Parquet => Documents::Blocks(open.blocks(DOCUMENTS, prepared.columns.schema())?),
        };
        let ids = open.log("ids")?;
        remove_strangers(staging, &checkpoint)?;
        let names = prepared.has_barrier().then(|| open.writer("names", names_schema())).transpose()?;
        let mut states = BTreeMap::new();
        for (stage, schema) in prepared.state_schemas() {
            states.insert(stage, open.blocks(&format!("states-{stage}"), schema)?);
        }
        Ok(Self { staging, budgets, checkpoints, checkpoint, documents, ids, names, states, segment: None })
    }

    /// How far the run has come.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Hashes of the ids of all documents read so far.
    ///
    /// # Errors
    /// Where they cannot be read.
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

    /// States of aggregates that were committed so far, with the numbers of their stages.
    pub fn states(&self) -> impl Iterator<Item = (usize, &BlockFile)> {
        self.states.iter().map(|(stage, file)| (*stage, file))
    }

    /// Begins a segment, or goes on with it. `held` is the schema of documents that wait at its end, `rows` those of
    /// the early steps.
    ///
    /// # Errors
    /// As [`Staged::open`].
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
        let open = Opener { staging: self.staging, files: &self.checkpoint.files, budgets: &self.budgets };
        let held = held.map(|schema| open.writer(&format!("held-{number}"), schema)).transpose()?;
        let rows: Result<BTreeMap<usize, TableWriter>> = rows
            .map(|(step, schema)| Ok((step, open.writer(&format!("rows-{number}-{step}"), schema)?)))
            .collect();
        self.segment = Some(SegmentFiles {
            rejected: open.log(&format!("rejected-{number}"))?,
            failed: open.log(&format!("failed-{number}"))?,
            ledger: open.blocks(&format!("ledger-{number}"), ledger_schema())?,
            held,
            rows: rows?,
        });
        self.write_checkpoint()
    }

    /// Takes in what a morsel became, and notes that it did.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn commit(&mut self, morsel: Morsel) -> Result<()> {
        let Some(segment) = &mut self.segment else { return Err("no segment was begun".into()) };
        segment.rejected.append(&morsel.rejected)?;
        segment.failed.append(&morsel.failed)?;
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
                writer.push_encoded(block.batch, &block.encoded)?;
            }
        }
        if let Some(names) = &mut self.names {
            for block in morsel.names {
                names.push_encoded(block.batch, &block.encoded)?;
            }
        }
        for block in morsel.blocks {
            match (&mut segment.held, &mut self.documents) {
                (Some(held), _) => held.push_encoded(block.batch, &block.encoded)?,
                (None, Documents::Blocks(file)) => file.append(&block.encoded)?,
                (None, Documents::Lines(_) | Documents::Complete) => {}
            }
        }
        if let Documents::Lines(log) = &mut self.documents {
            log.append(&morsel.lines)?;
        }
        let checkpoint = &mut self.checkpoint;
        checkpoint.counts.add(&morsel.counts);
        checkpoint.written += morsel.written;
        match morsel.origin {
            Origin::Held { blocks } => checkpoint.blocks += blocks,
            Origin::Input { after, places, ids, passed_over } => {
                let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
                self.ids.append(&bytes)?;
                checkpoint.position = after;
                checkpoint.ordinal += places;
                checkpoint.passed_over += passed_over;
            }
        }
        self.write_checkpoint()
    }

    /// Ends the segment; gives what waits before the barrier behind it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn end_segment(&mut self) -> Result<Option<Waiting>> {
        self.checkpoint.is_ended = true;
        // What waited before the barrier in front of it is used up. The disk must know that before it goes away.
        let before = self.checkpoint.segment.checked_sub(1);
        let used = before.map(|before| [format!("held-{before}"), format!("rows-{before}-")]);
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
        let Some(segment) = self.segment.take() else { return Ok(None) };
        let Some(held) = segment.held else { return Ok(None) };
        let rows: Result<BTreeMap<usize, SpillTable>> =
            segment.rows.into_iter().map(|(step, writer)| Ok((step, writer.finish()?))).collect();
        Ok(Some(Waiting { documents: held.finish()?, rows: rows? }))
    }

    /// What waits before the barrier behind a segment that was ended before the run was interrupted.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn waiting(
        &self,
        number: usize,
        held: SchemaRef,
        rows: impl Iterator<Item = (usize, SchemaRef)>,
    ) -> Result<Waiting> {
        let open = Opener { staging: self.staging, files: &self.checkpoint.files, budgets: &self.budgets };
        let rows: Result<BTreeMap<usize, SpillTable>> = rows
            .map(|(step, schema)| {
                Ok((step, open.writer(&format!("rows-{number}-{step}"), schema)?.finish()?))
            })
            .collect();
        Ok(Waiting { documents: open.writer(&format!("held-{number}"), held)?.finish()?, rows: rows? })
    }

    /// The table of ids, once the input is read.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn take_names(&mut self) -> Result<Option<SpillTable>> {
        self.names.take().map(TableWriter::finish).transpose()
    }

    /// Paths of the staged documents, and of what each segment left, in order.
    pub fn parts(&self) -> Parts {
        let segments = 0..=self.checkpoint.segment;
        let paths =
            |what: &str| segments.clone().map(|n| self.staging.state_file(&format!("{what}-{n}"))).collect();
        Parts {
            documents: path_of(self.staging, DOCUMENTS),
            rejected: paths("rejected"),
            failed: paths("failed"),
            ledger: paths("ledger"),
        }
    }

    /// Good bytes of a file, by its name.
    pub fn length(&self, path: &std::path::Path) -> u64 {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.checkpoint.files.get(&name).copied().unwrap_or(0)
    }

    /// Notes how many bytes of the input files were read.
    pub fn note_read(&mut self, bytes: u64) {
        self.checkpoint.bytes = bytes;
    }

    /// From here on the staged documents may go away: they are being put in their place.
    ///
    /// # Errors
    /// Where that cannot be written down.
    pub fn begin_completing(&mut self) -> Result<()> {
        self.sync()?;
        let path = self.staging.state_file(COMPLETING);
        let written = File::create(&path).and_then(|file| file.sync_all());
        written.map_err(|e| storage("write", &path, &e))
    }

    /// Writes a checkpoint that a crash of the machine does not touch.
    fn sync(&mut self) -> Result<()> {
        self.checkpoints.sync_next();
        self.write_checkpoint()
    }

    /// Makes the last checkpoint one that a crash of the machine does not touch. What was written since, as of a morsel
    /// that found the disk full, is none of it.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn sync_last(&mut self) -> Result<()> {
        self.checkpoints.sync_next();
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
        if let Some(names) = &self.names {
            note("names".into(), names.len());
        }
        for (stage, file) in &self.states {
            note(format!("states-{stage}"), file.len());
        }
        let number = self.checkpoint.segment;
        if let Some(segment) = &self.segment {
            note(format!("rejected-{number}"), segment.rejected.length());
            note(format!("failed-{number}"), segment.failed.length());
            note(format!("ledger-{number}"), segment.ledger.len());
            if let Some(held) = &segment.held {
                note(format!("held-{number}"), held.len());
            }
            for (step, writer) in &segment.rows {
                note(format!("rows-{number}-{step}"), writer.len());
            }
        }
        self.put_checkpoint()
    }

    fn put_checkpoint(&mut self) -> Result<()> {
        let (staging, files) = (self.staging, &self.checkpoint.files);
        self.checkpoints.write(&self.checkpoint, || {
            // A file is made to reach the disk through any handle on it.
            for path in files.keys().map(|name| path_of(staging, name)).filter(|path| path.exists()) {
                let sync = File::open(&path).and_then(|file| file.sync_data());
                sync.map_err(|e| storage("write", &path, &e))?;
            }
            Ok(())
        })
    }
}

/// Removes what an interrupted run left besides its checkpoint: rows that were being exchanged.
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

/// Paths of what a run staged.
pub struct Parts {
    /// Documents: lines, or blocks.
    pub documents: PathBuf,
    /// Frames of rejected lines, a file a segment.
    pub rejected: Vec<PathBuf>,
    /// Frames of failed lines, a file a segment.
    pub failed: Vec<PathBuf>,
    /// Blocks of the ledger, a file a segment.
    pub ledger: Vec<PathBuf>,
}

fn path_of(staging: &Staging, name: &str) -> PathBuf {
    if name == DOCUMENTS { staging.file(name) } else { staging.state_file(name) }
}
