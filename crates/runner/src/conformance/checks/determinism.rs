//! Whether the same documents always give the same bytes: when repeated, elsewhere in memory, in another
//! process, at another time, and with another environment.

use crate::conformance::ANSWERS;
use crate::conformance::answers::{difference, lines};
use crate::conformance::process;
use crate::conformance::request::Request;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use std::time::{Duration, Instant};
use textmill_plugin::call::NoHost;
use textmill_plugin::error::Result;

pub const TEST: Test = Test {
    id: "determinism",
    doc: "The same documents give the same bytes in the same stage, in a fresh one, and in a fresh \
          process a second later with another language, time zone and home folder.",
    advice: "do not use the clock, the environment, addresses, random numbers or the order of a hash map: \
             sort, or use a `BTreeMap`",
    run: Run::Bound(run),
};

/// Environment that a plugin must not depend on, changed for the new process.
const ELSEWHERE: [(&str, &str); 8] = [
    ("TZ", "Pacific/Kiritimati"),
    ("LANG", "tr_TR.UTF-8"),
    ("LC_ALL", "tr_TR.UTF-8"),
    ("HOME", "/nonexistent"),
    ("XDG_CONFIG_HOME", "/nonexistent"),
    ("XDG_DATA_HOME", "/nonexistent"),
    ("USER", "nobody"),
    ("HOSTNAME", "elsewhere"),
];
/// After this time, a clock with a resolution of seconds has advanced.
const SECOND: Duration = Duration::from_millis(1050);

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let started = Instant::now();
    let documents = subject.batch()?;
    notes.doing("running the documents twice on one stage");
    let bound = subject.bind(&documents)?;
    let whole = std::slice::from_ref(&documents);
    let first = lines(&bound.run(&NoHost, whole)?);
    let mut seen = Vec::new();
    let mut compare = |other: &[String], how: &str| {
        seen.extend(difference(&first, other).map(|found| format!("{how}: {found}")));
    };
    compare(&lines(&bound.run(&NoHost, whole)?), "a second time on one stage");
    notes.doing("running the documents on a fresh stage");
    compare(&lines(&subject.run(&documents)?), "on a fresh stage");
    notes.doing("running the documents in a fresh process");
    std::thread::sleep(SECOND.saturating_sub(started.elapsed()));
    let request = Request {
        test: ANSWERS.to_owned(),
        limit_seconds: subject.request.limit_seconds.saturating_sub(started.elapsed().as_secs()).max(1),
        ..subject.request.clone()
    };
    let finished = process::run(&request, &ELSEWHERE)?;
    match (finished.answers, finished.verdict) {
        (Some(answers), Verdict::Ok { .. }) => compare(&answers, "in a fresh process"),
        (_, Verdict::Failed { seen: theirs }) => {
            seen.extend(theirs.into_iter().map(|what| format!("in a fresh process: {what}")));
        }
        (_, Verdict::Skipped { why }) => seen.push(format!("in a fresh process: {why}")),
        (None, Verdict::Ok { .. }) => seen.push("a fresh process gave no answers".into()),
    }
    Ok(Verdict::of(seen, format!("{} lines of answers", first.len())))
}
