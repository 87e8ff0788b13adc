//! What the host finds wrong with an operator's answers, document by document.

use super::subject::Subject;
use super::test::Notes;
use textmill_plugin::drive::check::Clause;
use textmill_plugin::error::{ErrorKind, Result};
use textmill_plugin::event::Action;
use textmill_plugin::harness::{Case, Outcome, Verdict};

/// The outcomes for documents, for each run in which the stage as a whole did not fail, and all breaches of
/// the contract: what is wrong, and with which document.
pub struct Answers {
    /// Outcomes for the usual documents and for the hostile ones.
    pub outcomes: Vec<Outcome>,
    /// Breaches in words.
    pub breaches: Vec<(Clause, String)>,
}

/// Runs the usual documents and the hostile ones, and collects what the host finds wrong with the answers.
///
/// # Errors
/// If the stage fails as a whole, other than by breaking the contract.
pub fn answers(subject: &Subject, notes: &Notes) -> Result<Answers> {
    let mut answers = Answers { outcomes: Vec::new(), breaches: Vec::new() };
    let cases: [(&str, Case); 2] = [("the documents", subject.case()), ("hostile texts", subject.hostile())];
    for (name, case) in cases {
        notes.doing(format!("running {name} in one batch"));
        let batch = case.batch()?;
        match subject.run(&batch) {
            Ok(outcome) => {
                let failed = outcome.verdicts.iter().filter_map(|v| Some((v, failed_by(v, "contract")?)));
                let words = |v: &Verdict, message: &str| format!("document `{}`: {message}", v.id);
                answers.breaches.extend(failed.map(|(v, message)| (Clause::of(message), words(v, message))));
                answers.outcomes.push(outcome);
            }
            Err(error) if error.kind == ErrorKind::Contract => {
                answers
                    .breaches
                    .push((Clause::of(&error.message), format!("with {name}: {}", error.message)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// The breaches of one clause of the contract.
///
/// # Errors
/// As for [`answers`].
pub fn of_clause(subject: &Subject, notes: &Notes, clause: Clause) -> Result<Vec<String>> {
    let answers = answers(subject, notes)?;
    Ok(answers.breaches.into_iter().filter(|(of, _)| *of == clause).map(|(_, what)| what).collect())
}

/// The note of the fail event, if a document failed by the given rule of the host: `contract` or `panic`.
pub fn failed_by<'a>(verdict: &'a Verdict, rule: &str) -> Option<&'a str> {
    let event = verdict.events.iter().find(|e| e.action == Action::Fail && e.rule == rule)?;
    Some(event.note.as_deref().unwrap_or("without a word"))
}

/// Describes the documents that failed by a panic or a breach of the contract.
pub fn broken(outcome: &Outcome) -> Vec<String> {
    let of = |v: &Verdict| {
        let panicked = failed_by(v, "panic").map(|note| format!("document `{}`: {note}", v.id));
        panicked.or_else(|| failed_by(v, "contract").map(|note| format!("document `{}`: {note}", v.id)))
    };
    outcome.verdicts.iter().filter_map(of).collect()
}
