//! Opens all plugins that can be found. Files that are not plugins are skipped.

use super::{Discovery, Found, LoadError, LoadedPlugin};
use crate::config::{LockPolicy, NotLocked};

/// The plugins that can be found.
#[derive(Default)]
pub struct Opened {
    /// The plugins that could be opened, each with where it was found.
    pub plugins: Vec<(Found, LoadedPlugin)>,
    /// Errors for libraries that are meant to be plugins but could not be opened.
    pub broken: Vec<LoadError>,
}

impl Opened {
    /// Opens what was found, as far as the lock file permits.
    pub fn all(found: impl IntoIterator<Item = Found>, lock_policy: &LockPolicy) -> Self {
        let mut opened = Self::default();
        for found in found {
            let expected = match lock_policy.expected(&found.name) {
                Ok(expected) => expected,
                // Without loading the file, nobody knows whether it is a plugin, so it is reported.
                Err(NotLocked { message, hint }) => {
                    opened.broken.push(LoadError { path: found.path, message, hint: Some(hint) });
                    continue;
                }
            };
            match LoadedPlugin::open_with(&found.path, expected.as_ref()) {
                Ok(plugin) => opened.plugins.push((found, plugin)),
                // These folders may hold other libraries, too. Only libraries that are meant to be plugins
                // are of interest.
                Err(error)
                    if error.message.contains("does not export")
                        || error.message.contains("not a library") => {}
                Err(error) => opened.broken.push(error),
            }
        }
        opened
    }

    /// Opens every plugin in the folders.
    pub fn in_folders(discovery: &Discovery, lock_policy: &LockPolicy) -> Self {
        Self::all(discovery.all(), lock_policy)
    }
}
