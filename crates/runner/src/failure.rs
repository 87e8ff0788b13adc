//! Why a command failed, in the words that the user sees.

use crate::config::Problems;
use crate::host::LoadError;
use crate::input::InputError;
use crate::output::FolderError;
use textmill_plugin::error::Error;

/// The failure of a command.
#[derive(Debug)]
pub enum Failure {
    /// Errors in a pipeline file.
    Pipeline(Box<Problems>),
    /// Anything else: a message, and what to do.
    Message {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Not an error, but a negative answer: only the exit status reports it.
    Negative,
    /// The user stopped it.
    Stopped {
        /// What was done before it stopped.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

impl Failure {
    /// Creates a failure without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Message { message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(self, advice: impl Into<String>) -> Self {
        match self {
            Self::Message { message, .. } => Self::Message { message, hint: Some(advice.into()) },
            Self::Stopped { message, .. } => Self::Stopped { message, hint: Some(advice.into()) },
            other => other,
        }
    }

    /// The exit status of the program: 130, as shells report a program that Ctrl-C ended, or 1.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Stopped { .. } => 130,
            _ => 1,
        }
    }

    /// The failure as text, with colours if `styled`.
    pub fn render(&self, styled: bool) -> String {
        match self {
            Self::Pipeline(problems) => problems.render(styled),
            Self::Negative => String::new(),
            Self::Message { message, hint } | Self::Stopped { message, hint } => {
                let (on, off) = if styled { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
                let hint = hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
                format!("{on}error{off}: {message}{hint}")
            }
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Pipeline(Box::new(problems))
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Message { message: error.to_string(), hint: error.hint }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::Message { message: error.to_string(), hint: error.hint }
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        Self::Message { message: error.message, hint: error.hint }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.message)
    }
}
