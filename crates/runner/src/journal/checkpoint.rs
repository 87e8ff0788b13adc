//! Checkpoints: the progress of a run, with the lengths of its files at that time.

use super::log::storage;
use crate::engine::Counts;
use crate::input::Position;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use textmill_plugin::error::{Error, ErrorKind, Result};

/// The progress of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The current segment: the number of barriers passed.
    pub segment: usize,
    /// Whether the segment has ended.
    pub is_ended: bool,
    /// Where reading continues, in the first segment.
    pub position: Position,
    /// Number of blocks of documents done, in later segments.
    pub blocks: usize,
    /// Number of places of the input that were read, with or without a document.
    pub ordinal: u64,
    /// Number of bytes of the input files that were read.
    pub bytes: u64,
    /// Number of input records that are not documents.
    pub skipped: u64,
    /// Counters.
    pub counts: Counts,
    /// Number of documents written.
    pub written: u64,
    /// Number of lines of rejected documents.
    pub rejected: u64,
    /// Number of lines of failed documents.
    pub failed: u64,
    /// Valid length in bytes of each file, by its name.
    pub files: BTreeMap<String, u64>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// Identifies the boot of the machine during which it was written. Within the same boot, another process
    /// sees all writes even if they have not reached the disk.
    boot: Option<String>,
    checkpoint: Checkpoint,
}

const LATEST: &str = "checkpoint.json";
const SYNCED: &str = "checkpoint-synced.json";

/// How often everything is synced to disk; bounds what a power loss costs.
const SYNC_EVERY: Duration = Duration::from_secs(15);

/// Writes and finds checkpoints in a folder.
pub struct Checkpoints {
    folder: PathBuf,
    boot: Option<String>,
    synced: Instant,
    sync_next: bool,
}

impl Checkpoints {
    /// Creates the checkpoints in `folder`.
    pub fn new(folder: &Path) -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned());
        Self { folder: folder.to_owned(), boot, synced: Instant::now(), sync_next: false }
    }

    /// The last valid checkpoint, if there is one.
    ///
    /// # Errors
    /// If one exists but cannot be read.
    pub fn find(&self) -> Result<Option<Checkpoint>> {
        match self.read(LATEST)? {
            // Without a boot id, a crash of the machine must be assumed.
            Some(stored) if stored.boot.is_some() && stored.boot == self.boot => Ok(Some(stored.checkpoint)),
            _ => Ok(self.read(SYNCED)?.map(|stored| stored.checkpoint)),
        }
    }

    fn read(&self, name: &str) -> Result<Option<Stored>> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(stored) => Ok(Some(stored)),
                // Torn by a crash of the machine, or written by another version.
                Err(_) if name == LATEST => Ok(None),
                Err(error) => {
                    let message = format!("cannot read the checkpoint {}: {error}", path.display());
                    Err(Error::new(ErrorKind::Storage, message))
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(storage("read", &path, &error)),
        }
    }

    /// Makes the next checkpoint survive a crash of the machine.
    pub fn sync_next(&mut self) {
        self.sync_next = true;
    }

    /// Writes a checkpoint. `sync` must sync the files that it covers to disk; it is only called from time to
    /// time.
    ///
    /// # Errors
    /// If the checkpoint cannot be written.
    pub fn write(&mut self, checkpoint: &Checkpoint, sync: impl FnOnce() -> Result<()>) -> Result<()> {
        // Cloned, but cheap: the counters are a few kilobytes.
        let stored = Stored { boot: self.boot.clone(), checkpoint: checkpoint.clone() };
        let json = serde_json::to_vec(&stored)?;
        self.put(LATEST, &json, false)?;
        if self.sync_next || self.synced.elapsed() >= SYNC_EVERY {
            sync()?;
            self.put(SYNCED, &json, true)?;
            self.synced = Instant::now();
            self.sync_next = false;
        }
        Ok(())
    }

    /// Replaces a file atomically: after a kill, either the old or the new one is there.
    fn put(&self, name: &str, bytes: &[u8], sync: bool) -> Result<()> {
        let path = self.folder.join(name);
        let fresh = path.with_extension("new");
        let put = || {
            fs::write(&fresh, bytes)?;
            if sync {
                fs::File::open(&fresh)?.sync_data()?;
            }
            fs::rename(&fresh, &path)
        };
        put().map_err(|e| storage("write", &path, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_checkpoint_is_found_unless_the_machine_crashed() {
        let folder = std::env::temp_dir().join(format!("textmill-checkpoints-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut checkpoints = Checkpoints::new(&folder);
        assert!(checkpoints.find().unwrap().is_none());
        checkpoints.boot = Some("one".into());
        checkpoints.synced = Instant::now() - 2 * SYNC_EVERY;
        let at = |ordinal| Checkpoint { ordinal, ..Checkpoint::default() };
        checkpoints.write(&at(1), || Ok(())).unwrap();
        checkpoints.write(&at(2), || Ok(())).unwrap();
        assert_eq!(checkpoints.find().unwrap().unwrap().ordinal, 2);
        checkpoints.boot = Some("two".into());
        assert_eq!(checkpoints.find().unwrap().unwrap().ordinal, 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
