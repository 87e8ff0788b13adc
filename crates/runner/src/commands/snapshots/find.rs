//! Finds the pipelines to test if none is named.

use crate::config::{Draft, Kind, Node};
use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders that are searched.
const FOLDERS: [&str; 2] = ["", "config"];

/// The named pipelines, or else those in the current folder and in `config` that have a table `[test]`, of
/// their own or from a file that they extend.
pub(super) fn pipelines(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if !named.is_empty() {
        return Ok(named.to_owned());
    }
    let mut found = Vec::new();
    for folder in FOLDERS {
        let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
        let mut files: Vec<PathBuf> = fs::read_dir(place)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| Path::new(folder).join(entry.file_name()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .collect();
        files.sort();
        found.extend(
            files.into_iter().filter(|path| fs::read_to_string(path).is_ok_and(|text| is_tested(path, text))),
        );
    }
    if found.is_empty() {
        let message = "there is no pipeline with a table `[test]` in the current folder or in `config`";
        let hint = "name a pipeline, or write `[test]` and `inputs = [\"…\"]` into one";
        return Err(Failure::new(message).hint(hint));
    }
    Ok(found)
}

/// Whether a TOML file is a pipeline with a table `[test]`. Files of other programs may have such a table,
/// too.
fn is_tested(path: &Path, text: String) -> bool {
    match Node::parse(&text) {
        Ok(own) => {
            let tree = match own.text("extends") {
                Some(_) => Draft::parse(path, text, &[]).pipeline.tree,
                None => own,
            };
            let has = |key: &str| tree.entry(key).is_some();
            let test = tree.entry("test").is_some_and(|entry| matches!(entry.node.kind, Kind::Table(_)));
            test && (has("stage") || has("input"))
        }
        // A pipeline with a mistake counts as tested, so that the mistake is shown.
        Err(_) => {
            let has = |header: &str| text.lines().any(|line| line.trim() == header);
            has("[test]") && (has("[[stage]]") || has("[input]"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_are_told_from_other_files() {
        for (text, tested) in [
            ("[input]\npaths = []\n[test]\n", true),
            ("[[stage]]\nplugin = \"a\"\n[test]\nunknown = 1\n", true),
            ("[input]\npaths = []\n", false),
            ("[[test]]\nname = \"a\"\n[input]\n", false),
            ("[test]\n", false),
            ("[input]\npaths = [\n[test]\n", true),
            ("[package]\nname = [\n", false),
        ] {
            assert_eq!(is_tested(Path::new("a.toml"), text.to_owned()), tested, "{text}");
        }
    }
}
