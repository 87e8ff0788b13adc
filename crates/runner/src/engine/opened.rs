//! A plugin as the engine uses it: loaded into this process, or in a process of its own.

use crate::host::{Expected, LoadError, LoadedPlugin};
use crate::isolate::{IsolatedPlugin, Limits, Repros};
use arrow_schema::SchemaRef;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use textmill_plugin::call::Call;
use textmill_plugin::descriptor::PluginDescriptor;
use textmill_plugin::error::Result;
use textmill_plugin::operator::{Plugin, Stage};

/// An opened plugin.
pub struct OpenedPlugin {
    /// Its own description.
    pub descriptor: PluginDescriptor,
    /// The library.
    pub path: PathBuf,
    /// SHA-256 of the library, in hexadecimal.
    pub sha256: String,
    /// Version of the ABI that it was built with.
    pub abi: (u32, u32),
    /// Whether a lock file pins it to this library.
    pub locked: bool,
    /// The limits of its own process; `None` if it runs in this one.
    pub isolation: Option<Limits>,
    plugin: Box<dyn Plugin>,
}

impl OpenedPlugin {
    /// Opens a library, in a process of its own if `isolation` gives limits for one. It must match
    /// `expected`.
    ///
    /// # Errors
    /// If it cannot be loaded.
    pub fn open(
        path: &Path,
        expected: Option<&Expected>,
        isolation: Option<Limits>,
        repros: &Repros,
    ) -> std::result::Result<Self, LoadError> {
        // Both types have fields of the same names.
        macro_rules! opened {
            ($plugin:expr) => {{
                let plugin = $plugin;
                Self {
                    descriptor: plugin.descriptor.clone(),
                    path: plugin.path.clone(),
                    sha256: plugin.sha256.clone(),
                    abi: plugin.abi,
                    locked: expected.is_some(),
                    isolation,
                    plugin: Box::new(plugin),
                }
            }};
        }
        Ok(match isolation {
            None => opened!(LoadedPlugin::open_with(path, expected)?),
            Some(limits) => opened!(IsolatedPlugin::open(path, expected, limits, repros.clone())?),
        })
    }

    /// Where it runs, to be shown after its name and version; empty if it runs in this process.
    pub fn place(&self) -> String {
        match &self.isolation {
            Some(limits) => format!(
                ", in a separate process with {:?} per call and {}",
                limits.time,
                crate::table::bytes(limits.memory)
            ),
            None => String::new(),
        }
    }
}

impl Plugin for OpenedPlugin {
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
        self.plugin.bind(call, operator, options, input)
    }
}
