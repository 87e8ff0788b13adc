//! Loads a library and reads its table. Libraries are never unloaded. `trust` and `file` check whether a
//! library is trustworthy.
#![expect(unsafe_code, reason = "the host's side of the C boundary")]

use super::discover::plugin_name;
use super::exits::Within;
use super::file::LibraryFile;
use super::probe::Probe;
use super::stage::LoadedStage;
use super::table::{host, take_reported};
use super::trust::Refusal;
use arrow_schema::SchemaRef;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use textmill_plugin::abi::{ABI_MAJOR, EntryPoint, SYMBOL, SYMBOL_STEM, Table, TmPlugin, read_table};
use textmill_plugin::abi::{BindFn, GetExtensionFn, NewWorkerFn, ProcessFn, ReleaseStageFn, ReleaseWorkerFn};
use textmill_plugin::call::Call;
use textmill_plugin::descriptor::PluginDescriptor;
use textmill_plugin::error::Result;
use textmill_plugin::operator::{Plugin, Stage};

/// A plugin whose library has been opened.
pub struct LoadedPlugin {
    /// Its own description.
    pub descriptor: PluginDescriptor,
    /// Path of the library, with symlinks resolved.
    pub path: PathBuf,
    /// SHA-256 of the library, in hexadecimal.
    pub sha256: String,
    /// Whether a lock file contains this hash.
    pub locked: bool,
    /// Version of the ABI that it was built with.
    pub abi: (u32, u32),
    pub(super) functions: Functions,
}

/// The functions of a plugin's table, none of which is null.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    /// Name of the plugin.
    pub plugin: &'static str,
    pub bind: BindFn,
    pub release_stage: ReleaseStageFn,
    pub new_worker: NewWorkerFn,
    pub release_worker: ReleaseWorkerFn,
    pub process: ProcessFn,
    pub get_extension: GetExtensionFn,
    /// Tracks the arrays that cross the boundary while the plugin is being checked.
    pub probe: Option<&'static Probe>,
}

impl Functions {
    /// Reads a table.
    ///
    /// # Errors
    /// The name of a function that is null.
    fn of(table: &TmPlugin, plugin: &'static str) -> std::result::Result<Self, &'static str> {
        table.flush.ok_or("flush")?;
        Ok(Self {
            plugin,
            bind: table.bind.ok_or("bind")?,
            release_stage: table.release_stage.ok_or("release_stage")?,
            new_worker: table.new_worker.ok_or("new_worker")?,
            release_worker: table.release_worker.ok_or("release_worker")?,
            process: table.process.ok_or("process")?,
            get_extension: table.get_extension.ok_or("get_extension")?,
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

/// What a library must be, according to a lock file or to its hash earlier in this run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Name of the plugin.
    pub plugin: String,
    /// Its version when it was locked.
    pub version: String,
    /// SHA-256 of its library, in hexadecimal.
    pub sha256: String,
    /// The lock file, as shown to the user; `None` if the hash was taken earlier in this run.
    pub lock: Option<PathBuf>,
}

impl Expected {
    /// Expects the current library. None of its code runs.
    ///
    /// # Errors
    /// If it cannot be read, or if others can change it.
    pub fn of(plugin: &str, path: &Path) -> std::result::Result<Self, LoadError> {
        let (plugin, sha256) = (plugin.to_owned(), sha256_of(path)?);
        Ok(Self { plugin, version: String::new(), sha256, lock: None })
    }

    /// Checks that a library is the expected one. None of its code runs.
    ///
    /// # Errors
    /// If it is a different one, or if it cannot be read.
    pub fn verify(&self, path: &Path) -> std::result::Result<(), LoadError> {
        self.check(&sha256_of(path)?).map_err(|refusal| refuse(path, refusal))
    }

    /// Compares with the hash of the current library.
    fn check(&self, sha256: &str) -> std::result::Result<(), Refusal> {
        if self.sha256 == sha256 {
            return Ok(());
        }
        let Self { plugin, version, sha256: locked, lock } = self;
        let Some(lock) = lock else {
            let message = format!("the library of plugin `{plugin}` has changed since this began");
            return Err(Refusal::new(message).hint("start over"));
        };
        let lock = lock.display();
        let message = format!(
            "plugin `{plugin}` is not the library that was locked\n  sha256 there: {sha256}\n  {lock} has: {locked} \
             (version {version})"
        );
        let hint = "restore the locked library, or accept the change with `textmill plugin lock`";
        Err(Refusal::new(message).hint(hint))
    }
}

/// The SHA-256 of a library, in hexadecimal. None of its code runs.
///
/// # Errors
/// If it cannot be read or is not a file, or if others can change it.
pub fn sha256_of(path: &Path) -> std::result::Result<String, LoadError> {
    LibraryFile::open(path).map(|file| file.sha256).map_err(|refusal| refuse(path, refusal))
}

fn refuse(path: &Path, refusal: Refusal) -> LoadError {
    LoadError { path: path.to_owned(), message: refusal.message, hint: refusal.hint }
}

impl LoadedPlugin {
    /// Opens a library by its path.
    ///
    /// # Errors
    /// If others can change it, or if it is not a library, not a plugin, or a plugin of another major
    /// version.
    pub fn open(path: &Path) -> std::result::Result<Self, LoadError> {
        Self::open_with(path, None)
    }

    /// Opens a library that must be the `expected` one; none of its code runs before that is certain.
    ///
    /// # Errors
    /// As for [`LoadedPlugin::open`], and if the library is a different one.
    pub fn open_with(path: &Path, expected: Option<&Expected>) -> std::result::Result<Self, LoadError> {
        let file = LibraryFile::open(path).map_err(|refusal| refuse(path, refusal))?;
        let (path, sha256) = (file.path.clone(), file.sha256.clone());
        let fail = |message: String, hint: Option<&str>| {
            refuse(&path, Refusal { message, hint: hint.map(str::to_owned) })
        };
        if let Some(expected) = expected {
            expected.check(&sha256).map_err(|refusal| refuse(&path, refusal))?;
        }
        let within = Within::plugin(path.display().to_string().leak());
        // SAFETY: opening runs the library's initialisers. A native plugin has the full trust of the process;
        // the user named it, and nobody else can change it.
        let library = file
            .load(|name| unsafe { open(name) }.map_err(reason))
            .map_err(|refusal| refuse(&path, refusal))?;
        // Never unloaded: the plugin's tables, strings and thread-locals may be in use anywhere.
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        // SAFETY: the symbol has this type in every plugin of this major version.
        let entry = unsafe { library.get::<EntryPoint>(SYMBOL) };
        let entry = entry.map_err(|_| match other_major(library) {
            Some(major) => fail(
                format!("it is a plugin for ABI version {major}, but this host supports version {ABI_MAJOR}"),
                Some("rebuild the plugin with the SDK of this textmill"),
            ),
            None => fail(
                format!("it does not export `{SYMBOL}`"),
                Some("a plugin crate needs `textmill_plugin::export!` and `crate-type = [\"cdylib\"]`"),
            ),
        })?;
        take_reported();
        // SAFETY: by contract the function takes the host's table and returns the plugin's.
        let table = unsafe { entry(host()) };
        drop(within);
        if table.is_null() || !table.is_aligned() {
            return Err(refuse(&path, no_table(&path)));
        }
        // Check the major version first: in another version, nothing else is where it seems to be.
        // SAFETY: every table of every version begins with `struct_size` and `abi_major`.
        let major = unsafe { (&raw const (*table).abi_major).read() };
        if major != ABI_MAJOR {
            let message =
                format!("it is a plugin for ABI version {major}, but this host supports version {ABI_MAJOR}");
            return Err(fail(message, Some("rebuild the plugin with the SDK of this textmill")));
        }
        // An older plugin's table may be shorter than this host's, a newer one's longer.
        // SAFETY: it is aligned, and as large as it says.
        let table = unsafe { read_table(table) }.map_err(|size| {
            let least = TmPlugin::SIZE_1_0;
            let message = format!("its table has {size} bytes, and that of version 1.0 has {least}");
            fail(message, Some("`struct_size` must be the size of the plugin's own table, `TmPlugin`"))
        })?;
        // SAFETY: the plugin's string lives as long as the process.
        let json = unsafe { table.descriptor.to_string() };
        let descriptor: PluginDescriptor = serde_json::from_str(&json).map_err(|e| {
            fail(
                format!("its descriptor is not valid: {e}"),
                Some("`textmill_plugin.h` says what a descriptor contains"),
            )
        })?;
        // Leaked like the library, it lives as long as the program.
        let functions = Functions::of(&table, descriptor.name.clone().leak()).map_err(|missing| {
            fail(
                format!("the function `{missing}` of its table is null"),
                Some("no function of `TmPlugin` may be null"),
            )
        })?;
        if descriptor.operators.is_empty() {
            return Err(fail(
                "it has no operators".into(),
                Some("its descriptor must list one in `operators`"),
            ));
        }
        let abi = (major, table.abi_minor);
        Ok(Self { descriptor, sha256, locked: expected.is_some(), abi, functions, path })
    }

    /// The same plugin, tracked by a probe.
    pub(super) fn probed(&self, probe: &'static Probe) -> Self {
        let functions = Functions { probe: Some(probe), ..self.functions };
        let Self { descriptor, path, sha256, locked, abi, .. } = self;
        Self {
            descriptor: descriptor.clone(),
            path: path.clone(),
            sha256: sha256.clone(),
            locked: *locked,
            abi: *abi,
            functions,
        }
    }
}

impl Plugin for LoadedPlugin {
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
        Ok(Box::new(LoadedStage::bind(self.functions, call, operator, options, &input)?))
    }
}

/// Why a plugin returned no table, by what it reported, if anything.
fn no_table(path: &Path) -> Refusal {
    let name = plugin_name(path).map_or_else(|| "it".to_owned(), |name| format!("plugin `{name}`"));
    match take_reported() {
        Some((code, message)) if code == "panicked" => Refusal::new(format!(
            "{name} panicked while describing itself: {message}"
        ))
        .hint("the panic is in `describe` of an operator, or in the defaults or the schema of its options"),
        Some((_, message)) => Refusal::new(format!("{name} cannot be opened: {message}")),
        None => Refusal::new("it returned no plugin table").hint(
            "`textmill_plugin_v1` must return a pointer to a `TmPlugin` that lives as long as the process",
        ),
    }
}

/// Opens a library with all symbols bound immediately, and none of them visible to other libraries.
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

/// What the system's loader says.
fn reason(error: libloading::Error) -> String {
    match std::error::Error::source(&error) {
        Some(said) => said.to_string(),
        None => error.to_string(),
    }
}

/// The major version of a plugin that was built for another one than this host's, found by its symbol.
fn other_major(library: &libloading::Library) -> Option<u32> {
    (0..32).filter(|&major| major != ABI_MAJOR).find(|major| {
        let symbol = format!("{SYMBOL_STEM}{major}");
        // SAFETY: the symbol is looked up, not called.
        unsafe { library.get::<EntryPoint>(symbol.as_str()) }.is_ok()
    })
}
