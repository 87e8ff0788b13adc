//! Whether rows are read from the start of the slice, not from the start of the buffers.

use crate::conformance::subject::Subject;
use crate::conformance::test::{Notes, Run, Test, Verdict};
use crate::host::Layout;
use arrow_array::UInt32Array;
use arrow_select::take::take_record_batch;
use textmill_plugin::error::Result;
use textmill_plugin::harness::difference;

pub const TEST: Test = Test {
    id: "sliced-offsets",
    doc: "A batch that is a slice of a longer one, by offsets of the struct and of its columns, is \
          answered like a whole batch.",
    advice: "add the offsets of the batch and of the column, as `Row` and `tm_strings_of` do",
    run: Run::Bound(run),
};

fn run(subject: &Subject, notes: &Notes) -> Result<Verdict> {
    let documents = subject.batch()?;
    notes.doing("running the documents as they are");
    let plain = subject.run(&documents)?;
    let mut seen = Vec::new();
    notes.doing("running them as a slice by offsets");
    let sliced = subject.run_laid_out(&documents, Layout::Sliced)?;
    seen.extend(difference(&plain, &sliced).map(|found| format!("by offsets: {found}")));
    notes.doing("running them as a slice by pointers");
    let around = [0].into_iter().chain(0..documents.num_rows() as u32).chain([0]);
    let longer = take_record_batch(&documents, &UInt32Array::from_iter_values(around))?;
    let sliced = subject.run(&longer.slice(1, documents.num_rows()))?;
    seen.extend(difference(&plain, &sliced).map(|found| format!("by pointers: {found}")));
    Ok(Verdict::of(seen, ""))
}
