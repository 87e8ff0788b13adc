//! The table `[test]` of a pipeline file: what its snapshots are made from, and where they are kept.

use super::problem::Problem;
use super::section::Section;
use super::settings::located;
use super::source::Source;
use super::tree::{Node, Place};
use std::path::{Path, PathBuf};

/// What `textmill test` runs a pipeline on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testing {
    /// Files, folders and globs, each with its place; the pipeline's own input if there are none.
    pub inputs: Vec<(PathBuf, Option<Place>)>,
    /// The folder of the accepted snapshots.
    pub snapshots: PathBuf,
    /// The maximum number of documents that are tested: the first ones of the inputs.
    pub limit: Option<usize>,
    /// The place of the table in the file, if there is one.
    pub place: Option<Place>,
}

impl Testing {
    /// Reads the table from the pipeline file at `path`. Paths are relative to the folder of the file that
    /// contains them.
    pub fn read(node: Option<&Node>, path: &Path, sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut testing = Self {
            inputs: Vec::new(),
            snapshots: folder.join("snapshots").join(path.file_stem().unwrap_or_default()),
            limit: None,
            place: None,
        };
        let Some(node) = node else { return testing };
        testing.place = Some(node.place.clone());
        let mut section = Section::new("`[test]`", node, problems);
        let inputs = section.texts("inputs", problems);
        if let Some(node) = section.node("inputs").filter(|node| node.is_empty_list()) {
            let hint = "leave it out for the first documents of the pipeline's own input";
            problems
                .push(section.with_doc("inputs", Problem::at(&node.place, "`inputs` is empty").hint(hint)));
        }
        for (text, place) in inputs.unwrap_or_default() {
            testing.inputs.push((located(text, place, sources), Some(place.clone())));
        }
        let place = section.node("snapshots").map(|n| n.place.clone());
        if let (Some(text), Some(place)) = (section.text("snapshots", problems), place) {
            testing.snapshots = located(text, &place, sources);
        }
        testing.limit = section.count("limit", problems);
        section.finish(problems);
        testing
    }
}
