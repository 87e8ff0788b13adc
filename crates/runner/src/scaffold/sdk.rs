//! Locates the SDK that a new plugin is built with: the folder `crates/plugin` of a checkout of textmill.

use crate::failure::Failure;
use crate::paths::relative;
use std::path::{Component, Path, PathBuf};

/// Name of the SDK's crate.
const CRATE: &str = "textmill-plugin";

/// The SDK.
#[derive(Clone, Debug)]
pub struct Sdk {
    /// Its absolute path.
    folder: PathBuf,
    /// The absolute path of the checkout that contains it.
    checkout: PathBuf,
}

impl Sdk {
    /// Finds the SDK: in the given folder, or else in the checkout that this program was built from, or else
    /// in one that contains this program.
    ///
    /// # Errors
    /// If the given folder is not the SDK's, or none can be found.
    pub fn find(given: Option<&Path>) -> Result<Self, Failure> {
        if let Some(folder) = given {
            let hint = "give the folder `crates/plugin` of a checkout of textmill";
            return Self::at(folder).or_else(|| Self::at(&folder.join("crates").join("plugin"))).ok_or_else(
                || Failure::new(format!("{} is not the SDK of textmill", folder.display())).hint(hint),
            );
        }
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|crates| crates.join("plugin"));
        let program = std::env::current_exe().ok();
        let above = program.iter().flat_map(|program| program.ancestors().skip(1));
        let places = built_from.into_iter().chain(above.map(|folder| folder.join("crates").join("plugin")));
        places.filter_map(|place| Self::at(&place)).next().ok_or_else(|| {
            let hint = "give its folder, `crates/plugin` of a checkout of textmill, with `--sdk`";
            Failure::new("the SDK that plugins are built with cannot be found").hint(hint)
        })
    }

    fn at(folder: &Path) -> Option<Self> {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let manifest: toml::Table = manifest.parse().ok()?;
        let name = manifest.get("package")?.get("name")?.as_str()?;
        let folder = folder.canonicalize().ok()?;
        let checkout = folder.parent()?.parent()?.to_owned();
        (name == CRATE).then_some(Self { folder, checkout })
    }

    /// The dependency versions that the SDK was tested with, as a `Cargo.lock`.
    pub fn lock(&self) -> Option<String> {
        std::fs::read_to_string(self.checkout.join("Cargo.lock")).ok()
    }

    /// The path of the SDK to write in a project in `folder`, which need not exist. Relative if the project
    /// lies inside the checkout or beside it, else absolute. Uses slashes on every system.
    ///
    /// # Errors
    /// If the project's crate would become a member of the checkout's own workspace, or the path is not
    /// UTF-8.
    pub fn path_from(&self, folder: &Path) -> Result<String, Failure> {
        let place = real(folder)
            .map_err(|error| Failure::new(format!("cannot tell where {} lies: {error}", folder.display())))?;
        for members in ["crates", "plugins"] {
            if place.parent() == Some(&self.checkout.join(members)) {
                let message = format!("{} would be taken for a crate of textmill's own", folder.display());
                return Err(Failure::new(message).hint("put it into another folder, with `--dir`"));
            }
        }
        let near = self.checkout.parent().filter(|parent| parent.parent().is_some());
        let climbs = place.components().any(|part| part == Component::ParentDir);
        let path = match near {
            Some(near) if place.starts_with(near) && !climbs => relative(&place, &self.folder),
            _ => self.folder.clone(),
        };
        let text = path
            .to_str()
            .ok_or_else(|| Failure::new(format!("the path of the SDK is not UTF-8: {}", path.display())))?;
        Ok(if std::path::MAIN_SEPARATOR == '/' { text.to_owned() } else { text.replace('\\', "/") })
    }
}

/// The absolute path of a folder with links resolved, as far as its parents exist.
fn real(folder: &Path) -> std::io::Result<PathBuf> {
    let whole = std::path::absolute(folder)?;
    for there in whole.ancestors() {
        if let (Ok(real), Ok(rest)) = (there.canonicalize(), whole.strip_prefix(there)) {
            return Ok(real.join(rest));
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_of_this_checkout_is_found() {
        let sdk = Sdk::find(None).unwrap();
        assert!(sdk.folder.join("src/lib.rs").exists() && sdk.lock().is_some());
        assert!(Sdk::find(Some(&sdk.checkout)).is_ok());
        assert!(Sdk::find(Some(&sdk.checkout.join("crates/core"))).is_err());
        let temp = tempfile::TempDir::new().unwrap();
        // Whether it is relative or absolute depends on where this checkout lies; it must lead to the SDK.
        let path = temp.path().join(sdk.path_from(temp.path()).unwrap());
        assert_eq!(path.canonicalize().unwrap(), sdk.folder);
        let far = Path::new("/somewhere-else/project");
        assert!(Path::new(&sdk.path_from(far).unwrap()).is_absolute());
        assert!(sdk.path_from(&sdk.checkout.join("plugins/dedupe")).is_err());
    }
}
