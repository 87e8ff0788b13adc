//! A plugin in its own process, and its stages, behind the same traits as any other plugin.

use super::limits::Limits;
use super::process_pool::{Bound, Opened, ProcessPool, Settings};
use super::repro::Repros;
use super::worker::IsolatedWorker;
use crate::host::{Expected, LoadError};
use arrow_schema::SchemaRef;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use textmill_plugin::call::Call;
use textmill_plugin::descriptor::PluginDescriptor;
use textmill_plugin::error::Result;
use textmill_plugin::operator::{Plugin, Stage, Worker};

/// A plugin whose library is not loaded into this process.
pub struct IsolatedPlugin {
    /// Its descriptor.
    pub descriptor: PluginDescriptor,
    /// The canonical path of the library.
    pub path: PathBuf,
    /// SHA-256 of the library, in hexadecimal.
    pub sha256: String,
    /// Version of the ABI that it was built with.
    pub abi: (u32, u32),
    settings: Settings,
}

impl IsolatedPlugin {
    /// Opens a library in a child process to read its descriptor. The library must match `expected`. Minimal
    /// reproductions are written to `repros`.
    ///
    /// # Errors
    /// If it cannot be loaded, or if loading it kills the process.
    pub fn open(
        path: &Path,
        expected: Option<&Expected>,
        limits: Limits,
        repros: Repros,
    ) -> std::result::Result<Self, LoadError> {
        let settings = Settings {
            name: String::new(),
            version: String::new(),
            path: path.to_owned(),
            expected: expected.cloned(),
            limits,
            repros,
        };
        let (_, opened) = settings.open()?;
        let settings = Settings {
            name: opened.descriptor.name.clone(),
            version: opened.descriptor.version.clone(),
            // From here on it must stay the same library, whether it is locked or not.
            expected: Some(expected.cloned().unwrap_or_else(|| Expected {
                plugin: opened.descriptor.name.clone(),
                version: opened.descriptor.version.clone(),
                sha256: opened.sha256.clone(),
                lock: None,
            })),
            ..settings
        };
        let Opened { path, descriptor, sha256, abi } = opened;
        Ok(Self { descriptor, path, sha256, abi, settings })
    }
}

impl Plugin for IsolatedPlugin {
    fn describe(&self) -> Cow<'_, PluginDescriptor> {
        Cow::Borrowed(&self.descriptor)
    }

    fn bind(
        &self,
        call: &Call<'_>,
        operator: &str,
        options: &str,
        input: SchemaRef,
    ) -> Result<Box<dyn Stage>> {
        let pool = Arc::new(ProcessPool {
            settings: self.settings.clone(),
            operator: operator.to_owned(),
            options: options.to_owned(),
            input,
            idle: Mutex::new(Vec::new()),
        });
        let (process, bound) = pool.start(call)?;
        pool.put_back(process);
        Ok(Box::new(IsolatedStage { pool, bound }))
    }
}

/// A stage whose workers are processes.
struct IsolatedStage {
    pool: Arc<ProcessPool>,
    bound: Bound,
}

impl Stage for IsolatedStage {
    fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.bound.output)
    }

    fn new_worker(&self, call: &Call<'_>) -> Result<Box<dyn Worker>> {
        let process = Some(self.pool.worker(call, false)?);
        let (pool, bound) = (Arc::clone(&self.pool), self.bound.clone());
        Ok(Box::new(IsolatedWorker { pool, bound, process, states: Vec::new(), has_merged: false }))
    }

    fn state_schema(&self) -> Option<SchemaRef> {
        self.bound.state.clone()
    }

    fn plan(&self) -> Option<String> {
        self.bound.plan.clone()
    }
}
