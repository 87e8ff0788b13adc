//! Reads the reviewer's answers: single keys on a terminal, lines elsewhere.

use console::{Key, Term};
use std::io::{self, BufRead, IsTerminal};

/// What to do with a pending snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Accept it.
    Accept,
    /// Drop it.
    Reject,
    /// Leave it pending.
    Skip,
    /// Accept it and all that follow.
    AcceptAll,
    /// Drop it and all that follow.
    RejectAll,
    /// Leave it and all that follow pending.
    Quit,
    /// Show the keys.
    Help,
}

impl Answer {
    fn of(key: char) -> Option<Self> {
        Some(match key {
            'a' => Self::Accept,
            'r' => Self::Reject,
            's' => Self::Skip,
            'A' => Self::AcceptAll,
            'R' => Self::RejectAll,
            'q' | 'Q' => Self::Quit,
            '?' | 'h' => Self::Help,
            _ => return None,
        })
    }
}

/// The keys, in one line.
pub(super) const KEYS: &str = "[a]ccept [r]eject [s]kip, [A]ccept all [R]eject all, [q]uit, [?] help";
/// The keys and what they do.
pub(super) const HELP: &str = "a  accept: it becomes the accepted snapshot
r  reject: the accepted snapshot stays; change the pipeline
s  skip: it stays pending
A  accept this and all that follow
R  reject this and all that follow
q  quit: this and all that follow stay pending";

/// Reads an answer. Returns `None` for an unknown key; the end of the input quits.
///
/// # Errors
/// If the terminal cannot be read.
pub(super) fn read() -> io::Result<Option<Answer>> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(Some(Answer::Quit));
        }
        return Ok(line.trim_start().chars().next().and_then(Answer::of));
    }
    // The terminal returns to its usual mode after each key, so that Ctrl-C or a crash leaves it usable.
    match Term::stderr().read_key() {
        Ok(Key::Char('\u{4}') | Key::Escape) => Ok(Some(Answer::Quit)),
        Ok(Key::Char(key)) => Ok(Answer::of(key)),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Some(Answer::Quit)),
        Err(error) => Err(error),
    }
}
