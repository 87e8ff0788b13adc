//! A snapshot that differs from the accepted one.

use super::content::{is_absent, is_end, is_nothing};
use super::folder::Key;

/// A snapshot that differs from the accepted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What the snapshot is of.
    pub key: Key,
    /// The document's id, or a description of what else it is of.
    pub what: String,
    /// The stage.
    pub stage: Option<String>,
    /// The accepted content.
    pub old: Option<String>,
    /// The content as it is now.
    pub new: String,
}

/// How a snapshot differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There was no accepted content.
    New,
    /// The content differs.
    Changed,
    /// There is nothing left to keep.
    Gone,
}

/// Changes that are accepted or rejected together: one change, and those that merely follow from it. If a
/// document is dropped or fails in a stage, the later stages do nothing to it any longer, which needs no
/// separate answer.
pub struct Group<'a> {
    /// The change to review.
    pub head: &'a Change,
    /// The changes that follow from it.
    pub followers: Vec<&'a Change>,
}

impl<'a> Group<'a> {
    /// Groups changes, which must be in order.
    pub fn of(changes: &'a [Change]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for change in changes {
            match groups.last_mut() {
                Some(group) if group.takes(change) => group.followers.push(change),
                _ => groups.push(Self { head: change, followers: Vec::new() }),
            }
        }
        groups
    }

    /// How many answers a review of changes asks for. The options are accepted together with the rest.
    pub fn count(changes: &[Change]) -> usize {
        let reviewed: Vec<Change> =
            changes.iter().filter(|change| change.key != Key::Options).cloned().collect();
        Group::of(&reviewed).len()
    }

    fn takes(&self, change: &Change) -> bool {
        let (Key::Document(head, _), Key::Document(document, _)) = (self.head.key, change.key) else {
            return false;
        };
        head == document && is_end(&self.head.new) && is_absent(&change.new)
    }

    /// All changes of the group, the head first.
    pub fn all(&self) -> impl Iterator<Item = &'a Change> {
        std::iter::once(self.head).chain(self.followers.iter().copied())
    }
}

impl Change {
    /// How it differs.
    pub fn state(&self) -> State {
        match &self.old {
            None => State::New,
            Some(old) if is_nothing(old) => State::New,
            Some(_) if is_nothing(&self.new) => State::Gone,
            Some(_) => State::Changed,
        }
    }

    /// A title for the change: the document and the stage, or what else it is of.
    pub fn title(&self) -> String {
        match (&self.key, &self.stage) {
            (Key::Report(_), Some(stage)) => format!("report of `{stage}`"),
            (_, Some(stage)) => format!("{} in `{stage}`", self.what),
            (_, None) => self.what.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_drop_goes_with_it() {
        let change = |document, stage, new: &str| Change {
            key: Key::Document(document, stage),
            what: String::new(),
            stage: None,
            old: Some("kept".into()),
            new: new.into(),
        };
        let changes = [
            change(0, 1, "dropped by `a`"),
            change(0, 2, "does not get here: dropped by `a`, in `s`"),
            change(0, 3, "does not get here: dropped by `a`, in `s`"),
            change(1, 1, "kept\n--- text\n  x"),
            change(1, 2, "kept, untouched"),
            change(2, 2, "does not get here: dropped by `a`, in `s`"),
        ];
        let groups: Vec<usize> = Group::of(&changes).iter().map(|group| group.all().count()).collect();
        assert_eq!(groups, [3, 1, 1, 1]);
        let options = Change { key: Key::Options, ..changes[3].clone() };
        assert_eq!(Group::count(&[&changes[..], &[options]].concat()), 4);
    }
}
