//! Whether buffers are read with the minimum alignment that Arrow requires. Its C Data Interface recommends
//! 64 bytes, but only requires the alignment of the values as C defines it.

use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::host::Layout;
use textmill_plugin::error::Result;
use textmill_plugin::harness::difference;

pub const TEST: Test = Test {
    id: "misaligned-buffers",
    doc: "Buffers that are aligned only for their values, such as bytes at odd addresses and views at \
          multiples of eight, are read correctly.",
    advice: "copy numbers out of their bytes (`memcpy`, `from_le_bytes`), or read columns through `Row`",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    notes.doing("running the documents as they are");
    let plain = subject.run(&documents)?;
    notes.doing("running them in buffers at odd addresses");
    let moved = subject.run_laid_out(&documents, Layout::Misaligned)?;
    Ok(Verdict::of(difference(&plain, &moved).into_iter().collect(), ""))
}
