//! All plugins that can be found, opened. What is no plugin is passed over.

use super::{Discovery, Found, LoadError, LoadedPlugin};
use crate::config::{Locking, NotLocked};

/// The plugins that can be found.
#[derive(Default)]
pub struct Opened {
    /// Those that could be opened, by name.
    pub plugins: Vec<(Found, LoadedPlugin)>,
    /// Those that mean to be plugins and could not.
    pub broken: Vec<LoadError>,
}

impl Opened {
    /// Opens what is found, as far as it is what a lock file says.
    pub fn all(found: impl IntoIterator<Item = Found>, locking: &Locking) -> Self {
        let mut opened = Self::default();
        for found in found {
            let expected = match locking.expected(&found.name) {
                Ok(expected) => expected,
                // What is not loaded is not known to be a plugin.
                Err(NotLocked { message, hint }) => {
                    opened.broken.push(LoadError { path: found.path, message, hint: Some(hint) });
                    continue;
                }
            };
            match LoadedPlugin::open_with(&found.path, expected.as_ref()) {
                Ok(plugin) => opened.plugins.push((found, plugin)),
                // Any other library may lie in these folders; only one that means to be a plugin is of interest.
                Err(error)
                    if error.message.contains("does not export")
                        || error.message.contains("not a library") => {}
                Err(error) => opened.broken.push(error),
            }
        }
        opened
    }

    /// Opens everything in the folders.
    pub fn in_folders(discovery: &Discovery, locking: &Locking) -> Self {
        Self::all(discovery.all(), locking)
    }
}
