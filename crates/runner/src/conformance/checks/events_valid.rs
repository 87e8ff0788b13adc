//! Whether events are valid for the ledger and understandable to a reader.

use crate::conformance::breach::answers;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use textmill_plugin::drive::check::Clause;
use textmill_plugin::error::Result;
use textmill_plugin::event::{Action, Event};

pub const TEST: Test = Test {
    id: "events-valid",
    doc: "Every event names a document of its batch and a rule in kebab case, has finite numbers, and \
          refers to bytes that exist.",
    advice: "give an event the row it is about, a rule such as `too-short`, and spans in bytes of the \
             received text",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let answers = answers(subject, notes)?;
    let broken = answers.breaches.into_iter().filter(|(clause, _)| *clause == Clause::Events);
    let mut seen: Vec<String> = broken.map(|(_, what)| what).collect();
    let mut count = 0;
    for outcome in &answers.outcomes {
        let documents = outcome.verdicts.len() as u64;
        for verdict in &outcome.verdicts {
            count += verdict.events.len();
            for event in &verdict.events {
                if let Some(what) = wrong(event, &verdict.before, documents) {
                    seen.push(format!("document `{}`: an event of `{}` {what}", verdict.id, event.rule));
                }
            }
        }
    }
    Ok(Verdict::of(seen, format!("{count} events")))
}

fn wrong(event: &Event, text: &str, documents: u64) -> Option<String> {
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !event.rule.chars().all(kebab) {
        return Some("names a rule that is not in kebab case".into());
    }
    for (name, value) in [("value", event.value), ("threshold", event.threshold)] {
        if value.is_some_and(|value| !value.is_finite()) {
            return Some(format!("has a {name} that is no number"));
        }
    }
    if let Some(other) = event.other.filter(|&other| other >= documents) {
        return Some(format!("names the document {other} of {documents}"));
    }
    // Edits have already been checked against both texts.
    let span = event.start.zip(event.end).filter(|_| event.action != Action::Edit);
    if let Some((start, end)) = span {
        let bytes = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        if bytes.and_then(|(start, end)| text.get(start..end)).is_none() {
            return Some(format!("points at bytes {start}..{end}, which are not a valid span of the text"));
        }
    }
    None
}
