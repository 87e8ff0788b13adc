//! Finds the person to whom a surname, an office or a pronoun refers, and remembers the last speaker.

use super::Subject;
use crate::entities::{Mention, Names};

/// The last speaker, with the offset of the line in which they were quoted.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) last: Option<(String, usize)>,
}

impl Memory {
    pub(super) fn resolve(&self, subject: &Subject<'_>, names: &Names<'_>, at: usize) -> Option<String> {
        match subject {
            Subject::Name(name) => Some(names.full(name).unwrap_or(name).to_owned()),
            Subject::Noun(noun) => Some((*noun).to_owned()),
            Subject::Pronoun => {
                self.person_before(names, at).or_else(|| self.last.as_ref().map(|l| l.0.clone()))
            }
            Subject::Role(phrase, role) => {
                let people = before(names, at);
                let same = |m: &&Mention<'_>| m.role.is_some_and(|r| r.eq_ignore_ascii_case(role));
                if let Some(mention) = people.iter().rev().take(60).find(same) {
                    return Some(mention.name.to_owned());
                }
                // `the diplomat`, `the politician`: the last speaker, if there is one.
                match &self.last {
                    Some((last, _)) if phrase.to_lowercase().starts_with("the ") => Some(last.clone()),
                    _ => Some((*phrase).to_owned()),
                }
            }
        }
    }

    /// The person to whom a pronoun refers: the last one whose name began a sentence, else the last speaker
    /// if named nearby, else the one named last.
    fn person_before(&self, names: &Names<'_>, at: usize) -> Option<String> {
        let people = before(names, at);
        let near: Vec<&Mention<'_>> = people.iter().rev().take_while(|m| at - m.at < 1200).take(12).collect();
        let opener = near.iter().find(|m| m.opens && at - m.at < 600);
        let spoke = self.last.as_ref().filter(|last| near.iter().any(|m| m.name == last.0));
        opener
            .map(|m| m.name.to_owned())
            .or_else(|| spoke.map(|l| l.0.clone()))
            .or_else(|| near.first().map(|m| m.name.to_owned()))
    }
}

fn before<'n, 'a>(names: &'n Names<'a>, at: usize) -> &'n [Mention<'a>] {
    &names.people[..names.people.partition_point(|m| m.at < at)]
}
