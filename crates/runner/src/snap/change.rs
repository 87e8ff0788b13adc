//! A snapshot that differs from the accepted one.

use super::content::is_nothing;
use super::folder::Key;

/// A snapshot that differs from the accepted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is of.
    pub key: Key,
    /// The document's id, or what else it is of.
    pub what: String,
    /// The stage.
    pub stage: Option<String>,
    /// The accepted content.
    pub old: Option<String>,
    /// The content now.
    pub new: String,
}

/// How a snapshot differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There was none.
    New,
    /// It is another.
    Changed,
    /// There is nothing to keep any more.
    Gone,
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

    /// The document in words, or what else it is.
    pub fn title(&self) -> String {
        match (&self.key, &self.stage) {
            (Key::Report(_), Some(stage)) => format!("report of `{stage}`"),
            (_, Some(stage)) => format!("{} in `{stage}`", self.what),
            (_, None) => self.what.clone(),
        }
    }
}
