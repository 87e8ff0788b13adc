//! Hints that the command-line parser does not give: the nearest subcommand, and the option that a path
//! belongs to.

use super::Cli;
use crate::config::{MOST_THREADS, nearest};
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Command, CommandFactory, Parser};
use std::ffi::OsString;

/// Parses a command line.
///
/// # Errors
/// Returns the parser's error, with a hint added. A request for help is also an `Error`.
pub fn parse(arguments: &[OsString]) -> Result<Cli, Error> {
    Cli::try_parse_from(arguments).map_err(|mut error| {
        advise(&mut error, arguments);
        error
    })
}

fn advise(error: &mut Error, arguments: &[OsString]) {
    let text = |error: &Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let Some(wrong) = text(error, ContextKind::InvalidSubcommand) else { return };
            let command = command_of(arguments);
            let known = command.get_subcommands().filter(|known| !known.is_hide_set());
            let near = nearest(&wrong, known.map(Command::get_name));
            if let Some(near) = near.filter(|_| error.get(ContextKind::SuggestedSubcommand).is_none()) {
                let near = ContextValue::Strings(vec![near.to_owned()]);
                error.insert(ContextKind::SuggestedSubcommand, near);
            }
        }
        ErrorKind::UnknownArgument => {
            let Some(wrong) = text(error, ContextKind::InvalidArg).filter(|wrong| !wrong.starts_with('-'))
            else {
                return;
            };
            let command = command_of(arguments);
            if command.get_arguments().any(|argument| argument.get_long() == Some("input")) {
                let tip = StyledStr::from(format!("to read '{wrong}', write '--input {wrong}'"));
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
            }
        }
        _ => {}
    }
}

/// The subcommand that a command line selects, as far as its words are known.
fn command_of(arguments: &[OsString]) -> Command {
    let mut command = Cli::command();
    for word in arguments.iter().skip(1) {
        if let Some(next) = command.find_subcommand(word) {
            command = next.clone();
        }
    }
    command
}

/// Parses a number of documents or rows.
///
/// # Errors
/// If it is not a whole number.
pub fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "expected a whole number of at least 0, such as 100".to_owned())
}

/// Parses a number of threads.
///
/// # Errors
/// If it is not a whole number from 1 to the largest that is allowed.
pub fn threads(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_THREADS).contains(number));
    number.ok_or_else(|| format!("expected a whole number of at least 1 and at most {MOST_THREADS}"))
}

/// Parses a number of documents, which must be at least 1: a run of nothing would replace a good one.
///
/// # Errors
/// If it is not a whole number of at least 1.
pub fn at_least_one(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a whole number of at least 1, such as 100".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        parse(&arguments).unwrap_err().to_string()
    }

    #[test]
    fn slips_are_answered_with_what_was_meant() {
        assert!(said("textmill rnu a.toml").contains("tip: a similar subcommand exists: 'run'"));
        assert!(said("textmill plugin lsit").contains("tip: a similar subcommand exists: 'list'"));
        assert!(said("textmill chek").contains("'check'"));
        assert!(said("textmill run a.toml pages").contains("tip: to read 'pages', write '--input pages'"));
        assert!(!said("textmill check a.toml pages").contains("--input"));
        assert!(!said("textmill run a.toml --inptu pages").contains("to read"));
    }

    #[test]
    fn numbers_below_zero_are_told_what_is_wanted() {
        for line in ["ledger out --rows -1", "diff a b --documents -1"] {
            let said = said(&format!("textmill {line}"));
            assert!(said.contains("expected a whole number of at least 0"), "{said}");
        }
        for limit in ["-1", "0", "many"] {
            let said = said(&format!("textmill run a.toml --limit {limit}"));
            assert!(said.contains("expected a whole number of at least 1"), "{said}");
        }
        for threads in ["-1", "0", "many", "1025"] {
            let said = said(&format!("textmill run a.toml --threads {threads}"));
            assert!(said.contains("expected a whole number of at least 1 and at most 1024"), "{said}");
        }
        let said = said("textmill dev a.toml --plugin b --limit -1");
        assert!(said.contains("-1 is not in 1.."), "{said}");
    }
}
