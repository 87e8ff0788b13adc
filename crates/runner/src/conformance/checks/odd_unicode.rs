//! Whether texts with odd characters pass, both alone and beside others.

use crate::conformance::breach::broken;
use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use textmill_plugin::call::NoHost;
use textmill_plugin::error::Result;
use textmill_plugin::harness::difference;

pub const TEST: Test = Test {
    id: "odd-unicode",
    doc: "Texts of combining marks, controls, byte order marks, joined emoji, right-to-left marks, \
          unpaired tags and the like cause no panic, and give the same answer alone and among others.",
    advice: "cut texts only at positions from `char_indices`, `find`, `match_indices` and `Doc::lines`",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.hostile().batch()?;
    notes.doing("running texts of odd characters in one batch");
    let bound = subject.bind(&documents)?;
    let together = bound.run(&NoHost, std::slice::from_ref(&documents))?;
    let mut seen = broken(&together);
    notes.doing("running them one by one");
    let each: Vec<_> = (0..documents.num_rows()).map(|row| documents.slice(row, 1)).collect();
    let apart = bound.run(&NoHost, &each)?;
    seen.extend(difference(&together, &apart).map(|found| format!("one by one: {found}")));
    Ok(Verdict::of(seen, format!("{} texts", together.verdicts.len())))
}
