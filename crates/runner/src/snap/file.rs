//! A snapshot file in the format of the crate `insta`: a YAML header between two lines `---`, then the
//! content.

use super::yaml;
use std::fmt::Write as _;

/// The file ending of accepted snapshots.
pub const ENDING: &str = ".snap";
/// The file ending of pending snapshots.
pub const NEW_ENDING: &str = ".snap.new";

/// A snapshot with its header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Name of the pipeline file, without its folder, which differs between machines.
    pub source: String,
    /// What it is of: the id of a document, or a few words.
    pub description: String,
    /// The name of a stage.
    pub expression: String,
    /// The content, without trailing white space.
    pub content: String,
}

impl Snapshot {
    /// The content of the file.
    pub fn to_text(&self) -> String {
        let mut out = String::from("---\n");
        for (key, value) in
            [("source", &self.source), ("description", &self.description), ("expression", &self.expression)]
        {
            if !value.is_empty() {
                let _ = writeln!(out, "{key}: {}", yaml::word(value));
            }
        }
        let _ = writeln!(out, "---\n{}", self.content.trim_end());
        out
    }

    /// Parses a file, which insta may have written. `None` if it is not a snapshot.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split_inclusive('\n');
        if lines.next()?.trim_end() != "---" {
            return None;
        }
        let mut snapshot = Self::default();
        while let Some(line) = lines.next() {
            if line.trim_end() == "---" {
                let rest: String = lines.collect();
                snapshot.content = rest.replace("\r\n", "\n").trim_end().to_owned();
                return Some(snapshot);
            }
            // Other keys, such as `info`, have nested values and are ignored.
            let Some((key, value)) = line.split_once(": ") else { continue };
            let field = match key {
                "source" => &mut snapshot.source,
                "description" => &mut snapshot.description,
                "expression" => &mut snapshot.expression,
                _ => continue,
            };
            *field = yaml::read_word(value.trim());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::internals::SnapshotContents;

    fn snapshots() -> Vec<Snapshot> {
        let make = |description: &str, content: &str| Snapshot {
            source: "news.toml".into(),
            description: description.into(),
            expression: "some-stage".into(),
            content: content.into(),
        };
        vec![
            make("01-page.txt", "kept\n--- text\n  one\n~ two    [rule]"),
            make("a: \"b\" #c \\ {x}", "kept\n\n  ---\n  indented"),
            make("", "one"),
            make("12", "x"),
            make("- é\u{200b}\u{7}\ttab", "x"),
            make("true", "x"),
        ]
    }

    #[test]
    fn what_is_written_is_read_again() {
        for snapshot in snapshots() {
            assert_eq!(Snapshot::parse(&snapshot.to_text()), Some(snapshot));
        }
        assert_eq!(Snapshot::parse("no header"), None);
        assert_eq!(Snapshot::parse("---\nsource: x\n"), None);
    }

    /// The reader of insta finds the same in the file, and this module reads what the writer of insta makes
    /// of it.
    #[test]
    fn insta_reads_and_writes_the_same() {
        let temp = tempfile::TempDir::new().unwrap();
        for snapshot in snapshots() {
            let path = temp.path().join("some.snap.new");
            std::fs::write(&path, snapshot.to_text()).unwrap();
            let read = insta::Snapshot::from_file(&path).unwrap();
            let metadata = read.metadata();
            assert_eq!(metadata.source(), Some(snapshot.source.as_str()));
            assert_eq!(metadata.description().unwrap_or_default(), snapshot.description);
            assert_eq!(metadata.expression(), Some(snapshot.expression.as_str()));
            let SnapshotContents::Text(content) = read.contents() else { panic!("no text") };
            assert_eq!(content.to_string(), snapshot.content);
            // As `cargo insta accept` does.
            let accepted = temp.path().join("some.snap");
            read.save(&accepted).unwrap();
            assert_eq!(Snapshot::parse(&std::fs::read_to_string(&accepted).unwrap()), Some(snapshot));
        }
    }
}
