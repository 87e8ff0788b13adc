//! Says in words how two outcomes of the same documents differ.

use super::render::one;
use super::run::{Outcome, Verdict};
use serde_json::Value;
use textmill_core::event::Event;

/// What a message quotes is cut after this many characters.
const SHOWN_CHARS: usize = 200;

/// The first difference between two outcomes; `None` if they are the same. The rows of events are ignored,
/// since they are numbers within a batch.
pub fn difference(one_way: &Outcome, other_way: &Outcome) -> Option<String> {
    let (a, b) = (&one_way.verdicts, &other_way.verdicts);
    if a.len() != b.len() {
        return Some(format!("{} documents have a verdict, and {} have one", a.len(), b.len()));
    }
    if let Some((a, b)) = a.iter().zip(b).find(|(a, b)| !same(a, b)) {
        return Some(format!("document `{}`: {}", a.id, lines(a, b)));
    }
    match (&one_way.report, &other_way.report) {
        (Some(a), Some(b)) => values(a, b, "").map(|found| format!("the report {found}")),
        (None, None) => None,
        _ => Some("there is a report one way and none the other".into()),
    }
}

fn same(a: &Verdict, b: &Verdict) -> bool {
    let events = |v: &Verdict| v.events.iter().map(without_row).collect::<Vec<_>>();
    a.id == b.id
        && a.before == b.before
        && a.after == b.after
        && a.columns == b.columns
        && events(a) == events(b)
}

/// An event without its row. Its numbers become bits, so that NaN equals itself.
fn without_row(event: &Event) -> (Event, Option<u64>, Option<u64>) {
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    let bare = Event { row: 0, value: None, threshold: None, ..event.clone() };
    (bare, bits(event.value), bits(event.threshold))
}

/// The first line in which two verdicts differ, as snapshots show them.
fn lines(a: &Verdict, b: &Verdict) -> String {
    let show = |verdict: &Verdict| {
        let mut out = String::new();
        one(verdict, &mut out);
        out
    };
    let (a, b) = (show(a), show(b));
    let (mut a_lines, mut b_lines) = (a.lines(), b.lines());
    loop {
        match (a_lines.next(), b_lines.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return "they differ where a snapshot is cut".into(),
            (a, b) => {
                let word =
                    |line: Option<&str>| line.filter(|l| !l.is_empty()).unwrap_or("nothing").to_owned();
                let (a, b) = (word(a), word(b));
                let heading = |line: &str| match line.strip_prefix("=== ").and_then(|l| l.split_once(": ")) {
                    Some((_, end)) => end.to_owned(),
                    None => line.to_owned(),
                };
                return format!("`{}`, and `{}`", short(&heading(&a)), short(&heading(&b)));
            }
        }
    }
}

/// The first place where two JSON values differ, as a pointer, with both values.
fn values(a: &Value, b: &Value, at: &str) -> Option<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().zip(b.values()).find_map(|((key, a), b)| values(a, b, &format!("{at}/{key}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(n, (a, b))| values(a, b, &format!("{at}/{n}")))
        }
        _ if a == b => None,
        _ => {
            let place = if at.is_empty() { String::new() } else { format!("has at `{at}` ") };
            let verb = if at.is_empty() { "is " } else { "" };
            Some(format!("{verb}{place}`{}`, and `{}`", short(&a.to_string()), short(&b.to_string())))
        }
    }
}

fn short(text: &str) -> String {
    let mut chars = text.char_indices();
    match chars.nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use textmill_core::event::Action;

    fn verdict(after: &str) -> Verdict {
        Verdict { id: "d".into(), before: "before".into(), after: Some(after.into()), ..Verdict::default() }
    }

    fn outcome(verdict: Verdict, report: Value) -> Outcome {
        Outcome { verdicts: vec![verdict], report: Some(report) }
    }

    #[test]
    fn what_differs_is_named() {
        let plain = outcome(verdict("before"), json!({"words": [1, 2]}));
        assert_eq!(difference(&plain, &plain), None);
        let mut annotated = verdict("before");
        annotated.events.push(Event::new(7, Action::Annotate, "seen").value(f64::NAN));
        let annotated = outcome(annotated, json!({"words": [1, 2]}));
        let mut elsewhere = annotated.clone();
        elsewhere.verdicts[0].events[0].row = 8;
        assert_eq!(difference(&annotated, &elsewhere), None);
        assert_eq!(difference(&plain, &annotated).unwrap(), "document `d`: `nothing`, and `--- events`");
        let edited = outcome(verdict("after"), json!({"words": [1, 2]}));
        assert_eq!(
            difference(&plain, &edited).unwrap(),
            "document `d`: `kept, text unchanged`, and `kept, text edited`"
        );
        let counted = outcome(verdict("before"), json!({"words": [1, 3]}));
        assert_eq!(difference(&plain, &counted).unwrap(), "the report has at `/words/1` `2`, and `3`");
    }
}
