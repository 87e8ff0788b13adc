//! Opening a library and reading its table. Libraries are never unloaded.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use super::probe::Probe;
use super::stage::LoadedStage;
use super::table::host;
use arrow_schema::SchemaRef;
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::{Path, PathBuf};
use textmill_plugin::abi::{ABI_MAJOR, EntryPoint, SYMBOL, SYMBOL_STEM, TmPlugin};
use textmill_plugin::abi::{BindFn, GetExtensionFn, NewWorkerFn, ProcessFn, ReleaseStageFn, ReleaseWorkerFn};
use textmill_plugin::call::Call;
use textmill_plugin::descriptor::PluginDescriptor;
use textmill_plugin::error::Result;
use textmill_plugin::operator::{Plugin, Stage};

/// A plugin in a library that has been opened.
pub struct LoadedPlugin {
    /// What it says of itself.
    pub descriptor: PluginDescriptor,
    /// The library.
    pub path: PathBuf,
    /// SHA-256 of the library, in hexadecimal.
    pub sha256: String,
    /// Version of the ABI that it was built with.
    pub abi: (u32, u32),
    pub(super) functions: Functions,
}

/// The functions of a plugin's table, none of them null.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    pub bind: BindFn,
    pub release_stage: ReleaseStageFn,
    pub new_worker: NewWorkerFn,
    pub release_worker: ReleaseWorkerFn,
    pub process: ProcessFn,
    pub get_extension: GetExtensionFn,
    /// What watches over the arrays that cross, where the plugin is being checked.
    pub probe: Option<&'static Probe>,
}

impl Functions {
    /// Reads a table; `None` where a function is null.
    fn of(table: &TmPlugin) -> Option<Self> {
        table.flush?;
        Some(Self {
            bind: table.bind?,
            release_stage: table.release_stage?,
            new_worker: table.new_worker?,
            release_worker: table.release_worker?,
            process: table.process?,
            get_extension: table.get_extension?,
            probe: None,
        })
    }
}

/// Why a library could not be loaded.
#[derive(Debug)]
pub struct LoadError {
    /// The library.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot load {}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for LoadError {}

impl LoadedPlugin {
    /// Opens a library by its absolute path.
    ///
    /// # Errors
    /// Where it is not a library, not a plugin, or a plugin of another major version.
    pub fn open(path: &Path) -> std::result::Result<Self, LoadError> {
        let fail = |message: String, hint: Option<&str>| LoadError {
            path: path.to_owned(),
            message,
            hint: hint.map(str::to_owned),
        };
        let bytes = std::fs::read(path).map_err(|e| fail(format!("cannot read it: {e}"), None))?;
        let sha256 = hex(&Sha256::digest(&bytes));
        drop(bytes);
        // SAFETY: opening runs the library's initialisers. A native plugin has the full trust of the
        // process; the user named it.
        let library = unsafe { open(path) }.map_err(|e| fail(format!("it is not a library: {e}"), None))?;
        // Never unloaded: tables, strings and thread-locals of the plugin may be in use anywhere.
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        // SAFETY: the symbol has this type in every plugin of this major version.
        let entry = unsafe { library.get::<EntryPoint>(SYMBOL) };
        let entry = entry.map_err(|_| match other_major(library) {
            Some(major) => fail(
                format!("it is a plugin for ABI version {major}, and this host speaks version {ABI_MAJOR}"),
                Some("rebuild the plugin with the SDK of this textmill"),
            ),
            None => fail(
                format!("it does not export `{SYMBOL}`"),
                Some("a plugin crate needs `textmill_plugin::export!` and `crate-type = [\"cdylib\"]`"),
            ),
        })?;
        // SAFETY: by contract the function takes the host's table and returns the plugin's.
        let table = unsafe { entry(host()) };
        if table.is_null() || !table.is_aligned() {
            return Err(fail("it returned no plugin table".into(), None));
        }
        // The major version first: with another one, nothing else is where it seems.
        // SAFETY: every table of every version begins with `struct_size` and `abi_major`.
        let (struct_size, major) =
            unsafe { ((&raw const (*table).struct_size).read(), (&raw const (*table).abi_major).read()) };
        if major != ABI_MAJOR {
            let message =
                format!("it is a plugin for ABI version {major}, and this host speaks version {ABI_MAJOR}");
            return Err(fail(message, Some("rebuild the plugin with the SDK of this textmill")));
        }
        if (struct_size as usize) < size_of::<TmPlugin>() {
            let message =
                format!("its table has {struct_size} bytes, and version 1.0 has {}", size_of::<TmPlugin>());
            return Err(fail(message, None));
        }
        // SAFETY: it is aligned and as large as this table, and lives as long as the process.
        let table: &'static TmPlugin = unsafe { &*table };
        let functions =
            Functions::of(table).ok_or_else(|| fail("a function is missing in its table".into(), None))?;
        // SAFETY: the plugin's string lives as long as the process.
        let json = unsafe { table.descriptor.to_string() };
        let descriptor: PluginDescriptor =
            serde_json::from_str(&json).map_err(|e| fail(format!("its descriptor is not one: {e}"), None))?;
        if descriptor.operators.is_empty() {
            return Err(fail("it has no operators".into(), None));
        }
        let abi = (major, table.abi_minor);
        Ok(Self { descriptor, path: path.to_owned(), sha256, abi, functions })
    }

    /// The same plugin, watched over by a probe.
    pub(super) fn probed(&self, probe: &'static Probe) -> Self {
        let functions = Functions { probe: Some(probe), ..self.functions };
        let Self { descriptor, path, sha256, abi, .. } = self;
        Self {
            descriptor: descriptor.clone(),
            path: path.clone(),
            sha256: sha256.clone(),
            abi: *abi,
            functions,
        }
    }
}

impl Plugin for LoadedPlugin {
    fn describe(&self) -> PluginDescriptor {
        self.descriptor.clone()
    }

    fn bind(
        &self,
        call: &Call<'_>,
        operator: &str,
        options: &str,
        input: SchemaRef,
    ) -> Result<Box<dyn Stage>> {
        Ok(Box::new(LoadedStage::bind(self.functions, call, operator, options, &input)?))
    }
}

/// Opens with every symbol bound at once, and none of them offered to other libraries.
///
/// # Safety
/// The library's initialisers must be safe to run.
unsafe fn open(path: &Path) -> std::result::Result<libloading::Library, libloading::Error> {
    #[cfg(unix)]
    {
        use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
        // SAFETY: passed on to the caller.
        unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
    }
    #[cfg(not(unix))]
    {
        // SAFETY: passed on to the caller.
        unsafe { libloading::Library::new(path) }
    }
}

/// The major version of a plugin that is not of ours, by its symbol.
fn other_major(library: &libloading::Library) -> Option<u32> {
    (0..32).filter(|&major| major != ABI_MAJOR).find(|major| {
        let symbol = format!("{SYMBOL_STEM}{major}");
        // SAFETY: the symbol is looked up, not called.
        unsafe { library.get::<EntryPoint>(symbol.as_str()) }.is_ok()
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
